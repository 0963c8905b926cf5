// SPDX-License-Identifier: MIT
#include <lifelog/nn/activation.hpp>
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/nn/strided_convolution.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/throws.hpp"
#include "check_gradients.hpp"

BOOST_AUTO_TEST_SUITE(nn_dropout)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

namespace {

constexpr Index features = 40;

/// What a dropout of 0.25 makes of ones, [features × samples].
RowMatrix<double> dropped(const Dropout<double, features>& node, Samples<double> domain) {
  const RowMatrix<double> x = RowMatrix<double>::Ones(features, domain.stride());
  RowMatrix<double> y = x;
  Dropout<double, features>::Tape<Samples<double>> tape;
  node.record(domain, tape, x.data(), y.data());
  return y.leftCols(domain.count);
}

Dropout<double, features> node_of(std::uint64_t seed) {
  auto node = input<features, double> | dropout(0.25);
  Random random(seed);
  node.initialise(random);
  return node;
}

/// What a dropout of 0.25 makes of a signal of ones, [4 × length].
template<bool spatial>
RowMatrix<double> dropped_signal(Draw draw, Index length, std::uint64_t seed = 1) {
  Dropout<double, 4, spatial> node(4, 0.25);
  Random random(seed);
  node.initialise(random);
  const RowMatrix<double> x = RowMatrix<double>::Ones(4, length);
  SignalGradient<Dropout<double, 4, spatial>> pull;
  pull.draw(draw);
  return Eigen::Map<const RowMatrix<double>>(pull.forward(node, dense::series_of(x)), 4, length);
}

/// A share of 0.25 of `count` is zero, to six standard deviations of a binomial count, and the others are scaled.
void check_share(const RowMatrix<double>& y) {
  const double zeros = static_cast<double>((y.array() == 0).count()), count = static_cast<double>(y.size());
  BOOST_TEST(((y.array() == 0) || ((y.array() - 4.0 / 3).abs() < 1e-15)).all());
  BOOST_TEST(std::abs(zeros - 0.25 * count) < 6 * std::sqrt(0.25 * 0.75 * count));
}

/// A signal of many channels and both kinds.
const auto dropping = input<2, double> | weight_norm_conv<5, 3>(dilation<2>) | sigmoid | dropout(0.3) |
                      sum(causal_conv<5, 3>(stride<2>) | spatial_dropout(0.4), causal_conv<5, 1>(stride<2>)) |
                      dropout(0.2);

}  // namespace

BOOST_AUTO_TEST_CASE(drops_its_share_and_scales_the_others) {
  const auto y = dropped(node_of(1), {500, true, 1, 3});
  const Index zeros = (y.array() == 0).count(), count = y.size();
  BOOST_TEST(((y.array() == 0) || ((y.array() - 4.0 / 3).abs() < 1e-15)).all());
  // Six standard deviations of a binomial count.
  BOOST_TEST(std::abs(static_cast<double>(zeros) - 0.25 * static_cast<double>(count)) <
             6 * std::sqrt(0.25 * 0.75 * static_cast<double>(count)));
}

BOOST_AUTO_TEST_CASE(follows_from_seed_step_and_sample_alone) {
  const auto node = node_of(1);
  const auto y = dropped(node, {60, true, 1, 3});
  BOOST_TEST((dropped(node, {60, true, 2, 3}) == y));
  BOOST_TEST((dropped(node, {20, true, 1, 3}) == y.leftCols(20)));
  BOOST_TEST((dropped(node, {60, true, 1, 4}) != y));
  BOOST_TEST((dropped(node_of(2), {60, true, 1, 3}) != y));
  BOOST_TEST((y.col(0) != y.col(1)));
}

BOOST_AUTO_TEST_CASE(is_the_identity_in_evaluation) {
  const auto node = node_of(1);
  BOOST_TEST((dropped(node, {60, false, 1, 3}).array() == 1).all());
  const auto net = input<3> | linear<8> | relu | dropout(0.5) | linear<2>;
  static_assert(
      std::is_same_v<decltype(net.fold()), decltype((input<3> | linear<8> | relu | linear<2>).fold())>);
  Eigen::Matrix<double, features, 1> x, y;
  x.setRandom();
  NodeBase::Memory none;
  node.push(none, x.data(), y.data());
  BOOST_TEST((x == y));
}

BOOST_AUTO_TEST_CASE(between_others_in_training_and_evaluation) {
  const auto net =
      input<3, double> | linear<9> | nn::tanh | dropout(0.4) | linear<5> | dropout(0.2) | linear<2>;
  check_vectors(net, true);
  check_vectors(net, false);
}

BOOST_AUTO_TEST_CASE(rates_that_are_none_are_refused) {
  for (const double rate : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    check_throws<std::invalid_argument>([&] { dropout(rate); }, {"dropout: rate", "from 0 to below 1"});
    check_throws<std::invalid_argument>([&] { spatial_dropout(rate); },
                                        {"spatial_dropout: rate", "from 0 to below 1"});
  }
}

