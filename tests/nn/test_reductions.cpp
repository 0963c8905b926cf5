// SPDX-License-Identifier: MIT
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/over_time_gradient.hpp>
#include <lifelog/nn/stream.hpp>

#include <boost/test/unit_test.hpp>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_reductions)

using namespace lifelog;
using namespace lifelog::nn;

namespace {

constexpr auto everything = concat(max_over_time, mean_over_time, last_sample);

/// What `everything` makes of a signal written out.
Eigen::VectorXd expected_features(const dense::Matrix& y) {
  Eigen::VectorXd features(3 * y.rows());
  features << y.rowwise().maxCoeff(), y.rowwise().mean(), y.col(y.cols() - 1);
  return features;
}

auto make_net(std::uint64_t seed) {
  auto net = input<2, double> | causal_conv<4, 3>(dilation<2>) | nn::tanh | causal_conv<3, 2>(dilation<5>) |
             everything | linear<5>;
  Random random(seed);
  net.initialise(random);
  return net;
}

}  // namespace

BOOST_AUTO_TEST_CASE(features_of_a_series_and_of_a_stream) {
  const auto net = make_net(1);
  using Net = std::remove_const_t<decltype(net)>;
  using S = decltype(Net::signal);
  static_assert(Net::features == 9 && Net::channels == 5);
  ReduceOverTime<S, std::remove_const_t<decltype(everything)>> evaluate(net.signal);
  Random random(2);
  for (const Index length : {1, 7, 512, 1300}) {
    const auto x = dense::normal_rows<double>(random, 2, length);
    const Eigen::VectorXd expected = expected_features(dense::forward(net.signal, x));
    Eigen::VectorXd got(9), pieces(9);
    evaluate(net.signal, dense::series_of(x), got.data());
    BOOST_TEST((got - expected).cwiseAbs().maxCoeff() < 1e-13);
    evaluate.reset();
    const Index cut = length / 3;
    evaluate.push(net.signal, {x.data(), cut, length});
    evaluate.push(net.signal, {x.data() + cut, length - cut, length});
    evaluate.features(pieces.data());
    BOOST_TEST((pieces - expected).cwiseAbs().maxCoeff() < 1e-13);

    Stream<Net> stream;
    for (Index t = 0; t < length; ++t) {
      const Eigen::Vector2d sample = x.col(t);
      stream.push(net, sample.data());
    }
    Eigen::VectorXd features(5);
    stream.features(net, features.data());
    BOOST_TEST((features - net.head.weight * expected - net.head.bias).cwiseAbs().maxCoeff() < 1e-13);
  }
}

// A float that counts by ones stops at 2²⁴; a mean of so many samples must not drift before.
BOOST_AUTO_TEST_CASE(means_of_long_streams_are_exact_to_rounding) {
  const auto net = (input<1> | identity | mean_over_time).fold();
  using Net = std::remove_const_t<decltype(net)>;
  Stream<Net> stream;
  double sum = 0;
  for (int t = 0; t < 3'000'000; ++t) {
    const float sample = 100.0F + 0.1F * static_cast<float>(t % 7);
    sum += static_cast<double>(sample);
    stream.push(net, &sample);
  }
  float mean;
  stream.features(net, &mean);
  BOOST_TEST(std::abs(static_cast<double>(mean) - sum / 3e6) < 1e-5);
  stream.reset();
  stream.features(net, &mean);
  BOOST_TEST(mean == 0);
}

BOOST_AUTO_TEST_CASE(features_are_nan_from_a_sample_on_that_is_not_finite) {
  const auto net = (input<2> | causal_conv<3, 1>() | concat(mean_over_time, last_sample)).fold();
  using Net = std::remove_const_t<decltype(net)>;
  using S = decltype(Net::signal);
  using Both = Concat<MeanOverTime, LastSample>;
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    RowMatrix<float> x = RowMatrix<float>::Ones(2, 600);
    x(1, 300) = bad;
    Eigen::Matrix<float, 6, 1> features;
    ReduceOverTime<S, Both> evaluate(net.signal);
    evaluate(net.signal, {x.data(), 300, 600}, features.data());
    BOOST_TEST(features.allFinite());
    evaluate(net.signal, dense::series_of(x), features.data());
    BOOST_TEST(features.array().isNaN().all());
    OverTimeGradient<S, Both> pull(net.signal);
    pull.forward(net.signal, dense::series_of(x), features.data());
    BOOST_TEST(features.array().isNaN().all());
    Stream<Net> stream;
    for (Index t = 0; t < 600; ++t) {
      const Eigen::Vector2f sample = x.col(t);
      stream.push(net, sample.data());
      stream.features(net, features.data());
      BOOST_TEST(features.allFinite() == (t < 300));
      BOOST_TEST(features.array().isNaN().all() == (t >= 300));
    }
    BOOST_TEST(mean_over_time(x).array().isNaN().all());
  }
}

BOOST_AUTO_TEST_CASE(of_a_series_that_is_no_network) {
  Random random(3);
  const auto x = dense::normal_rows<double>(random, 3, 1100);
  const Eigen::VectorXd expected = expected_features(x);
  BOOST_TEST((everything(x) - expected).cwiseAbs().maxCoeff() < 1e-14);
  BOOST_TEST((mean_over_time(x) - expected.segment(3, 3)).cwiseAbs().maxCoeff() < 1e-14);
  const Eigen::VectorXd last = last_sample(leaky_relu(x));
  BOOST_TEST((last - expected.tail(3).cwiseMax(0.01 * expected.tail(3))).cwiseAbs().maxCoeff() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
