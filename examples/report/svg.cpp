// SPDX-License-Identifier: MIT
#include "svg.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lifelog::examples::report {

namespace {

std::string attribute(std::string_view name, double value) {
  return ' ' + std::string(name) + "=\"" + number(value) + '"';
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
  return out;
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "0";
  char buffer[512];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits).ptr;
  std::string text(buffer, end);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::vector<double> ticks(double low, double high, int count) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  std::vector<double> at;
  const double last = std::floor(high / step + 1e-9);
  for (double i = std::ceil(low / step - 1e-9); i <= last; ++i) at.push_back(i * step);
  return at;
}

int tick_digits(const std::vector<double>& ticks) {
  if (ticks.size() < 2) return 2;
  return std::max(0, static_cast<int>(-std::floor(std::log10(ticks[1] - ticks[0]) + 1e-9)));
}

Svg::Svg(double width, double height, std::string_view title, std::string_view head) {
  const auto w = number(width), h = number(height);
  out_ = "<svg class=\"chart\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + w + ' ' +
         h + "\" width=\"" + w + "\" height=\"" + h + "\">\n<title>" + escape(title) + "</title>\n";
  out_ += head;
}

void Svg::element(std::string_view name, std::string_view attributes, std::string_view css,
                  std::string_view style, std::string_view tip) {
  out_ += '<';
  out_ += name;
  out_ += attributes;
  if (!css.empty()) out_ += " class=\"" + std::string(css) + '"';
  if (!style.empty()) out_ += " style=\"" + std::string(style) + '"';
  if (tip.empty())
    out_ += "/>\n";
  else
    out_ += "><title>" + escape(tip) + "</title></" + std::string(name) + ">\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  element("line", attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2), css,
          {}, {});
}

void Svg::rect(double x, double y, double width, double height, std::string_view css, std::string_view style,
               std::string_view tip) {
  element("rect",
          attribute("x", x) + attribute("y", y) + attribute("width", std::max(0.0, width)) +
              attribute("height", std::max(0.0, height)),
          css, style, tip);
}

void Svg::circle(double x, double y, double radius, std::string_view css, std::string_view style,
                 std::string_view tip) {
  element("circle", attribute("cx", x) + attribute("cy", y) + attribute("r", radius), css, style, tip);
}

void Svg::text(double x, double y, std::string_view text, std::string_view css, std::string_view anchor) {
  out_ += "<text" + attribute("x", x) + attribute("y", y);
  if (!css.empty()) out_ += " class=\"" + std::string(css) + '"';
  if (anchor != "start") out_ += " text-anchor=\"" + std::string(anchor) + '"';
  out_ += '>' + escape(text) + "</text>\n";
}

std::string chart_style() {
  return color_style() +
         ".chart text{font:11px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu "
         "Sans',sans-serif;fill:var(--soft)}\n"
         ".chart .name{fill:var(--ink)}.chart .head{fill:var(--ink);font-weight:600;font-size:12px}\n"
         ".chart .strong{font-weight:700}\n"
         ".chart .grid{stroke:var(--rule)}.chart .axis{stroke:var(--soft)}\n"
         ".chart .mark{stroke:var(--ink);stroke-dasharray:3 3}\n"
         ".chart .curve{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}\n"
         ".chart .curve:hover{stroke-width:4}\n"
         ".chart .dashed{stroke-dasharray:5 4}.chart .open{fill:none;stroke:var(--rule)}\n"
         ".chart .hollow{fill:var(--paper);stroke:var(--soft);stroke-width:2}\n"
         ".chart .points{fill:none;stroke-linecap:round;stroke-opacity:" +
         number(point_opacity) + "}\n";
}

double text_width(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return 6.9 * static_cast<double>(letters);
}

}  // namespace lifelog::examples::report
