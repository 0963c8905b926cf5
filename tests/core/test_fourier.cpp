// SPDX-License-Identifier: MIT
#include <lifelog/core/fourier.hpp>
#include <lifelog/core/random.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <complex>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_fourier)

using lifelog::Index;
using lifelog::detail::Fourier;

namespace {

using Complex = std::complex<double>;

template<class T>
std::vector<T> noise(Index count) {
  lifelog::Random random(1);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& x : values) x = static_cast<T>(random.normal());
  return values;
}

template<class T>
Complex element(const std::vector<T>& x, Index k, Index lane) {
  constexpr Index lanes = Fourier<T>::lanes;
  return {double(x[std::size_t(2 * lanes * k + lane)]), double(x[std::size_t(2 * lanes * k + lanes + lane)])};
}

// The largest error of all frequencies of all lanes, against the definition.
template<class T>
double error_of(const Fourier<T>& fourier, const std::vector<T>& before, const std::vector<T>& after) {
  const Index n = fourier.size();
  double worst = 0;
  for (Index k = 0; k < n; ++k)
    for (Index lane = 0; lane < Fourier<T>::lanes; ++lane) {
      Complex sum = 0;
      for (Index j = 0; j < n; ++j)
        sum +=
            element(before, j, lane) * std::polar(1.0, -2 * std::numbers::pi * double(j * k % n) / double(n));
      worst = std::max(worst, std::abs(sum - element(after, fourier.position(k), lane)));
    }
  return worst;
}

// Of n elements all but the first `filled` are zero, and as many are wanted back; they lie twice as far apart as they need.
template<class T>
void check(Index n, Index filled, double tolerance) {
  const Fourier<T> fourier(n);
  constexpr Index size = 2 * Fourier<T>::lanes;
  const auto given = noise<T>(2 * size * filled);
  std::vector<T> before(static_cast<std::size_t>(size * n)), x(before.size(), T(7));
  for (Index j = 0; j < filled; ++j)
    std::copy_n(given.begin() + 2 * size * j, size, before.begin() + size * j);
  fourier.forward(given.data(), 2 * size, filled, x.data());
  BOOST_TEST(error_of(fourier, before, x) < tolerance * double(n));
  auto back = given;
  fourier.inverse(x.data(), back.data(), 2 * size, filled);
  double worst = 0;
  for (std::size_t i = 0; i < back.size(); ++i) {
    const bool between = static_cast<Index>(i) / size % 2 == 1;  // not to be touched
    worst = std::max(worst, std::abs(double(back[i]) / (between ? 1 : double(n)) - double(given[i])));
  }
  BOOST_TEST(worst < 4 * tolerance);
}

template<class T>
void check(Index n, double tolerance) {
  for (const Index filled : {n, (n + 1) / 2, n / 2, (n + 2) / 3, Index(1)})
    if (filled > 0) check<T>(n, filled, tolerance);
}

}  // namespace

// 480 and more is walked part by part, what is shorter level by level.
BOOST_AUTO_TEST_CASE(transforms_are_the_definition_and_back) {
  for (const Index n :
       {1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 20, 27, 30, 60, 64, 75, 128, 180, 480, 512, 720}) {
    check<double>(n, 1e-14);
    check<float>(n, 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(good_sizes_are_long_enough_and_not_much_longer) {
  for (Index n = 1; n < 5000; n += 7) {
    const Index size = Fourier<float>::good_size(n);
    BOOST_TEST(size >= n);
    BOOST_TEST(size % 2 == 0);
    if (n > 16) BOOST_TEST(double(size) < 1.26 * double(n));
    Index rest = size;
    for (const Index p : {2, 3, 5})
      while (rest % p == 0) rest /= p;
    BOOST_TEST(rest == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
