// SPDX-License-Identifier: MIT
#include <lifelog/manifold/pca.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "../support/golden.hpp"

BOOST_AUTO_TEST_SUITE(manifold_pca)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::manifold::principal_components;

BOOST_AUTO_TEST_CASE(scores_are_scikit_learns) {
  const auto points = golden::matrix("manifold/pca_points.txt");
  const auto expected = golden::matrix("manifold/pca_scores.txt");
  const auto result = principal_components(points);
  BOOST_TEST((result.scores - expected).cwiseAbs().maxCoeff() < 1e-3 * expected.cwiseAbs().maxCoeff());
  const Eigen::Vector2d variance = expected.colwise().squaredNorm() / 40;
  BOOST_TEST((result.variance - variance).norm() < 1e-6 * variance[0]);
}

BOOST_AUTO_TEST_CASE(up_to_sixteen_columns_are_exact) {
  for (const Index cols : {2, 3, 9, 16}) {
    RowMatrix<double> points = RowMatrix<double>::Random(60, cols);
    points.col(0) *= 1.2;
    const auto result = principal_components(points);
    const RowMatrix<double> centred = points.rowwise() - points.colwise().mean();
    const RowMatrix<double> gram = centred.lazyProduct(centred.transpose()) / 60;
    for (Index c = 0; c < 2; ++c) {
      const Eigen::VectorXd scores = result.scores.col(c);
      BOOST_TEST((gram.lazyProduct(scores) - result.variance[c] * scores).norm() < 1e-10 * scores.norm());
      BOOST_TEST(scores.squaredNorm() / 60 == result.variance[c], boost::test_tools::tolerance(1e-10));
    }
    Eigen::VectorXd power = Eigen::VectorXd::Random(60);
    for (int i = 0; i < 500; ++i) power = gram.lazyProduct(power).eval().normalized();
    BOOST_TEST(power.dot(gram.lazyProduct(power)) == result.variance[0], boost::test_tools::tolerance(1e-3));
    BOOST_TEST(std::abs(result.scores.col(0).dot(result.scores.col(1))) < 1e-10);
    BOOST_TEST(result.scores.colwise().mean().norm() < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(three_components_diagonalise_the_covariance) {
  for (const Index cols : {40, 300}) {  // with a covariance matrix and without
    RowMatrix<double> points = RowMatrix<double>::Random(500, cols);
    for (Index c = 0; c < 3; ++c) points.col(7 * c) *= double(6 - c);
    const auto result = principal_components(points, {.components = 3});
    BOOST_TEST(result.scores.cols() == 3);
    const RowMatrix<double> centred = points.rowwise() - points.colwise().mean();
    for (Index c = 0; c < 3; ++c) {
      const Eigen::VectorXd scores = result.scores.col(c);
      const Eigen::VectorXd image =
          centred.lazyProduct((centred.transpose().lazyProduct(scores)).eval()) / 500;
      BOOST_TEST((image - result.variance[c] * scores).norm() < (cols == 40 ? 1e-6 : 1e-2) * image.norm());
      BOOST_TEST(scores.squaredNorm() / 500 == result.variance[c], boost::test_tools::tolerance(1e-7));
      if (c > 0) BOOST_TEST(result.variance[c] < result.variance[c - 1]);
    }
    const RowMatrix<double> two = principal_components(points).scores;
    BOOST_TEST((result.scores.leftCols(2) - two).norm() < 1e-3 * two.norm());
  }
}

BOOST_AUTO_TEST_CASE(the_sign_is_that_of_the_largest_loading) {
  const Eigen::VectorXd line = Eigen::VectorXd::LinSpaced(9, -4, 4);
  RowMatrix<double> points(9, 2);
  points << line, -3 * line;
  BOOST_TEST(principal_components(points).scores(0, 0) > 0);
  BOOST_TEST(principal_components((-points).eval()).scores(0, 0) < 0);
}

BOOST_AUTO_TEST_CASE(missing_directions_are_zero) {
  const Eigen::VectorXd line = Eigen::VectorXd::LinSpaced(9, 0, 8);
  const auto one = principal_components(line);
  BOOST_TEST((one.scores.col(0) - (line.array() - 4).matrix()).norm() < 1e-12);
  BOOST_TEST(one.scores.col(1).isZero(0));
  const auto none = principal_components(RowMatrix<double>::Ones(5, 3));
  BOOST_TEST(none.scores.isZero(0));
  BOOST_TEST(none.variance.isZero(0));
  BOOST_TEST(principal_components(RowMatrix<double>::Ones(1, 3)).scores.isZero(0));
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  for (const Index cols : {40, 300}) {
    const RowMatrix<float> points = RowMatrix<float>::Random(400, cols);
    const auto one = principal_components(points, {.threads = 1});
    for (const int threads : {2, 3, 0})
      BOOST_TEST((principal_components(points, {.threads = threads}).scores == one.scores));
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  RowMatrix<double> points = RowMatrix<double>::Random(4, 2);
  BOOST_CHECK_THROW(principal_components(points, {.components = 0}), std::invalid_argument);
  BOOST_CHECK_THROW(principal_components(points, {.components = 9}), std::invalid_argument);
  points(3, 0) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_THROW(principal_components(points), std::invalid_argument);
  BOOST_CHECK_THROW(principal_components(RowMatrix<double>(0, 2)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(data_far_from_nought_keep_their_components) {
  RowMatrix<double> points = RowMatrix<double>::Random(300, 5);
  points.col(1) *= 3;
  const auto near = principal_components(points);
  RowMatrix<double> far(300, 6);
  far << points.array() + 1e9, Eigen::VectorXd::Constant(300, 0.1e15);
  const auto moved = principal_components(far);
  BOOST_TEST((moved.scores - near.scores).norm() < 1e-6 * near.scores.norm());
  BOOST_TEST((moved.variance - near.variance).norm() < 1e-6 * near.variance[0]);
  const RowMatrix<float> single = (points.array() + 1e5).cast<float>();
  const RowMatrix<double> kept = single.cast<double>().array() - 1e5;
  BOOST_TEST((principal_components(single).scores - principal_components(kept).scores).norm() <
             1e-6 * near.scores.norm());
  // A constant is one however often it is added up, and whatever is beside it.
  const auto none = principal_components(RowMatrix<double>::Constant(997, 3, 0.1));
  BOOST_TEST(none.scores.isZero(0));
  BOOST_TEST(none.variance.isZero(0));
  RowMatrix<double> small(300, 2);
  small << 1e-9 * points.col(1), Eigen::VectorXd::Constant(300, 1e9 / 3);
  BOOST_TEST(std::abs(principal_components(small).scores(7, 0)) ==
                 std::abs(1e-9 * (points.col(1).array() - points.col(1).mean())(7)),
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(variances_that_are_no_numbers_are_refused) {
  const RowMatrix<double> points = RowMatrix<double>::Random(20, 3);
  for (const double unit : {1e200, 1e-200})
    BOOST_CHECK_THROW(principal_components((unit * points).eval()), std::invalid_argument);
  const RowMatrix<float> single = points.cast<float>() * 0x1p120f;
  const auto expected = principal_components(points.cast<float>().eval());
  BOOST_TEST((principal_components(single).scores * 0x1p-120 - expected.scores).norm() < 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()
