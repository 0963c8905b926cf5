// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/evaluate/feature_scale.hpp>
#include <lifelog/evaluate/logistic.hpp>
#include <lifelog/evaluate/ridge.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_linear_models)

using namespace lifelog::evaluate;
using lifelog::Index;
using Matrix = lifelog::RowMatrix<double>;

namespace {

double worst(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() ? (a - b).cwiseAbs().maxCoeff() : INFINITY;
}

Matrix noise(Index rows, Index cols, std::uint64_t seed) {
  lifelog::Random random(seed);
  Matrix x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = random.normal();
  return x;
}

/// Labels that follow the first columns of x.
Eigen::VectorXi labels_for(const Matrix& x, Index classes) {
  Eigen::VectorXi labels(x.rows());
  for (Index i = 0; i < x.rows(); ++i) x.row(i).head(classes).maxCoeff(&labels[i]);
  return labels;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ridge_is_that_of_scikit_learn) {
  for (const std::string name : {"tall", "wide", "two"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto x = golden::matrix("evaluate/" + name + "_x.txt");
      const auto y = golden::labels("evaluate/" + name + "_y.txt");
      const auto expected = golden::matrix("evaluate/" + name + "_ridge.txt");
      const auto chosen = golden::vector("evaluate/" + name + "_ridge_alpha.txt");
      const auto model = fit_ridge_classifier(x, y);
      BOOST_TEST(model.alpha == chosen[0], boost::test_tools::tolerance(1e-12));
      const Index skip =
          model.weights.rows() - expected.rows();  // of two classes scikit-learn has the second
      BOOST_TEST(worst(model.weights.bottomRows(expected.rows()), expected.leftCols(x.cols())) < 1e-6);
      BOOST_TEST(worst(model.intercept.tail(expected.rows()), expected.rightCols(1)) < 1e-6);
      BOOST_TEST(worst(model.errors, chosen.tail(10)) < 1e-6);
      BOOST_TEST(skip == (name == "two" ? 1 : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(logistic_regression_is_that_of_scikit_learn) {
  for (const auto& [name, c] : {std::pair<std::string, double>{"tall", 1}, {"wide", 0.1}, {"two", 2}}) {
    BOOST_TEST_CONTEXT(name) {
      const auto x = golden::matrix("evaluate/" + name + "_x.txt");
      const auto y = golden::labels("evaluate/" + name + "_y.txt");
      const auto expected = golden::matrix("evaluate/" + name + "_logistic.txt");
      const auto model = fit_logistic_regression(x, y, {.inverse_penalty = c, .tolerance = 1e-10});
      BOOST_TEST((model.status == LogisticStatus::converged));
      BOOST_TEST(model.iterations < 100);
      Matrix weights = model.weights, intercept = model.intercept;
      if (name == "two") {
        weights = model.weights.row(1) - model.weights.row(0);
        intercept = (intercept.row(1) - intercept.row(0)).eval();
      }
      BOOST_TEST(worst(weights, expected.leftCols(x.cols())) < 1e-6);
      BOOST_TEST(worst(intercept, expected.rightCols(1)) < 1e-6);
      BOOST_TEST(worst(model.log_probabilities(x),
                       golden::matrix("evaluate/" + name + "_logistic_log_p.txt")) < 1e-6);
      // With the tolerance nobody sets, to what anybody sees.
      const auto usual = fit_logistic_regression(x, y, {.inverse_penalty = c});
      BOOST_TEST(worst(usual.weights, model.weights) < 1e-4);
    }
  }
}

BOOST_AUTO_TEST_CASE(leaving_out_is_fitting_without) {
  const auto x = noise(12, 4, 1);
  const auto y = labels_for(x, 3);
  const double alpha = 0.7;
  const auto all = fit_ridge_classifier(x, y, {.alphas = {alpha}});
  double sum = 0;
  for (Index out = 0; out < 12; ++out) {
    Matrix rest(11, 4);
    Eigen::VectorXi labels(11);
    for (Index i = 0, at = 0; i < 12; ++i)
      if (i != out) {
        rest.row(at) = x.row(i);
        labels[at++] = y[i];
      }
    const auto model = fit_ridge_classifier(rest, labels, {.alphas = {alpha}, .classes = 3});
    Matrix target = Matrix::Constant(1, 3, -1);
    target(0, y[out]) = 1;
    sum += (model.scores(x.row(out)) - target).squaredNorm();
  }
  BOOST_TEST(all.errors[0] == sum / 36, boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(constant_collinear_and_repeated_features_do_no_harm) {
  const auto base = noise(30, 3, 2);
  const auto y = labels_for(base, 3);
  Matrix x(30, 7);
  x << base, base.col(0), base.col(1) * 1e6, Eigen::VectorXd::Constant(30, 5e8), Eigen::VectorXd::Zero(30);
  const auto axes = principal_axes(x);
  BOOST_TEST(axes.rank() <= 3);
  const auto ridge = fit_ridge_classifier(x, y);
  const auto logistic = fit_logistic_regression(x, y);
  BOOST_TEST(ridge.weights.allFinite());
  BOOST_TEST(logistic.weights.allFinite());
  BOOST_TEST(ridge.weights.col(6).norm() < 1e-12);
  const auto probabilities = logistic.log_probabilities(x).array().exp().rowwise().sum().eval();
  BOOST_TEST((probabilities - 1).abs().maxCoeff() < 1e-12);
  // Rows that are all alike tell nothing but how often each class is.
  const Matrix same = Matrix::Constant(30, 3, 0.1);
  const auto flat = fit_logistic_regression(same, y);
  for (int c = 0; c < 3; ++c)
    BOOST_TEST(std::exp(flat.log_probabilities(same)(0, c)) == double((y.array() == c).count()) / 30,
               boost::test_tools::tolerance(1e-5));
  BOOST_TEST(fit_ridge_classifier(same, y).scores(same).allFinite());
}

BOOST_AUTO_TEST_CASE(wide_and_tall_are_one_problem) {
  // Features that only repeat others by a factor: the same fit by products of rows as by products of features.
  const auto x = noise(25, 24, 3);
  const auto y = labels_for(x, 2);
  Matrix twice(25, 48);
  twice << x / std::sqrt(2.0), x / std::sqrt(2.0);
  const auto a = fit_ridge_classifier(x, y), b = fit_ridge_classifier(twice, y);
  BOOST_TEST(worst(a.scores(x), b.scores(twice)) < 1e-9);
  const LogisticOptions tight{.tolerance = 1e-11};
  BOOST_TEST(worst(fit_logistic_regression(x, y, tight).log_probabilities(x),
                   fit_logistic_regression(twice, y, tight).log_probabilities(twice)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(products_of_rows_stand_for_the_rows) {
  const auto x = noise(40, 90, 4);
  const auto y = labels_for(x, 3);
  const std::vector<Index> train{3, 1, 4, 15, 9, 2, 6, 5, 35, 8, 30, 20, 21, 22};
  Matrix rows(14, 90);
  Eigen::VectorXi labels(14);
  for (Index i = 0; i < 14; ++i) {
    rows.row(i) = x.row(train[std::size_t(i)]);
    labels[i] = y[train[std::size_t(i)]];
  }
  const auto [axes, coordinates] =
      principal_axes_of_products(Matrix(x * x.transpose()), std::span<const Index>(train));
  const auto plain = fit_ridge_classifier(rows, labels, {.classes = 3});
  const auto model = fit_ridge(axes, labels, {.classes = 3});
  BOOST_TEST(model.alpha == plain.alpha);
  BOOST_TEST(worst(model.scores(coordinates), plain.scores(x)) < 1e-9);
}

BOOST_AUTO_TEST_CASE(classes_without_rows_are_never_predicted_yet_possible) {
  const auto x = noise(10, 4, 5);
  const Eigen::VectorXi y = labels_for(x, 2) * 2;  // 0 and 2 of four
  const auto ridge = fit_ridge_classifier(x, y, {.classes = 4});
  for (const Index c : highest(ridge.scores(noise(50, 4, 6)))) BOOST_TEST(c % 2 == 0);
  const auto logistic = fit_logistic_regression(x, y, {.classes = 4});
  const Matrix p = logistic.log_probabilities(noise(50, 4, 6)).array().exp();
  BOOST_TEST((p.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-12);
  BOOST_TEST((p.col(1).array() - 1.0 / 12).abs().maxCoeff() < 1e-12);
  const auto two = fit_logistic_regression(x, labels_for(x, 2));
  BOOST_TEST(worst(two.weights.row(1), logistic.weights.row(2)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(one_class_and_one_row_are_enough) {
  const auto x = noise(5, 3, 7);
  for (const Index n : {1, 5}) {
    const Matrix some = x.topRows(n);
    const Eigen::VectorXi y = Eigen::VectorXi::Constant(n, 1);
    const auto ridge = fit_ridge_classifier(some, y, {.classes = 2});
    BOOST_TEST(highest(ridge.scores(x))[4] == 1);
    const auto logistic = fit_logistic_regression(some, y, {.classes = 2});
    const auto log_p = logistic.log_probabilities(x);
    BOOST_TEST(std::exp(log_p(0, 0)) == 1.0 / static_cast<double>(n + 1),
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(std::exp(log_p(0, 1)) == static_cast<double>(n) / static_cast<double>(n + 1),
               boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(fit_logistic_regression(x, Eigen::VectorXi::Zero(5)).log_probabilities(x)(3, 0) == 0);
}

BOOST_AUTO_TEST_CASE(separable_and_huge_inputs_stay_finite) {
  Matrix x = noise(40, 5, 8);
  const auto y = labels_for(x, 2);
  for (const double scale : {1e-8, 1.0, 1e8}) {
    const auto model = fit_logistic_regression(x * scale, y, {.inverse_penalty = 1e4});
    BOOST_TEST(model.weights.allFinite());
    BOOST_TEST(model.log_probabilities(x * scale).allFinite());
    BOOST_TEST(fit_ridge_classifier(x * scale, y).weights.allFinite());
  }
}

BOOST_AUTO_TEST_CASE(features_are_scaled_by_the_rows_that_train) {
  Matrix x(5, 3);
  const double gap = std::numeric_limits<double>::quiet_NaN();
  x << 1, 7e9, gap, 3, 7e9, gap, 100, 1, 4, gap, 2, 8, 5, 7e9, gap;
  const auto scale = fit_feature_scale(x, std::vector<Index>{0, 1, 4});
  BOOST_TEST(scale.mean[0] == 3);
  BOOST_TEST(scale.deviation[0] == std::sqrt(8.0 / 3), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(scale.deviation[1] == 1);
  BOOST_TEST(scale.mean[2] == 0);
  BOOST_TEST(scale.deviation[2] == 1);
  const auto scaled = scale.scaled(x);
  BOOST_TEST(scaled(0, 0) == -scaled(4, 0), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(scaled(3, 0) == 0);
  BOOST_TEST(scaled(0, 1) == 0);
  BOOST_TEST(scaled(0, 2) == 0);
  BOOST_TEST(scaled(2, 2) == 4);
  check_throws<std::invalid_argument>([&] { fit_feature_scale(x, std::vector<Index>{5}); },
                                      {"rows", "got 5"});
  check_throws<std::invalid_argument>([&] { scale.scaled(Matrix::Zero(2, 2)); },
                                      {"expected 3 features, got 2"});
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  const auto x = noise(4, 2, 9);
  const Eigen::VectorXi y = labels_for(x, 2);
  check_throws<std::invalid_argument>([&] { fit_ridge_classifier(x, y, {.alphas = {0}}); },
                                      {"alphas", "got 0"});
  check_throws<std::invalid_argument>([&] { fit_ridge_classifier(x, y, {.alphas = {}}); }, {"alphas"});
  check_throws<std::invalid_argument>([&] { fit_ridge_classifier(x, Eigen::VectorXi(y.head(3))); },
                                      {"labels: expected 4, got 3"});
  check_throws<std::invalid_argument>(
      [&] { fit_logistic_regression(x, Eigen::VectorXi::Constant(4, 3), {.classes = 2}); },
      {"below 2, got 3"});
  check_throws<std::invalid_argument>([&] { fit_logistic_regression(x, y, {.inverse_penalty = 0}); },
                                      {"inverse_penalty"});
  Matrix bad = x;
  bad(2, 1) = INFINITY;
  check_throws<std::invalid_argument>([&] { fit_ridge_classifier(bad, y); }, {"row 2, column 1"});
}

BOOST_AUTO_TEST_SUITE_END()
