// SPDX-License-Identifier: MIT
#include <lifelog/mil/modal_importance.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/train/gradient_check.hpp>
#include <lifelog/train/optimizer.hpp>

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <optional>

BOOST_AUTO_TEST_SUITE(mil_dropping_encoders)

// Encoders that drop samples or channels of their signals in training.

using namespace lifelog;
using namespace lifelog::mil;

namespace {

template<bool drops>
struct Encoders {
  template<class T>
  static auto series(Index channels) {
    using namespace nn;
    if constexpr (drops)
      return input_of<T>(channels) | causal_conv<4, 2>() | nn::tanh | dropout(0.3) | causal_conv<3, 2>() |
             spatial_dropout(0.2) | max_over_time | linear<4>;
    else
      return input_of<T>(channels) | causal_conv<4, 2>() | nn::tanh | causal_conv<3, 2>() | max_over_time |
             linear<4>;
  }
};
using Net = BagNetwork<double, Encoders<true>>;
using Pass = BagPass<double, Encoders<true>>;

/// Forty bags of two series of thirty samples.
struct Noise {
  std::vector<double> values;
  Bags<double> bags;
  std::vector<Index> rows, labels;

  Noise() : rows(40) {
    Random random(3);
    for (int i = 0; i < 40 * (2 + 1) * 30; ++i) values.push_back(random.normal());
    bags.count = 40;
    bags.modalities = {{"a", values.data(), 2, 30}, {"b", values.data() + 40 * 2 * 30, 1, 30}};
    std::iota(rows.begin(), rows.end(), Index{0});
    for (const Index n : rows) labels.push_back(n % 3);
  }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  Net network() const { return make_bag_network<double, Encoders<true>>(bags.shapes(), 3, 2); }

  /// The loss in a training step, or where `step` is none in evaluation.
  double loss(const Net& net, std::optional<std::uint64_t> step, Net* gradient = nullptr,
              int threads = 1) const {
    Pass pass(net, bags, threads);
    SensorDropout draw;
    draw.step = step.value_or(7);
    pass.forward(net, rows, step.has_value(), draw);
    return pass.loss(net, labels.data(), train::FocalLossOptions{}, gradient);
  }
};

void check_gradient(const Noise& noise, std::optional<std::uint64_t> step) {
  const auto net = noise.network();
  auto gradient = nn::zeros_like(net);
  noise.loss(net, step, &gradient);
  BOOST_TEST(train::global_norm(gradient) > 1e-3);
  const auto worst =
      train::gradient_check(net, gradient, [&](const Net& at) { return noise.loss(at, step); }).worst();
  BOOST_TEST(worst.error < 1e-6, worst.name << ": " << worst.error);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_step_drops_anew_and_evaluation_drops_nothing) {
  const Noise noise;
  const auto net = noise.network();
  BOOST_TEST(noise.loss(net, 1) == noise.loss(net, 1));
  BOOST_TEST(noise.loss(net, 1) != noise.loss(net, 2));
  BOOST_TEST(noise.loss(net, std::nullopt) != noise.loss(net, 1));
  auto whole = make_bag_network<double, Encoders<false>>(noise.bags.shapes(), 3, 2);
  std::vector<double> parameters;
  nn::visit([&](const nn::Path&, const nn::Layout& layout,
                const double* w) { parameters.insert(parameters.end(), w, w + layout.size()); },
            net);
  auto next = parameters.begin();
  nn::visit(
      [&](const nn::Path&, const nn::Layout& layout, double* w) {
        std::copy_n(next, layout.size(), w);
        next += layout.size();
      },
      whole);
  BOOST_TEST((next == parameters.end()));
  const auto got = evaluate(net, noise.bags, 1), expected = evaluate(whole, noise.bags, 1);
  BOOST_TEST((got.log_probabilities == expected.log_probabilities));
}

// Of series alike, some of which lose samples that their maximum stands on.
BOOST_AUTO_TEST_CASE(samples_of_a_batch_drop_each_for_itself) {
  Noise noise;
  for (int n = 1; n < 40; ++n) {
    std::copy_n(noise.values.begin(), 60, noise.values.begin() + 60 * n);
    std::copy_n(noise.values.begin() + 2400, 30, noise.values.begin() + 2400 + 30 * n);
  }
  const auto net = noise.network();
  Pass pass(net, noise.bags, 1);
  pass.forward(net, noise.rows, true);
  Index others = 0;
  for (Index n = 1; n < 40; ++n) others += pass.log_probabilities()(0, n) != pass.log_probabilities()(0, 0);
  BOOST_TEST(others > 30);
  pass.forward(net, noise.rows, false);
  for (Index n = 1; n < 40; ++n) BOOST_TEST(pass.log_probabilities()(0, n) == pass.log_probabilities()(0, 0));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_does_not_depend_on_threads) {
  const Noise noise;
  const auto net = noise.network();
  auto first = nn::zeros_like(net);
  const double loss = noise.loss(net, 3, &first, 1);
  for (const int threads : {2, 3}) {
    auto gradient = nn::zeros_like(net);
    BOOST_TEST(noise.loss(net, 3, &gradient, threads) == loss);
    nn::visit([](const nn::Path&, const nn::Layout& layout, const double* a,
                 const double* b) { BOOST_TEST(std::equal(a, a + layout.size(), b)); },
              first, gradient);
  }
}

BOOST_AUTO_TEST_CASE(gradients_equal_central_differences) {
  const Noise noise;
  check_gradient(noise, 5);
  check_gradient(noise, std::nullopt);
}

BOOST_AUTO_TEST_SUITE_END()
