// SPDX-License-Identifier: MIT
#include "scatter.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/core/error.hpp>
#include <limits>
#include <map>

#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

constexpr double map_size = 560, margin = 14, legend_row = 17;

char letter(std::size_t coloring) {
  return static_cast<char>('a' + coloring);
}

std::string class_of(std::size_t coloring, int index) {
  return index < 0 ? letter(coloring) + std::string("x") : letter(coloring) + std::to_string(index);
}

void check(const Scatter& s) {
  using lifelog::detail::require;
  const auto n = s.x.size();
  require(s.y.size() == n, "scatter: expected as many y as x, ", n, ", got ", s.y.size());
  require(!s.colorings.empty() && s.colorings.size() <= max_colorings, "scatter: expected 1 to ",
          max_colorings, " colorings, got ", s.colorings.size());
  require(s.minute.empty() || s.minute.size() == n, "scatter: expected ", n, " minutes, got ",
          s.minute.size());
  for (const auto& c : s.colorings) {
    require(c.of_point.size() == n, "scatter: expected ", n, " indices of ", c.name, ", got ",
            c.of_point.size());
    for (const int i : c.of_point)
      require(i < static_cast<int>(c.names.size()), "scatter: expected an index below ", c.names.size(),
              " of ", c.name, ", got ", i);
  }
}

/// Both axes on one scale, so that distances read alike in all directions.
struct Frame {
  Scale x, y;
};

Frame frame_of(const Scatter& s) {
  constexpr float big = std::numeric_limits<float>::max();
  float low[2] = {big, big}, high[2] = {-big, -big};
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    const float at[2] = {s.x[i], s.y[i]};
    if (!std::isfinite(at[0]) || !std::isfinite(at[1])) continue;
    for (int d = 0; d < 2; ++d) {
      low[d] = std::min(low[d], at[d]);
      high[d] = std::max(high[d], at[d]);
    }
  }
  if (low[0] > high[0]) low[0] = low[1] = high[0] = high[1] = 0;
  const double span = std::max({double(high[0]) - low[0], double(high[1]) - low[1], 1e-30});
  const double cx = (double(low[0]) + high[0]) / 2, cy = (double(low[1]) + high[1]) / 2;
  return {{cx - span / 2, cx + span / 2, margin, map_size - margin},
          {cy - span / 2, cy + span / 2, map_size - margin, margin}};
}

/// One path per combination of classes: a point is a line of no length with a round or square cap.
struct Batch {
  std::string path, minutes;
  std::int64_t last_minute = 0;
};

std::map<std::vector<int>, Batch> batches_of(const Scatter& s, const Frame& frame, bool minutes) {
  std::map<std::vector<int>, Batch> batches;
  std::vector<int> key(s.colorings.size());
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (!std::isfinite(s.x[i]) || !std::isfinite(s.y[i])) continue;
    for (std::size_t c = 0; c < key.size(); ++c) key[c] = s.colorings[c].of_point[i];
    auto& batch = batches[key];
    batch.path += 'M' + number(frame.x(s.x[i])) + ' ' + number(frame.y(s.y[i])) + "h0";
    if (minutes && !s.minute.empty()) {
      if (!batch.minutes.empty()) batch.minutes += ' ';
      batch.minutes += std::to_string(s.minute[i] - batch.last_minute);
      batch.last_minute = s.minute[i];
    }
  }
  return batches;
}

double point_size(std::size_t n) {
  return std::clamp(9.6 - 1.6 * std::log10(static_cast<double>(n) + 1), 2.6, 7.0);
}

std::string points(const Scatter& s, bool minutes) {
  std::string out = "<g class=\"points\" stroke-width=\"" + number(point_size(s.x.size())) + "\">\n";
  for (const auto& [key, batch] : batches_of(s, frame_of(s), minutes)) {
    out += "<path class=\"";
    for (std::size_t c = 0; c < key.size(); ++c) (out += c > 0 ? " " : "") += class_of(c, key[c]);
    out += '"';
    if (!batch.minutes.empty()) out += " data-minutes=\"" + batch.minutes + '"';
    out += " d=\"" + batch.path + "\"/>\n";
  }
  return out + "</g>\n";
}

std::string stroke_rules(const std::string& selector, std::size_t coloring, int classes) {
  std::string css;
  for (int i = 0; i < classes; ++i) {
    css += selector + " ." + class_of(coloring, i) + "{stroke:" + color_of(i);
    if (i % palette_size >= palette_rounds) css += ";stroke-linecap:square";
    css += "}\n";
  }
  return css + selector + " ." + class_of(coloring, -1) + "{stroke:" + color_of(-1) + "}\n";
}

void draw_legend(Svg& svg, const Coloring& coloring, double x) {
  double y = margin + 8;
  svg.text(x, y, coloring.name, "head");
  for (std::size_t i = 0; i < coloring.names.size(); ++i) {
    y += legend_row;
    const auto fill = "fill:" + color_of(static_cast<int>(i));
    if (static_cast<int>(i) % palette_size < palette_rounds)
      svg.circle(x + 5, y - 4, 4.5, "", fill);
    else
      svg.rect(x + 1, y - 8, 8, 8, "", fill);
    svg.text(x + 16, y, coloring.names[i], "name");
  }
}

}  // namespace

