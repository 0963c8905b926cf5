// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/io/safetensors.hpp>
#include <lifelog/train/tensors.hpp>

#include <boost/test/unit_test.hpp>

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

/// Checks every trained tensor of `gradient` against "gradient." and its name.
template<class Net>
void check_gradient(const Net& gradient, const lifelog::io::Tensors& from, double relative) {
  lifelog::nn::visit(
      [&](const lifelog::nn::Path& path, const lifelog::nn::Layout& layout, const double* got) {
        const auto name = "gradient." + lifelog::nn::to_string(path);
        const auto expected = from.get<double>(name);
        double norm = 0, error = 0;
        lifelog::train::detail::for_each_element(layout, [&](lifelog::Index ours, std::size_t at) {
          norm += expected[at] * expected[at];
          error += std::pow(got[ours] - expected[at], 2);
        });
        BOOST_TEST(norm > 0, name);
        BOOST_TEST(std::sqrt(error) <= relative * std::sqrt(norm),
                   name << ": off by " << std::sqrt(error / norm));
      },
      gradient);
}

}  // namespace golden_nodes
