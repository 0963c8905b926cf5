// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace lifelog::examples::report {

/// Red, green and blue, 0…1.
struct Color {
  double r = 0, g = 0, b = 0;
};

/// Of "#rrggbb", and back.
Color color_from(const std::string& hex);
std::string hex_of(const Color& color);

/// `share` of `b`, the rest of `a`; as browsers blend.
Color mixed(const Color& a, const Color& b, double share);

/// How well one reads on the other, 1…21: the contrast ratio of WCAG 2.1.
double contrast(const Color& a, const Color& b);

/// What a page is painted on, and its ink.
struct Theme {
  Color paper, ink, soft, none, accent, against;
};
Theme light_theme();
Theme dark_theme();

/// Colours told apart, all of at least 3:1 on the theme's paper, points of a map too; the eleventh and later are drawn as
/// squares, so that shape helps where colour does not.
inline constexpr int palette_size = 20;
inline constexpr int palette_rounds = 10;
Color palette_color(int index, const Theme& theme);

/// Points of maps let what is below them shine through so much.
inline constexpr double point_opacity = 0.9;

/// Shades from none to full, for (step > 0) and against (step < 0), and the ink that reads on each at 4.5:1 or better.
inline constexpr int heat_steps = 6;
Color heat_color(int step, const Theme& theme);
Color heat_ink(int step, const Theme& theme);

/// CSS value of a class's colour; classes past the palette start over, negative ones are grey.
std::string color_of(int index);

/// The custom properties of both themes, and the classes of shades: h0 … h6, hm1 … hm6.
std::string color_style();

/// The class of a shade. share: −1…1 of the full one; not finite: none.
std::string heat_class(double share);

}  // namespace lifelog::examples::report
