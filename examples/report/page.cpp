// SPDX-License-Identifier: MIT
#include "page.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/core/error.hpp>

#include "../common/table.hpp"
#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

constexpr const char* page_style = R"css(
*{box-sizing:border-box}
html{color-scheme:light dark;background:var(--paper);color:var(--ink)}
body{margin:0 auto;max-width:70rem;padding:3rem 1.5rem 5rem;overflow-wrap:break-word;
  font:1.05rem/1.6 Charter,'Bitstream Charter','Iowan Old Style','Palatino Linotype',Georgia,serif}
header h1{font-size:2.6rem;line-height:1.1;margin:0;font-weight:600;letter-spacing:-.015em}
header p{color:var(--soft);margin:.6rem 0 0;max-width:44rem;font-size:1.15rem}
h2{font-size:1.55rem;line-height:1.25;font-weight:600;margin:0 0 .4rem}
h3{font-size:1.1rem;line-height:1.3;font-weight:600;margin:1.8rem 0 .3rem}
section{border-top:1px solid var(--rule);margin-top:3rem;padding-top:1.6rem}
section>p,section>ul,.person>p{max-width:44rem;margin:.4rem 0 1.2rem}
section>ul{padding-left:1.2rem}section>ul li{margin:.35rem 0}
.figures{display:flex;flex-wrap:wrap;gap:1rem 3rem;margin:2rem 0 0;padding:0;list-style:none}
.figures b{display:block;font-size:1.9rem;line-height:1.2;font-weight:600;font-variant-numeric:lining-nums}
.figures span,nav,table,figcaption,.legend,.choice,.tip,.bars,.key{font-family:system-ui,-apple-system,
  'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
.figures span{color:var(--soft);font-size:.82rem}
nav{margin:2rem 0 0;font-size:.85rem;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem}
a{color:var(--accent)}nav a{text-decoration:none}nav a:hover,nav a:focus{text-decoration:underline}
.row{display:grid;gap:1.6rem 2rem;align-items:start;margin:1.2rem 0}
.chart{max-width:100%;height:auto;display:block}
.row .chart{width:100%}
figure{margin:0}figcaption{font-size:.85rem;font-weight:600;margin:0 0 .3rem}
.wide{overflow-x:auto}.wide .chart{max-width:none}
.scroll{overflow-x:auto;margin:1.2rem 0}
table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;line-height:1.35}
caption{text-align:left;font-weight:600;padding:0 0 .3rem}
th{font-weight:600;text-align:left}thead th{color:var(--soft);vertical-align:bottom}
th,td{padding:.32rem 1.3rem .32rem 0;border-bottom:1px solid var(--rule);overflow-wrap:normal}
td.n,th.n{text-align:right}tbody tr:last-child>*{border-bottom-color:var(--soft)}
details{margin:1.2rem 0;font-size:.95rem}summary{cursor:pointer;color:var(--accent);font-family:system-ui,
  sans-serif;font-size:.88rem}details .scroll{margin:.6rem 0}
.person{border-bottom:1px solid var(--rule);margin:0;padding:.5rem 0}.person>summary b{font-size:1.02rem}
.key{display:flex;flex-wrap:wrap;gap:.15rem 1rem;font-size:.78rem;margin:.4rem 0}
.key i{display:inline-block;width:.75em;height:.75em;margin-right:.35em;border-radius:2px}
.bars{font-size:.8rem;display:grid;grid-template-columns:minmax(0,max-content) minmax(6rem,1fr) max-content;
  gap:.25rem .6rem;align-items:center;margin:.4rem 0 1rem}
.bars div{display:flex;height:.85rem}.bars div i{display:block;height:100%}
.bars .number{text-align:right;font-variant-numeric:tabular-nums}
.empty{color:var(--soft);font-style:italic}
@media (max-width:40rem){body{padding:1.5rem 1rem 3rem}header h1{font-size:1.9rem}th,td{padding-right:.8rem}}
@media print{body{max-width:none;padding:0;font-size:10pt}.chart,figure,tr,.bars{break-inside:avoid}
  h2,h3{break-after:avoid}nav,.choice,summary{display:none}.person>summary{display:block;color:inherit}
  .wide,.scroll{overflow:visible}.wide .chart{max-width:100%}section{margin-top:1.5rem;padding-top:.8rem}}
)css";

// What is folded is printed too.
constexpr const char* page_script = R"js({
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')];
    for (const part of opened) part.open = true;
  });
  addEventListener('afterprint', () => { for (const part of opened) part.open = false; });
}
)js";

/// Numbers, and cells with nothing in them, which alone are no numbers.
bool numeric(const std::string& cell) {
  return cell.find_first_not_of("0123456789.,+-%") == std::string::npos;
}

