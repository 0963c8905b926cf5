// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/calibration.hpp>
#include <lifelog/evaluate/conformal.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "../support/golden.hpp"
#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_calibration)

using namespace lifelog::evaluate;
using lifelog::Index;
using Matrix = lifelog::RowMatrix<double>;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Labelled {
  Matrix log_p;
  Eigen::VectorXi labels;
};

/// Rows whose labels are drawn by the probabilities themselves, sharpened afterwards by `overconfidence`.
Labelled drawn(Index n, Index classes, double overconfidence, std::uint64_t seed) {
  lifelog::Random random(seed);
  Labelled result{Matrix(n, classes), Eigen::VectorXi(n)};
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < classes; ++c) result.log_p(i, c) = 1.5 * random.normal();
    const Matrix honest = at_temperature(result.log_p.row(i), 1);
    double left = random.uniform();
    Index label = 0;
    while (label + 1 < classes && left >= std::exp(honest(0, label))) left -= std::exp(honest(0, label++));
    result.labels[i] = static_cast<int>(label);
    result.log_p.row(i) = at_temperature(honest, 1 / overconfidence);
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(scores_and_temperature_are_those_of_scikit_learn_mapie_and_scipy) {
  const auto log_p = golden::matrix("evaluate/calibration_log_p.txt");
  const auto labels = golden::labels("evaluate/calibration_y.txt");
  const auto expected = golden::vector("evaluate/calibration_scores.txt");
  const double temperature = fit_temperature(log_p, labels);
  BOOST_TEST(temperature == expected[0], boost::test_tools::tolerance(1e-6));
  const auto before = calibration_scores(at_temperature(log_p, 1), labels);
  const auto after = calibration_scores(at_temperature(log_p, temperature), labels);
  const auto tolerance = boost::test_tools::tolerance(1e-6);
  BOOST_TEST(before.log_loss == expected[1], tolerance);
  BOOST_TEST(before.brier == expected[2], tolerance);
  BOOST_TEST(before.calibration_error == expected[3], tolerance);
  BOOST_TEST(after.log_loss == expected[4], tolerance);
  BOOST_TEST(after.brier == expected[5], tolerance);
  BOOST_TEST(after.calibration_error == expected[6], tolerance);
  BOOST_TEST(after.accuracy == before.accuracy);
}

