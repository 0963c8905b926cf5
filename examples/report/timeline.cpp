// SPDX-License-Identifier: MIT
#include "timeline.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <lifelog/core/error.hpp>
#include <limits>
#include <map>

#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

constexpr double left_margin = 170, row_height = 15, top = 22, gap_cells = 3;
constexpr std::int64_t pause = 1800;  // seconds

/// Neighbouring minutes drawn as one: the commonest states of them, the mean of what sensors say.
struct Cells {
  std::vector<std::int64_t> minute;
  std::vector<int> truth, said;
  std::vector<float> argument;    ///< [cells × sensors]
  std::vector<std::size_t> gaps;  ///< cells with a gap before them
  std::vector<double> at;         ///< [cells], in cell widths from the left
};

int commonest(const std::vector<int>& values, std::size_t begin, std::size_t end) {
  std::map<int, int> times;
  for (auto i = begin; i < end; ++i) ++times[values[i]];
  return std::max_element(times.begin(), times.end(), [](auto& a, auto& b) { return a.second < b.second; })
      ->first;
}

float mean_argument(const Timeline& timeline, std::size_t begin, std::size_t end, std::size_t sensor) {
  double sum = 0;
  int n = 0;
  for (auto i = begin; i < end; ++i)
    if (const float value = timeline.argument[i * timeline.sensors.size() + sensor]; std::isfinite(value)) {
      sum += static_cast<double>(value);
      ++n;
    }
  return n > 0 ? static_cast<float>(sum / n) : std::numeric_limits<float>::quiet_NaN();
}

/// No cell spans a pause.
Cells cells_of(const Timeline& timeline) {
  Cells cells;
  const auto n = timeline.minute.size(), stride = minutes_a_cell(n);
  double at = 0;
  for (std::size_t begin = 0; begin < n; at += 1) {
    auto end = begin + 1;
    while (end < n && end - begin < stride && timeline.minute[end] - timeline.minute[end - 1] < pause) ++end;
    if (begin > 0 && timeline.minute[begin] - timeline.minute[begin - 1] >= pause) {
      cells.gaps.push_back(cells.minute.size());
      at += gap_cells;
    }
    cells.at.push_back(at);
    cells.minute.push_back(timeline.minute[begin]);
    cells.truth.push_back(commonest(timeline.truth, begin, end));
    cells.said.push_back(commonest(timeline.said, begin, end));
    if (!timeline.argument.empty())
      for (std::size_t s = 0; s < timeline.sensors.size(); ++s)
        cells.argument.push_back(mean_argument(timeline, begin, end, s));
    begin = end;
  }
  return cells;
}

/// What 98 % of all numbers are not beyond, so that one wild minute does not pale the others.
double full_shade(std::vector<float> values) {
  std::erase_if(values, [](float value) { return !std::isfinite(value); });
  if (values.empty()) return 0;
  for (float& value : values) value = std::abs(value);
  std::sort(values.begin(), values.end());
  return static_cast<double>(values[(values.size() - 1) * 98 / 100]);
}

struct Look {
  std::string css, style, tip;
  bool operator==(const Look&) const = default;
  bool operator<(const Look& other) const {
    return std::tie(css, style, tip) < std::tie(other.css, other.style, other.tip);
  }
};

class Drawing {
 public:
  Drawing(Svg& svg, const Cells& cells, double width) : svg_(svg), cells_(cells), width_(width) {}

  /// A path for each look; neighbouring cells of one look are one line. Cells whose look has no words are not drawn.
  void row(double y, double height, const std::string& name, const std::function<Look(std::size_t)>& look) {
    if (!name.empty()) svg_.text(left_margin - 8, y + 4, name, "name", "end");
    std::map<Look, std::string> paths;
    const auto n = cells_.at.size();
    for (std::size_t begin = 0; begin < n;) {
      const auto own = look(begin);
      auto end = begin + 1;
      while (end < n && cells_.at[end] == cells_.at[end - 1] + 1 && look(end) == own) ++end;
      if (!own.tip.empty())
        paths[own] += 'M' + number(left_margin + width_ * cells_.at[begin]) + ' ' + number(y) + 'h' +
                      number(width_ * static_cast<double>(end - begin));
      begin = end;
    }
    for (const auto& [own, path] : paths)
      svg_.raw("<path" + (own.css.empty() ? "" : " class=\"" + own.css + '"') +
               (own.style.empty() ? "" : " style=\"" + own.style + '"') + " stroke-width=\"" +
               number(height) + "\" d=\"" + path + "\"><title>" + escape(own.tip) + "</title></path>\n");
  }

