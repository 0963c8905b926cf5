// SPDX-License-Identifier: MIT
#include <lifelog/core/finite.hpp>
#include <lifelog/core/matrix.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_finite)

using namespace lifelog;
using namespace lifelog::detail;
using Scalars = boost::mpl::list<float, double>;

namespace {

template<class T>
using Limits = std::numeric_limits<T>;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(numbers_and_others, T, Scalars) {
  for (const T x : {T(0), T(-0.0), T(1.5), Limits<T>::max(), Limits<T>::lowest(), Limits<T>::min(),
                    Limits<T>::denorm_min(), -Limits<T>::denorm_min()}) {
    BOOST_TEST(is_finite(x));
    BOOST_TEST(!is_nan(x));
    BOOST_TEST(finite_log(x) == x);
  }
  for (const T x : {Limits<T>::infinity(), -Limits<T>::infinity()}) {
    BOOST_TEST(!is_finite(x));
    BOOST_TEST(!is_nan(x));
  }
  for (const T x : {Limits<T>::quiet_NaN(), -Limits<T>::quiet_NaN(), Limits<T>::signaling_NaN()}) {
    BOOST_TEST(!is_finite(x));
    BOOST_TEST(is_nan(x));
    BOOST_TEST(is_nan(finite_log(x)));
  }
  BOOST_TEST(finite_log(-Limits<T>::infinity()) == Limits<T>::lowest());
  BOOST_TEST(finite_log(Limits<T>::infinity()) == Limits<T>::infinity());
}

// Whatever the length and wherever it stands: whole blocks, the rest, and the ends.
BOOST_AUTO_TEST_CASE_TEMPLATE(one_among_many, T, Scalars) {
  for (const std::size_t size : {1u, 2u, 63u, 64u, 65u, 128u, 200u}) {
    std::vector<T> x(size, Limits<T>::lowest());
    const auto count = static_cast<Index>(size);
    BOOST_TEST(all_finite(x.data(), count));
    BOOST_TEST(!any_nan(x.data(), count));
    for (std::size_t i = 0; i < size; ++i) {
      for (const T bad : {Limits<T>::infinity(), -Limits<T>::infinity(), Limits<T>::quiet_NaN()}) {
        x[i] = bad;
        BOOST_TEST_REQUIRE(!all_finite(x.data(), count));
        BOOST_TEST_REQUIRE(any_nan(x.data(), count) == is_nan(bad));
      }
      x[i] = Limits<T>::max();
    }
    BOOST_TEST(all_finite(x.data(), 0));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(matrices_and_expressions, T, Scalars) {
  RowMatrix<T> x = RowMatrix<T>::Ones(3, 70);
  x(1, 68) = Limits<T>::quiet_NaN();
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> by_columns = x;
  BOOST_TEST(!all_finite(x));
  BOOST_TEST(!all_finite(by_columns));
  BOOST_TEST(!all_finite(x.row(1)));
  BOOST_TEST(!all_finite(x.col(68)));
  BOOST_TEST(!all_finite(by_columns.row(1)));
  BOOST_TEST(all_finite(x.row(2)));
  BOOST_TEST(all_finite(x.col(69)));
  BOOST_TEST(all_finite(x.leftCols(68)));
  BOOST_TEST(!all_finite(x.rightCols(2)));
  BOOST_TEST(!all_finite(x.array() + 1));
  BOOST_TEST(all_finite(x.leftCols(68) * T(2)));
  BOOST_TEST(!all_finite(RowMatrix<T>::Ones(2, 2) * Limits<T>::max() * T(2)));
  BOOST_TEST(all_finite(RowMatrix<T>(0, 5)));
}

BOOST_AUTO_TEST_SUITE_END()
