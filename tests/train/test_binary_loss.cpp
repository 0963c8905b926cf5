// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/train/binary_loss.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_binary_loss)

using namespace lifelog;
using namespace lifelog::train;

namespace {

using Types = boost::mpl::list<float, double>;

BinaryLossOptions weighted(const io::Tensors& file) {
  return {.pos_weight = golden::vector_of(file, "pos_weight")};
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_pytorchs) {
  const auto file = golden::training("losses");
  const auto outputs = golden::rows(file, "outputs"), targets = golden::rows(file, "binary");
  golden::check_loss(file, "bce.plain", outputs,
                     [&](const RowMatrix<double>& x) { return bce_with_logits(x, targets); });
  golden::check_loss(file, "bce.weighted", outputs,
                     [&](const RowMatrix<double>& x) { return bce_with_logits(x, targets, weighted(file)); });
}

BOOST_AUTO_TEST_CASE(of_planes_and_in_pieces) {
  const auto file = golden::training("losses");
  const auto outputs = golden::rows(file, "outputs"), targets = golden::rows(file, "binary");
  const auto options = weighted(file);
  const auto loss = bce_with_logits(outputs, targets, options);
  golden::check_planes(
      outputs, loss.value(), loss.gradient(), targets.size() - 2,
      [&](Index first, Index samples, Index stride, const double* x, double* dx, Index divisor) {
        RowMatrix<double> wanted = RowMatrix<double>::Constant(3, stride, 99);  // the padding is not read
        wanted.leftCols(samples) = targets.middleRows(first, samples).transpose();
        return options(x, 3, samples, stride, wanted.data(), dx, divisor);
      });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extreme_logits, T, Types) {
  for (const T size : {T(1e4), T(1e30)}) {
    const Eigen::Matrix<T, 4, 1> logits(size, size, -size, -size), targets(1, 0, 1, 0);
    const auto loss = bce_with_logits(logits, targets);
    BOOST_TEST(loss.value() == static_cast<double>(size) / 2);
    BOOST_TEST((loss.gradient() == RowMatrix<T>(Eigen::Matrix<T, 4, 1>(0, T(0.25), T(-0.25), 0))));
  }
  // Where one answer is all but sure, what is left of the other is still there: e^-30 to full precision.
  const auto sure = bce_with_logits(Eigen::Matrix<T, 1, 1>(T(30)), Eigen::Matrix<T, 1, 1>(T(1)));
  BOOST_TEST(std::abs(sure.value() / std::exp(-30.0) - 1) < 1e-12);
  BOOST_TEST(std::abs(static_cast<double>(sure.gradient()(0, 0)) / -std::exp(-30.0) - 1) < 1e-6);
}

BOOST_AUTO_TEST_CASE(missing_targets_and_none) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto loss = bce_with_logits(Eigen::Vector2d(0, 5), Eigen::Vector2d(1, nan));
  BOOST_TEST(std::abs(loss.value() - std::log(2.0)) < 1e-15);
  BOOST_TEST((loss.gradient() == RowMatrix<double>(Eigen::Vector2d(-0.5, 0))));
  BOOST_TEST(bce_with_logits(Eigen::Vector2d(0, 5), Eigen::Vector2d(nan, nan)).value() == 0);
}

BOOST_AUTO_TEST_CASE(of_tensors_and_integers) {
  const xt::xtensor<float, 2> logits = {{0, 1}, {2, 0}};
  const xt::xtensor<int, 2> targets = {{0, 1}, {1, 1}};
  const auto loss = bce_with_logits(logits, targets);
  const auto same = bce_with_logits(Eigen::MatrixXf{{0, 1}, {2, 0}}, Eigen::Matrix2f{{0, 1}, {1, 1}});
  BOOST_TEST(loss.value() > 0);
  BOOST_TEST(loss.value() == same.value());
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const Eigen::Vector2d logits(0, 0), targets(0, 1);
  check_throws<Error>([&] { bce_with_logits(logits, Eigen::Vector2d(0, 1.5)); }, {"targets", "got 1.5"});
  check_throws<Error>([&] { bce_with_logits(logits, Eigen::Vector2d(-1, 1)); }, {"targets", "got -1"});
  check_throws<Error>([&] { bce_with_logits(logits, Eigen::Vector3d(0, 1, 0)); }, {"2 x 1", "3 x 1"});
  check_throws<Error>([&] { bce_with_logits(logits, targets, {.pos_weight = Eigen::Vector2d(1, 1)}); },
                      {"pos_weight", "1", "got 2"});
  for (const double bad : {-1.0, std::numeric_limits<double>::infinity()})
    check_throws<Error>(
        [&] { bce_with_logits(logits, targets, {.pos_weight = Eigen::Matrix<double, 1, 1>(bad)}); },
        {"pos_weight", "output 0"});
}

BOOST_AUTO_TEST_SUITE_END()