BOOST_AUTO_TEST_CASE(overconfidence_is_found_and_mended) {
  const auto valid = drawn(4000, 3, 3, 1), test = drawn(4000, 3, 3, 2);
  const double temperature = fit_temperature(valid.log_p, valid.labels);
  BOOST_TEST(temperature == 3, boost::test_tools::tolerance(0.08));
  BOOST_TEST(calibration_scores(test.log_p, test.labels).calibration_error > 0.1);
  BOOST_TEST(calibration_scores(at_temperature(test.log_p, temperature), test.labels).calibration_error <
             0.03);
  const auto modest = drawn(4000, 3, 0.5, 3);
  BOOST_TEST(fit_temperature(modest.log_p, modest.labels) == 0.5, boost::test_tools::tolerance(0.08));
  // Where nobody is to be made surer; who is too sure is mended as before.
  BOOST_TEST(fit_temperature(modest.log_p, modest.labels, {.least = 1}) == 1);
  BOOST_TEST(fit_temperature(valid.log_p, valid.labels, {.least = 1}) == temperature,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(temperatures_have_bounds) {
  Matrix log_p(2, 2);
  log_p << std::log(0.9), std::log(0.1), std::log(0.2), std::log(0.8);
  BOOST_TEST(fit_temperature(log_p, Eigen::Vector2i(0, 1)) == 0.01);
  BOOST_TEST(fit_temperature(log_p, Eigen::Vector2i(1, 0)) == 100);
  BOOST_TEST(fit_temperature(log_p, Eigen::Vector2i(1, 0), {.least = 0.1, .greatest = 7}) == 7);
  BOOST_TEST(fit_temperature(Matrix::Zero(3, 2), Eigen::Vector3i(0, 1, 1)) == 1);
  // What was called impossible happened: no temperature is hot enough.
  log_p << 0, -infinity, -infinity, 0;
  BOOST_TEST(fit_temperature(log_p, Eigen::Vector2i(1, 1)) == 100);
  BOOST_TEST(fit_temperature(log_p, Eigen::Vector2i(0, 1)) == 0.01);
  BOOST_TEST(at_temperature(log_p, 3)(0, 1) == -infinity);
  BOOST_TEST(calibration_scores(log_p, Eigen::Vector2i(1, 1)).log_loss == infinity);
}

BOOST_AUTO_TEST_CASE(certain_rows_are_in_the_last_bin_and_bounds_in_the_lower) {
  Matrix log_p(4, 2);
  log_p << 0, -infinity, 0, -infinity, std::log(0.5), std::log(0.5), std::log(0.5), std::log(0.5);
  const auto scores = calibration_scores(log_p, Eigen::Vector4i(0, 1, 0, 0), 2);
  // Half the rows with confidence 1 and accuracy 0.5, half with 0.5 and 1.
  BOOST_TEST(scores.calibration_error == 0.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scores.accuracy == 0.75);
  BOOST_TEST(scores.confidence == 0.75, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scores.brier == (2 + 0.5 + 0.5) / 4, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(sets_are_those_of_mapie) {
  const auto log_p = golden::matrix("evaluate/calibration_log_p.txt");
  const auto labels = golden::labels("evaluate/calibration_y.txt");
  const Matrix normal = at_temperature(log_p, 1);
  for (const auto& [name, score] :
       {std::pair<std::string, ConformalScore>{"lac", ConformalScore::lac}, {"aps", ConformalScore::aps}}) {
    const auto expected = golden::matrix("evaluate/conformal_" + name + ".txt");
    for (const int which : {0, 1}) {
      BOOST_TEST_CONTEXT(name << " at " << (which ? 0.9 : 0.8)) {
        const ConformalOptions options{.level = which ? 0.9 : 0.8, .score = score};
        const double threshold =
            conformal_threshold(normal.topRows(75), Eigen::VectorXi(labels.head(75)), options);
        const auto sets = conformal_sets(normal.bottomRows(75), threshold, options);
        BOOST_TEST((sets.cast<double>() - expected.middleCols(4 * which, 4)).cwiseAbs().sum() == 0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(sets_cover_as_promised_even_of_networks_that_are_wrong) {
  for (const double overconfidence : {1.0, 4.0})
    for (const ConformalOptions options :
         {ConformalOptions{}, ConformalOptions{.score = ConformalScore::aps, .randomised = true},
          ConformalOptions{.score = ConformalScore::aps}}) {
      double coverage = 0;
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto valid = drawn(200, 4, overconfidence, 2 * seed),
                   test = drawn(400, 4, overconfidence, 2 * seed + 1);
        const double threshold = conformal_threshold(valid.log_p, valid.labels, options);
        const auto sets = conformal_sets(test.log_p, threshold, options);
        const auto summary = conformal_summary(sets, test.labels);
        coverage += summary.coverage / 20;
        BOOST_TEST(summary.mean_size < 4);
      }
      BOOST_TEST(coverage > 0.87);
      // Without chance, sums of likelier classes cover more than asked.
      if (options.score == ConformalScore::lac || options.randomised) BOOST_TEST(coverage < 0.93);
    }
}

BOOST_AUTO_TEST_CASE(the_guide_is_true) {
  const auto valid = drawn(1000, 4, 3, 7), test = drawn(2000, 4, 3, 8);
  const double temperature = fit_temperature(valid.log_p, valid.labels);
  const auto calibrated = at_temperature(valid.log_p, temperature);
  const double threshold = conformal_threshold(calibrated, valid.labels, {.level = 0.9});
  const auto sets = conformal_sets(at_temperature(test.log_p, temperature), threshold, {.level = 0.9});
  const auto summary = conformal_summary(sets, test.labels);  // coverage, sizes
  BOOST_TEST(std::abs(summary.coverage - 0.9) < 0.03);
}

BOOST_AUTO_TEST_CASE(the_threshold_is_an_order_statistic_of_one_row_more) {
  Matrix log_p(9, 2);
  for (int i = 0; i < 9; ++i) log_p.row(i) << std::log(0.1 * (i + 1)), std::log(1 - 0.1 * (i + 1));
  const Eigen::VectorXi labels = Eigen::VectorXi::Zero(9);
  BOOST_TEST(conformal_threshold(log_p, labels, {.level = 0.9}) == 0.9, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(conformal_threshold(log_p, labels, {.level = 0.5}) == 0.5, boost::test_tools::tolerance(1e-12));
  // Of nine rows there is no tenth: every class is possible.
  const double all = conformal_threshold(log_p, labels, {.level = 0.95});
  BOOST_TEST(all == infinity);
  BOOST_TEST(conformal_sets(log_p, all).cast<int>().sum() == 18);
}

BOOST_AUTO_TEST_CASE(summaries_count) {
  lifelog::RowMatrix<std::uint8_t> sets(4, 2);
  sets << 1, 0, 1, 1, 0, 0, 0, 1;
  const auto summary = conformal_summary(sets, Eigen::Vector4i(0, 1, 0, 0));
  BOOST_TEST(summary.coverage == 0.5);
  BOOST_TEST(summary.mean_size == 1);
  BOOST_TEST(summary.empty == 0.25);
  BOOST_TEST(summary.single == 0.5);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  Matrix log_p = Matrix::Zero(2, 2);
  const Eigen::Vector2i labels(0, 1);
  check_throws<std::invalid_argument>([&] { fit_temperature(log_p, Eigen::Vector2i(0, 2)); },
                                      {"labels", "got 2"});
  check_throws<std::invalid_argument>([&] { fit_temperature(log_p, Eigen::Vector3i(0, 1, 1)); },
                                      {"expected 2, got 3"});
  check_throws<std::invalid_argument>([&] { fit_temperature(log_p, labels, {.least = 2, .greatest = 1}); },
                                      {"least"});
  check_throws<std::invalid_argument>([&] { at_temperature(log_p, 0); }, {"temperature", "got 0"});
  check_throws<std::invalid_argument>([&] { calibration_scores(log_p, labels, 0); }, {"bins"});
  check_throws<std::invalid_argument>([&] { conformal_threshold(log_p, labels, {.level = 1}); },
                                      {"level", "got 1"});
  check_throws<std::invalid_argument>([] { fit_temperature(Matrix(0, 2), Eigen::VectorXi(0)); },
                                      {"at least one row"});
  log_p(1, 0) = std::numeric_limits<double>::quiet_NaN();
  check_throws<std::invalid_argument>([&] { calibration_scores(log_p, labels); }, {"row 1"});
  log_p.row(1).setConstant(-infinity);
  check_throws<std::invalid_argument>([&] { at_temperature(log_p, 1); }, {"possible class in row 1"});
}

BOOST_AUTO_TEST_SUITE_END()
