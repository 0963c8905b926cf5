#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(core_matrix)

using lifelog::as_eigen;
using lifelog::as_xtensor;
using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::RowsOf;

BOOST_AUTO_TEST_CASE(row_major_memory_is_viewed_not_copied) {
  const RowMatrix<float> eigen = RowMatrix<float>::Random(5, 3);
  BOOST_TEST(RowsOf(eigen).view().data() == eigen.data());
  const RowsOf middle(eigen.middleRows(1, 2));
  BOOST_TEST(middle.view().data() == eigen.data() + 3);
  const xt::xtensor<double, 2> tensor{{1, 2}, {3, 4}, {5, 6}};
  BOOST_TEST(RowsOf(tensor).view().data() == tensor.data());
  BOOST_TEST(as_eigen(tensor).data() == tensor.data());
  BOOST_TEST(as_eigen(tensor)(2, 1) == 6);
}

BOOST_AUTO_TEST_CASE(everything_else_is_evaluated_to_the_same_rows) {
  const Eigen::MatrixXd columns = Eigen::MatrixXd::Random(4, 3);
  BOOST_TEST((RowsOf(columns).view() == columns));
  const Eigen::MatrixXd twice = 2 * columns;
  BOOST_TEST((RowsOf(2 * columns).view() == twice));
  BOOST_TEST((RowsOf(columns.transpose()).view() == columns.transpose()));
  const xt::xtensor<double, 2> tensor{{1, 2}, {3, 4}, {5, 6}};
  const RowsOf sum(tensor + tensor);
  BOOST_TEST(sum.view().rows() == 3);
  BOOST_TEST(sum.view()(1, 0) == 6);
  const auto cut = xt::view(tensor, xt::range(1, 3), xt::range(1, 2));
  const RowsOf rows(cut);
  BOOST_TEST(rows.view().cols() == 1);
  BOOST_TEST(rows.view()(0, 0) == 4);
  BOOST_TEST(rows.view()(1, 0) == 6);
  const auto turned = xt::transpose(tensor);
  BOOST_TEST(RowsOf(turned).view()(1, 2) == 6);
}

BOOST_AUTO_TEST_CASE(vectors_are_one_column) {
  const Eigen::VectorXd column = Eigen::VectorXd::LinSpaced(4, 0, 3);
  BOOST_TEST(RowsOf(column).view().cols() == 1);
  BOOST_TEST(RowsOf(column).view()(3, 0) == 3);
  BOOST_TEST(RowsOf(column.segment(1, 2)).view()(1, 0) == 2);
  const Eigen::RowVectorXd row = column.transpose();
  BOOST_TEST(RowsOf(row).view().rows() == 1);
  BOOST_TEST(RowsOf(row).view()(0, 3) == 3);
  const xt::xtensor<float, 1> line{7, 8, 9};
  BOOST_TEST(RowsOf(line).view().rows() == 3);
  BOOST_TEST(RowsOf(line).view()(2, 0) == 9);
  const xt::xtensor<float, 3> cube = xt::zeros<float>({2, 2, 2});
  BOOST_CHECK_THROW(RowsOf{cube}, std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(xtensor_sees_eigen_memory_in_eigen_order) {
  Eigen::MatrixXd columns = Eigen::MatrixXd::Random(4, 3);
  auto seen = as_xtensor(columns);
  BOOST_TEST(seen.shape()[0] == 4u);
  BOOST_TEST(seen(3, 1) == columns(3, 1));
  seen(0, 2) = 42;
  BOOST_TEST(columns(0, 2) == 42);
  RowMatrix<float> rows = RowMatrix<float>::Random(2, 5);
  BOOST_TEST(as_xtensor(rows)(1, 3) == rows(1, 3));
  Eigen::VectorXi labels = Eigen::VectorXi::LinSpaced(5, 0, 4);
  BOOST_TEST(as_xtensor(labels)(4) == 4);
}

BOOST_AUTO_TEST_SUITE_END()
