// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/manifold/detail/convolution.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

BOOST_AUTO_TEST_SUITE(manifold_convolution)

using lifelog::Index;
using lifelog::manifold::detail::Convolution;

namespace {

double kernel(Index y, Index x) {
  return 1 / (1 + 0.1 * double(y * y + 2 * x * x));
}

template<class T>
Convolution<T> convolution(Index height, Index width) {
  Convolution<T> result(height, width);
  const Index stride = Convolution<T>::padded(width);
  std::vector<T> values(std::size_t(height * stride));
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      values[std::size_t(y * stride + x)] =
          static_cast<T>(kernel(std::min(y, height - y), std::min(x, width - x)));
  result.set_kernel(values, 1);
  return result;
}

template<class T>
std::vector<T> noise(Index rows, Index columns, Index stride) {
  lifelog::Random random(1);
  std::vector<T> grid(std::size_t(rows * stride), T(0));
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < columns; ++x) grid[std::size_t(y * stride + x)] = static_cast<T>(random.normal());
  return grid;
}

template<class T>
void check(Index height, Index width, Index rows, Index columns, double tolerance) {
  auto convolve = convolution<T>(height, width);
  const Index stride = Convolution<T>::padded(columns) + 3;
  const auto before = noise<T>(rows, columns, stride);
  auto grid = before;
  convolve(grid.data(), rows, columns, stride, 1);
  double worst = 0;
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < columns; ++x) {
      double sum = 0;
      for (Index v = 0; v < rows; ++v)
        for (Index u = 0; u < columns; ++u) {
          const Index down = std::abs(y - v), across = std::abs(x - u);
          sum += double(before[std::size_t(v * stride + u)]) *
                 kernel(std::min(down, height - down), std::min(across, width - across));
        }
      worst = std::max(worst, std::abs(sum - double(grid[std::size_t(y * stride + x)])));
    }
  BOOST_TEST(worst < tolerance * double(rows * columns));
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_the_sum_over_the_used_points) {
  for (const auto& [height, width] : {std::pair<Index, Index>{16, 16}, {30, 24}, {64, 45}, {36, 80}}) {
    check<double>(height, width, height / 2, width / 2, 1e-14);
    check<float>(height, width, height / 2, width / 2, 1e-6);
    check<double>(height, width, 5, 3, 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(periods_wrap_where_all_points_are_used) {
  check<double>(20, 18, 20, 18, 1e-14);
}

BOOST_AUTO_TEST_CASE(shaping_multiplies_the_spectrum) {
  auto plain = convolution<double>(16, 18), shaped = convolution<double>(16, 18);
  // exp(ik) moves everything by one; its even part, the cosine, is the mean of a step up and one down.
  std::vector<double> vertical(16), horizontal(18, 1);
  for (int k = 0; k < 16; ++k) vertical[std::size_t(k)] = std::cos(2 * std::numbers::pi * k / 16);
  shaped.shape_kernel(vertical, horizontal);
  const Index stride = Convolution<double>::padded(18);
  std::vector<double> a(std::size_t(16 * stride), 0);
  a[std::size_t(5 * stride + 4)] = 1;
  auto b = a;
  plain(a.data(), 16, 18, stride, 1);
  shaped(b.data(), 16, 18, stride, 1);
  for (Index y = 1; y < 15; ++y)
    for (Index x = 0; x < 18; ++x) {
      const double mean = (a[std::size_t((y - 1) * stride + x)] + a[std::size_t((y + 1) * stride + x)]) / 2;
      BOOST_TEST(std::abs(b[std::size_t(y * stride + x)] - mean) < 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  auto convolve = convolution<float>(240, 200);
  const Index stride = Convolution<float>::padded(100);
  const auto before = noise<float>(120, 100, stride);
  auto one = before;
  convolve(one.data(), 120, 100, stride, 1);
  for (const int threads : {2, 3, 0}) {
    auto more = before;
    convolve(more.data(), 120, 100, stride, threads);
    BOOST_TEST((more == one));
  }
}

BOOST_AUTO_TEST_SUITE_END()
