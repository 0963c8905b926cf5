// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>
#include <lifelog/predict/personal_heads.hpp>
#include <lifelog/train/gradient_check.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_personal_heads)

using namespace lifelog;
using namespace lifelog::predict;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Bags of a series and a scalar, of which every third lacks the scalar.
struct Some {
  std::vector<float> series, scalar;
  std::vector<std::uint8_t> present;
  mil::Bags<float> bags;
  std::vector<Index> labels, rows;

  Some() {
    Random random(3);
    for (Index n = 0; n < 12; ++n) {
      for (int t = 0; t < 40; ++t) series.push_back(static_cast<float>(random.normal()));
      scalar.push_back(n % 3 == 2 ? std::numeric_limits<float>::quiet_NaN()
                                  : static_cast<float>(random.normal()));
      present.push_back(n % 3 != 2);
      labels.push_back(n % 2);
      rows.push_back(n);
    }
    bags.count = 12;
    bags.modalities.push_back({"series", series.data(), 1, 40});
    bags.modalities.push_back({"scalar", scalar.data(), 0, 1, {}, present.data()});
  }
};

template<class Net>
double distance(const Net& a, const Net& b) {
  double sum = 0;
  nn::visit(
      [&]<lifelog::detail::real_number T>(const nn::Path&, const nn::Layout& layout, const T* x, const T* y) {
        for (Index i = 0; i < layout.size(); ++i)
          sum += static_cast<double>(x[i] - y[i]) * static_cast<double>(x[i] - y[i]);
      },
      a, b);
  return std::sqrt(sum);
}

}  // namespace

BOOST_AUTO_TEST_CASE(heads_say_of_keys_what_the_network_says_of_bags_with_and_without_a_sensor) {
  const Some some;
  for (const auto& pool : mil::pool_names) {
    const auto net = mil::make_bag_network<float>(some.bags.shapes(), 3, 5, pool.pool);
    const auto keys = keys_of(net, some.bags, some.rows, 1);
    const auto heads = heads_of(net);
    const auto whole = mil::evaluate(net, some.bags, some.rows, 1),
               parts = mil::evaluate(heads, keys.bags, 1);
    BOOST_TEST(whole.log_probabilities.allFinite());
    BOOST_TEST((whole.log_probabilities == parts.log_probabilities), pool.name);
    BOOST_TEST((whole.importance == parts.importance), pool.name);
    auto other = mil::make_bag_network<float>(some.bags.shapes(), 3, 6, pool.pool);
    const auto back = mil::evaluate(with_heads(net, heads_of(other)), some.bags, some.rows, 1);
    BOOST_TEST((back.log_probabilities == mil::evaluate(heads_of(other), keys.bags, 1).log_probabilities));
  }
}

BOOST_AUTO_TEST_CASE(the_gradient_of_pulled_heads_is_that_of_central_differences) {
  Random random(8);
  std::vector<double> one(6 * 32), other(6 * 32);
  for (auto* values : {&one, &other})
    for (auto& x : *values) x = random.normal();
  mil::Bags<double> bags;
  bags.count = 6;
  bags.modalities.push_back({"one", one.data(), 0, 32});
  bags.modalities.push_back({"other", other.data(), 0, 32});
  const std::vector<Index> labels{0, 1, 2, 0, 1, 2}, rows{0, 2, 3, 5};
  using Heads = HeadNetwork<double>;
  Heads net(bags.shapes(), 3), towards(bags.shapes(), 3);
  net.initialise(random), towards.initialise(random);
  mil::BagTask<double, KeyEncoders<32>> task(net, bags, labels, 1);
  const double strength = 0.7;
  train::PulledTask pulled(task, towards, strength);
  const train::FocalLossOptions loss;
  auto gradient = nn::zeros_like(net);
  std::vector<Index> predicted;
  pulled.step(net, rows, loss, gradient, predicted);
  BOOST_TEST(predicted.size() == rows.size());
  const auto check = train::gradient_check(net, gradient, [&](const Heads& moved) {
    auto unused = nn::zeros_like(moved);
    const double apart = distance(moved, towards);
    return task.step(moved, rows, loss, unused, predicted) + strength / 2 * apart * apart;
  });
  BOOST_TEST(check.tensors.size() > 4u);
  BOOST_TEST(check.worst().error < 1e-6, check.worst().name);
}

BOOST_AUTO_TEST_CASE(the_stronger_the_pull_the_nearer_heads_stay) {
  const Some some;
  const auto net = mil::make_bag_network<float>(some.bags.shapes(), 2, 5);
  const auto keys = keys_of(net, some.bags, some.rows, 1);
  const auto heads = heads_of(net);
  const auto loss = [&](const auto& any) { return mean_loss(any, keys.bags, some.labels, some.rows); };
  double nearest = infinity, least = 0;
  for (const double strength : {0.0, 0.1, 1.0, 10.0}) {
    const auto tuned = tune_heads(heads, keys.bags, some.labels, some.rows, strength);
    BOOST_TEST(distance(tuned, heads) < nearest);
    BOOST_TEST(loss(tuned) > least);
    nearest = distance(tuned, heads), least = loss(tuned);
  }
  BOOST_TEST(nearest > 0);
  BOOST_TEST(least < loss(heads));
  BOOST_TEST(distance(tune_heads(heads, keys.bags, some.labels, some.rows, infinity), heads) == 0);
  BOOST_TEST(distance(tune_heads(heads, keys.bags, some.labels, {}, 1), heads) == 0);
  BOOST_TEST(loss(tune_heads(heads, keys.bags, some.labels, {2}, 1)) > 0);  // one minute, without its scalar
  check_throws<std::invalid_argument>([&] { tune_heads(heads, keys.bags, some.labels, some.rows, -1); },
                                      {"pull: expected a strength of at least 0, got -1"});
}

BOOST_AUTO_TEST_CASE(keys_are_of_the_rows_that_are_asked_for) {
  const Some some;
  const auto net = mil::make_bag_network<float>(some.bags.shapes(), 2, 5);
  const auto all = keys_of(net, some.bags, some.rows, 2), few = keys_of(net, some.bags, {3, 1}, 1);
  for (const std::size_t n : {0u, 1u, 3u})
    for (std::size_t c = 0; c < 32; ++c)
      BOOST_TEST(few.values[0][n * 32 + c] == (n == 0 ? 0.0f : all.values[0][n * 32 + c]));
}

BOOST_AUTO_TEST_SUITE_END()
