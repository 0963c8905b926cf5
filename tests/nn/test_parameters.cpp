// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/max_over_time.hpp>
#include <lifelog/nn/names.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(nn_parameters)

using namespace lifelog;
using namespace lifelog::nn;

namespace {

template<class Net>
std::vector<std::string> names_of(const Net& net) {
  std::vector<std::string> names;
  visit([&](const Path& path, const Layout&, const auto*) { names.push_back(to_string(path)); }, net);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(places_in_a_chain_are_names) {
  BOOST_TEST((names_of(input<2> | linear<3>) == Names{"weight", "bias"}));
  BOOST_TEST((names_of(input<2> | leaky_relu | linear<3> | relu | linear<1>) ==
              Names{"1.weight", "1.bias", "3.weight", "3.bias"}));
  BOOST_TEST((names_of(input<2> | linear<3> | batch_norm) == Names{"0.weight", "0.bias", "1.weight", "1.bias",
                                                                   "1.running_mean", "1.running_var",
                                                                   "1.num_batches_tracked"}));
}

BOOST_AUTO_TEST_CASE(names_take_the_place_of_places) {
  BOOST_TEST((names_of(input<2> | named<"a">(linear<3>) | named<"b.c">(linear<1>)) ==
              Names{"a.weight", "a.bias", "b.c.weight", "b.c.bias"}));
  BOOST_TEST((names_of(input<2> | named<"a">(linear<3> | relu | linear<4>) | linear<1>) ==
              Names{"a.0.weight", "a.0.bias", "a.2.weight", "a.2.bias", "1.weight", "1.bias"}));
  BOOST_TEST((names_of(input<2> | sum(linear<3>, named<"b">(linear<3>))) ==
              Names{"left.weight", "left.bias", "b.weight", "b.bias"}));
  BOOST_TEST((names_of(input<2> | named<"s">(causal_conv<3, 2>()) | max_over_time | named<"h">(linear<1>)) ==
              Names{"s.weight", "s.bias", "h.weight", "h.bias"}));
}

BOOST_AUTO_TEST_CASE(the_block_is_named_as_pytorchs) {
  const Names norm{"bias", "weight_g", "weight_v"};
  Names expected;
  for (const std::string conv : {"causal.0.", "causal.3."})
    for (const auto& name : norm) expected.push_back(conv + name);
  BOOST_TEST((names_of(input<8> | causal_block<8>(dilation<2>)) == expected));
  expected.insert(expected.end(), {"upordownsample.weight", "upordownsample.bias"});
  BOOST_TEST((names_of(input<3> | causal_block<8>(dilation<2>)) == expected));
}

// Layouts are PyTorch's shapes, and reach every element of our memory once.
BOOST_AUTO_TEST_CASE(layouts_name_every_element_once) {
  auto net = input<3, double> | weight_norm_conv<5, 4>(dilation<2>) | leaky_relu | causal_conv<2, 3>();
  visit(
      [&](const Path& path, const Layout& layout, double* w) {
        for (Index i = 0; i < layout.size(); ++i) w[i] = 0;
        Index extent[3] = {1, 1, 1};
        for (int d = 0; d < layout.rank; ++d) extent[d] = layout.shape[d];
        for (Index a = 0; a < extent[0]; ++a)
          for (Index b = 0; b < extent[1]; ++b)
            for (Index c = 0; c < extent[2]; ++c)
              w[a * layout.stride[0] + (layout.rank > 1 ? b * layout.stride[1] : 0) +
                (layout.rank > 2 ? c * layout.stride[2] : 0)] +=
                  1 + static_cast<double>(100 * a + 10 * b + c);
        for (Index i = 0; i < layout.size(); ++i) BOOST_TEST(w[i] > 0, to_string(path));
      },
      net);
  // (out, in, tap): tap 3 of 4 is the present.
  const auto& v = net.first.first.weight_v;
  for (Index o = 0; o < 5; ++o)
    for (Index i = 0; i < 3; ++i)
      for (Index k = 0; k < 4; ++k)
        BOOST_TEST(v(o, k * 3 + i) == static_cast<double>(1 + 100 * o + 10 * i + k));
}

BOOST_AUTO_TEST_CASE(counting_copying_adding) {
  auto net = input<2, double> | linear<3> | batch_norm;
  Random random(1);
  net.initialise(random);
  BOOST_TEST(parameter_count(net) == 2 * 3 + 3 + 3 + 3);  // no statistics
  const auto zero = zeros_like(net);
  BOOST_TEST((zero.first.weight.array() == 0).all());
  BOOST_TEST((zero.second.running_var.array() == 0).all());
  BOOST_TEST((net.second.running_var.array() == 1).all());
  auto twice = net;
  add(twice, net);
  BOOST_TEST((twice.first.weight == 2 * net.first.weight));
  auto single = input<2> | linear<3> | batch_norm;
  copy(single, net);
  BOOST_TEST((single.first.weight == net.first.weight.cast<float>()));
  BOOST_TEST((single.second.running_var.array() == 1).all());
}

// Uniform in ±1/√fan_in, for weights and biases, as PyTorch draws them; g = ‖v‖.
BOOST_AUTO_TEST_CASE(initial_values_are_distributed_as_pytorchs) {
  auto net = input<24, double> | weight_norm_conv<32, 3>() | leaky_relu | causal_conv<16, 2>() |
             max_over_time | linear<64>;
  Random random(3);
  net.initialise(random);
  const auto check = [](const auto& values, double fan_in) {
    const double bound = 1 / std::sqrt(fan_in), count = static_cast<double>(values.size());
    BOOST_TEST(values.cwiseAbs().maxCoeff() <= bound);
    BOOST_TEST(std::abs(values.mean()) < 5 * bound / std::sqrt(3 * count));
    if (values.size() < 500) return;
    BOOST_TEST(values.cwiseAbs().maxCoeff() > 0.98 * bound);
    BOOST_TEST(std::abs(values.squaredNorm() / count / (bound * bound / 3) - 1) < 0.15);
  };
  const auto& first = net.signal.first.first;
  check(first.weight_v, 72), check(first.bias, 72);
  check(net.signal.second.weight, 64), check(net.signal.second.bias, 64);
  check(net.head.weight, 16), check(net.head.bias, 16);
  BOOST_TEST((first.weight_g - first.weight_v.rowwise().norm()).norm() < 1e-15);

  auto same = net, other = net;
  Random again(3), another(4);
  same.initialise(again);
  other.initialise(another);
  BOOST_TEST((same.head.weight == net.head.weight));
  BOOST_TEST((same.signal.first.first.weight_v == first.weight_v));
  BOOST_TEST((other.head.weight != net.head.weight));
}

BOOST_AUTO_TEST_CASE(batch_norm_starts_at_one_and_zero) {
  auto norm = input<3, double> | batch_norm;
  norm.weight.setConstant(7), norm.running_mean.setConstant(7), norm.running_var.setConstant(7);
  norm.num_batches_tracked = 9;
  Random random(1);
  norm.initialise(random);
  BOOST_TEST((norm.weight.array() == 1).all());
  BOOST_TEST((norm.bias.array() == 0).all());
  BOOST_TEST((norm.running_mean.array() == 0).all());
  BOOST_TEST((norm.running_var.array() == 1).all());
  BOOST_TEST(norm.num_batches_tracked == 0);
}

// A counter counts on where float cannot, in copies, sums and gradients; a visitor of the network's scalars sees it too.
BOOST_AUTO_TEST_CASE(a_counter_is_a_whole_number) {
  auto norm = input<3> | batch_norm, change = zeros_like(norm);
  norm.num_batches_tracked = (std::int64_t{1} << 53) + 1;
  change.num_batches_tracked = 1;
  add(norm, change);
  BOOST_TEST(norm.num_batches_tracked == (std::int64_t{1} << 53) + 2);
  auto wide = input<3, double> | batch_norm;
  copy(wide, norm);
  BOOST_TEST(wide.num_batches_tracked == norm.num_batches_tracked);
  const auto held = norm.num_batches_tracked;
  float seen = 0;
  const auto look = [&](const Path&, const Layout& layout, float* x) {
    if (layout.role == Role::counter) seen = *x;
  };
  visit(look, norm);
  BOOST_TEST(seen == 0x1p53f);
  BOOST_TEST(norm.num_batches_tracked == held);  // not rounded by being looked at
  const auto set = [](const Path&, const Layout& layout, float* x) {
    if (layout.role == Role::counter) *x = 5;
  };
  visit(set, norm);
  BOOST_TEST(norm.num_batches_tracked == 5);
}

BOOST_AUTO_TEST_SUITE_END()
