// SPDX-License-Identifier: MIT
#include <lifelog/nn/activation.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/nn/linear.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/throws.hpp"
#include "check_gradients.hpp"

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

}  // namespace

BOOST_AUTO_TEST_SUITE(nn_dropout)

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
  for (const double rate : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()})
    check_throws<std::invalid_argument>([&] { dropout(rate); }, {"dropout: rate", "from 0 to below 1"});
}

BOOST_AUTO_TEST_SUITE_END()
