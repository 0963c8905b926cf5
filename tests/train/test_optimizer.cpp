// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/linear.hpp>
#include <lifelog/train/optimizer.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(nn_optimizer)

// Against PyTorch over whole networks: mil/test_bag_pass.cpp. Here, the rules one by one.

using namespace lifelog;
using namespace lifelog::nn;
using namespace lifelog::train;
using Net = decltype(input<2, double> | linear<3> | batch_norm);

namespace {

Net made(double value) {
  Net net = input<2, double> | linear<3> | batch_norm;
  visit([&](const Path&, const Layout& layout, double* w) { std::fill_n(w, layout.size(), value); }, net);
  return net;
}

}  // namespace

BOOST_AUTO_TEST_CASE(follows_algorithm_2) {
  AdamWOptions options;
  options.learning_rate = 0.125, options.beta1 = 0.75, options.beta2 = 0.5, options.eps = 0.25,
  options.weight_decay = 0.5;
  auto net = made(2);
  AdamW optimizer(net, options);
  double w = 2, m = 0, v = 0;
  const double gradients[] = {3, -1, 0.5, 0};
  for (int t = 1; t <= 4; ++t) {
    const double g = gradients[t - 1];
    optimizer.step(net, made(g));
    m = 0.75 * m + 0.25 * g;
    v = 0.5 * v + 0.5 * g * g;
    w -= 0.125 * 0.5 * w;
    w -= 0.125 * (m / (1 - std::pow(0.75, t))) / (std::sqrt(v / (1 - std::pow(0.5, t))) + 0.25);
    BOOST_TEST(optimizer.steps() == t);
    BOOST_TEST(std::abs(net.first.weight(1, 1) - w) < 1e-14);
    BOOST_TEST(std::abs(net.second.bias[2] - w) < 1e-14);
    BOOST_TEST((net.first.weight.array() == net.first.weight(0, 0)).all());
    BOOST_TEST(std::abs(optimizer.first_moment().first.bias[0] - m) < 1e-14);
    BOOST_TEST(std::abs(optimizer.second_moment().first.bias[0] - v) < 1e-14);
  }
}

// What is not trained takes the change its gradient holds, whole: no decay, no rate.
BOOST_AUTO_TEST_CASE(statistics_and_counters_take_their_change) {
  auto net = made(2);
  AdamW optimizer(net);
  auto change = made(0);
  change.second.running_mean << 1, 2, 3;
  change.second.running_var << -1, 0, 1;
  change.second.num_batches_tracked = 1;
  optimizer.step(net, change);
  optimizer.step(net, change);
  BOOST_TEST((net.second.running_mean == Eigen::Vector3d(4, 6, 8)));
  BOOST_TEST((net.second.running_var == Eigen::Vector3d(0, 2, 4)));
  BOOST_TEST(net.second.num_batches_tracked == 4);
  BOOST_TEST(net.second.weight[0] == 2 * std::pow(1 - 1e-2 * 1e-2, 2));  // a zero gradient leaves the decay
}

BOOST_AUTO_TEST_CASE(restored_steps_go_on_to_the_bit) {
  auto net = made(1), other = made(1);
  AdamW one(net), two(other);
  one.step(net, made(0.5));
  two.restore(one.steps(), one.first_moment(), one.second_moment());
  other = net;
  one.step(net, made(-2));
  two.step(other, made(-2));
  BOOST_TEST((net.first.weight == other.first.weight));
  BOOST_TEST(two.steps() == 2);
}

// From zero, the first step is one learning rate against the gradient, whatever its size: in float to float's rounding,
// which a second moment of (1 - 0.999f) g² would miss by six millionths.
BOOST_AUTO_TEST_CASE(float_steps_are_as_long_as_double_ones) {
  auto net = input<2, float> | linear<3>;
  auto gradient = net;
  net.weight.setZero();
  gradient.weight.setConstant(0.5f);
  AdamW optimizer(net);
  optimizer.step(net, gradient);
  BOOST_TEST(std::abs(static_cast<double>(net.weight(0, 0)) + 0.01) < 0.01 * 5e-7);
}

// Five weights and a bias under fifty gradients.
BOOST_AUTO_TEST_CASE(fifty_steps_are_pytorchs) {
  const auto file = golden::training("optimizers");
  const auto start = golden::vector_of(file, "start");
  const auto gradients = golden::rows(file, "gradients");
  const auto rates = golden::vector_of(file, "cosine");
  using Six = nn::Linear<double, 5, 1>;
  const auto made_of = [](const Eigen::VectorXd& values) {
    Six net(5, 1);
    for (Index i = 0; i < 5; ++i) net.weight(0, i) = values[i];
    net.bias[0] = values[5];
    return net;
  };
  const auto check = [&](const std::string& name, const OptimizerOptions& options, bool scheduled = false) {
    auto net = made_of(start);
    Optimizer<Six> optimizer(net, options);
    const auto expected = golden::rows(file, name);
    double off = 0;
    for (Index t = 0; t < 50; ++t) {
      optimizer.step(net, made_of(gradients.row(t)), scheduled ? rates[t] : 1);
      for (Index i = 0; i < 5; ++i) off = std::max(off, std::abs(net.weight(0, i) - expected(t, i)));
      off = std::max(off, std::abs(net.bias[0] - expected(t, 5)));
    }
    BOOST_TEST(off < 1e-14, name << " is off by " << off);
    BOOST_TEST((expected.row(49) - start.transpose()).norm() > 0.1);
    BOOST_TEST(optimizer.steps() == 50);
  };
  check("sgd", SgdOptions{.learning_rate = 0.05});
  check("sgd.momentum", SgdOptions{.learning_rate = 0.05, .momentum = 0.9});
  check("sgd.nesterov", SgdOptions{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true});
  check("sgd.decay",
        SgdOptions{.learning_rate = 0.05, .momentum = 0.8, .nesterov = true, .weight_decay = 0.1});
  check("sgd.cosine", SgdOptions{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}, true);
  check("adamw", AdamWOptions{.learning_rate = 0.05, .weight_decay = 0.02});
}

