// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "sample_minutes.hpp"

BOOST_AUTO_TEST_SUITE(minute_rows)

using namespace lifelog;
using namespace lifelog::examples;

BOOST_AUTO_TEST_CASE(minutes_keep_person_label_and_time) {
  const auto rows = three_people();
  BOOST_TEST(rows.size() == 4);
  const std::vector<int> person = {0, 0, 1, 2};
  const std::vector<std::string> label = {"2", "10", "10", "2"};
  const std::vector<std::int64_t> time = {600, 780, 660, 720};
  BOOST_TEST(rows.person == person);
  BOOST_TEST(rows.label == label);
  BOOST_TEST(rows.timestamp == time);
  const auto some = rows.pick({3, 1});
  BOOST_TEST(some.importance(0, 0) == 0.75);
  BOOST_TEST(some.importance(1, 0) == 0.5);
  BOOST_TEST(some.person.front() == 2);
}

BOOST_AUTO_TEST_CASE(other_modalities_or_lengths_are_refused) {
  auto rows = three_people();
  auto other = person_of("D", 2, 1);
  BOOST_CHECK_THROW(rows.add(other, {0, 1}, rows_of({1})), std::invalid_argument);
  other.modalities.pop_back();
  BOOST_CHECK_THROW(rows.add(other, {0}, rows_of({1})), std::invalid_argument);
  BOOST_CHECK_THROW(rows.add(person_of("D", 2, 1), {}, RowMatrix<float>(0, 2)), std::invalid_argument);
  BOOST_TEST(rows.users.size() == 3U);
}

BOOST_AUTO_TEST_CASE(come_back_from_files) {
  const TemporaryDirectory temporary;
  const auto rows = three_people();
  save_minutes(temporary.path(), rows);
  const auto back = load_minutes(temporary.path());
  BOOST_TEST(back.users == rows.users);
  BOOST_TEST(back.modalities == rows.modalities);
  BOOST_TEST((back.importance == rows.importance));
  BOOST_TEST(back.person == rows.person);
  BOOST_TEST(back.label == rows.label);
  BOOST_TEST(back.timestamp == rows.timestamp);
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_are_refused) {
  const TemporaryDirectory temporary;
  const auto& dir = temporary.path();
  BOOST_CHECK_THROW(load_minutes(dir), io_error);
  const auto refused_with = [&](const char* file, const Eigen::VectorXi& numbers) {
    save_minutes(dir, three_people());
    io::save_npy(dir / file, numbers);
    BOOST_CHECK_THROW(load_minutes(dir), format_error);
  };
  refused_with("users.npy", Eigen::VectorXi{{0, 0, 1}});
  refused_with("users.npy", Eigen::VectorXi{{0, 0, 1, 3}});
  refused_with("labels.npy", Eigen::VectorXi{{0, 0, -1, 1}});
  refused_with("labels.npy", Eigen::VectorXi{{0, 0, 2, 1}});
  refused_with("minutes.npy", Eigen::VectorXi{{0, 0, 2, 1, 5}});
  save_minutes(dir, three_people());
  write_text(dir / "people.json",
             R"({"users": ["A", "B", "C"], "modalities": ["e4Bvp"], "labels": ["2", "10"]})");
  BOOST_CHECK_THROW(load_minutes(dir), format_error);
  write_text(dir / "people.json", R"({"users": ["A", "B", "C"]})");
  BOOST_CHECK_THROW(load_minutes(dir), format_error);
}

BOOST_AUTO_TEST_CASE(samples_are_even) {
  const std::vector<Index> three = {0, 3, 6}, all = {0, 1};
  BOOST_TEST(even_sample(10, 3) == three);
  BOOST_TEST(even_sample(2, 5) == all);
  BOOST_TEST(even_sample(0, 5).empty());
}

BOOST_AUTO_TEST_SUITE_END()
