// SPDX-License-Identifier: MIT
// Where the results of the functional face may go, and that none is written over what is still to be read.
#include <lifelog/core/xtensor.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/reductions.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#if __has_include(<xtensor/containers/xfixed.hpp>)
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/misc/xmanipulation.hpp>
#else
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xnoalias.hpp>
#endif

#include "../support/throws.hpp"
#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(nn_functional_results)

using namespace lifelog;
using namespace lifelog::nn;
using Scalars = boost::mpl::list<float, double>;

namespace {

// More than two chunks, so that a chunk's results may lie where a later chunk reads.
constexpr Index channels = 3, length = 1300, batch = 2;
constexpr auto row_major = xt::layout_type::row_major, column_major = xt::layout_type::column_major;

template<class T>
using Columns = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template<class T>
struct Function {
  T weight[channels][channels][3], bias[channels];

  Function() {
    Random random(3);
    for (auto& out : weight)
      for (auto& in : out)
        for (T& tap : in) tap = static_cast<T>(random.normal());
    for (T& b : bias) b = static_cast<T>(random.normal());
  }
  template<class X>
  auto of(X&& x) const {
    return leaky_relu(causal_conv(std::forward<X>(x), weight, bias, dilation<7>));
  }
  /// Its values, of series that nothing else reads or writes.
  RowMatrix<T> values(const RowMatrix<T>& x) const { return of(x); }
};

template<class T>
RowMatrix<T> series(std::uint64_t seed = 7, Index count = length) {
  Random random(seed);
  return dense::normal_rows<T>(random, channels, count);
}

template<class Y>
void write_to(Y&& y, const auto& from) {
  for (Index c = 0; c < from.rows(); ++c)
    for (Index t = 0; t < from.cols(); ++t)
      y(std::size_t(c), std::size_t(t)) = static_cast<std::decay_t<decltype(y(0, 0))>>(from(c, t));
}

template<class Y>
bool holds(const Y& y, const auto& expected) {
  bool same =
      y.dimension() == 2 && Index(y.shape()[0]) == expected.rows() && Index(y.shape()[1]) == expected.cols();
  for (Index c = 0; same && c < expected.rows(); ++c)
    for (Index t = 0; same && t < expected.cols(); ++t)
      same = y(std::size_t(c), std::size_t(t)) == expected(c, t);
  return same;
}

/// All ways in which a container of channels × length takes a result.
template<class Y, class T>
void check_container() {
  const Function<T> f;
  const auto x = series<T>();
  const RowMatrix<T> once = f.values(x);
  const Y made = f.of(x);
  BOOST_TEST(holds(made, once));
  const Y direct(f.of(x));
  BOOST_TEST(holds(direct, once));
  Y assigned;
  assigned = f.of(x);
  BOOST_TEST(holds(assigned, once));
  Y noalias;
  if constexpr (requires { noalias.resize({std::size_t(1), std::size_t(1)}); })
    noalias.resize({channels, length});
  xt::noalias(noalias) = f.of(x);
  BOOST_TEST(holds(noalias, once));
  // A part of it, with steps.
  write_to(assigned, x);
  const RowMatrix<T> first = x.leftCols(length / 2), half = f.values(first);
  xt::view(assigned, xt::all(), xt::range(0, length, 2)) = f.of(first);
  RowMatrix<T> stepped = x;
  for (Index t = 0; t < length / 2; ++t) stepped.col(2 * t) = half.col(t);
  BOOST_TEST(holds(assigned, stepped));
}

RowMatrix<float> leaky(const RowMatrix<float>& x) {
  return leaky_relu(x);
}

/// A container that takes what is made of itself: as it is, in a sum, backwards, and shifted.
template<class Y>
void check_itself() {
  const auto x = series<float>();
  const auto backwards = leaky(x.rowwise().reverse());
  Y y = leaky_relu(x);
  y = leaky_relu(y) + y;
  BOOST_TEST(holds(y, RowMatrix<float>(leaky(leaky(x)) + leaky(x))));
  write_to(y, x);
  y = leaky_relu(xt::flip(y, 1));
  BOOST_TEST(holds(y, backwards));
  write_to(y, x);
  xt::view(y, xt::all(), xt::range(1, length)) = leaky_relu(xt::view(y, xt::all(), xt::range(0, length - 1)));
  RowMatrix<float> shifted = x;
  shifted.rightCols(length - 1) = leaky(x.leftCols(length - 1));
  BOOST_TEST(holds(y, shifted));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(every_container_of_xtensor, T, Scalars) {
  check_container<xt::xarray<T>, T>();
  check_container<xt::xarray<T, column_major>, T>();
  check_container<xt::xtensor<T, 2, row_major>, T>();
  check_container<xt::xtensor<T, 2, column_major>, T>();
  check_container<xt::xtensor_fixed<T, xt::xshape<channels, length>>, T>();
  check_container<xt::xtensor_fixed<T, xt::xshape<channels, length>, column_major>, T>();
}

// Widened, as xtensor widens.
BOOST_AUTO_TEST_CASE(containers_of_double_take_floats) {
  check_container<xt::xtensor<double, 2>, float>();
  check_container<xt::xarray<double, column_major>, float>();
}

BOOST_AUTO_TEST_CASE(containers_take_what_is_made_of_themselves) {
  check_itself<xt::xarray<float>>();
  check_itself<xt::xtensor<float, 2, column_major>>();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_batch_of_series, T, Scalars) {
  const Function<T> f;
  xt::xtensor<T, 3> x = xt::empty<T>({batch, channels, length}),
                    rows = xt::zeros<T>({batch, channels, length});
  xt::xtensor<T, 3, column_major> columns = xt::zeros<T>({batch, channels, length});
  xt::xarray<T> array = xt::zeros<T>({batch, channels, length});
  RowMatrix<T> expected[batch];
  for (Index n = 0; n < batch; ++n) {
    const auto one = series<T>(std::uint64_t(n + 1));
    write_to(xt::view(x, n, xt::all(), xt::all()), one);
    expected[n] = f.values(one);
  }
  for (Index n = 0; n < batch; ++n) {
    const auto lazy = f.of(xt::view(x, n, xt::all(), xt::all()));
    xt::view(rows, n, xt::all(), xt::all()) = lazy;
    xt::view(columns, n, xt::all(), xt::all()) = lazy;
    xt::view(array, n) = lazy;
    xt::view(x, n) = lazy;  // of which it is made
  }
  for (Index n = 0; n < batch; ++n) {
    BOOST_TEST(holds(xt::view(rows, n, xt::all(), xt::all()), expected[n]));
    BOOST_TEST(holds(xt::view(columns, n, xt::all(), xt::all()), expected[n]));
    BOOST_TEST(holds(xt::view(array, n, xt::all(), xt::all()), expected[n]));
    BOOST_TEST(holds(xt::view(x, n, xt::all(), xt::all()), expected[n]));
  }
}

BOOST_AUTO_TEST_CASE(functions_of_xtensor_see_values) {
  const auto x = series<float>();
  xt::xtensor<float, 2> tensor = xt::empty<float>({channels, length});
  write_to(tensor, x);
  const RowMatrix<float> values = leaky(x);
  const xt::xtensor<float, 2> difference = tensor - leaky_relu(tensor) * 2.F;
  BOOST_TEST(holds(difference, RowMatrix<float>(x - values * 2.F)));
  BOOST_TEST(holds(xt::xarray<float>(leaky_relu(tensor) + tensor), RowMatrix<float>(values + x)));
}

BOOST_AUTO_TEST_CASE(eigen_where_it_reads_and_writes_the_same) {
  const auto x = series<float>();
  const RowMatrix<float> values = leaky(x), backwards = leaky(x.rowwise().reverse());
  RowMatrix<float> y = x;
  Columns<float> columns = x;
  y = leaky_relu(y);
  columns = leaky_relu(columns);
  BOOST_TEST((y == values && columns == values));
  y = columns = x;
  y = leaky_relu(y.rowwise().reverse());
  columns = leaky_relu(columns.rowwise().reverse() * 2.F);
  BOOST_TEST((y == backwards && columns == 2.F * backwards));
  y = columns = x;
  y = leaky_relu(y) + y.rowwise().reverse();
  columns = product(columns.rowwise().reverse(), leaky_relu(columns));
  BOOST_TEST((y == values + x.rowwise().reverse()));
  BOOST_TEST((columns == values.cwiseProduct(x.rowwise().reverse())));
  // Parts of one matrix, and maps that overlap.
  y = columns = x;
  y.rightCols(length - 1) = leaky_relu(y.leftCols(length - 1));
  columns.rightCols(length - 1) = leaky_relu(columns.leftCols(length - 1));
  const RowMatrix<float> shifted = leaky(x.leftCols(length - 1));
  BOOST_TEST((y.rightCols(length - 1) == shifted && columns.rightCols(length - 1) == shifted));
  BOOST_TEST((y.col(0) == x.col(0)));
  columns = x;
  using Map = Eigen::Map<Columns<float>>;
  Map later(columns.data() + channels, channels, length - 1);
  later = leaky_relu(Map(columns.data(), channels, length - 1));
  BOOST_TEST((columns.rightCols(length - 1) == shifted));
  columns = x;
  columns.rowwise().reverse() = leaky_relu(columns);
  BOOST_TEST((columns.rowwise().reverse() == values));
  // In the order of time the other way round: nothing is lost, and nothing needs a copy.
  columns = x;
  columns.leftCols(length - 1) = leaky_relu(columns.rightCols(length - 1));
  BOOST_TEST((columns.leftCols(length - 1) == leaky(x.rightCols(length - 1))));
}

BOOST_AUTO_TEST_CASE(eigen_and_xtensor_of_the_same_memory) {
  const auto x = series<float>();
  xt::xtensor<float, 2> tensor = xt::empty<float>({channels, length});
  write_to(tensor, x);
  as_eigen(tensor) = leaky_relu(tensor);
  BOOST_TEST(holds(tensor, leaky(x)));
  write_to(tensor, x);
  as_eigen(tensor) = leaky_relu(xt::flip(tensor, 1));
  BOOST_TEST(holds(tensor, leaky(x.rowwise().reverse())));
  write_to(tensor, x);
  as_eigen(tensor).rightCols(length - 1) = leaky_relu(xt::view(tensor, xt::all(), xt::range(0, length - 1)));
  BOOST_TEST((as_eigen(tensor).rightCols(length - 1) == leaky(x.leftCols(length - 1))));
  RowMatrix<float> y = x;
  as_xtensor(y) = leaky_relu(y.rowwise().reverse());
  BOOST_TEST((y == leaky(x.rowwise().reverse())));
}

// Eigen gives the left side its new shape first: what was read through a block is gone then.
BOOST_AUTO_TEST_CASE(results_that_have_no_place) {
  using Error = std::invalid_argument;
  const auto x = series<float>();
  RowMatrix<float> y(5, length), narrow(3, 40);
  y.topRows(3) = x;
  check_throws<Error>([&] { y = leaky_relu(y.topRows(3)); }, {"resized"});
  Columns<float> columns(5, length);
  columns.topRows(3) = x;
  check_throws<Error>([&] { columns = leaky_relu(columns.topRows(3) * 2.F); }, {"resized"});
  check_throws<Error>([&] { narrow.leftCols(39) = leaky_relu(narrow); }, {"3 x 40", "got 3 x 39"});
  xt::xtensor_fixed<float, xt::xshape<3, 7>> fixed;
  check_throws<Error>([&] { fixed = leaky_relu(x); }, {"3 x 1300", "got 3 x 7"});
  check_throws<Error>([&] { xt::xtensor_fixed<float, xt::xshape<3, 7>> made = leaky_relu(x); },
                      {"got 3 x 7"});
  xt::xtensor<float, 2> tensor = xt::zeros<float>({4, 9});
  BOOST_CHECK_THROW(xt::view(tensor, xt::all(), xt::range(0, 5)) = leaky_relu(x), std::exception);
  BOOST_TEST(xt::sum(tensor)() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