std::string scatter_svg(const Scatter& scatter) {
  check(scatter);
  const auto& coloring = scatter.colorings.front();
  const auto count = static_cast<int>(coloring.names.size());
  double widest = text_width(coloring.name);
  for (const auto& name : coloring.names) widest = std::max(widest, 16 + text_width(name));
  const double width = map_size + (count > 0 ? widest + 24 : 0);
  const double height = std::max(map_size, margin + legend_row * (count + 1) + margin);
  const auto style = "<style>" + chart_style() + stroke_rules(".points", 0, count) + "</style>\n";
  Svg svg(width, height, scatter.title, style);
  svg.rect(0, 0, width, height, "", "fill:var(--paper)");
  svg.raw(points(scatter, false));
  if (count > 0) draw_legend(svg, coloring, map_size + 8);
  return svg.finish();
}

std::string scatter_figure(const Scatter& scatter) {
  check(scatter);
  std::string out =
      "<figure class=\"map\" data-by=\"a\">\n<figcaption>" + escape(scatter.title) + "</figcaption>\n";
  if (scatter.colorings.size() > 1) {
    out += "<p class=\"choice\">Colour by";
    for (std::size_t c = 0; c < scatter.colorings.size(); ++c)
      out += std::string(" <button type=\"button\" data-coloring=\"") + letter(c) + "\" aria-pressed=\"" +
             (c == 0 ? "true" : "false") + "\">" + escape(scatter.colorings[c].name) + "</button>";
    out += "</p>\n";
  }
  Svg svg(map_size, map_size, scatter.title);
  svg.raw(points(scatter, true));
  out += "<div class=\"stage\" tabindex=\"0\" role=\"group\" aria-label=\"" + escape(scatter.title) +
         ": arrow keys go from minute to minute\">\n" + svg.finish() +
         "<output class=\"tip\" hidden></output>\n</div>\n";
  for (std::size_t c = 0; c < scatter.colorings.size(); ++c) {
    const auto& coloring = scatter.colorings[c];
    out += std::string("<p class=\"legend\" data-legend=\"") + letter(c) + "\" data-name=\"" +
           escape(coloring.name) + "\"><button type=\"button\" class=\"all\">all</button>\n";
    for (std::size_t i = 0; i < coloring.names.size(); ++i) {
      const int index = static_cast<int>(i);
      const bool square = index % palette_size >= palette_rounds;
      out += "<label><input type=\"checkbox\" checked data-class=\"" + class_of(c, index) + "\"/><i" +
             (square ? " class=\"square\"" : "") + " style=\"background:" + color_of(index) +
             "\"></i><span>" + escape(coloring.names[i]) +
             "</span><button type=\"button\" class=\"only\" aria-label=\"only " + escape(coloring.names[i]) +
             "\">only</button></label>\n";
    }
    out += "</p>\n";
  }
  return out + "</figure>\n";
}

std::string scatter_style(int classes) {
  std::string css =
      ".map .stage{position:relative}.map .chart{width:100%;height:auto;border:1px solid var(--rule);"
      "border-radius:4px}\n"
      ".map .tip{position:absolute;pointer-events:none;background:var(--ink);color:var(--paper);padding:.3em "
      ".6em;"
      "border-radius:4px;font-size:.75rem;white-space:pre;z-index:1}\n"
      ".map .ring{fill:none;stroke:var(--ink);stroke-width:1.5}\n"
      ".choice{font-size:.8rem;color:var(--soft);margin:.2rem 0 .5rem}\n"
      ".choice button{font:inherit;color:var(--ink);background:none;border:1px solid "
      "var(--rule);border-radius:1em;"
      "padding:.1em .8em;cursor:pointer}.choice "
      "button[aria-pressed=true]{background:var(--ink);color:var(--paper);"
      "border-color:var(--ink)}\n"
      ".legend{display:flex;flex-wrap:wrap;gap:.15rem .8rem;font-size:.78rem;margin:.5rem 0 0}\n"
      ".legend label{display:inline-flex;align-items:center;gap:.35em;cursor:pointer}\n"
      ".legend input{position:absolute;opacity:0;width:1em}\n"
      ".legend button{font:inherit;font-size:.9em;color:var(--accent);background:none;border:0;padding:0 "
      ".2em;"
      "cursor:pointer}.legend button:hover,.legend button:focus-visible{text-decoration:underline}\n"
      ".map .stage:focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n"
      ".legend i{width:.75em;height:.75em;border-radius:50%;display:inline-block}.legend "
      "i.square{border-radius:1px}\n"
      ".legend input:focus-visible+i{outline:2px solid var(--ink);outline-offset:2px}\n"
      ".legend input:not(:checked)+i{opacity:.35}.legend input:not(:checked)~span{color:var(--soft);"
      "text-decoration:line-through}\n";
  for (std::size_t c = 0; c < max_colorings; ++c) {
    const std::string by = std::string("[data-by=") + letter(c) + ']';
    css +=
        ".map:not(" + by + ") [data-legend=" + letter(c) + "]{display:none}\n" + stroke_rules(by, c, classes);
  }
  return css;
}