 private:
  Svg& svg_;
  const Cells& cells_;
  double width_;
};

void check(const Timeline& timeline, const std::vector<std::string>& names) {
  using lifelog::detail::require;
  const auto n = timeline.minute.size();
  require(timeline.truth.size() == n && timeline.said.size() == n, "timeline: expected ", n,
          " states and predictions, got ", timeline.truth.size(), " and ", timeline.said.size());
  require(timeline.argument.empty() || timeline.argument.size() == n * timeline.sensors.size(),
          "timeline: expected ", n, " x ", timeline.sensors.size(), " arguments, got ",
          timeline.argument.size());
  require(names.size() == timeline.sensors.size(), "timeline: expected ", timeline.sensors.size(),
          " names of sensors, got ", names.size());
  const auto classes = static_cast<int>(timeline.classes.size());
  for (const auto* states : {&timeline.truth, &timeline.said})
    for (const int state : *states)
      require(state < classes, "timeline: expected a class below ", classes, ", got ", state);
}

double cell_width(const Cells& cells) {
  return cells.at.empty() ? 1 : std::clamp(600 / (cells.at.back() + 1), 1.0, 12.0);
}

std::string shortened(const std::string& name) {
  constexpr std::size_t most = 22;
  if (name.size() <= most) return name;
  auto end = most - 1;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return name.substr(0, end) + "\u2026";
}

std::string draw(const Timeline& timeline, const std::vector<std::string>& names, const Cells& cells) {
  const double width = cell_width(cells);
  const auto sensors = timeline.argument.empty() ? 0 : timeline.sensors.size();
  const double height = top + row_height * static_cast<double>(2 + sensors) + 26;
  const double end = left_margin + width * (cells.at.empty() ? 1 : cells.at.back() + 1);
  Svg svg(std::max(end + 8, left_margin + 240), height, "Minutes of " + timeline.user);
  svg.text(left_margin, 11, cells.minute.empty() ? "" : minute_text(cells.minute.front()), "");
  for (const auto gap : cells.gaps)
    if (width * (cells.at.back() - cells.at[gap]) > 110)
      svg.text(left_margin + width * cells.at[gap], 11, minute_text(cells.minute[gap]), "");
  Drawing drawing(svg, cells, width);
  const auto state = [&](const std::string& what, int of) {
    if (of < 0) return Look{};
    return Look{{}, "stroke:" + color_of(of), what + ": " + timeline.classes[static_cast<std::size_t>(of)]};
  };
  double y = top + row_height / 2;
  drawing.row(y, row_height - 2, "state", [&](std::size_t i) { return state("state", cells.truth[i]); });
  drawing.row(y += row_height, row_height - 2, "prediction",
              [&](std::size_t i) { return state("prediction", cells.said[i]); });
  drawing.row(y + row_height / 2 + 1, 2, "", [&](std::size_t i) {
    const bool wrong = cells.said[i] >= 0 && cells.said[i] != cells.truth[i];
    return wrong ? Look{{}, "stroke:var(--ink)", "wrong"} : Look{};
  });
  const double full = full_shade(cells.argument);
  y += 6;
  for (std::size_t s = 0; s < sensors; ++s)
    drawing.row(y += row_height, row_height - 2, shortened(names[s]), [&](std::size_t i) {
      const auto value = static_cast<double>(cells.argument[i * sensors + s]);
      if (!std::isfinite(value)) return Look{};
      const auto shade = heat_class(full > 0 ? value / full : 0);
      return Look{shade, {}, names[s] + (value < 0 ? ": against the prediction" : ": for the prediction")};
    });
  return svg.finish();
}

