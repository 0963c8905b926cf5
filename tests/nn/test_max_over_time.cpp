// SPDX-License-Identifier: MIT
#include <lifelog/nn/max_over_time.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_max_over_time)

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

/// Two convolutions, a shortcut, an odd number of channels.
template<class T, Index out>
auto make_signal(std::uint64_t seed) {
  auto signal = input_of<T>(2) | causal_conv<5, 3>(dilation<2>) | leaky_relu |
                sum(causal_conv<5, 2>(dilation<3>) | leaky_relu, identity) | causal_conv<out, 2>();
  Random random(seed);
  signal.initialise(random);
  return signal;
}

template<class S>
struct Maxima {
  using T = typename S::Scalar;
  T values[S::channels];
  Index times[S::channels];

  Maxima(const S& signal, const RowMatrix<T>& x) {
    MaxOverTime<S>{signal}(signal, dense::series_of(x), values, times);
  }
};

/// The gradient of Σ slope·maximum from the windows against the one of all of time.
template<class S>
void check_gradient(const S& signal, const RowMatrix<double>& x, std::uint64_t seed = 1) {
  BOOST_TEST_CONTEXT("channels " << S::channels << " length " << x.cols()) {
    const Maxima<S> maxima(signal, x);
    Random random(seed);
    double slopes[S::channels];
    dense::Matrix dy = dense::Matrix::Zero(S::channels, x.cols());
    for (Index c = 0; c < S::channels; ++c) dy(c, maxima.times[c]) = slopes[c] = random.normal();
    auto expected = zeros_like(signal), got = zeros_like(signal);
    dense::backward(signal, x, dy, expected);
    MaxOverTimeGradient<S> pull(signal);
    pull(signal, dense::series_of(x), maxima.times, slopes, got);
    pull(signal, dense::series_of(x), maxima.times, slopes, got);  // adds, and keeps nothing from before
    visit(
        [](const Path&, const Layout& layout, const double* g, const double* e) {
          double norm = 0;
          for (Index i = 0; i < layout.size(); ++i) {
            BOOST_TEST(std::abs(g[i] - 2 * e[i]) < 1e-12 * (1 + std::abs(e[i])));
            norm += std::abs(e[i]);
          }
          BOOST_TEST(norm > 0);
        },
        got, expected);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(the_first_of_equal_maxima_wins, T, Scalars) {
  const auto signal = input<2, T> | causal_conv<3, 1>();
  auto copy = signal;
  copy.weight << 1, 0, 0, 1, -1, 0;
  copy.bias << 0, 1, 2;
  for (const Index length : {1, 5, 64, 256, 257, 512, 700}) {
    RowMatrix<T> x = RowMatrix<T>::Constant(2, length, T(3));
    const Maxima<CausalConv<T, 2, 3, 1, 1>> constant(copy, x);
    for (Index c = 0; c < 3; ++c) BOOST_TEST(constant.times[c] == 0);
    BOOST_TEST(constant.values[0] == T(3));
    BOOST_TEST(constant.values[1] == T(4));
    BOOST_TEST(constant.values[2] == T(-1));
  }
  // The same peak in several lanes, blocks and chunks.
  for (const Index first : {1, 8, 15, 31, 32, 100, 255, 256, 300, 511, 512}) {
    RowMatrix<T> x = RowMatrix<T>::Constant(2, 700, T(-5));
    for (const Index t : {first, first + 1, first + 7, first + 32, Index{699}}) x(0, t) = T(-4);
    BOOST_TEST((Maxima<CausalConv<T, 2, 3, 1, 1>>(copy, x).times[0]) == first);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_maximum_is_found_wherever_it_is, T, Scalars) {
  const auto made = input<1, T> | causal_conv<2, 1>();
  auto signal = made;
  signal.weight << 1, -1;
  for (const Index length : {1, 2, 33, 255, 256, 257, 513}) {
    RowMatrix<T> x = RowMatrix<T>::Constant(1, length, T(-1000));
    for (Index t = 0; t < length; ++t) {
      x(0, t) = T(-999);
      const Maxima<CausalConv<T, 1, 2, 1, 1>> maxima(signal, x);
      BOOST_TEST(maxima.times[0] == t);
      BOOST_TEST(maxima.values[0] == T(-999));
      x(0, t) = T(-1000);
    }
  }
}

BOOST_AUTO_TEST_CASE(channels_may_be_rows_of_something_wider) {
  const auto signal = make_signal<float, 5>(1);
  Random random(2);
  const auto wide = dense::normal_rows<float>(random, 2, 500);
  const RowMatrix<float> narrow = wide.middleCols(100, 300);
  const Maxima<decltype(make_signal<float, 5>(1))> expected(signal, narrow);
  float values[5];
  Index times[5];
  MaxOverTime evaluate(signal);
  evaluate(signal, {wide.data() + 100, 300, 500}, values, times);
  for (Index c = 0; c < 5; ++c) {
    BOOST_TEST(values[c] == expected.values[c]);
    BOOST_TEST(times[c] == expected.times[c]);
  }
}

// NaN is never larger than anything: a maximum that skipped it would hide that the input is broken.
BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_not_finite_is_not_passed_over, T, Scalars) {
  const auto signal = make_signal<T, 5>(1);
  using S = std::remove_const_t<decltype(signal)>;
  Random random(3);
  const auto x = dense::normal_rows<T>(random, 2, 600);
  MaxOverTime<S> evaluate(signal);
  for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                      -std::numeric_limits<T>::infinity()})
    for (const Index t : {0, 255, 256, 599}) {
      auto broken = x;
      broken(1, t) = bad;
      T values[5];
      Index times[5];
      evaluate(signal, dense::series_of(broken), values, times);
      for (Index c = 0; c < 5; ++c) {
        BOOST_TEST(std::isnan(values[c]));
        BOOST_TEST(times[c] == 0);
      }
    }
  T values[5], again[5];
  Index times[5];
  evaluate(signal, dense::series_of(x), values, times);  // nothing of that is left
  MaxOverTime<S>{signal}(signal, dense::series_of(x), again, times);
  for (Index c = 0; c < 5; ++c) BOOST_TEST(values[c] == again[c]);
}

