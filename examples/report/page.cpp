// SPDX-License-Identifier: MIT
#include "page.hpp"

#include "svg.hpp"

namespace lifelog::examples::report {

namespace {

constexpr const char* page_style = R"css(
html{color-scheme:light dark;background:var(--paper);color:var(--ink)}
body{margin:0 auto;max-width:70rem;padding:3rem 1.5rem 5rem;
  font:1.05rem/1.6 Charter,'Bitstream Charter','Iowan Old Style','Palatino Linotype',Georgia,serif}
header h1{font-size:2.6rem;line-height:1.1;margin:0;font-weight:600;letter-spacing:-.015em}
header p{color:var(--soft);margin:.6rem 0 0;max-width:44rem;font-size:1.15rem}
h2{font-size:1.55rem;line-height:1.25;font-weight:600;margin:0 0 .4rem}
section{border-top:1px solid var(--rule);margin-top:3rem;padding-top:1.6rem}
section>p{max-width:44rem;margin:.4rem 0 1.2rem}
.figures{display:flex;flex-wrap:wrap;gap:1rem 3rem;margin:2rem 0 0;padding:0;list-style:none}
.figures b{display:block;font-size:1.9rem;line-height:1.2;font-weight:600;font-variant-numeric:lining-nums}
.figures span,nav,table,figcaption,.legend,.choice,.tip{font-family:system-ui,-apple-system,'Segoe UI',Roboto,
  'DejaVu Sans',sans-serif}
.figures span{color:var(--soft);font-size:.82rem}
nav{margin:2rem 0 0;font-size:.85rem;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem}
nav a{color:var(--accent);text-decoration:none}nav a:hover,nav a:focus{text-decoration:underline}
.row{display:grid;gap:1.6rem 2rem;align-items:start;margin:1.2rem 0}
.chart{max-width:100%;height:auto;display:block}
.row .chart{width:100%}
figure{margin:0}figcaption{font-size:.85rem;font-weight:600;margin:0 0 .3rem}
.wide{overflow-x:auto}.wide .chart{min-width:40rem}
.scroll{overflow-x:auto;margin:1.2rem 0}
table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;line-height:1.35}
th{font-weight:600;text-align:left;color:var(--soft);vertical-align:bottom}
th,td{padding:.32rem 1.3rem .32rem 0;border-bottom:1px solid var(--rule)}
td.n,th.n{text-align:right}tbody tr:last-child td{border-bottom-color:var(--soft)}
details{margin:1.2rem 0;font-size:.9rem}summary{cursor:pointer;color:var(--accent);font-family:system-ui,sans-serif;
  font-size:.85rem}details .scroll{margin:.6rem 0}
.empty{color:var(--soft);font-style:italic}
@media print{.chart,figure,tr{break-inside:avoid}nav,.choice{display:none}}
)css";

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
  return out + "</main>\n<script>\n" + page.script + "</script>\n</body>\n</html>\n";
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
                       const std::vector<std::vector<std::string>>& rows) {
  const auto right = numeric_columns(header.size(), rows);
  const auto cell = [&](const char* tag, std::size_t c, const std::string& text) {
    return std::string("<") + tag + (right[c] ? " class=\"n\">" : ">") + escape(text) + "</" + tag + ">";
  };
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (std::size_t c = 0; c < header.size(); ++c) out += cell("th", c, header[c]);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < header.size(); ++c) out += cell("td", c, row.at(c));
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table></div>\n";
}

}  // namespace lifelog::examples::report