template<class T>
std::string list_of(const std::vector<T>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + std::to_string(value);
  return text;
}

}  // namespace

std::size_t minutes_a_cell(std::size_t minutes) {
  return std::max<std::size_t>(1, (minutes + timeline_cells - 1) / timeline_cells);
}

std::string timeline_svg(const Timeline& timeline, const std::vector<std::string>& names) {
  check(timeline, names);
  return draw(timeline, names, cells_of(timeline));
}

std::string timeline_figure(const Timeline& timeline, const std::vector<std::string>& names) {
  check(timeline, names);
  const auto cells = cells_of(timeline);
  std::string classes;
  for (std::size_t c = 0; c < timeline.classes.size(); ++c)
    classes += "<span><i style=\"background:" + color_of(static_cast<int>(c)) + "\"></i>" +
               escape(timeline.classes[c]) + "</span> ";
  auto minutes = cells.minute;
  for (auto i = minutes.size(); i-- > 1;) minutes[i] -= minutes[i - 1];
  return "<figure class=\"timeline\" data-left=\"" + number(left_margin) + "\" data-cell=\"" +
         number(cell_width(cells)) + "\" data-minutes=\"" + list_of(minutes) + "\" data-gaps=\"" +
         list_of(cells.gaps) + "\" data-truth=\"" + list_of(cells.truth) + "\" data-said=\"" +
         list_of(cells.said) +
         "\">\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Minutes of " +
         escape(timeline.user) + ": arrow keys go from one to the next\">\n" + draw(timeline, names, cells) +
         "</div>\n<output>&#160;</output>\n<p class=\"key\">" + classes + "</p>\n</figure>\n";
}

std::string timeline_style() {
  return ".timeline path{fill:none}.timeline output{display:block;font:.8rem system-ui,sans-serif;"
         "min-height:1.3em}\n"
         ".timeline .cursor{stroke:var(--ink);stroke-width:1}\n"
         ".timeline .wide:focus-visible{outline:2px solid var(--accent)}\n";
}

std::string timeline_script() {
  return R"js(for (const figure of document.querySelectorAll('.timeline')) {
  const svg = figure.querySelector('svg'), box = figure.querySelector('.wide'), out = figure.querySelector('output');
  const numbers = name => figure.dataset[name] ? figure.dataset[name].split(' ').map(Number) : [];
  let minute = 0;
  const minutes = numbers('minutes').map(step => minute += step), gaps = new Set(numbers('gaps'));
  const truth = numbers('truth'), said = numbers('said');
  const classes = [...figure.querySelectorAll('.key span')].map(span => span.textContent);
  let at = -1;
  const places = minutes.map((_, i) => at += gaps.has(i) ? 1 + )js" +
         number(gap_cells) + R"js( : 1);
  const left = +figure.dataset.left, cell = +figure.dataset.cell;
  const cursor = document.createElementNS(svg.namespaceURI, 'line');
  cursor.setAttribute('class', 'cursor');
  let chosen = -1;
  const show = i => {
    if (!(i >= 0 && i < minutes.length)) return;
    chosen = i;
    const x = left + cell * (places[i] + .5);
    for (const [name, value] of [['x1', x], ['x2', x], ['y1', 14], ['y2', svg.viewBox.baseVal.height - 12]])
      cursor.setAttribute(name, value);
    svg.append(cursor);
    const name = c => c < 0 ? 'unknown' : classes[c];
    out.textContent = new Date(1000 * minutes[i]).toISOString().slice(0, 16).replace('T', ' ') + ' UTC: state ' +
      name(truth[i]) + ', prediction ' + name(said[i]);
  };
  svg.addEventListener('mousemove', event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const place = Math.floor((at.x - left) / cell);
    show(places.indexOf(place));
  });
  svg.addEventListener('mouseleave', () => cursor.remove());
  box.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    show(Math.min(Math.max(chosen + step, 0), minutes.length - 1));
  });
}
)js";
}

std::string minute_text(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[64];
  std::snprintf(text, sizeof text, "%d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text;
}

}  // namespace lifelog::examples::report
