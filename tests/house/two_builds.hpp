// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/core/build_info.hpp>
#include <lifelog/core/parallel.hpp>
#include <lifelog/core/random.hpp>
#include <string>

// What both files of the program do, each by its own flags. Only plain values go from one to the other.

struct Told {
  std::string built;
  int threads = 0;
  double inertia = 0;
  bool refused = false;  ///< a bad argument, by an exception
};

namespace {

Told tell() {
  using namespace lifelog;
  Random random(3);
  RowMatrix<double> points(400, 5);
  for (Index i = 0; i < points.size(); ++i) points.data()[i] = random.normal() + double(i % 3);
  Told told{to_string(build_info()), default_threads(), cluster::kmeans(points, {.clusters = 3}).inertia};
#ifndef LIFELOG_NO_EXCEPTIONS
  try {
    cluster::kmeans(points, {.clusters = 0});
  } catch (const std::invalid_argument&) {
    told.refused = true;
  }
#endif
  return told;
}

}  // namespace
