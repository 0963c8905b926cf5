// SPDX-License-Identifier: MIT
#include "charts.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/core/error.hpp>
#include <limits>

#include "../common/table.hpp"
#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t thinned = 300;

/// The smallest and largest finite value; (0, 1) when there is none.
std::pair<double, double> extent(const std::vector<Series>& series, std::vector<double> Series::*values) {
  double low = infinity, high = -infinity;
  for (const auto& s : series)
    for (const double v : s.*values)
      if (std::isfinite(v)) {
        low = std::min(low, v);
        high = std::max(high, v);
      }
  return low <= high ? std::pair(low, high) : std::pair(0.0, 1.0);
}

std::pair<double, double> padded(std::pair<double, double> range) {
  const double pad = range.second > range.first ? 0.06 * (range.second - range.first) : 0.5;
  return {range.first >= 0 ? std::max(0.0, range.first - pad) : range.first - pad, range.second + pad};
}

double mean(const std::vector<double>& values, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (auto i = begin; i < end; ++i) sum += values[i];
  return sum / static_cast<double>(end - begin);
}

Series thin(const Series& series) {
  const auto n = std::min(series.x.size(), series.y.size());
  const auto stride = (n + thinned - 1) / thinned;
  if (stride <= 1) return series;
  Series out = series;
  out.x.clear();
  out.y.clear();
  for (std::size_t begin = 0; begin < n; begin += stride) {
    const auto end = std::min(n, begin + stride);
    out.x.push_back(mean(series.x, begin, end));
    out.y.push_back(mean(series.y, begin, end));
  }
  return out;
}

std::string curve(const Series& s, const Scale& x, const Scale& y) {
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    if (!std::isfinite(s.y[i])) {
      pen_down = false;
      continue;
    }
    path += (pen_down ? 'L' : 'M') + number(x(s.x[i])) + ' ' + number(y(s.y[i]));
    pen_down = true;
  }
  return "<path class=\"curve" + std::string(s.dashed ? " dashed" : "") +
         "\" style=\"stroke:" + color_of(s.color) + "\" d=\"" + path + "\"><title>" + escape(s.name) +
         "</title></path>\n";
}

/// Swatches and names in one row; returns where it ended.
double legend(Svg& svg, double x, double y, const std::string& name, const std::string& color) {
  svg.rect(x, y - 8, 9, 9, "", "fill:" + color);
  svg.text(x + 14, y, name, "name");
  return x + 14 + text_width(name) + 14;
}

double name_width(const std::vector<std::string>& names) {
  double widest = 20;
  for (const auto& name : names) widest = std::max(widest, text_width(name));
  return widest + 10;
}

/// Of a title in bold, with something to spare.
double title_width(const std::string& title) {
  return 1.12 * text_width(title);
}

void value_axis(Svg& svg, const Scale& x, double top, double bottom) {
  const auto at = ticks(x.from, x.to, 5);
  for (const double value : at) {
    svg.line(x(value), top, x(value), bottom, "grid");
    svg.text(x(value), bottom + 14, number(value, tick_digits(at)), "", "middle");
  }
}

}  // namespace

std::string line_svg(const LineChart& chart) {
  const double left = 42, right = chart.width - 14, top = chart.legend ? 50 : 30, bottom = chart.height - 34;
  const auto across = extent(chart.series, &Series::x);
  const auto up = chart.range.value_or(padded(extent(chart.series, &Series::y)));
  const Scale x{across.first, across.second, left + 4, right}, y{up.first, up.second, bottom, top};
  Svg svg(chart.width, chart.height, chart.title);
  svg.text(0, 13, chart.title, "head");
  const auto y_ticks = ticks(up.first, up.second, 4);
  for (const double value : y_ticks) {
    svg.line(left, y(value), right, y(value), "grid");
    svg.text(left - 6, y(value) + 4, number(value, tick_digits(y_ticks)), "", "end");
  }
  auto x_ticks = ticks(across.first, across.second, static_cast<int>((right - left) / 50));
  if (chart.whole_x) std::erase_if(x_ticks, [](double value) { return value != std::round(value); });
  for (const double value : x_ticks)
    svg.text(x(value), bottom + 15, number(value, tick_digits(x_ticks)), "", "middle");
  svg.text((left + right) / 2, bottom + 30, chart.x_label, "", "middle");
  if (chart.mark) {
    svg.line(x(*chart.mark), top - 4, x(*chart.mark), bottom, "mark");
    const bool to_left = x(*chart.mark) > (left + right) / 2;
    svg.text(x(*chart.mark) + (to_left ? -5 : 5), bottom - 6, chart.mark_label, "name",
             to_left ? "end" : "start");
  }
  double at = left;
  for (const auto& series : chart.series) {
    if (chart.legend) at = legend(svg, at, 34, series.name, color_of(series.color));
    svg.raw(curve(thin(series), x, y));
    if (!chart.dots) continue;
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (std::isfinite(series.y[i]))
        svg.circle(x(series.x[i]), y(series.y[i]), 3, "", "fill:" + color_of(series.color),
                   series.name + ", " + number(series.x[i], 3) + ": " + number(series.y[i], 3));
  }
  return svg.finish();
}

