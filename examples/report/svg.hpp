// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "colors.hpp"

namespace lifelog::examples::report {

/// Text that is safe between tags and inside double-quoted attributes; control characters XML forbids become
/// spaces.
std::string escape(std::string_view text);

/// `value` rounded to `digits` after the point, trailing zeros dropped, whatever the locale; "0" if not
/// finite.
std::string number(double value, int digits = 1);

/// Straight map from data to picture.
struct Scale {
  double from, to;    ///< data
  double start, end;  ///< picture

  double operator()(double value) const {
    return to == from ? (start + end) / 2 : start + (value - from) / (to - from) * (end - start);
  }
};

/// Round numbers in [low, high], about `count` of them, a step of 1, 2 or 5 times a power of ten apart.
std::vector<double> ticks(double low, double high, int count);

/// Digits after the point that tell neighbours in `ticks` apart.
int tick_digits(const std::vector<double>& ticks);

/// One picture under construction: pixels, y downwards, styled by the classes of chart_style().
///
///     Svg svg(200, 100, "F1 per epoch");
///     svg.line(0, 50, 200, 50, "grid");
///     std::string picture = svg.finish();
class Svg {
 public:
  /// title: what the picture shows, for screen readers and on hover; `head` goes in before everything else.
  Svg(double width, double height, std::string_view title, std::string_view head = {});

  void line(double x1, double y1, double x2, double y2, std::string_view css);
  /// A non-empty `tip` shows on hover. `style` is CSS for this element alone.
  void rect(double x, double y, double width, double height, std::string_view css,
            std::string_view style = {}, std::string_view tip = {});
  void circle(double x, double y, double radius, std::string_view css, std::string_view style = {},
              std::string_view tip = {});
  /// anchor: "start", "middle" or "end".
  void text(double x, double y, std::string_view text, std::string_view css,
            std::string_view anchor = "start");
  void raw(std::string_view markup) { out_ += markup; }

  std::string finish() { return std::move(out_ += "</svg>\n"); }

 private:
  void element(std::string_view name, std::string_view attributes, std::string_view css,
               std::string_view style, std::string_view tip);

  std::string out_;
};

/// The style sheet of all pictures: colours (light and dark), text, axes.
std::string chart_style();

/// A guess at the width of `text` in 11-pixel sans-serif; legends are laid out by it.
double text_width(std::string_view text);

}  // namespace lifelog::examples::report