// Arithmetic on numbers below the smallest normal one takes a hundred times as long on many machines.
BOOST_AUTO_TEST_CASE(moments_without_a_gradient_decay_to_zero) {
  auto make = [](float value) {
    auto net = input<5, float> | linear<7>;
    visit([&](const Path&, const Layout& layout, float* w) { std::fill_n(w, layout.size(), value); }, net);
    return net;
  };
  auto net = make(1);
  AdamWOptions options;
  options.beta2 = 0.9;
  options.weight_decay = 0;
  AdamW optimizer(net, options);
  optimizer.step(net, make(1e-3f));
  const auto none = make(0);
  bool subnormal = false, moved = false;
  const auto look = [&](const auto& moment) {
    visit(
        [&](const Path&, const Layout& layout, const float* x) {
          for (Index i = 0; i < layout.size(); ++i) {
            subnormal |= std::fpclassify(x[i]) == FP_SUBNORMAL;
            moved |= x[i] != 0;
          }
        },
        moment);
  };
  for (int t = 0; t < 1200; ++t) {
    optimizer.step(net, none);
    look(optimizer.first_moment());
    look(optimizer.second_moment());
  }
  BOOST_TEST(!subnormal);
  BOOST_TEST(moved);  // while there was something to decay
  moved = false;
  look(optimizer.first_moment());
  look(optimizer.second_moment());
  BOOST_TEST(!moved);
}

BOOST_AUTO_TEST_CASE(norms_of_any_number_of_values) {
  for (const Index size : {1, 7, 8, 9, 100}) {
    std::vector<float> x(static_cast<std::size_t>(size));
    double sum = 0;
    for (Index i = 0; i < size; ++i) {
      x[static_cast<std::size_t>(i)] = static_cast<float>(i + 1);
      sum += static_cast<double>((i + 1) * (i + 1));
    }
    BOOST_TEST(train::detail::sum_of_squares(x.data(), size) == sum);
    x.back() = std::numeric_limits<float>::quiet_NaN();
    BOOST_TEST(std::isnan(train::detail::sum_of_squares(x.data(), size)));
  }
}

BOOST_AUTO_TEST_CASE(sgd_leaves_the_second_moment_and_statistics_take_their_change) {
  auto net = made(2);
  Sgd optimizer(net, {.learning_rate = 0.5, .momentum = 0.5});
  auto change = made(1);
  optimizer.step(net, change);
  optimizer.step(net, change, 0.25);
  BOOST_TEST(net.first.weight(0, 0) == 2 - 0.5 - 0.25 * 0.5 * 1.5);
  BOOST_TEST(net.second.running_mean[0] == 4);
  BOOST_TEST(optimizer.first_moment().first.weight(0, 0) == 1.5);
  BOOST_TEST((optimizer.second_moment().first.weight.array() == 0).all());
}

BOOST_AUTO_TEST_CASE(clipping_limits_the_norm_of_all_tensors_together) {
  auto gradient = made(0);
  gradient.first.weight(0, 0) = 3;
  gradient.second.bias[1] = 4;
  gradient.second.running_mean[0] = 100;  // takes no part
  gradient.second.num_batches_tracked = 1;
  BOOST_TEST(global_norm(gradient) == 5);
  auto clipped = gradient;
  BOOST_TEST(clip_global_norm(clipped, 0.9) == 5);
  const double factor = 0.9 / (5 + 1e-6);
  BOOST_TEST(clipped.first.weight(0, 0) == 3 * factor);
  BOOST_TEST(clipped.second.bias[1] == 4 * factor);
  BOOST_TEST(clipped.second.running_mean[0] == 100);
  BOOST_TEST(clipped.second.num_batches_tracked == 1);
  for (const double limit : {5.1, 1e9, std::numeric_limits<double>::infinity()}) {
    clipped = gradient;
    BOOST_TEST(clip_global_norm(clipped, limit) == 5);
    BOOST_TEST((clipped.first.weight == gradient.first.weight));
  }
  auto nothing = made(0);
  BOOST_TEST(clip_global_norm(nothing, 0.9) == 0);
  BOOST_TEST(global_norm(nothing) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
