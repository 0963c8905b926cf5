// SPDX-License-Identifier: MIT
#include <lifelog/predict/row_inputs.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(predict_row_inputs)

using namespace lifelog;
using lifelog::predict::row_inputs;

namespace {

const double none = std::numeric_limits<double>::quiet_NaN();

data::RowTable table(const std::string& user, const xt::xtensor<double, 2>& values,
                     const std::vector<std::string>& tension) {
  data::RowTable table;
  table.user = user;
  table.columns = {"e4Acc__x", "e4Acc__y",   "mGps__lat",   "mGps__lon", "mGps__accuracy",
                   "mGyr__x",  "mGyr__roll", "mGyr__pitch", "mGyr__yaw"};
  table.values = values;
  for (std::size_t i = 0; i < tension.size(); ++i) table.time.push_back(static_cast<std::int64_t>(5 * i));
  table.labels = {{"action", std::vector<std::string>(tension.size(), "sleep")}, {"emotionTension", tension}};
  return table;
}

std::vector<data::RowTable> two_people() {
  return {table("101", {{1, 2, 3, 4, 99, 6, 99, 99, 99}, {none, 4, 5, none, 99, 8, 99, 99, 99}}, {"1", "4"}),
          table("102",
                {{7, 8, 9, 10, 99, none, 99, 99, 99},
                 {1000, 1000, 1000, 1000, 99, 1000, 99, 99, 99},
                 {2, none, 3, 4, 99, 5, 99, 99, 99}},
                {"7", "", "0"})};
}

}  // namespace

BOOST_AUTO_TEST_CASE(takes_the_studys_columns) {
  const auto inputs = row_inputs(two_people(), data::TensionBins::three);
  BOOST_REQUIRE(inputs.modalities.size() == 3u);
  const std::pair<std::string, Index> expected[] = {{"e4Acc", 2}, {"mGps", 2}, {"mGyr", 1}};
  for (std::size_t m = 0; m < 3; ++m) {
    BOOST_TEST(inputs.modalities[m].name == expected[m].first);
    BOOST_TEST(inputs.modalities[m].channels == expected[m].second);
  }
  // The row without a tension is left out before means are taken.
  RowMatrix<float> rows(4, 5);
  rows << 1, 2, 3, 4, 6,       //
      10.0f / 3, 4, 5, 6, 8,   //
      7, 8, 9, 10, 19.0f / 3,  //
      2, 14.0f / 3, 3, 4, 5;
  BOOST_TEST((inputs.rows - rows).norm() < 1e-6f);
  BOOST_TEST((inputs.user == std::vector<std::size_t>{0, 0, 1, 1}));
  BOOST_TEST((inputs.time == std::vector<std::int64_t>{0, 5, 0, 10}));
}

BOOST_AUTO_TEST_CASE(bins_tension) {
  const auto three = row_inputs(two_people(), data::TensionBins::three);
  BOOST_TEST(three.classes == 3);
  BOOST_TEST((three.labels == std::vector<Index>{0, 1, 2, 0}));
  const auto study = row_inputs(two_people(), data::TensionBins::study);
  BOOST_TEST(study.classes == 2);
  BOOST_TEST((study.labels == std::vector<Index>{0, 1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(a_column_without_a_number_is_zero) {
  const auto inputs = row_inputs(
      {table("101", {{none, 2, 3, 4, 99, 6, 99, 99, 99}, {none, 2, 3, 4, 99, 6, 99, 99, 99}}, {"1", "2"})},
      data::TensionBins::study);
  BOOST_TEST((inputs.rows.col(0).array() == 0).all());
  BOOST_TEST(inputs.rows.allFinite());
}

BOOST_AUTO_TEST_CASE(bad_tables) {
  using Error = std::invalid_argument;
  const auto refuses = [](const std::vector<data::RowTable>& tables, const std::vector<std::string>& parts) {
    check_throws<Error>([&] { row_inputs(tables, data::TensionBins::study); }, parts);
  };
  refuses({}, {"at least one"});
  auto tables = two_people();
  tables[1].columns[0] = "e4Acc__z";
  refuses(tables, {"101", "102", "differ"});
  tables = two_people();
  tables[0].columns[2] = tables[1].columns[2] = "lat";
  refuses(tables, {"<modality>__<column>", "'lat'"});
  tables = two_people();
  tables[1].labels.pop_back();
  refuses(tables, {"emotionTension", "102"});
}

BOOST_AUTO_TEST_SUITE_END()
