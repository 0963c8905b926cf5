// SPDX-License-Identifier: MIT
#include <lifelog/core/points.hpp>
#include <lifelog/core/xtensor.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>

BOOST_AUTO_TEST_SUITE(core_points)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::detail::labels_of;
using lifelog::detail::with_points;

namespace {

bool says(const std::invalid_argument& error, const char* text) {
  return std::string(error.what()).find(text) != std::string::npos;
}

const auto size_of_scalar = [](const auto& view) { return sizeof(view(0, 0)); };

}  // namespace

BOOST_AUTO_TEST_CASE(float_and_double_stay_and_others_become_double) {
  const RowMatrix<float> floats = RowMatrix<float>::Ones(2, 3);
  const RowMatrix<double> doubles = RowMatrix<double>::Ones(2, 3);
  const RowMatrix<int> integers = RowMatrix<int>::Constant(2, 3, 7);
  BOOST_TEST(with_points(floats, "x", size_of_scalar) == sizeof(float));
  BOOST_TEST(with_points(doubles, "x", size_of_scalar) == sizeof(double));
  BOOST_TEST(with_points(integers, "x", size_of_scalar) == sizeof(double));
  BOOST_TEST(with_points(integers, "x", [](const auto& view) { return double(view.sum()); }) == 42);
  BOOST_TEST(with_points(doubles, "x", [&](const auto& view) { return view.data() == doubles.data(); }));
}

BOOST_AUTO_TEST_CASE(the_row_that_is_not_finite_is_named) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()}) {
    RowMatrix<double> points = RowMatrix<double>::Zero(5, 3);
    points(3, 1) = bad;
    BOOST_CHECK_EXCEPTION(with_points(points, "x", size_of_scalar), std::invalid_argument,
                          [](const auto& e) { return says(e, "x: ") && says(e, "row 3, column 1"); });
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_no_points) {
  BOOST_CHECK_THROW(with_points(RowMatrix<double>(0, 3), "x", size_of_scalar), std::invalid_argument);
  BOOST_CHECK_THROW(with_points(RowMatrix<double>(3, 0), "x", size_of_scalar), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(labels_come_from_any_integers) {
  const xt::xtensor<std::int64_t, 1> tensor{3, 0, 2};
  const Eigen::RowVectorXi row = Eigen::RowVector3i(3, 0, 2);
  const Eigen::Vector3i expected(3, 0, 2);
  BOOST_TEST((labels_of(tensor, "labels") == expected));
  BOOST_TEST((labels_of(row, "labels") == expected));
  BOOST_TEST(labels_of(Eigen::VectorXi(), "labels").size() == 0);
  BOOST_CHECK_THROW(labels_of(tensor, "labels", 0, 2), std::invalid_argument);
  BOOST_CHECK_THROW(labels_of(Eigen::MatrixXi::Zero(2, 2), "labels"), std::invalid_argument);
  const xt::xtensor<std::int64_t, 1> huge{std::int64_t{1} << 40};
  BOOST_CHECK_THROW(labels_of(huge, "labels"), std::invalid_argument);
  BOOST_CHECK_EXCEPTION(labels_of(Eigen::Vector2i(0, -1), "labels"), std::invalid_argument,
                        [](const auto& e) { return says(e, "got -1 at 1"); });
}

BOOST_AUTO_TEST_SUITE_END()
