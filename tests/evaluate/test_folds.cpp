// SPDX-License-Identifier: MIT
#include <lifelog/evaluate/folds.hpp>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "labelled_minutes.hpp"

BOOST_AUTO_TEST_SUITE(evaluate_folds)

using namespace lifelog;
using namespace lifelog::evaluate;

namespace {

const auto per_element = boost::test_tools::per_element();
using Numbers = std::vector<Index>;

/// Every minute is tested once; parts of a fold are apart; no minute that trains or validates is within `apart` seconds of
/// one that tests, of the same person.
void check_sound(const Items& items, const Folds& folds, double apart) {
  Numbers tested;
  for (const auto& fold : folds.folds) {
    tested.insert(tested.end(), fold.test.begin(), fold.test.end());
    Numbers all = fold.train;
    all.insert(all.end(), fold.valid.begin(), fold.valid.end());
    all.insert(all.end(), fold.test.begin(), fold.test.end());
    BOOST_TEST((std::set<Index>(all.begin(), all.end()).size() == all.size()));
    BOOST_TEST(!fold.train.empty());
    for (const auto* part : {&fold.train, &fold.valid})
      for (const Index i : *part)
        for (const Index t : fold.test)
          if (items.person_of(i) == items.person_of(t) &&
              std::abs(double(items.time_of(i) - items.time_of(t))) < apart)
            BOOST_ERROR("minute " << i << " is near tested minute " << t);
  }
  std::sort(tested.begin(), tested.end());
  Numbers expected(items.label.size());
  std::iota(expected.begin(), expected.end(), Index{0});
  BOOST_TEST(tested == expected, per_element);
}

/// What `make_folds` throws.
std::string refusal(const Items& items, const FoldOptions& options) {
  try {
    make_folds(items, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

BOOST_AUTO_TEST_CASE(folds_are_sound) {
  for (const auto scheme : {Scheme::shuffled, Scheme::blocked, Scheme::session, Scheme::person})
    for (const double gap : {0.0, 2.0}) {
      if (scheme == Scheme::shuffled && gap > 0) continue;
      auto items = changing_labels(5, 200, 3, 10, 3);
      for (std::size_t i = 0; i < items.time.size(); ++i)
        if (i % 200 >= 50) items.time[i] += std::int64_t(i % 200 / 50) * 10000;
      const auto folds = make_folds(items, {.scheme = scheme, .gap = gap});
      BOOST_TEST((folds.scheme == scheme));
      BOOST_TEST(folds.reason == "");
      BOOST_TEST(folds.folds.size() == 4u);
      check_sound(items, folds, 60 + 60 * gap);
    }
}

BOOST_AUTO_TEST_CASE(a_block_of_each_class_is_tested) {
  // Runs as a stress test in a laboratory has them: calm 10, stress 5, calm 5, stress 11, calm 5, stress 3, calm 5.
  Items items;
  Index label = 0;
  for (const Index length : {10, 5, 5, 11, 5, 3, 5}) {
    for (Index k = 0; k < length; ++k) {
      items.time.push_back(60 * items.size());
      items.label.push_back(label);
    }
    label = 1 - label;
  }
  const auto folds = make_folds(items, {.valid = 0});
  // Calm comes in four runs, each whole; of stress the long run is cut.
  BOOST_TEST(folds.folds[0].test == (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}), per_element);
  BOOST_TEST(folds.folds[1].test == (Numbers{15, 16, 17, 18, 19, 20, 21, 22, 23}), per_element);
  BOOST_TEST(folds.folds[2].test == (Numbers{24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35}), per_element);
  BOOST_TEST(folds.folds[3].test == (Numbers{36, 37, 38, 39, 40, 41, 42, 43}), per_element);
}

BOOST_AUTO_TEST_CASE(the_gap_trains_nobody) {
  Items items;
  for (Index i = 0; i < 40; ++i) items.label.push_back(i % 2), items.time.push_back(60 * i);
  const auto without = make_folds(items, {.folds = 2, .valid = 0});
  BOOST_TEST(without.folds[0].train.size() == 20u);
  const auto with = make_folds(items, {.folds = 2, .gap = 3, .valid = 0});
  BOOST_TEST(with.folds[0].train.size() == 17u);
  BOOST_TEST(with.folds[0].train.front() == 23);
}

BOOST_AUTO_TEST_CASE(windows_that_overlap_are_never_on_both_sides) {
  auto items = changing_labels(2, 300, 2, 12, 8);
  for (auto& time : items.time) time /= 6;  // a window of 60 s every 10 s
  for (const auto scheme : {Scheme::blocked, Scheme::shuffled}) {
    const auto folds = make_folds(items, {.scheme = scheme, .folds = 2});
    check_sound(items, folds, 60);
    for (const auto& fold : folds.folds)
      for (const Index v : fold.valid)
        for (const Index t : fold.train)
          if (items.person_of(v) == items.person_of(t))
            BOOST_TEST(std::abs(items.time_of(v) - items.time_of(t)) >= 60);
  }
}

BOOST_AUTO_TEST_CASE(whole_people_and_sessions_are_held_out) {
  const auto people = make_folds(changing_labels(5, 30, 2, 6, 1), {.scheme = Scheme::person, .folds = 0});
  BOOST_TEST(people.folds.size() == 5u);
  for (const auto& fold : people.folds) BOOST_TEST(fold.test.size() == 30u);
  auto items = changing_labels(1, 120, 2, 6, 1);
  for (Index i = 0; i < 120; ++i) items.session.push_back(i / 30);
  const auto sessions = make_folds(items, {.scheme = Scheme::session});
  for (const auto& fold : sessions.folds) {
    BOOST_TEST(fold.test.size() == 30u);
    BOOST_TEST(fold.test.back() - fold.test.front() == 29);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_had_is_said) {
  auto items = changing_labels(1, 60, 2, 6, 1);
  const auto session = make_folds(items, {.scheme = Scheme::session});
  BOOST_TEST((session.scheme == Scheme::blocked));
  BOOST_TEST(session.reason == "there is 1 session: 4 blocked folds in place of 4 session");
  items.label[59] = 2, items.label[10] = 2, items.label[30] = 2;
  const auto fewer = make_folds(items);
  BOOST_TEST((fewer.scheme == Scheme::blocked));
  BOOST_TEST(fewer.folds.size() == 3u);
  BOOST_TEST(fewer.reason == "class 2 has 3 minutes: 3 blocked folds in place of 4 blocked");
  items.label[59] = 0, items.label[10] = 0;
  const auto shuffled = make_folds(items, {.gap = 5});
  BOOST_TEST((shuffled.scheme == Scheme::shuffled));
  BOOST_TEST(shuffled.reason == "class 2 has 1 minute: 4 shuffled folds in place of 4 blocked");
  BOOST_TEST(refusal(items, {.fall_back = false}).find("class 2 has 1 minute") != std::string::npos);
  BOOST_TEST(refusal(items, {.scheme = Scheme::person}).find("there is 1 person") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
  const auto items = changing_labels(1, 60, 2, 6, 1);
  BOOST_TEST(refusal(items, {.folds = 1}).starts_with("folds:"));
  BOOST_TEST(refusal(items, {.gap = -1}).starts_with("gap:"));
  BOOST_TEST(refusal(items, {.window = 0}).starts_with("window:"));
  BOOST_TEST(refusal(items, {.valid = 1}).starts_with("valid:"));
  BOOST_TEST(refusal({}, {}).starts_with("items:"));
}

BOOST_AUTO_TEST_CASE(seeds_draw_shuffled_folds_only) {
  const auto items = changing_labels(2, 200, 2, 6, 1);
  const auto tested = [&](Scheme scheme, std::uint64_t seed) {
    return make_folds(items, {.scheme = scheme, .seed = seed}).folds[0].test;
  };
  BOOST_TEST((tested(Scheme::shuffled, 1) == tested(Scheme::shuffled, 1)));
  BOOST_TEST((tested(Scheme::shuffled, 1) != tested(Scheme::shuffled, 2)));
  BOOST_TEST((tested(Scheme::blocked, 1) == tested(Scheme::blocked, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
