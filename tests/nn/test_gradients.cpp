// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/product.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "check_gradients.hpp"

BOOST_AUTO_TEST_SUITE(nn_gradients)

using namespace lifelog;
using namespace lifelog::nn;
using namespace lifelog::train;

using namespace check_gradients;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

BOOST_AUTO_TEST_CASE(linear_and_pointwise_nodes) {
  check_vectors(
      input<3, double> | linear<7> | sigmoid | linear<6> | leaky_relu | linear<5> | relu | linear<4>, true);
}

// Summed in another order for few samples than for many, and for less outputs than a register has.
BOOST_AUTO_TEST_CASE(gradients_of_linear_layers_of_any_size) {
  using T = float;
  Random random(3);
  for (const Index outputs : {1, 15, 16, 70, 131})
    for (const Index count : {1, 10, 33, 96, 97}) {
      constexpr Index inputs = 9;
      const Linear<T, inputs, Eigen::Dynamic> layer(inputs, outputs);
      auto gradient = layer;
      const Samples<T> domain{count, true, 1};
      using Plane = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      Plane x = Plane::Constant(inputs, domain.stride(), 3), dy = Plane::Zero(outputs, domain.stride());
      for (Index n = 0; n < count; ++n) {
        for (Index i = 0; i < inputs; ++i) x(i, n) = static_cast<T>(random.normal());
        for (Index o = 0; o < outputs; ++o) dy(o, n) = static_cast<T>(random.normal());
      }
      gradient.weight.setConstant(1), gradient.bias.setConstant(1);
      decltype(gradient)::Tape<Samples<T>> tape;
      layer.pull(domain, tape, x.data(), static_cast<T*>(nullptr), dy.data(), static_cast<T*>(nullptr),
                 gradient);
      const Eigen::MatrixXd expected = dy.matrix().cast<double>() * x.matrix().cast<double>().transpose();
      BOOST_TEST_CONTEXT(outputs << " outputs of " << count << " samples") {
        BOOST_TEST((gradient.weight.cast<double>().array() - 1 - expected.array()).abs().maxCoeff() < 2e-5);
        BOOST_TEST(
            (gradient.bias.cast<double>().array() - 1 - dy.cast<double>().rowwise().sum()).abs().maxCoeff() <
            2e-5);
      }
    }
}

BOOST_AUTO_TEST_CASE(log_softmax_and_sizes_known_at_run_time) {
  check_vectors(input_of<double>(3) | linear_to(7) | sigmoid | linear_to(5) | log_softmax | linear_to(2),
                true);
}

BOOST_AUTO_TEST_CASE(sum_and_identity_of_vectors) {
  check_vectors(input<4, double> | linear<6> | sum(named<"a">(linear<6> | sigmoid), identity) |
                    sum(named<"a">(linear<3>), named<"b">(linear<3> | sigmoid)) | linear<2>,
                true);
}

BOOST_AUTO_TEST_CASE(batch_norm_by_the_batch) {
  check_vectors(input<3, double> | linear<5> | sigmoid | batch_norm | sigmoid | linear<4>, true);
}

BOOST_AUTO_TEST_CASE(batch_norm_by_running_statistics) {
  check_vectors(input<3, double> | linear<5> | sigmoid | batch_norm | sigmoid | linear<4>, false);
}

BOOST_AUTO_TEST_CASE(batch_norm_of_a_number_of_features_known_at_run_time) {
  check_vectors(input_of<double>(3) | linear_to(5) | sigmoid | batch_norm | sigmoid | linear_to(4), true);
}

BOOST_AUTO_TEST_CASE(convolution_between_others) {
  check_series(input_of<double>(2) | causal_conv<5, 3>(dilation<2>) | leaky_relu |
               causal_conv<3, 2>(dilation<3>) | relu | causal_conv<11, 4>() | max_over_time | linear<3>);
}

BOOST_AUTO_TEST_CASE(weight_norm_identity_and_sum_between_others) {
  check_series(input<3, double> | weight_norm_conv<5, 2>() | leaky_relu |
               sum(named<"a">(weight_norm_conv<5, 3>(dilation<2>) | leaky_relu), identity) |
               sum(named<"a">(causal_conv<3, 1>()), named<"b">(weight_norm_conv<3, 4>(dilation<5>))) |
               max_over_time | linear<4> | sigmoid | linear_to(2));
}

BOOST_AUTO_TEST_CASE(products_of_vectors) {
  check_vectors(input<3, double> | product(linear<5> | nn::tanh, linear<5> | sigmoid) |
                    sum(product(linear<5>, identity), linear<5> | nn::tanh) | linear<2>,
                true);
}

// Some windows reach to before time 0, where both halves of a gate and what follows a sigmoid are zero.
BOOST_AUTO_TEST_CASE(products_and_sigmoids_of_signals) {
  check_series(input<2, double> |
               product(weight_norm_conv<5, 3>(dilation<3>) | nn::tanh, causal_conv<5, 2>() | sigmoid) |
               sum(product(causal_conv<5, 3>(dilation<5>), identity), causal_conv<5, 2>() | sigmoid) |
               causal_conv<4, 3>(dilation<2>) | max_over_time | linear<3>);
}

// A gradient check that cannot fail would be worth nothing.
BOOST_AUTO_TEST_CASE(a_broken_gradient_is_seen) {
  using Net = decltype(input<3, double> | linear<4> | sigmoid | linear<2>);
  Net net = input<3, double> | linear<4> | sigmoid | linear<2>;
  Random random(51);
  net.initialise(random);
  const auto x = dense::normal_rows<double>(random, 3, 4);
  const auto loss = [&](const Net& n) { return vector_loss<Net>(n, x, true, nullptr); };
  auto right = zeros_like(net);
  vector_loss(net, x, true, &right);
  BOOST_TEST(gradient_check(net, right, loss).worst().error < limit);

  auto wrong = right;
  wrong.second.weight *= 1.001;
  auto worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "2.weight");
  BOOST_TEST(worst.error > 0.9e-3);
  BOOST_TEST(worst.error < 1.1e-3);

  wrong = right;
  wrong.first.first.bias.setZero();
  worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "0.bias");
  BOOST_TEST(std::abs(worst.error - 1) < 1e-6);

  wrong = right;
  wrong.second.bias[1] = std::numeric_limits<double>::quiet_NaN();
  worst = gradient_check(net, wrong, loss).worst();
  BOOST_TEST(worst.name == "2.bias");
  BOOST_TEST(worst.error == infinity);
}

BOOST_AUTO_TEST_CASE(zero_on_both_sides_proves_nothing) {
  using Net = Linear<double, 3, 2>;
  const Net net;
  const auto constant = [](const Net&) { return 1.0; };
  const auto check = gradient_check(net, zeros_like(net), constant);
  BOOST_TEST(check.tensors.size() == 2u);
  BOOST_TEST(check.worst().error == infinity);
  auto other = zeros_like(net);
  other.bias[0] = 1;
  BOOST_TEST(gradient_check(net, other, constant).worst().error == infinity);
}

BOOST_AUTO_TEST_SUITE_END()
