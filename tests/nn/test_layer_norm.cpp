// SPDX-License-Identifier: MIT
#include <lifelog/nn/layer_norm.hpp>

#include <boost/test/unit_test.hpp>

#include "check_gradients.hpp"
#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_layer_norm)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

BOOST_AUTO_TEST_CASE(is_that_of_pytorch_in_chunks_streams_and_training) {
  golden_nodes::check_signal(
      input<2, double> | causal_conv<5, 3>(dilation<2>) | layer_norm | nn::tanh | causal_conv<3, 2>(),
      "layer_norm.safetensors");
}

BOOST_AUTO_TEST_CASE(between_others_on_vectors) {
  check_vectors(
      input<3, double> | linear<5> | layer_norm | sigmoid | linear<4> | sum(layer_norm, identity) | linear<2>,
      true);
}

// Some windows reach to before time 0, where signals are zero and a bias is not; the last norm is where the maxima are.
BOOST_AUTO_TEST_CASE(between_others_on_signals) {
  check_series(input<2, double> | causal_conv<5, 3>(dilation<2>) | layer_norm | nn::tanh |
               sum(layer_norm, causal_conv<5, 2>(dilation<3>)) | layer_norm | max_over_time | linear<3>);
}

// More channels than go side by side, and a chunk that is not whole.
BOOST_AUTO_TEST_CASE(of_many_channels) {
  auto signal = input<70, float> | causal_conv<70, 2>() | layer_norm;
  using Wide = decltype(signal);
  Random random(1);
  signal.initialise(random);
  visit(
      [&](const Path&, const Layout& layout, float* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] += static_cast<float>(random.normal());
      },
      signal.second);
  const auto x = dense::normal_rows<float>(random, 70, 333);
  SignalGradient<Wide> whole;
  const Eigen::Map<const RowMatrix<float>> y(whole.forward(signal, dense::series_of(x)), 70, 333);
  BOOST_TEST((dense::outputs_in_chunks(signal, x) - y).cwiseAbs().maxCoeff() < 1e-4F);
  const Eigen::ArrayXf normal = (y.col(7) - signal.second.bias).array() / signal.second.weight.array();
  BOOST_TEST(std::abs(normal.mean()) < 1e-5F);
  BOOST_TEST(std::abs(normal.square().mean() - 1) < 1e-3F);
  MaxOverTimeGradient<Wide> pull(signal);
  std::vector<float> values(70), slopes(70, 1);
  std::vector<Index> times(70);
  MaxOverTime<Wide> evaluate(signal);
  evaluate(signal, dense::series_of(x), values.data(), times.data());
  RowMatrix<float> dy = RowMatrix<float>::Zero(70, 333);
  for (Index c = 0; c < 70; ++c) dy(c, times[static_cast<std::size_t>(c)]) = 1;
  auto sparse = zeros_like(signal), all = zeros_like(signal);
  BOOST_TEST(!pull.takes_all(333));
  pull(signal, dense::series_of(x), times.data(), slopes.data(), sparse);
  whole.backward(signal, dense::series_of(dy), all);
  BOOST_TEST((sparse.first.weight - all.first.weight).norm() < 1e-4F * all.first.weight.norm());
  BOOST_TEST((sparse.second.weight - all.second.weight).norm() < 1e-4F * all.second.weight.norm());
  BOOST_TEST((sparse.second.bias - all.second.bias).norm() < 1e-4F * all.second.bias.norm());
}

BOOST_AUTO_TEST_SUITE_END()
