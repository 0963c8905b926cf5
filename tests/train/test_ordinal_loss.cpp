// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/train/ordinal_loss.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/golden_losses.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(train_ordinal_loss)

using namespace lifelog;
using namespace lifelog::train;

namespace {

using Types = boost::mpl::list<float, double>;

struct Golden {
  io::Tensors file = golden::training("losses");
  RowMatrix<double> logits = golden::rows(file, "outputs"), score = golden::rows(file, "score");
  Eigen::VectorXi labels = golden::labels_of(file, "level");
  std::vector<Index> levels{labels.begin(), labels.end()};
  OrdinalLossOptions with_thresholds{.thresholds = golden::vector_of(file, "thresholds")};
};

}  // namespace

BOOST_AUTO_TEST_CASE(is_pytorchs) {
  const Golden g;
  golden::check_loss(g.file, "ordinal", g.logits,
                     [&](const RowMatrix<double>& x) { return ordinal_loss(x, g.labels); });
  golden::check_loss(g.file, "ordinal.score", g.score, [&](const RowMatrix<double>& x) {
    return ordinal_loss(x, g.labels, g.with_thresholds);
  });
}

BOOST_AUTO_TEST_CASE(thresholds_are_trained_too) {
  const Golden g;
  Eigen::Vector3d gradient;
  double* const none = nullptr;
  const auto loss_of = [&](const OrdinalLossOptions& options, double* to) {
    return ordinal_loss(g.score.data(), 1, 12, 12, g.levels.data(), options, none, 0, to);
  };
  const double value = loss_of(g.with_thresholds, gradient.data());
  BOOST_TEST(value == ordinal_loss(g.score, g.labels, g.with_thresholds).value());
  const auto expected = golden::vector_of(g.file, "ordinal.score.thresholds_grad");
  BOOST_TEST(expected.norm() > 1e-3);
  BOOST_TEST((gradient - expected).norm() <= 1e-14 * expected.norm());
  Eigen::Vector3d differences;
  for (Index k = 0; k < 3; ++k) {
    auto above = g.with_thresholds, below = above;
    above.thresholds[k] += 1e-5;
    below.thresholds[k] -= 1e-5;
    differences[k] = (loss_of(above, nullptr) - loss_of(below, nullptr)) / 2e-5;
  }
  BOOST_TEST((gradient - differences).norm() <= 1e-6 * differences.norm());
}

BOOST_AUTO_TEST_CASE(of_planes_and_in_pieces) {
  const Golden g;
  const auto check = [&](const RowMatrix<double>& outputs, const OrdinalLossOptions& options) {
    const auto loss = ordinal_loss(outputs, g.labels, options);
    golden::check_planes(
        outputs, loss.value(), loss.gradient(), Index{10},
        [&](Index first, Index samples, Index stride, const double* x, double* dx, Index divisor) {
          return options(x, outputs.cols(), samples, stride, g.levels.data() + first, dx, divisor);
        });
  };
  check(g.logits, {});
  check(g.score, g.with_thresholds);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extreme_logits, T, Types) {
  const T big(1e4);
  const Eigen::Matrix<T, 3, 2> logits{{big, big}, {-big, -big}, {-big, big}};
  const auto right = ordinal_loss(logits.topRows(2).eval(), Eigen::Vector2i(2, 0));
  BOOST_TEST(right.value() == 0);
  BOOST_TEST((right.gradient().array() == 0).all());
  const auto wrong = ordinal_loss(logits, Eigen::Vector3i(0, 2, 1));
  BOOST_TEST(wrong.value() == 2e4);
  const T third = static_cast<T>(1.0 / 3);
  BOOST_TEST((wrong.gradient() == RowMatrix<T>{{third, third}, {-third, -third}, {-third, third}}));
  const auto score = ordinal_loss(Eigen::Matrix<T, 1, 1>(big), Eigen::Matrix<int, 1, 1>(0),
                                  {.thresholds = Eigen::Vector2d(-1e4, 0)});
  BOOST_TEST(score.value() == 3e4);
  BOOST_TEST(score.gradient()(0, 0) == 2);
}

