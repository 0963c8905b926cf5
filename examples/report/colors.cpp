// SPDX-License-Identifier: MIT
#include "colors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace lifelog::examples::report {

namespace {

// Okabe and Ito's colours and Tol's muted ones.
constexpr const char* palette[palette_size] = {"#0077bb", "#e69f00", "#009e73", "#cc6699", "#56b4e9",
                                               "#d55e00", "#8f8f1f", "#9a5fc0", "#2fb5a0", "#808890",
                                               "#4f6dd8", "#b8860b", "#66a61e", "#e0408a", "#7fa8d1",
                                               "#a8593a", "#b5ab4e", "#c77cff", "#00a9b8", "#b08a8a"};

constexpr Color black{0, 0, 0}, white{1, 1, 1};

double luminance(const Color& color) {
  const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

std::string properties(const Theme& theme) {
  std::string css;
  const auto add = [&css](const std::string& name, const Color& color) {
    css += "--" + name + ':' + hex_of(color) + ';';
  };
  add("paper", theme.paper);
  add("ink", theme.ink);
  add("soft", theme.soft);
  add("none", theme.none);
  add("accent", theme.accent);
  add("against", theme.against);
  add("rule", mixed(theme.paper, theme.ink, 0.16));
  for (int i = 0; i < palette_size; ++i) add('c' + std::to_string(i), palette_color(i, theme));
  for (int step = -heat_steps; step <= heat_steps; ++step) {
    const auto name = (step < 0 ? "hm" : "h") + std::to_string(std::abs(step));
    add(name, heat_color(step, theme));
    add(name + 'i', heat_ink(step, theme));
  }
  return css;
}

}  // namespace

Color color_from(const std::string& hex) {
  const auto part = [&hex](std::size_t at) { return std::stoi(hex.substr(at, 2), nullptr, 16) / 255.0; };
  return {part(1), part(3), part(5)};
}

std::string hex_of(const Color& color) {
  const auto byte = [](double c) {
    return static_cast<unsigned>(std::lround(255 * std::clamp(c, 0.0, 1.0)));
  };
  char text[16];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", byte(color.r), byte(color.g), byte(color.b));
  return text;
}

Color mixed(const Color& a, const Color& b, double share) {
  const auto mix = [share](double x, double y) { return x + share * (y - x); };
  return {mix(a.r, b.r), mix(a.g, b.g), mix(a.b, b.b)};
}

double contrast(const Color& a, const Color& b) {
  const auto [low, high] = std::minmax({luminance(a), luminance(b)});
  return (high + 0.05) / (low + 0.05);
}

Theme light_theme() {
  return {white,
          color_from("#1c2430"),
          color_from("#5d6775"),
          color_from("#858d98"),
          color_from("#0069a6"),
          color_from("#b3470a")};
}

Theme dark_theme() {
  return {color_from("#12161c"), color_from("#e4e8ee"), color_from("#9aa5b3"),
          color_from("#6f7a88"), color_from("#56b4e9"), color_from("#f08c4a")};
}

Color palette_color(int index, const Theme& theme) {
  const auto base = color_from(palette[index % palette_size]);
  const auto& away = contrast(theme.paper, black) > contrast(theme.paper, white) ? black : white;
  for (double share = 0;; share += 0.02) {
    const auto color = mixed(base, away, share);
    if (contrast(mixed(theme.paper, color, point_opacity), theme.paper) >= 3.1 || share >= 1) return color;
  }
}

Color heat_color(int step, const Theme& theme) {
  const auto& full = step < 0 ? theme.against : theme.accent;
  return mixed(theme.paper, full, std::abs(step) / static_cast<double>(heat_steps));
}

Color heat_ink(int step, const Theme& theme) {
  const auto on = heat_color(step, theme);
  return contrast(on, black) >= contrast(on, white) ? black : white;
}

std::string color_of(int index) {
  return index < 0 ? "var(--none)" : "var(--c" + std::to_string(index % palette_size) + ')';
}

std::string color_style() {
  std::string css = ":root{" + properties(light_theme()) +
                    "}\n@media screen and (prefers-color-scheme:dark){:root{" + properties(dark_theme()) +
                    "}}\n";
  for (int step = -heat_steps; step <= heat_steps; ++step) {
    const auto name = (step < 0 ? "hm" : "h") + std::to_string(std::abs(step));
    css += ".chart ." + name + "{fill:var(--" + name + ")}.chart path." + name + "{fill:none;stroke:var(--" +
           name + ")}.chart .on-" + name + "{fill:var(--" + name + "i)}\n";
  }
  return css;
}

std::string heat_class(double share) {
  if (!std::isfinite(share)) return "h0";
  const auto step = static_cast<int>(std::lround(heat_steps * std::clamp(share, -1.0, 1.0)));
  return (step < 0 ? "hm" : "h") + std::to_string(std::abs(step));
}

}  // namespace lifelog::examples::report
