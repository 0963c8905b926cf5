// SPDX-License-Identifier: MIT
// Programs that must not compile, and whose error must say why (check_refused.sh): a line each, every one of types of its
// own, so that each is told. (Those in the language of networks are in tests/nn/refused.cpp.)
#include <lifelog/nn/activation.hpp>
#include <lifelog/nn/product.hpp>
#include <lifelog/nn/strided_convolution.hpp>
#include <lifelog/train/binary_loss.hpp>
#include <lifelog/train/cross_entropy.hpp>
#include <lifelog/train/loss.hpp>
#include <lifelog/train/ordinal_loss.hpp>
#include <lifelog/train/regression_loss.hpp>

using namespace lifelog;

template<int rows>
using Series = Eigen::Matrix<int, rows, Eigen::Dynamic>;

auto use_network() {
  return nn::Input<12, int>{12} | nn::relu;  // refused
}
double use_loss(const Series<13>& x, const Eigen::Matrix<int, 13, 1>& labels) {
  return train::focal_loss(x, labels);  // refused
}
auto use_cross_entropy(const Series<14>& x, const Eigen::Matrix<int, 14, 1>& labels) {
  return train::cross_entropy(x, labels);  // refused
}
auto use_numbers(const Series<15>& x) {
  return train::mse_loss(x, x);  // refused
}
auto use_binary(const Series<16>& x) {
  return train::bce_with_logits(x, x);  // refused
}
auto use_ordinal(const Series<17>& x, const Eigen::Matrix<int, 17, 1>& labels) {
  return train::ordinal_loss(x, labels);  // refused
}
constexpr auto halved = nn::causal_conv<2, 3>(nn::stride<2>);
constexpr auto thirds = nn::causal_conv<2, 3>(nn::stride<3>);
constexpr auto thirtieth = nn::causal_conv<2, 3>(nn::stride<30>);
auto use_rates() {
  return nn::input<2> | nn::sum(halved, nn::identity);  // refused: the same rate
}
auto use_product_of_rates() {
  return nn::input<3> | nn::product(halved, thirds);  // refused: the same rate
}
auto use_stride() {
  return nn::input<4> | nn::causal_conv<2, 3>(nn::stride<0>);  // refused: a stride is of at least 1 sample
}
auto use_strides() {
  return nn::input<5> | thirtieth | thirtieth;  // refused: strides of nodes in a row multiply to 512 at most
}
auto use_inputs() {
  return nn::input_of(3) | halved;  // refused: needs a constant number of inputs
}