BOOST_AUTO_TEST_CASE(drops_its_share_of_a_signal) {
  const auto y = dropped_signal<false>({3, 0}, 5000);
  check_share(y);
  // Nor does one element tell of its neighbour in time or among channels, or of the next sample or step.
  const auto both = [&](const auto& a, const auto& b) {
    const double count = static_cast<double>(a.size());
    const double zeros = static_cast<double>(((a.array() == 0) && (b.array() == 0)).count());
    BOOST_TEST(std::abs(zeros - count / 16) < 6 * std::sqrt(count / 16));
  };
  both(y.leftCols(4999), y.rightCols(4999));
  both(y.leftCols(4984), y.rightCols(4984));
  both(y.topRows(3), y.bottomRows(3));
  both(y, dropped_signal<false>({3, 1}, 5000));
  both(y, dropped_signal<false>({4, 0}, 5000));
  both(y, dropped_signal<false>({3, 0}, 5000, 2));
}

BOOST_AUTO_TEST_CASE(drops_whole_channels_of_a_signal) {
  RowMatrix<double> first(4, 2000);
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const auto y = dropped_signal<true>({n % 7, n / 7}, 5);
    BOOST_REQUIRE((y.colwise() - y.col(0)).isZero(0));
    first.col(static_cast<Index>(n)) = y.col(0);
  }
  check_share(first);
}

BOOST_AUTO_TEST_CASE(of_a_signal_follows_from_seed_step_and_sample_alone) {
  BOOST_TEST((dropped_signal<false>({3, 1}, 300) == dropped_signal<false>({3, 1}, 700).leftCols(300)));
  BOOST_TEST((dropped_signal<false>({3, 1}, 300) != dropped_signal<false>({1, 3}, 300)));
}

// In chunks, with maxima in pieces, and recorded: the same elements are dropped.
BOOST_AUTO_TEST_CASE(of_a_signal_is_one_in_chunks_and_recorded) {
  auto net = dropping;
  Random random(2);
  net.initialise(random);
  const auto plain = net.fold_training();
  using Plain = std::remove_const_t<decltype(plain)>;
  const auto x = dense::normal_rows<double>(random, 2, 1203);
  SignalGradient<Plain> pull;
  const Draw draw{5, 6};
  pull.draw(draw);
  const RowMatrix<double> y =
      Eigen::Map<const RowMatrix<double>>(pull.forward(plain, dense::series_of(x)), 5, 602);
  BOOST_TEST((y.array() == 0).count() > 300);
  const auto first = dense::first_maxima(y);
  MaxOverTime<Plain> maxima(plain);
  ReduceOverTime<Plain, MeanOverTime> mean(plain);
  for (const Index step : {1203, 300, 7}) {
    maxima.reset(), mean.reset();
    maxima.draw(draw), mean.draw(draw);
    for (Index start = 0; start < 1203; start += step) {
      const Series<double> piece{x.data() + start, std::min(step, 1203 - start), 1203};
      maxima.push(plain, piece), mean.push(plain, piece);
    }
    Eigen::VectorXd means(5);
    mean.features(means.data());
    BOOST_TEST((means - y.rowwise().mean()).cwiseAbs().maxCoeff() < 1e-14);
    for (Index c = 0; c < 5; ++c) {
      BOOST_TEST(std::abs(maxima.values()[c] - y.row(c).maxCoeff()) < 1e-14);
      BOOST_TEST(maxima.times()[c] == 2 * first[static_cast<std::size_t>(c)]);
    }
  }
  maxima.draw({6, 5});
  double values[5];
  Index times[5];
  maxima(plain, dense::series_of(x), values, times);
  BOOST_TEST(values[0] != y.row(0).maxCoeff());
}

BOOST_AUTO_TEST_CASE(of_a_signal_is_the_identity_in_evaluation) {
  static_assert(
      std::is_same_v<
          decltype((input<3> | causal_conv<4, 3>() | dropout(0.5) | relu | spatial_dropout(0.1)).fold()),
          decltype((input<3> | causal_conv<4, 3>() | relu).fold())>);
  static_assert(std::is_same_v<decltype((input<3> | causal_conv<4, 3>() | relu).fold_training()),
                               decltype((input<3> | causal_conv<4, 3>() | relu).fold())>);
  const auto plain = (input<4> | causal_conv<4, 1>() | dropout(0.5)).fold_training();
  Stream<std::remove_const_t<decltype(plain)>> stream;
  const float x[] = {1, 2, 3, 4};
  float y[4] = {1, 1, 1, 1};
  stream.push(plain, x, y);
  for (const float value : y) BOOST_TEST(value == 0);
}

BOOST_AUTO_TEST_CASE(of_signals_between_others_with_maxima) {
  check_series(dropping | causal_conv<4, 3>(dilation<2>) | max_over_time | linear<3>);
  check_series(dropping | max_over_time | dropout(0.2) | linear<3>);
}

// 2,500 samples are differentiated in pieces, whose elements are those of the whole.
BOOST_AUTO_TEST_CASE(of_signals_between_others_with_other_reductions) {
  check_reduction(input<2, double> | causal_conv<4, 3>() | batch_norm | dropout(0.3) | gelu |
                      causal_conv<5, 2>(stride<3>) | dropout(0.2) |
                      concat(max_over_time, mean_over_time, last_sample) | linear<3>,
                  {1, 9, 40, 2500});
}

BOOST_AUTO_TEST_SUITE_END()
