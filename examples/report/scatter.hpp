// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lifelog::examples::report {

/// A map can be coloured in up to so many ways.
inline constexpr std::size_t max_colorings = 4;

/// One way of colouring the points of a map: by person, by group, by label, by cluster.
struct Coloring {
  std::string name;
  /// [n], index into `names`; negative: belongs to none (grey).
  std::vector<int> of_point;
  std::vector<std::string> names;
};

/// Points of a two-dimensional map.
struct Scatter {
  std::string title;
  /// [n] each, any unit; drawn with one scale for both. Points that are not finite are left out.
  std::vector<float> x, y;
  /// The first is shown; a page lets the reader choose among all. One to max_colorings.
  std::vector<Coloring> colorings;
  /// [n] unix seconds shown on hover, or empty.
  std::vector<std::int64_t> minute;
};

/// A complete SVG file with its legend, coloured by the first coloring. About 11 bytes a point.
/// Throws std::invalid_argument when lengths or indices disagree.
std::string scatter_svg(const Scatter& scatter);

/// The same map as an HTML figure for a page that holds scatter_style() and scatter_script(): legends that
/// show and hide classes, a choice of coloring, and what a point is on hover. Readable without the script
/// too.
std::string scatter_figure(const Scatter& scatter);

/// Style and script of all scatter figures of a page; `classes`: the most names any coloring has.
std::string scatter_style(int classes);
std::string scatter_script();

}  // namespace lifelog::examples::report
