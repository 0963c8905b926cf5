// SPDX-License-Identifier: MIT
#include <lifelog/cluster/mini_batch.hpp>

#include <boost/test/unit_test.hpp>
#include <limits>

BOOST_AUTO_TEST_SUITE(cluster_mini_batch)

using lifelog::Index;
using lifelog::RowMatrix;
using lifelog::cluster::MiniBatchKMeans;

namespace {

// Rows of three balls around 0, 100 and 200 in turn.
RowMatrix<double> batch(Index rows, std::uint64_t seed) {
  lifelog::Random random(seed);
  RowMatrix<double> points(rows, 2);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < 2; ++j) points(i, j) = 100 * double(i % 3) + random.normal();
  return points;
}

}  // namespace

BOOST_AUTO_TEST_CASE(centres_are_means_of_all_rows_that_came) {
  MiniBatchKMeans stream({.clusters = 3});
  RowMatrix<double> sums = RowMatrix<double>::Zero(3, 2);
  for (std::uint64_t b = 0; b < 20; ++b) {
    const auto rows = batch(30, b);
    stream.update(rows);
    for (Index i = 0; i < 30; ++i) sums.row(i % 3) += rows.row(i);
  }
  BOOST_TEST((stream.counts().array() == 200).all());
  const auto labels = lifelog::cluster::predict(batch(3, 99), stream.centres());
  for (Index ball = 0; ball < 3; ++ball)
    BOOST_TEST((stream.centres().row(labels[ball]) - sums.row(ball) / 200).norm() < 1e-10);
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_threads) {
  MiniBatchKMeans one({.clusters = 7, .threads = 1}), two({.clusters = 7, .threads = 2});
  for (std::uint64_t b = 0; b < 3; ++b) one.update(batch(2000, b)), two.update(batch(2000, b));
  BOOST_TEST((one.centres() == two.centres()));
  BOOST_TEST((one.counts() == two.counts()));
}

BOOST_AUTO_TEST_CASE(duplicates_and_single_rows) {
  MiniBatchKMeans stream({.clusters = 2});
  stream.update(RowMatrix<float>::Constant(4, 2, 3));
  stream.update(RowMatrix<float>::Constant(1, 2, 3));
  BOOST_TEST((stream.centres().array() == 3).all());
  BOOST_TEST(stream.counts().sum() == 5);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  BOOST_CHECK_THROW(MiniBatchKMeans({.clusters = 0}), std::invalid_argument);
  MiniBatchKMeans stream({.clusters = 3});
  BOOST_CHECK_THROW(stream.update(batch(2, 0)), std::invalid_argument);
  stream.update(batch(3, 0));
  BOOST_CHECK_THROW(stream.update(RowMatrix<double>::Ones(5, 1)), std::invalid_argument);
  BOOST_CHECK_THROW(stream.update(RowMatrix<double>(0, 2)), std::invalid_argument);
  RowMatrix<double> rows = batch(3, 1);
  rows(1, 1) = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_THROW(stream.update(rows), std::invalid_argument);
  BOOST_TEST(stream.counts().sum() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