namespace {

/// Columns of a row's largest cells of those that are known.
std::vector<bool> strongest_of(const HeatMap& map, std::size_t row) {
  const auto columns = map.columns.size();
  const auto value = [&](std::size_t c) {
    const auto at = row * columns + c;
    return std::isfinite(map.values[at]) && (map.known.empty() || map.known[at]) ? map.values[at] : -infinity;
  };
  std::vector<std::size_t> order(columns);
  for (std::size_t i = 0; i < columns; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return value(a) > value(b); });
  std::vector<bool> strong(columns, false);
  for (std::size_t i = 0; i < std::min(map.strongest, columns); ++i)
    strong[order[i]] = value(order[i]) > -infinity;
  return strong;
}

/// Names above columns, slanted where they are longer than a column is wide; returns how high and how wide beyond the last
/// column they stand.
struct ColumnNames {
  double height = 0, beyond = 0;
  bool slanted = false;

  ColumnNames(const std::vector<std::string>& names, double cell) {
    double widest = 0;
    for (const auto& name : names) widest = std::max(widest, text_width(name));
    slanted = widest > cell;
    height = slanted ? 0.58 * widest + 12 : 14;
    beyond = slanted ? 0.82 * widest - cell / 2 : 0;
  }

  void draw(Svg& svg, double x, double y, const std::string& name) const {
    if (!slanted) return svg.text(x, y, name, "name", "middle");
    svg.raw("<text class=\"name\" transform=\"translate(" + number(x) + ' ' + number(y) + ")rotate(-35)\">" +
            escape(name) + "</text>\n");
  }
};

void heat_cell(Svg& svg, const HeatMap& map, std::size_t row, std::size_t column, double x, double y,
               double width, double height, double most, bool strong) {
  const auto at = row * map.columns.size() + column;
  const double value = map.values[at];
  if (!std::isfinite(value)) return;
  const bool known = map.known.empty() || map.known[at];
  const auto shade = heat_class(most > 0 ? value / most : 0);
  svg.rect(x, y, width - 2, height - 2, known ? shade : "open", {},
           map.rows[row] + ", " + map.columns[column] + ": " + number(value, 4) +
               (known ? "" : ", not identified"));
  svg.text(x + width / 2 - 1, y + 15, fixed(value, map.digits),
           (known ? "on-" + shade : std::string()) + (strong ? " strong" : ""), "middle");
}

}  // namespace

std::string heat_svg(const HeatMap& map) {
  constexpr double cell_width = 58, cell_height = 23, gap = 24;
  const auto columns = map.columns.size();
  lifelog::detail::require(map.values.size() == map.rows.size() * columns, "heat map: expected ",
                           map.rows.size() * columns, " values, got ", map.values.size());
  lifelog::detail::require(map.known.empty() || map.known.size() == map.values.size(), "heat map: expected ",
                           map.values.size(), " cells known or not, got ", map.known.size());
  double most = 0;
  for (std::size_t i = 0; i < map.values.size(); ++i)
    if (std::isfinite(map.values[i]) && (map.known.empty() || map.known[i]))
      most = std::max(most, std::abs(map.values[i]));
  const ColumnNames names(map.columns, cell_width);
  const double left = name_width(map.rows), top = 24 + names.height;
  const double height = top + cell_height * static_cast<double>(map.rows.size()) +
                        gap * static_cast<double>(map.headings.size()) + 6;
  const double width = left + cell_width * static_cast<double>(columns) + names.beyond + 4;
  Svg svg(std::max(width, title_width(map.title)), height, map.title);
  svg.text(0, 13, map.title, "head");
  for (std::size_t c = 0; c < columns; ++c)
    names.draw(svg, left + cell_width * (static_cast<double>(c) + 0.5), top - 8, map.columns[c]);
  double y = top;
  auto heading = map.headings.begin();
  for (std::size_t r = 0; r < map.rows.size(); ++r, y += cell_height) {
    for (; heading != map.headings.end() && heading->first == r; ++heading, y += gap)
      svg.text(left, y + gap - 7, heading->second, "");
    svg.text(left - 8, y + 15, map.rows[r], "name", "end");
    const auto strong = strongest_of(map, r);
    for (std::size_t c = 0; c < columns; ++c)
      heat_cell(svg, map, r, c, left + cell_width * static_cast<double>(c), y, cell_width, cell_height, most,
                strong[c]);
  }
  return svg.finish();
}