BOOST_AUTO_TEST_CASE(the_sparse_gradient_is_the_dense_one) {
  Random random(4);
  const auto check = [&](const auto& signal) {
    for (const Index length : {1, 2, 9, 13, 40, 257, 600})
      check_gradient(signal, dense::normal_rows<double>(random, 2, length));
  };
  check(make_signal<double, 1>(1));
  check(make_signal<double, 8>(2));
  check(make_signal<double, 11>(3));  // three packets of four lanes
  check(make_signal<double, 20>(4));  // three packets of eight
}

BOOST_AUTO_TEST_CASE(the_gradient_at_the_left_edge) {
  const auto signal = make_signal<double, 11>(5);
  Random random(6);
  for (Index peak = 0; peak <= decltype(make_signal<double, 11>(5))::lookback + 1; ++peak) {
    RowMatrix<double> x = 0.01 * dense::normal_rows<double>(random, 2, 50);
    x.col(peak) << 8, -9;
    check_gradient(signal, x);
  }
}

// Several channels at one sample, all windows alike, nothing but zeros.
BOOST_AUTO_TEST_CASE(the_gradient_of_constant_series) {
  const auto signal = make_signal<double, 11>(7);
  for (const Index length : {1, 30, 300}) {
    check_gradient(signal, RowMatrix<double>::Constant(2, length, 1.5));
    check_gradient(signal, RowMatrix<double>::Constant(2, length, -0.5));
  }
}

// Every combination of windows: ends that are the same, before the lookback, and at the end, in one call.
BOOST_AUTO_TEST_CASE(the_gradient_at_any_times) {
  const auto signal = make_signal<double, 5>(8);
  using S = std::remove_const_t<decltype(signal)>;
  Random random(9);
  const auto x = dense::normal_rows<double>(random, 2, 60);
  for (const auto& times :
       {std::array<Index, 5>{0, 0, 0, 0, 0}, {59, 0, 3, 59, 12}, {5, 4, 3, 2, 1}, {12, 13, 59, 58, 13}}) {
    const double slopes[] = {1, -2, 0.5, 3, -0.25};
    dense::Matrix dy = dense::Matrix::Zero(5, 60);
    for (std::size_t c = 0; c < 5; ++c) dy(static_cast<Index>(c), times[c]) = slopes[c];
    auto expected = zeros_like(signal), got = zeros_like(signal);
    dense::backward(signal, x, dy, expected);
    MaxOverTimeGradient<S>{signal}(signal, dense::series_of(x), times.data(), slopes, got);
    visit(
        [](const Path&, const Layout& layout, const double* g, const double* e) {
          for (Index i = 0; i < layout.size(); ++i) BOOST_TEST(std::abs(g[i] - e[i]) < 1e-12);
        },
        got, expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()
