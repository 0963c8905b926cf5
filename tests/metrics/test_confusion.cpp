// SPDX-License-Identifier: MIT
#include <lifelog/core/xtensor.hpp>
#include <lifelog/metrics/confusion.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(metrics_confusion)

using lifelog::Index;
using lifelog::metrics::ConfusionMatrix;

namespace {

// summary: accuracy, macro precision, recall and F1, study F1.
void same_as_scikit_learn(const std::string& labels, const std::string& summary) {
  const auto pairs = golden::matrix("metrics/" + labels);
  const auto expected = golden::vector("metrics/" + summary);
  const ConfusionMatrix confusion(pairs.col(0).cast<int>().eval(), pairs.col(1).cast<int>().eval(), 5);
  const auto close = boost::test_tools::tolerance(1e-14);
  BOOST_TEST(confusion.total() == pairs.rows());
  BOOST_TEST(confusion.accuracy() == expected[0], close);
  BOOST_TEST(confusion.macro_precision() == expected[1], close);
  BOOST_TEST(confusion.macro_recall() == expected[2], close);
  BOOST_TEST(confusion.macro_f1() == expected[3], close);
  BOOST_TEST(confusion.study_f1() == expected[4], close);
}

}  // namespace

BOOST_AUTO_TEST_CASE(figures_are_scikit_learns) {
  same_as_scikit_learn("truth_predicted.txt", "summary.txt");
  const auto pairs = golden::matrix("metrics/truth_predicted.txt");
  const auto expected = golden::matrix("metrics/per_class.txt");
  const ConfusionMatrix confusion(pairs.col(0).cast<int>().eval(), pairs.col(1).cast<int>().eval(), 5);
  BOOST_TEST((confusion.precision() - expected.col(0)).cwiseAbs().maxCoeff() < 1e-15);
  BOOST_TEST((confusion.recall() - expected.col(1)).cwiseAbs().maxCoeff() < 1e-15);
  BOOST_TEST((confusion.f1() - expected.col(2)).cwiseAbs().maxCoeff() < 1e-15);
  BOOST_TEST(confusion.f1()[4] == 0);  // never predicted
}

BOOST_AUTO_TEST_CASE(a_class_that_occurs_nowhere_counts_only_in_the_study) {
  same_as_scikit_learn("rare_truth_predicted.txt", "rare_summary.txt");
}

BOOST_AUTO_TEST_CASE(rows_are_truth_and_columns_prediction) {
  const xt::xtensor<std::int64_t, 1> truth{0, 0, 1};
  const ConfusionMatrix confusion(truth, Eigen::Vector3i(0, 1, 1), 2);
  BOOST_TEST(confusion.counts()(0, 1) == 1);
  BOOST_TEST(confusion.counts()(1, 0) == 0);
  BOOST_TEST(confusion.precision()[1] == 0.5);
  BOOST_TEST(confusion.recall()[1] == 1);
}

// Two classes by hand: TP 2 and 1; called 3 and 1; actual 2 and 2. P = (2/3 + 3/4)/2, R = (1 + 3/4)/2.
BOOST_AUTO_TEST_CASE(study_f1_pools_the_classes_so_far) {
  const ConfusionMatrix confusion(Eigen::Vector4i(0, 0, 1, 1), Eigen::Vector4i(0, 0, 1, 0), 2);
  const double p = (2.0 / 3 + 0.75) / 2, r = 1.75 / 2;
  BOOST_TEST(confusion.study_f1() == 2 * p * r / (p + r), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(confusion.study_f1() != confusion.macro_f1());
}

BOOST_AUTO_TEST_CASE(adding_one_by_one_is_the_same) {
  ConfusionMatrix confusion(3);
  BOOST_TEST(confusion.accuracy() == 0);
  BOOST_TEST(confusion.macro_f1() == 0);
  BOOST_TEST(confusion.study_f1() == 0);
  confusion.add(0, 0);
  confusion.add(2, 1);
  const ConfusionMatrix both(Eigen::Vector2i(0, 2), Eigen::Vector2i(0, 1), 3);
  BOOST_TEST((confusion.counts() == both.counts()));
}

BOOST_AUTO_TEST_CASE(perfect_and_hopeless) {
  const Eigen::Vector3i labels(0, 1, 2), shifted(1, 2, 0);
  BOOST_TEST(ConfusionMatrix(labels, labels, 3).macro_f1() == 1);
  BOOST_TEST(ConfusionMatrix(labels, labels, 3).study_f1() == 1);
  BOOST_TEST(ConfusionMatrix(labels, shifted, 3).macro_f1() == 0);
  BOOST_TEST(ConfusionMatrix(labels, shifted, 3).study_f1() == 0);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const Eigen::Vector3i labels(0, 1, 2);
  BOOST_CHECK_THROW(ConfusionMatrix(0), std::invalid_argument);
  BOOST_CHECK_THROW(ConfusionMatrix(labels, labels, 2), std::invalid_argument);
  BOOST_CHECK_THROW(ConfusionMatrix(labels, Eigen::Vector3i(0, -1, 0), 3), std::invalid_argument);
  BOOST_CHECK_THROW(ConfusionMatrix(labels, Eigen::Vector2i(0, 1), 3), std::invalid_argument);
  ConfusionMatrix confusion(3);
  BOOST_CHECK_THROW(confusion.add(3, 0), std::invalid_argument);
  BOOST_CHECK_THROW(confusion.add(0, -1), std::invalid_argument);
}

// scikit-learn 1.9.1: cohen_kappa_score([0,0,0,1,1,2,2,2,2,1], [0,1,0,1,1,2,0,2,2,2])
BOOST_AUTO_TEST_CASE(kappa_is_scikit_learns) {
  const ConfusionMatrix confusion(Eigen::VectorXi{{0, 0, 0, 1, 1, 2, 2, 2, 2, 1}},
                                  Eigen::VectorXi{{0, 1, 0, 1, 1, 2, 0, 2, 2, 2}}, 3);
  BOOST_TEST(confusion.kappa() == 0.5454545454545454, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(ConfusionMatrix(2).kappa() == 0);
  ConfusionMatrix always(2);
  for (int n = 0; n < 5; ++n) always.add(1, 1);
  BOOST_TEST(always.kappa() == 1);
  always.add(0, 1);
  BOOST_TEST(always.kappa() == 0);
}

BOOST_AUTO_TEST_CASE(counts_add_up) {
  ConfusionMatrix sum(2);
  sum.add(0, 1);
  auto other = ConfusionMatrix::of_counts(lifelog::RowMatrix<Index>{{1, 2}, {3, 4}});
  sum.add(other);
  BOOST_TEST((sum.counts() == lifelog::RowMatrix<Index>{{1, 3}, {3, 4}}));
  BOOST_CHECK_THROW(sum.add(ConfusionMatrix(3)), std::invalid_argument);
  BOOST_CHECK_THROW(ConfusionMatrix::of_counts(lifelog::RowMatrix<Index>{{1, -2}, {3, 4}}),
                    std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
