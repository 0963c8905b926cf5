// SPDX-License-Identifier: MIT
#include <lifelog/nn/max_over_time_gradient.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/nn/weight_norm.hpp>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_extreme_sizes)

// The largest shapes there may be. What would take gigabytes is compiled and not run.

using namespace lifelog;
using namespace lifelog::nn;

namespace {

/// One training step's gradient and some samples of a stream.
template<class Net>
void use(const Net& made, Index length) {
  using T = typename Net::Scalar;
  auto net = made;
  Random random(1);
  net.initialise(random);
  const auto plain = net.fold();
  using S = std::remove_const_t<decltype(plain)>;
  const auto x = dense::normal_rows<T>(random, net.inputs(), length);
  std::vector<T> values(S::channels), again(S::channels), slopes(S::channels, T(1)), y(S::channels);
  std::vector<Index> times(S::channels), times_again(S::channels);
  auto gradient = zeros_like(plain), whole = gradient;
  const auto evaluate = std::make_unique<MaxOverTime<S>>(plain);
  (*evaluate)(plain, dense::series_of(x), values.data(), times.data());
  const auto pull = std::make_unique<MaxOverTimeGradient<S>>(plain);
  (*pull)(plain, dense::series_of(x), times.data(), slopes.data(), gradient);
  pull->forward(plain, dense::series_of(x), again.data(), times_again.data());
  pull->backward(plain, slopes.data(), whole);
  net.unfold(gradient, net);
  const auto stream = std::make_unique<Stream<S>>();
  std::vector<T> largest(S::channels, -std::numeric_limits<T>::infinity());
  for (Index t = 0; t < length; ++t) {
    const Eigen::Matrix<T, Eigen::Dynamic, 1> sample = x.col(t);
    stream->push(plain, sample.data(), y.data());
    for (std::size_t c = 0; c < y.size(); ++c) largest[c] = std::max(largest[c], y[c]);
  }
  const double limit = 1e-4 * static_cast<double>(length);
  for (std::size_t c = 0; c < y.size(); ++c) {
    BOOST_TEST(std::abs(static_cast<double>(values[c] - again[c])) < limit);
    BOOST_TEST(std::abs(static_cast<double>(values[c] - largest[c])) < limit);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_thousand_channels) {
  use(input<1024> | causal_conv<1024, 1>(), 4);
}

BOOST_AUTO_TEST_CASE(a_lookback_of_65536) {
  const auto net = input<1> | causal_conv<2, 17>(dilation<4096>);
  static_assert(decltype(net)::lookback == 65'536);
  use(net, 1000);
  // All seventeen taps are heard.
  auto conv = net;
  conv.weight.setOnes();
  RowMatrix<float> x = RowMatrix<float>::Zero(1, 70'000);
  for (Index k = 0; k < 17; ++k) x(0, 100 + 4096 * k) = 1;
  float values[2];
  Index times[2];
  const auto evaluate = std::make_unique<MaxOverTime<std::remove_const_t<decltype(net)>>>(conv);
  (*evaluate)(conv, dense::series_of(x), values, times);
  BOOST_TEST(values[0] == 17);
  BOOST_TEST(times[0] == 100 + 65'536);
}

using Large = decltype(input<1024> | causal_conv<1024, 64>(dilation<1024>));
using Long = decltype(input<1, double> | weight_norm_conv<1024, 17>(dilation<4096>));

BOOST_AUTO_TEST_CASE(what_takes_gigabytes_compiles) {
  static_assert(Large::lookback == 64'512 && Long::lookback == 65'536);
  void (*volatile large)(const Large&, Index) = &use<Large>;
  void (*volatile longest)(const Long&, Index) = &use<Long>;
  BOOST_TEST((large && longest));
}

BOOST_AUTO_TEST_SUITE_END()