std::vector<bool> numeric_columns(std::size_t columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<bool> all(columns, !rows.empty());
  for (const auto& row : rows)
    for (std::size_t c = 0; c < columns; ++c)
      if (c == 0 || !numeric(row.at(c))) all[c] = false;
  return all;
}

}  // namespace

std::string page_html(const Page& page) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
      escape(page.title) + "</title>\n<style>\n" + chart_style() + page_style + page.style +
      "</style>\n</head>\n<body>\n<header>\n<h1>" + escape(page.title) + "</h1>\n";
  if (!page.subtitle.empty()) out += paragraph(page.subtitle);
  out += "<ul class=\"figures\">\n";
  for (const auto& [value, what] : page.figures)
    out += "<li><b>" + escape(value) + "</b><span>" + escape(what) + "</span></li>\n";
  out += "</ul>\n<nav aria-label=\"Contents\">\n";
  for (const auto& section : page.sections)
    out += "<a href=\"#" + section.id + "\">" + escape(section.heading) + "</a>\n";
  out += "</nav>\n</header>\n<main>\n";
  for (const auto& section : page.sections)
    out += "<section id=\"" + section.id + "\">\n<h2>" + escape(section.heading) + "</h2>\n" + section.body +
           "</section>\n";
  return out + "</main>\n<script>\n" + page_script + page.script + "</script>\n</body>\n</html>\n";
}

std::string paragraph(std::string_view text) {
  return "<p>" + escape(text) + "</p>\n";
}

std::string wide(const std::string& chart) {
  return "<div class=\"wide\">\n" + chart + "</div>\n";
}

std::string folded(std::string_view summary, const std::string& body) {
  return "<details>\n<summary>" + escape(summary) + "</summary>\n" + body + "</details>\n";
}

std::string row_of(const std::vector<std::string>& figures, int min_width) {
  std::string out = "<div class=\"row\" style=\"grid-template-columns:repeat(auto-fill,minmax(min(100%," +
                    std::to_string(min_width) + "px),1fr))\">\n";
  for (const auto& figure : figures) out += figure;
  return out + "</div>\n";
}

std::string table_html(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, const std::string& caption) {
  const auto right = numeric_columns(header.size(), rows);
  const auto cell = [&](const std::string& tag, const std::string& scope, std::size_t c,
                        const std::string& text) {
    return '<' + tag + (scope.empty() ? "" : " scope=\"" + scope + '"') + (right[c] ? " class=\"n\">" : ">") +
           escape(text) + "</" + tag + '>';
  };
  std::string out = "<div class=\"scroll\"><table>\n";
  if (!caption.empty()) out += "<caption>" + escape(caption) + "</caption>\n";
  out += "<thead><tr>";
  for (std::size_t c = 0; c < header.size(); ++c) out += cell("th", "col", c, header[c]);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>" + cell("th", "row", 0, row.at(0));
    for (std::size_t c = 1; c < header.size(); ++c) out += cell("td", {}, c, row.at(c));
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table></div>\n";
}

std::string key_html(const std::vector<std::pair<std::string, std::string>>& names_and_colors) {
  std::string out = "<p class=\"key\">";
  for (const auto& [name, color] : names_and_colors)
    out += "<span><i style=\"background:" + color + "\"></i>" + escape(name) + "</span>\n";
  return out + "</p>\n";
}

std::string bars_html(const BarChart& chart) {
  const auto n = chart.names.size();
  std::vector<double> total(n, 0);
  for (const auto& part : chart.parts) {
    lifelog::detail::require(part.values.size() == n, "bar chart: expected ", n, " values of ", part.name,
                             ", got ", part.values.size());
    for (std::size_t i = 0; i < n; ++i) total[i] += std::max(0.0, part.values[i]);
  }
  double most = chart.maximum;
  if (most <= 0 && n > 0) most = *std::max_element(total.begin(), total.end());
  std::string out = "<figure><figcaption>" + escape(chart.title) + "</figcaption>\n";
  if (chart.parts.size() > 1) {
    std::vector<std::pair<std::string, std::string>> key;
    for (const auto& part : chart.parts) key.emplace_back(part.name, part.color);
    out += key_html(key);
  }
  out += "<div class=\"bars\">\n";
  for (std::size_t i = 0; i < n; ++i) {
    out += "<span>" + escape(chart.names[i]) + "</span><div>";
    for (const auto& part : chart.parts)
      if (part.values[i] > 0 && most > 0)
        out += "<i style=\"width:" + number(100 * part.values[i] / most, 2) + "%;background:" + part.color +
               "\" title=\"" +
               escape(chart.names[i] + ", " + part.name + ": " + number(part.values[i], chart.digits)) +
               "\"></i>";
    out += "</div><span class=\"number\">" +
           (chart.digits == 0 ? grouped(std::llround(total[i])) : fixed(total[i], chart.digits)) +
           "</span>\n";
  }
  return out + "</div></figure>\n";
}

}  // namespace lifelog::examples::report
