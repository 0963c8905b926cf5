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
         "\" style=\"stroke:" + color_of(s.color) + "\" d=\"" + path + "\"/>\n";
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
  const auto x_ticks = ticks(across.first, across.second, static_cast<int>((right - left) / 50));
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

std::string bar_svg(const BarChart& chart) {
  constexpr double row = 20, bar = 13;
  const auto n = chart.names.size();
  std::vector<double> total(n, 0);
  for (const auto& part : chart.parts) {
    lifelog::detail::require(part.values.size() == n, "bar chart: expected ", n, " values of ", part.name,
                             ", got ", part.values.size());
    for (std::size_t i = 0; i < n; ++i) total[i] += part.values[i];
  }
  double most = chart.maximum;
  if (most <= 0 && n > 0) most = *std::max_element(total.begin(), total.end());
  if (!(most > 0)) most = 1;
  const bool legends = chart.parts.size() > 1;
  const double left = name_width(chart.names), right = chart.width - 50, top = legends ? 46 : 26;
  const double bottom = top + row * static_cast<double>(n);
  const Scale x{0, most, left, right};
  Svg svg(chart.width, bottom + 20, chart.title);
  svg.text(0, 13, chart.title, "head");
  value_axis(svg, x, top, bottom);
  double at = left;
  if (legends)
    for (const auto& part : chart.parts) at = legend(svg, at, 33, part.name, part.color);
  for (std::size_t i = 0; i < n; ++i) {
    const double y = top + row * static_cast<double>(i) + (row - bar) / 2;
    svg.text(left - 8, y + bar - 3, chart.names[i], "name", "end");
    double done = 0;
    for (const auto& part : chart.parts) {
      const auto tip = chart.names[i] + ", " + part.name + ": " + number(part.values[i], chart.digits);
      if (part.values[i] > 0)
        svg.rect(x(done), y, x(done + part.values[i]) - x(done), bar, "", "fill:" + part.color, tip);
      done += part.values[i];
    }
    svg.text(x(done) + 6, y + bar - 3,
             chart.digits == 0 ? grouped(std::llround(done)) : fixed(done, chart.digits), "");
  }
  return svg.finish();
}

namespace {

/// Columns of a row's largest cells.
std::vector<bool> strongest_of(const double* row, std::size_t columns, std::size_t count) {
  std::vector<std::size_t> order(columns);
  for (std::size_t i = 0; i < columns; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [row](auto a, auto b) {
    return (std::isfinite(row[a]) ? row[a] : -infinity) > (std::isfinite(row[b]) ? row[b] : -infinity);
  });
  std::vector<bool> strong(columns, false);
  for (std::size_t i = 0; i < std::min(count, columns); ++i) strong[order[i]] = true;
  return strong;
}

}  // namespace

std::string heat_svg(const HeatMap& map) {
  constexpr double cell_width = 64, cell_height = 23, gap = 24, top = 48;
  const auto columns = map.columns.size();
  lifelog::detail::require(map.values.size() == map.rows.size() * columns, "heat map: expected ",
                           map.rows.size() * columns, " values, got ", map.values.size());
  double most = 0;
  for (const double v : map.values)
    if (std::isfinite(v)) most = std::max(most, v);
  const double left = name_width(map.rows);
  const double height = top + cell_height * static_cast<double>(map.rows.size()) +
                        gap * static_cast<double>(map.headings.size()) + 6;
  Svg svg(left + cell_width * static_cast<double>(columns) + 4, height, map.title);
  svg.text(0, 13, map.title, "head");
  for (std::size_t c = 0; c < columns; ++c)
    svg.text(left + cell_width * (static_cast<double>(c) + 0.5), top - 10, map.columns[c], "name", "middle");
  double y = top;
  auto heading = map.headings.begin();
  for (std::size_t r = 0; r < map.rows.size(); ++r, y += cell_height) {
    for (; heading != map.headings.end() && heading->first == r; ++heading, y += gap)
      svg.text(left, y + gap - 7, heading->second, "");
    svg.text(left - 8, y + 15, map.rows[r], "name", "end");
    const double* row = map.values.data() + r * columns;
    const auto strong = strongest_of(row, columns, map.strongest);
    for (std::size_t c = 0; c < columns; ++c) {
      if (!std::isfinite(row[c])) continue;
      const double shade = most > 0 ? row[c] / most : 0;
      const double x = left + cell_width * static_cast<double>(c);
      svg.rect(x, y, cell_width - 2, cell_height - 2, "",
               "fill:var(--heat);fill-opacity:" + number(0.04 + 0.96 * shade, 3),
               map.rows[r] + ", " + map.columns[c] + ": " + number(row[c], 4));
      svg.text(x + cell_width / 2 - 1, y + 15, fixed(row[c], map.digits),
               std::string(shade > 0.55 ? "inverse" : "name") + (strong[c] ? " strong" : ""), "middle");
    }
  }
  return svg.finish();
}

std::string pair_svg(const PairChart& chart) {
  constexpr double row = 26, top = 50;
  const auto n = chart.names.size();
  lifelog::detail::require(chart.from.size() == n && chart.to.size() == n, "pair chart: expected ", n,
                           " pairs, got ", chart.from.size(), " and ", chart.to.size());
  const auto across = padded(
      extent({{"", chart.from, chart.to, 0, false}, {"", chart.to, chart.from, 0, false}}, &Series::x));
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
