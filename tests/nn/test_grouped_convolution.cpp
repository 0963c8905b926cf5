// SPDX-License-Identifier: MIT
#include <lifelog/nn/grouped_convolution.hpp>
#include <lifelog/nn/layer_norm.hpp>
#include <lifelog/nn/without_bias.hpp>

#include <boost/test/unit_test.hpp>

#include "check_gradients.hpp"
#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_grouped_convolution)

using namespace lifelog;
using namespace lifelog::nn;
using namespace check_gradients;

BOOST_AUTO_TEST_CASE(is_that_of_pytorch_in_chunks_streams_and_training) {
  golden_nodes::check_signal(input<4, double> | grouped_conv<6, 3, 2>(dilation<2>) | nn::tanh |
                                 depthwise_conv<4>(dilation<5>) | without_bias(causal_conv<3, 2>()),
                             "grouped.safetensors");
}

// Some windows reach to before time 0; the last convolution is where the maxima are.
BOOST_AUTO_TEST_CASE(between_others) {
  check_series(input<2, double> | without_bias(weight_norm_conv<6, 3>(dilation<2>)) | sigmoid |
               grouped_conv<4, 3, 2>(dilation<3>) | layer_norm | nn::tanh | depthwise_conv<2>() |
               max_over_time | without_bias(linear<3>));
}

BOOST_AUTO_TEST_CASE(is_the_convolution_whose_other_weights_are_zero) {
  auto grouped = input<12> | grouped_conv<36, 5, 3>(dilation<40>);
  auto dense_one = input<12> | causal_conv<36, 5>(dilation<40>);
  Random random(1);
  grouped.initialise(random);
  dense_one.bias = grouped.bias;
  for (Index o = 0; o < 36; ++o)
    for (Index k = 0; k < 5; ++k)
      dense_one.weight.row(o).segment(k * 12 + o / 12 * 4, 4) = grouped.weight.row(o).segment(k * 4, 4);
  const auto x = dense::normal_rows<float>(random, 12, 700);
  BOOST_TEST((dense::outputs_in_chunks(grouped, x) - dense::outputs_in_chunks(dense_one, x)).norm() < 1e-4F);
  BOOST_TEST((grouped.present().weight - dense_one.present().weight).norm() == 0);
  auto spread = zeros_like(grouped);
  auto all = zeros_like(dense_one);
  grouped.unfold_present(grouped.present(), spread);
  dense_one.unfold_present(dense_one.present(), all);
  BOOST_TEST(std::abs(spread.weight.norm() - all.weight.norm()) < 1e-6F);
  BOOST_TEST(spread.weight.norm() > 0);
}

// Nothing of a bias is seen or changed.
BOOST_AUTO_TEST_CASE(without_a_bias) {
  auto net = input<3> | without_bias(causal_conv<2, 3>()) | max_over_time | without_bias(linear<4>);
  Random random(2);
  net.initialise(random);
  std::vector<std::string> names;
  visit([&](const Path& path, const Layout&, const float*) { names.push_back(to_string(path)); },
        std::as_const(net));
  BOOST_TEST((names == std::vector<std::string>{"signal.weight", "head.weight"}));
  BOOST_TEST(net.signal.fold().bias.isZero(0));
  BOOST_TEST(net.head.bias.isZero(0));
  BOOST_TEST(parameter_count(net) == 2 * 3 * 3 + 4 * 2);
}

BOOST_AUTO_TEST_SUITE_END()