std::string scatter_script() {
  return R"js(const maps = [];
for (const figure of document.querySelectorAll('.map')) {
  const svg = figure.querySelector('svg'), stage = figure.querySelector('.stage'), tip = figure.querySelector('.tip');
  const paths = [...svg.querySelectorAll('.points path')];
  const legends = [...figure.querySelectorAll('[data-legend]')];
  const active = () => legends.find(legend => legend.dataset.legend === figure.dataset.by);
  const nameOf = (path, legend) => {
    for (const input of legend.querySelectorAll('input'))
      if (path.classList.contains(input.dataset.class)) return input.parentNode.querySelector('span').textContent;
    return 'none';
  };
  // Only what the names that are shown say hides points: one cannot see why another would.
  const refresh = () => {
    const off = [...active().querySelectorAll('input:not(:checked)')].map(input => input.dataset.class);
    for (const path of paths) path.style.display = off.some(c => path.classList.contains(c)) ? 'none' : '';
  };
  for (const button of figure.querySelectorAll('[data-coloring]'))
    button.onclick = () => {
      figure.dataset.by = button.dataset.coloring;
      for (const other of figure.querySelectorAll('[data-coloring]'))
        other.setAttribute('aria-pressed', other === button);
      refresh();
    };
  figure.addEventListener('change', refresh);
  for (const legend of legends)
    legend.addEventListener('click', event => {
      const button = event.target.closest('button');
      if (!button) return;
      event.preventDefault();
      const own = button.parentNode.querySelector('input');
      for (const input of legend.querySelectorAll('input'))
        input.checked = button.className === 'all' || input === own;
      refresh();
    });
  let points;
  const read = () => points ??= paths.flatMap(path => {
    const minutes = (path.dataset.minutes || '').split(' ');
    const person = legends.length ? nameOf(path, legends[0]) : '';
    let minute = 0;
    return [...path.getAttribute('d').matchAll(/M(\S+) (\S+?)h0/g)].map((m, i) => {
      if (minutes[i]) minute += +minutes[i];
      return {path, x: +m[1], y: +m[2], minute, key: person + ' ' + minute};
    });
  });
  const visible = point => point.path.style.display !== 'none';
  const ring = document.createElementNS(svg.namespaceURI, 'circle');
  ring.setAttribute('class', 'ring');
  ring.setAttribute('r', 6);
  let chosen;
  const mark = point => {
    ring.setAttribute('cx', point.x);
    ring.setAttribute('cy', point.y);
    svg.append(ring);
  };
  const hide = () => { tip.hidden = true; ring.remove(); for (const map of maps) map.unmark(); };
  const show = point => {
    chosen = point;
    const lines = legends.map(legend => legend.dataset.name + ' ' + nameOf(point.path, legend));
    if (point.minute) lines.push(new Date(1000 * point.minute).toISOString().slice(0, 16).replace('T', ' ') + ' UTC');
    tip.textContent = lines.join('\n');
    tip.hidden = false;
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    tip.style.left = Math.max(0, Math.min(point.x * scale + 14, box.width - tip.offsetWidth)) + 'px';
    tip.style.top = point.y * scale + 14 + 'px';
    mark(point);
    for (const map of maps) if (map.svg !== svg) map.find(point.key);
  };
  maps.push({svg, unmark: () => ring.remove(), find: key => {
    const same = read().find(point => point.key === key && visible(point));
    if (same) mark(same); else ring.remove();
  }});
  svg.onmouseleave = hide;
  stage.onblur = hide;
  svg.onmousemove = event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    let best, bestDistance = 200;
    for (const p of read()) {
      const distance = (p.x - at.x) ** 2 + (p.y - at.y) ** 2;
      if (distance < bestDistance && visible(p)) { best = p; bestDistance = distance; }
    }
    if (best) show(best); else hide();
  };
  // Arrow keys: the nearest point in that direction; at first the one in the middle.
  stage.onkeydown = event => {
    if (event.key === 'Escape') return hide();
    const way = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!way) return;
    event.preventDefault();
    const size = svg.viewBox.baseVal.width;
    const from = chosen && visible(chosen) ? chosen : {x: size / 2, y: size / 2};
    let best, least = Infinity;
    for (const p of read()) {
      if (p === chosen || !visible(p)) continue;
      const along = (p.x - from.x) * way[0] + (p.y - from.y) * way[1];
      const across = Math.abs((p.x - from.x) * way[1] - (p.y - from.y) * way[0]);
      if (chosen && (along <= 0 || across > along)) continue;
      const distance = Math.abs(along) + across;
      if (distance < least) { best = p; least = distance; }
    }
    if (best) show(best);
  };
}
)js";
}

}  // namespace lifelog::examples::report
