// SPDX-License-Identifier: MIT
#pragma once

#include <lifelog/mil/bags.hpp>
#include <lifelog/mil/model_file.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "paths.hpp"

// The vectors of tests/golden/nn; what they hold is told in make_golden.py.

namespace golden {

using lifelog::Index;

inline lifelog::io::Tensors tensors(const std::string& name) {
  return lifelog::io::Tensors::load(std::string(paths::golden) + "/nn/" + name);
}

/// A tensor stored as F64, in another precision.
template<class T>
std::vector<T> values(const lifelog::io::Tensors& from, const std::string& name) {
  const auto stored = from.get<double>(name);
  std::vector<T> out;
  for (const double v : stored) out.push_back(static_cast<T>(v));
  return out;
}

/// Largest deviation of planes [channels × samples] from a stored [samples, channels].
template<class Plane>
double deviation(const Plane& got, const lifelog::io::Tensors& from, const std::string& name) {
  const auto expected = from.view<double, 2>(name);
  BOOST_REQUIRE(got.rows() == static_cast<Index>(expected.shape()[1]));
  double largest = 0;
  for (std::size_t n = 0; n < expected.shape()[0]; ++n)
    for (std::size_t c = 0; c < expected.shape()[1]; ++c)
      largest = std::max(
          largest,
          std::abs(static_cast<double>(got(static_cast<Index>(c), static_cast<Index>(n))) - expected(n, c)));
  return largest;
}

/// Checks every trained tensor of `net` against prefix + name: ‖difference‖ ≤ relative · ‖expected‖, or ≤ `absolute`
/// for those named in `noise`.
template<class Net>
void check_parameters(const Net& net, const lifelog::io::Tensors& from, const std::string& prefix,
                      double relative, const std::vector<std::string>& noise = {}, double absolute = 0) {
  lifelog::nn::visit(
      [&](const lifelog::nn::Path& path, const lifelog::nn::Layout& layout, const auto* got) {
        if (layout.role != lifelog::nn::Role::parameter) return;
        const auto name = lifelog::nn::to_string(path);
        const auto& tensor = from.at(prefix + name);
        BOOST_TEST((tensor.shape == lifelog::train::detail::shape_of(layout)), name);
        const auto expected = from.get<double>(prefix + name);
        double norm = 0, error = 0;
        lifelog::train::detail::for_each_element(layout, [&](Index ours, std::size_t at) {
          norm += expected[at] * expected[at];
          error += std::pow(static_cast<double>(got[ours]) - expected[at], 2);
        });
        const bool is_noise = std::find(noise.begin(), noise.end(), name) != noise.end();
        BOOST_TEST(std::sqrt(error) <= (is_noise ? absolute : relative * std::sqrt(norm)),
                   name << ": off by " << std::sqrt(error) << ", norm " << std::sqrt(norm));
      },
      net);
}

}  // namespace golden