std::string interval_svg(const IntervalChart& chart) {
  constexpr double row = 24, top = 30;
  const auto n = chart.names.size();
  lifelog::detail::require(
      chart.value.size() == n && chart.low.size() == n && chart.high.size() == n && chart.known.size() == n,
      "interval chart: expected ", n, " values, got ", chart.value.size(), ", ", chart.low.size(), ", ",
      chart.high.size(), " and ", chart.known.size());
  std::vector<double> zero{0, 0};
  auto across = extent(
      {{"", chart.low, {}, 0, false}, {"", chart.high, {}, 0, false}, {"", zero, {}, 0, false}}, &Series::x);
  if (across.second <= across.first) across.second = across.first + 1;
  const double pad = 0.04 * (across.second - across.first);
  const double left = name_width(chart.names), right = chart.width - 170;
  const double bottom = top + row * static_cast<double>(n);
  const Scale x{across.first - pad, across.second + pad, left, right};
  Svg svg(chart.width, bottom + (chart.x_label.empty() ? 20 : 36), chart.title);
  svg.text(0, 13, chart.title, "head");
  value_axis(svg, x, top, bottom);
  svg.line(x(0), top, x(0), bottom, "axis");
  if (!chart.x_label.empty()) svg.text((left + right) / 2, bottom + 30, chart.x_label, "", "middle");
  for (std::size_t i = 0; i < n; ++i) {
    const double y = top + row * (static_cast<double>(i) + 0.5);
    const auto numbers = fixed(chart.value[i], chart.digits) + " (" + fixed(chart.low[i], chart.digits) +
                         " to " + fixed(chart.high[i], chart.digits) + ")";
    svg.text(left - 8, y + 4, chart.names[i], "name", "end");
    svg.text(right + 8, y + 4, numbers, chart.known[i] ? "name" : "");
    if (!std::isfinite(chart.value[i]) || !std::isfinite(chart.low[i]) || !std::isfinite(chart.high[i]))
      continue;
    svg.line(x(chart.low[i]), y, x(chart.high[i]), y, "axis");
    svg.circle(x(chart.value[i]), y, 4.5, chart.known[i] ? "" : "hollow",
               chart.known[i] ? "fill:var(--accent)" : "",
               chart.names[i] + ": " + numbers + (chart.known[i] ? ", identified" : ", not identified"));
  }
  return svg.finish();
}

std::string pair_svg(const PairChart& chart) {
  constexpr double row = 26, top = 50;
  const auto n = chart.names.size();
  lifelog::detail::require(chart.from.size() == n && chart.to.size() == n, "pair chart: expected ", n,
                           " pairs, got ", chart.from.size(), " and ", chart.to.size());
  const auto across = chart.range.value_or(padded(
      extent({{"", chart.from, chart.to, 0, false}, {"", chart.to, chart.from, 0, false}}, &Series::x)));
  const double left = name_width(chart.names), right = chart.width - 20;
  const double bottom = top + row * static_cast<double>(n);
  const Scale x{across.first, across.second, left, right};
  Svg svg(chart.width, bottom + 20, chart.title);
  svg.text(0, 13, chart.title, "head");
  value_axis(svg, x, top, bottom);
  svg.circle(left + 4, 30, 4, "hollow");
  svg.text(left + 14, 34, chart.before, "name");
  const double second = left + 14 + text_width(chart.before) + 18;
  svg.circle(second, 30, 5, "", "fill:var(--accent)");
  svg.text(second + 10, 34, chart.after, "name");
  for (std::size_t i = 0; i < n; ++i) {
    const double y = top + row * (static_cast<double>(i) + 0.5);
    svg.text(left - 8, y + 4, chart.names[i], "name", "end");
    if (!std::isfinite(chart.from[i]) || !std::isfinite(chart.to[i])) continue;
    svg.line(x(chart.from[i]), y, x(chart.to[i]), y, "axis");
    svg.circle(x(chart.from[i]), y, 4, "hollow", "",
               chart.names[i] + ", " + chart.before + ": " + fixed(chart.from[i], 3));
    svg.circle(x(chart.to[i]), y, 5, "", "fill:var(--accent)",
               chart.names[i] + ", " + chart.after + ": " + fixed(chart.to[i], 3));
  }
  return svg.finish();
}

}  // namespace lifelog::examples::report
