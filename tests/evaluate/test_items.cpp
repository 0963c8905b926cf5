// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/items.hpp>

#include <boost/test/unit_test.hpp>
#include <stdexcept>

BOOST_AUTO_TEST_SUITE(evaluate_items)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {
const auto per_element = boost::test_tools::per_element();
using Numbers = std::vector<Index>;
}  // namespace

BOOST_AUTO_TEST_CASE(runs_end_with_label_session_and_person) {
  Items items;
  items.label = {0, 0, 1, 1, 1, 1, 1};
  items.time = {0, 60, 120, 180, 180 + session_pause + 1, 0, 60};
  items.person = {0, 0, 0, 0, 0, 1, 1};
  const auto runs = runs_of(items);
  BOOST_REQUIRE(runs.size() == 4u);
  BOOST_TEST(runs[0].items == (Numbers{0, 1}), per_element);
  BOOST_TEST(runs[1].items == (Numbers{2, 3}), per_element);
  BOOST_TEST(runs[2].items == (Numbers{4}), per_element);
  BOOST_TEST(runs[2].session == 1);
  BOOST_TEST(runs[3].items == (Numbers{5, 6}), per_element);
  BOOST_TEST(runs[3].session == 0);
  BOOST_TEST(sessions_of(items) == (Numbers{0, 0, 0, 0, 1, 0, 0}), per_element);
  items.session = {3, 3, 3, 4, 4, 1, 1};
  BOOST_TEST(sessions_of(items) == (Numbers{0, 0, 0, 1, 1, 0, 0}), per_element);
}

BOOST_AUTO_TEST_CASE(order_of_rows_does_not_matter) {
  Items items{{1, 0, 1, 0}, {180, 0, 120, 60}};
  const auto runs = runs_of(items);
  BOOST_REQUIRE(runs.size() == 2u);
  BOOST_TEST(runs[0].items == (Numbers{1, 3}), per_element);
  BOOST_TEST(runs[1].items == (Numbers{2, 0}), per_element);
}

BOOST_AUTO_TEST_CASE(few_runs_are_cut_into_blocks) {
  Items items;
  for (Index i = 0; i < 12; ++i) items.label.push_back(i >= 10), items.time.push_back(60 * i);
  const auto blocks = blocks_of(items, 4);
  // Ten minutes of 0 as 3 + 2 + 3 + 2, two minutes of 1 as one each.
  BOOST_TEST(blocks == (Numbers{0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 5}), per_element);
  BOOST_TEST(blocks_of(items, 1) == (Numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}), per_element);
}

BOOST_AUTO_TEST_CASE(lists_of_other_lengths_are_refused) {
  BOOST_CHECK_THROW(runs_of({{0, 1}, {0}}), std::invalid_argument);
  BOOST_CHECK_THROW(runs_of({{0, 1}, {0, 60}, {0}}), std::invalid_argument);
  BOOST_CHECK_THROW(runs_of({{0, -1}, {0, 60}}), std::invalid_argument);
  BOOST_TEST(runs_of({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