// The loss of a score is least between the thresholds of its class, and rises on either side of them.
BOOST_AUTO_TEST_CASE(a_score_is_drawn_between_its_thresholds) {
  const OrdinalLossOptions options{.thresholds = Eigen::Vector3d(-2, 0, 2)};
  for (int y = 0; y < 4; ++y) {
    double least = std::numeric_limits<double>::infinity(), at = 0;
    for (double s = -4; s <= 4; s += 0.125) {
      const auto loss = ordinal_loss(Eigen::Matrix<double, 1, 1>(s), Eigen::Matrix<int, 1, 1>(y), options);
      if (loss < least) least = loss, at = s;
    }
    BOOST_TEST(ordinal_predict(Eigen::Matrix<double, 1, 1>(at), options.thresholds)[0] == y);
  }
}

BOOST_AUTO_TEST_CASE(predictions_count_the_logits_above_0) {
  const RowMatrix<float> logits{{-1, -2, -3}, {1, -1, -2}, {3, 2, 0}, {5, 1, 0.5}};
  BOOST_TEST((ordinal_predict(logits) == Eigen::Vector4i(0, 1, 2, 3)));
  const Eigen::Vector4d scores(-2, -1, 0.5, 7);
  BOOST_TEST((ordinal_predict(scores, Eigen::Vector2d(-1, 0)) == Eigen::Vector4i(0, 0, 2, 2)));
  Index predicted[2];
  const RowMatrix<float> planes{{1, -1, 9}, {1, -1, 9}};
  ordinal_predict(planes.data(), 2, 2, 3, predicted);
  BOOST_TEST((predicted[0] == 2 && predicted[1] == 0));
}

BOOST_AUTO_TEST_CASE(nothing_that_counts) {
  const auto loss = ordinal_loss(Eigen::Matrix2d::Ones().eval(), Eigen::Vector2i(-100, -100));
  BOOST_TEST(loss.value() == 0);
  BOOST_TEST((loss.gradient().array() == 0).all());
  const auto other = ordinal_loss(Eigen::Matrix2d::Zero().eval(), Eigen::Vector2i(9, 1), {.ignore_index = 9});
  BOOST_TEST(std::abs(other.value() - 2 * std::log(2.0)) < 1e-15);
  BOOST_TEST((other.gradient() == RowMatrix<double>{{0, 0}, {-0.5, 0.5}}));
}

BOOST_AUTO_TEST_CASE(of_tensors) {
  const xt::xtensor<float, 2> logits = {{0, 1}, {2, 0}};
  const xt::xtensor<int, 1> labels = {1, 2};
  const auto same = ordinal_loss(Eigen::MatrixXf{{0, 1}, {2, 0}}, Eigen::Vector2i(1, 2));
  BOOST_TEST(same.value() > 0);
  BOOST_TEST(ordinal_loss(logits, labels).value() == same.value());
  BOOST_TEST((ordinal_predict(logits) == Eigen::Vector2i(1, 1)));
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  using Error = std::invalid_argument;
  const Eigen::Matrix2d logits = Eigen::Matrix2d::Zero();
  const Eigen::Vector2i labels(0, 2);
  check_throws<Error>([&] { ordinal_loss(logits, Eigen::Vector2i(0, 3)); }, {"label 1", "0…2", "got 3"});
  check_throws<Error>([&] { ordinal_loss(logits, Eigen::Vector3i(0, 1, 2)); }, {"each of 2", "got 3"});
  const auto refuses = [&](const Eigen::MatrixXd& outputs, const Eigen::VectorXd& thresholds,
                           const std::vector<std::string>& parts) {
    check_throws<Error>([&] { ordinal_loss(outputs, labels, {.thresholds = thresholds}); }, parts);
    check_throws<Error>([&] { ordinal_predict(outputs, thresholds); }, parts);
  };
  refuses(logits, Eigen::Vector2d(0, 1), {"one output", "got 2"});
  refuses(logits.leftCols(1), Eigen::Vector2d(1, 1), {"ascending", "number 1"});
  refuses(logits.leftCols(1), Eigen::Vector2d(0, std::numeric_limits<double>::quiet_NaN()), {"finite"});
  refuses(Eigen::MatrixXd(2, 0), {}, {"one output"});
  const Index level[] = {0, 1};
  double gradient[4];
  check_throws<Error>([&] { ordinal_loss(logits.data(), 2, 2, 2, level, {}, gradient, 0, gradient); },
                      {"thresholds"});
}

BOOST_AUTO_TEST_SUITE_END()
