// SPDX-License-Identifier: MIT
#include <lifelog/data/raw_windows.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(data_raw_windows)

using namespace lifelog;

BOOST_AUTO_TEST_CASE(modalities_lie_side_by_side) {
  data::DataSet set;
  xt::xtensor<float, 3> series(std::array<std::size_t, 3>{3, 2, 2}),
      scalar(std::array<std::size_t, 3>{3, 1, 1});
  for (std::size_t i = 0; i < series.size(); ++i) series.data()[i] = static_cast<float>(i);
  scalar.fill(-4e20f);
  set.modalities = {{"acc", series, false}, {"hr", scalar, true}};
  set.label.resize({3});
  const auto windows = data::raw_windows(set, {2, 0});
  BOOST_TEST((windows == RowMatrix<float>{{8, 9, 10, 11, -1e9f}, {0, 1, 2, 3, -1e9f}}));
  BOOST_TEST(data::raw_windows(set, {}).cols() == 5);
  BOOST_CHECK_THROW(data::raw_windows(set, {3}), std::invalid_argument);
  BOOST_CHECK_THROW(data::raw_windows(set, {-1}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
