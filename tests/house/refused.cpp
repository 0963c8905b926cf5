// SPDX-License-Identifier: MIT
// Programs that must not compile, and whose error must say why (check_refused.sh): a line each, every one of types of its
// own, so that each is told.
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/reductions.hpp>
#include <lifelog/train/binary_loss.hpp>
#include <lifelog/train/cross_entropy.hpp>
#include <lifelog/train/loss.hpp>
#include <lifelog/train/ordinal_loss.hpp>
#include <lifelog/train/regression_loss.hpp>

using namespace lifelog;

template<int rows>
using Series = Eigen::Matrix<int, rows, Eigen::Dynamic>;
using Floats = Eigen::MatrixXf;

Floats use_leaky_relu(const Series<1>& x) {
  return nn::leaky_relu(x);  // refused
}
Floats use_relu(const Series<2>& x) {
  return nn::relu(x);  // refused
}
Floats use_sigmoid(const Series<3>& x) {
  return nn::sigmoid(x);  // refused
}
Floats use_tanh(const Series<4>& x) {
  return nn::tanh(x);  // refused
}
auto use_maximum(const Series<5>& x) {
  return nn::max_over_time(x);  // refused
}
auto use_mean(const Series<14>& x) {
  return nn::mean_over_time(x);  // refused
}
auto use_own_function(const Series<15>& x) {
  return nn::gelu(x);  // refused
}
Floats use_product(const Series<6>& x) {
  return nn::product(x, x);  // refused
}
Floats use_sum(const Series<7>& x, const Eigen::Matrix<float, 7, 9>& y) {
  return nn::leaky_relu(y) + x;  // refused
}
Floats use_expression(const Series<8>& x) {
  return nn::leaky_relu(x + x);  // refused
}
Floats use_conv(const Series<9>& x, const float (&w)[2][9][3], const float (&b)[2]) {
  return nn::causal_conv(x, w, b);  // refused
}
Floats use_weights(const Floats& x, const int (&w)[2][1][3], const int (&b)[2]) {
  return nn::causal_conv(x, w, b);  // refused
}
Floats use_matrix(const Floats& x, const Series<11>& w, const float (&b)[11]) {
  return nn::causal_conv<11, 3>(x, w, b);  // refused
}
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
