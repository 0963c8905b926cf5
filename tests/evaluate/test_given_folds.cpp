// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/given_folds.hpp>

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "labelled_minutes.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_given_folds)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {

const auto per_element = boost::test_tools::per_element();
using Numbers = std::vector<Index>;

std::vector<Part> parts(const std::vector<std::string>& words) {
  std::vector<Part> parts;
  for (const auto& word : words) parts.push_back(word.empty() ? Part{} : part_named(word).value());
  return parts;
}

Items minutes(Index n) {
  Items items;
  for (Index i = 0; i < n; ++i) items.label.push_back(i % 2), items.time.push_back(60 * i);
  return items;
}

}  // namespace

BOOST_AUTO_TEST_CASE(words_are_parts) {
  BOOST_TEST((part_named("train") == Part{Part::Kind::train, 0}));
  BOOST_TEST((part_named("12") == Part{Part::Kind::fold, 12}));
  for (const char* word : {"", "Test", "-1", "1.5", "99999999", "1 "}) BOOST_TEST(!part_named(word));
}

BOOST_AUTO_TEST_CASE(train_valid_and_test_are_one_fold) {
  const auto folds =
      given_folds(minutes(6), parts({"train", "valid", "test", "train", "", "test"}), {.gap = 0});
  BOOST_REQUIRE(folds.size() == 1u);
  BOOST_TEST(folds[0].train == (Numbers{0, 3}), per_element);
  BOOST_TEST(folds[0].valid == (Numbers{1}), per_element);
  BOOST_TEST(folds[0].test == (Numbers{2, 5}), per_element);
  const auto apart =
      given_folds(minutes(6), parts({"train", "train", "test", "train", "", "test"}), {.gap = 1});
  BOOST_TEST(apart[0].train == (Numbers{0}), per_element);
}

BOOST_AUTO_TEST_CASE(numbers_are_folds) {
  const auto folds = given_folds(minutes(6), parts({"5", "2", "5", "2", "train", ""}), {.valid = 0});
  BOOST_REQUIRE(folds.size() == 2u);
  BOOST_TEST(folds[0].test == (Numbers{1, 3}), per_element);
  BOOST_TEST(folds[0].train == (Numbers{0, 2, 4}), per_element);
  BOOST_TEST(folds[1].test == (Numbers{0, 2}), per_element);
  BOOST_TEST(folds[1].train == (Numbers{1, 3, 4}), per_element);
}

BOOST_AUTO_TEST_CASE(parts_that_make_no_split_are_refused) {
  for (const auto& words : {parts({"train", "train"}), parts({"test", "test"}), parts({"1", "1"}),
                            parts({"1", "test"}), parts({"test"}), parts({"", ""})})
    BOOST_CHECK_THROW(given_folds(minutes(2), words), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
