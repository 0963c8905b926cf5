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

/// An HTML table; cells are escaped. Each row's first cell heads it. Columns whose cells are numbers are set to the right.
/// caption: for screen readers, where no heading says what it is.
std::string table_html(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, const std::string& caption = {});

/// Names beside their colours.
std::string key_html(const std::vector<std::pair<std::string, std::string>>& names_and_colors);

/// Horizontal bars, per name one bar, made of parts side by side; they shrink with the page.
struct BarChart {
  struct Part {
    std::string name;
    std::vector<double> values;  ///< one per name, at least 0
    std::string color;           ///< CSS
  };
  std::string title;
  std::vector<std::string> names;
  std::vector<Part> parts;
  /// End of the axis, so that several charts compare; from the data when 0.
  double maximum = 0;
  /// Digits of the number after each bar.
  int digits = 0;
};

std::string bars_html(const BarChart& chart);

}  // namespace lifelog::examples::report
