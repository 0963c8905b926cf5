// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/train/regression_loss.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_regression_loss)

using namespace lifelog;
using namespace lifelog::train;

namespace {

using Types = boost::mpl::list<float, double>;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

// Of three outputs with targets missing: PyTorch is given those that are there.
BOOST_AUTO_TEST_CASE(are_pytorchs) {
  const auto file = golden::training("losses");
  const auto outputs = golden::rows(file, "outputs"), targets = golden::rows(file, "targets");
  golden::check_loss(file, "mse", outputs, [&](const RowMatrix<double>& x) { return mse_loss(x, targets); });
  for (const std::string delta : {"0.5", "1", "3"})
    golden::check_loss(file, "huber" + delta, outputs, [&](const RowMatrix<double>& x) {
      return huber_loss(x, targets, {.delta = std::stod(delta)});
    });
}

BOOST_AUTO_TEST_CASE(of_planes_and_in_pieces) {
  const auto file = golden::training("losses");
  const auto outputs = golden::rows(file, "outputs"), targets = golden::rows(file, "targets");
  const Index counted = targets.size() - 5;
  const auto check = [&](const auto& options, const auto& loss) {
    golden::check_planes(
        outputs, loss.value(), loss.gradient(), counted,
        [&](Index first, Index samples, Index stride, const double* x, double* dx, Index divisor) {
          RowMatrix<double> wanted =
              RowMatrix<double>::Constant(3, stride, infinite);  // the padding is not read
          wanted.leftCols(samples) = targets.middleRows(first, samples).transpose();
          return options(x, 3, samples, stride, wanted.data(), dx, divisor);
        });
  };
  check(MseLossOptions{}, mse_loss(outputs, targets));
  check(HuberLossOptions{0.5}, huber_loss(outputs, targets, {.delta = 0.5}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extreme_outputs, T, Types) {
  const Eigen::Matrix<T, 2, 1> outputs(T(1e4), T(-1e4)), zero(0, 0);
  const auto squared = mse_loss(outputs, zero);
  BOOST_TEST(squared.value() == 1e8);
  BOOST_TEST((squared.gradient() == RowMatrix<T>(outputs)));
  const auto huber = huber_loss(outputs, zero, {.delta = 2});
  BOOST_TEST(huber.value() == 2 * (1e4 - 1));
  BOOST_TEST((huber.gradient() == RowMatrix<T>(Eigen::Matrix<T, 2, 1>(1, -1))));
  const auto met = huber_loss(zero, zero);
  BOOST_TEST(met.value() == 0);
  BOOST_TEST((met.gradient().array() == 0).all());
}

BOOST_AUTO_TEST_CASE(missing_targets) {
  const Eigen::Matrix2d outputs{{1, 2}, {3, 4}};
  const auto loss = mse_loss(outputs, Eigen::Matrix2d{{missing, 0}, {3, missing}});
  BOOST_TEST(loss.value() == 2);
  BOOST_TEST((loss.gradient() == RowMatrix<double>{{0, 2}, {0, 0}}));
  const auto none = huber_loss(outputs, Eigen::Matrix2d::Constant(missing));
  BOOST_TEST(none.value() == 0);
  BOOST_TEST((none.gradient().array() == 0).all());
}

BOOST_AUTO_TEST_CASE(of_tensors_and_integers) {
  const xt::xtensor<float, 2> outputs = {{1, 2}, {0, 0}};
  const xt::xtensor<int, 2> targets = {{1, 0}, {2, 0}};
  BOOST_TEST(mse_loss(outputs + 0.0f, targets).value() == 2);
  BOOST_TEST(huber_loss(outputs, targets).value() == 0.75);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const Eigen::Matrix<double, 3, 2> outputs = Eigen::Matrix<double, 3, 2>::Zero();
  check_throws<Error>([&] { mse_loss(outputs, outputs.transpose().eval()); }, {"mse_loss", "3 x 2", "2 x 3"});
  check_throws<Error>([&] { huber_loss(outputs, Eigen::Vector3d::Zero().eval()); }, {"huber_loss", "3 x 1"});
  Eigen::Matrix<double, 3, 2> wild = outputs;
  wild(2, 1) = -infinite;
  check_throws<Error>([&] { mse_loss(outputs, wild); }, {"output 1 of sample 2"});
  for (const double bad : {0.0, -1.0, infinite, missing})
    check_throws<Error>([&] { huber_loss(outputs, outputs, {.delta = bad}); }, {"delta"});
}

BOOST_AUTO_TEST_SUITE_END()
