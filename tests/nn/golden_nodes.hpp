// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/io/safetensors.hpp>

#include <string>

#include "../support/paths.hpp"

// The vectors of tests/golden/nn/make_nodes.py, which tells what they hold.

namespace golden_nodes {

inline lifelog::io::Tensors tensors(const std::string& name) {
  return lifelog::io::Tensors::load(std::string(paths::golden) + "/nn/" + name);
}

/// A tensor as a matrix of `rows` rows.
inline lifelog::RowMatrix<double> matrix(const lifelog::io::Tensors& from, const std::string& name,
                                         lifelog::Index rows) {
  const auto values = from.get<double>(name);
  return Eigen::Map<const lifelog::RowMatrix<double>>(values.data(), rows,
                                                      static_cast<lifelog::Index>(values.size()) / rows);
}

}  // namespace golden_nodes
