// SPDX-License-Identifier: MIT
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/grouped_convolution.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "golden_nodes.hpp"

BOOST_AUTO_TEST_SUITE(nn_batch_norm)

using namespace lifelog;
using namespace lifelog::nn;
using Norm = BatchNorm<double, Eigen::Dynamic>;

namespace {

struct Run {
  RowMatrix<double> y;
  Norm gradient;

  Run(const Norm& norm, const RowMatrix<double>& x, bool training) : gradient(zeros_like(norm)) {
    const Samples<double> domain{x.cols(), training, 1};
    RowMatrix<double> planes = RowMatrix<double>::Constant(x.rows(), domain.stride(), 1e6);  // padding
    planes.leftCols(x.cols()) = x;
    RowMatrix<double> out(x.rows(), domain.stride()), dy = RowMatrix<double>::Zero(x.rows(), domain.stride());
    Norm::Tape<Samples<double>> tape;
    norm.record(domain, tape, planes.data(), out.data());
    norm.pull(domain, tape, planes.data(), out.data(), dy.data(), static_cast<double*>(nullptr), gradient);
    y = out.leftCols(x.cols());
  }
};

Norm example() {
  Norm norm(2);
  norm.weight << 2, -1;
  norm.bias << 0.5, 3;
  norm.running_mean << 1, -2;
  norm.running_var << 4, 0.25;
  return norm;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_batch_has_mean_zero_and_variance_one) {
  Norm norm(2);
  Random random(1);
  const RowMatrix<double> x = 3 * dense::normal_rows<double>(random, 2, 37).array() + 5;
  const Run run(norm, x, true);
  for (Index c = 0; c < 2; ++c) {
    BOOST_TEST(std::abs(run.y.row(c).mean()) < 1e-14);
    BOOST_TEST(std::abs(run.y.row(c).squaredNorm() / 37 - 1) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(evaluation_uses_running_statistics_and_leaves_them) {
  const auto norm = example();
  RowMatrix<double> x(2, 2);
  x << 3, 1, -2, -1;
  const Run run(norm, x, false);
  const double a = std::sqrt(4 + 1e-5), b = std::sqrt(0.25 + 1e-5);
  RowMatrix<double> expected(2, 2);
  expected << 2 * 2 / a + 0.5, 0.5, 3, -1 / b + 3;
  BOOST_TEST((run.y - expected).norm() < 1e-14);
  BOOST_TEST((run.gradient.running_mean.array() == 0).all());
  BOOST_TEST((run.gradient.running_var.array() == 0).all());
  BOOST_TEST(run.gradient.num_batches_tracked == 0);
}

// Momentum 0.1, the variance of the batch unbiased.
BOOST_AUTO_TEST_CASE(training_moves_running_statistics) {
  const auto norm = example();
  RowMatrix<double> x(2, 4);
  x << 1, 2, 3, 6, 0, 0, 0, 4;
  const Run run(norm, x, true);
  BOOST_TEST(std::abs(run.gradient.running_mean[0] - 0.1 * (3 - 1)) < 1e-15);
  BOOST_TEST(std::abs(run.gradient.running_mean[1] - 0.1 * (1 + 2)) < 1e-15);
  BOOST_TEST(std::abs(run.gradient.running_var[0] - 0.1 * (14.0 / 3 - 4)) < 1e-15);
  BOOST_TEST(std::abs(run.gradient.running_var[1] - 0.1 * (4 - 0.25)) < 1e-15);
  BOOST_TEST(run.gradient.num_batches_tracked == 1);
}

BOOST_AUTO_TEST_CASE(a_batch_of_one_is_evaluated) {
  const auto norm = example();
  const RowMatrix<double> x = Eigen::Vector2d(3, -1);
  const Run training(norm, x, true), evaluation(norm, x, false);
  BOOST_TEST((training.y == evaluation.y));
  BOOST_TEST(training.gradient.num_batches_tracked == 0);
  BOOST_TEST((training.gradient.running_var.array() == 0).all());
}

BOOST_AUTO_TEST_CASE(equal_samples_stay_finite) {
  const Run run(example(), RowMatrix<double>::Constant(2, 5, 7), true);
  BOOST_TEST((run.y.row(0).array() == 0.5).all());
  BOOST_TEST((run.y.row(1).array() == 3).all());
}

// In evaluation nothing is left of it; gradients go back through what the convolution became.
BOOST_AUTO_TEST_CASE(of_a_signal_is_folded_into_the_convolution) {
  const auto signal = input<2, double> | causal_conv<6, 3>(dilation<2>) | batch_norm | nn::tanh |
                      grouped_conv<3, 2, 3>() | batch_norm;
  using Plain = decltype(signal.fold());
  static_assert(std::is_same_v<Plain, decltype((input<2, double> | causal_conv<6, 3>(dilation<2>) | nn::tanh |
                                                grouped_conv<3, 2, 3>())
                                                   .fold())>);
  golden_nodes::check_signal(signal, "batch_norm.safetensors");
}

BOOST_AUTO_TEST_SUITE_END()
