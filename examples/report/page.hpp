// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifelog::examples::report {

/// The page around the sections: head with style sheet and script, heading, contents.
struct Page {
  std::string title, subtitle;
  /// A number and what it counts, shown large under the title.
  std::vector<std::pair<std::string, std::string>> figures;
  /// Sections in order: anchor, heading, HTML.
  struct Section {
    std::string id, heading, body;
  };
  std::vector<Section> sections;
  std::string style, script;
};

std::string page_html(const Page& page);

/// `<p>` of escaped text.
std::string paragraph(std::string_view text);

/// A chart that is not shrunk below legibility: on a narrow screen it scrolls.
std::string wide(const std::string& chart);

/// HTML that shows when its summary is opened.
std::string folded(std::string_view summary, const std::string& body);

/// Figures side by side as far as they fit, at least `min_width` pixels each.
std::string row_of(const std::vector<std::string>& figures, int min_width);

/// An HTML table; cells are escaped. Columns whose cells are numbers are set to the right.
std::string table_html(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace lifelog::examples::report
