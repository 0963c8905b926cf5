// SPDX-License-Identifier: MIT
#include <lifelog/data/windows.hpp>
#include <lifelog/readers/csv_numbers.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>

BOOST_AUTO_TEST_SUITE(windows)

using namespace lifelog::data;
using lifelog::readers::read_numbers;

namespace {

Modality three_rows(WindowKind kind) {
  return {"test", {{"a", "", -10, 10}, {"b", "", -10, 10}}, 1, kind, 3};
}

struct Made {
  Window window;
  std::vector<float> out;
};

Made make(const Modality& modality, const std::string& text, const Rules& rules = study_rules()) {
  NumberTable numbers;
  read_numbers(text, "minute.csv", window_columns(modality), numbers);
  Made made{{},
            std::vector<float>(
                static_cast<std::size_t>(modality.window_channels() * modality.window_length()), -99)};
  made.window = make_window(modality, numbers, rules, made.out.data());
  return made;
}

void rejects(const Made& made, const std::string& why, Eigen::Index line) {
  BOOST_REQUIRE(!made.window.good());
  BOOST_TEST(made.window.why == why);
  BOOST_TEST(made.window.line == line);
  BOOST_TEST(!made.window.message.empty());
  for (const float value : made.out) BOOST_TEST(value == -99);
}

}  // namespace

BOOST_AUTO_TEST_CASE(series_are_channels_by_time) {
  const auto made = make(three_rows(WindowKind::exact), "b,a\n4,1\n5,2\n6,3\n");
  BOOST_TEST(made.window.good());
  const std::vector<float> expected{1, 2, 3, 4, 5, 6};
  BOOST_TEST(made.out == expected);
}

BOOST_AUTO_TEST_CASE(length_is_checked_by_kind) {
  const std::string two = "a,b\n1,2\n3,4\n", four = "a,b\n1,2\n3,4\n5,6\n7,8\n";
  rejects(make(three_rows(WindowKind::exact), two), reason::short_minute, 0);
  rejects(make(three_rows(WindowKind::at_least), two), reason::short_minute, 0);
  rejects(make(three_rows(WindowKind::exact), four), reason::long_minute, 0);
  const auto cut = make(three_rows(WindowKind::at_least), four);
  const std::vector<float> expected{1, 3, 5, 2, 4, 6};
  BOOST_TEST(cut.out == expected);
  for (const auto kind : {WindowKind::exact, WindowKind::at_least, WindowKind::mean, WindowKind::pooled})
    rejects(make(three_rows(kind), "a,b\n"), reason::missing_modality, 0);
}

BOOST_AUTO_TEST_CASE(means_are_per_channel_or_pooled) {
  const auto mean = make(three_rows(WindowKind::mean), "a,b\n1,6\n2,8\n");
  BOOST_TEST(mean.out == (std::vector<float>{1.5f, 7}), boost::test_tools::per_element());
  const auto pooled = make(three_rows(WindowKind::pooled), "a,b\n1,6\n2,8\n");
  BOOST_TEST(pooled.out == (std::vector<float>{4.25f}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cell_without_number_counts_only_in_rows_that_go_in) {
  rejects(make(three_rows(WindowKind::exact), "a,b\n1,2\n3,null\n5,6\n"), reason::missing_value, 3);
  rejects(make(three_rows(WindowKind::mean), "a,b\n1,2\n,4\n"), reason::missing_value, 3);
  rejects(make(three_rows(WindowKind::mean), "a,b\n1,2\nx,4\n"), reason::bad_value, 3);
  BOOST_TEST(make(three_rows(WindowKind::at_least), "a,b\n1,2\n3,4\n5,6\nx,8\n").window.good());
  rejects(make(three_rows(WindowKind::exact), "a,b\n1,2\n3,1e300\n5,6\n"), reason::bad_value, 3);
}

BOOST_AUTO_TEST_CASE(rules_differ_on_implausible_values) {
  const std::string text = "a,b\n1,2\n3,1e9\n5,-11\n";
  const auto study = make(three_rows(WindowKind::exact), text);
  BOOST_TEST(study.window.good());
  BOOST_TEST(study.window.implausible == 2);
  BOOST_TEST(study.window.implausible_line == 3);
  BOOST_TEST(study.out[4] == 1e9f);
  rejects(make(three_rows(WindowKind::exact), text, sensible_rules()), reason::out_of_range, 3);
}

// Found by fuzzing: a channel of which any number is plausible let values through that no float holds.
BOOST_AUTO_TEST_CASE(a_value_must_fit_a_float_whatever_is_plausible) {
  const Modality anything{"test", {{"a", ""}, {"b", ""}}, 1, WindowKind::exact, 1};
  rejects(make(anything, "a,b\n1,5.5e39\n"), reason::bad_value, 2);
  rejects(make(anything, "a,b\n-5.5e39,1\n"), reason::bad_value, 2);
  BOOST_TEST(make(anything, "a,b\n1,3e38\n").window.good());
}

BOOST_AUTO_TEST_CASE(reductions_of_your_own_make_what_they_say) {
  auto modality = three_rows(WindowKind::custom);
  modality.reduction = {"least and most", 2, 2, [](const NumberTable& rows, float* out) {
                          for (std::size_t c = 0; c < 2; ++c) {
                            double least = rows(0, c), most = rows(0, c);
                            for (Eigen::Index r = 1; r < rows.rows; ++r) {
                              least = std::min(least, rows(r, c));
                              most = std::max(most, rows(r, c));
                            }
                            *out++ = static_cast<float>(least);
                            *out++ = static_cast<float>(most);
                          }
                        }};
  BOOST_TEST(!modality.scalar());
  const auto made = make(modality, "a,b\n1,9\n2,8\n0,7\n1,1\n");
  BOOST_TEST(made.window.good());
  BOOST_TEST(made.out == (std::vector<float>{0, 2, 1, 9}), boost::test_tools::per_element());
  rejects(make(modality, "a,b\n"), reason::missing_modality, 0);
  rejects(make(modality, "a,b\n1,2\n1,\n"), reason::missing_value, 3);
  modality.reduction.make = [](const NumberTable&, float* out) {
    out[0] = std::numeric_limits<float>::infinity();
  };
  BOOST_TEST(make(modality, "a,b\n1,2\n").window.why == reason::bad_value);
  modality.reduction.channels = modality.reduction.length = 1;
  BOOST_TEST(modality.scalar());
}

BOOST_AUTO_TEST_CASE(file_must_have_the_modality_s_columns) {
  NumberTable numbers;
  read_numbers("a\n1\n", "m.csv", {"a"}, numbers);
  float out[6];
  BOOST_CHECK_THROW(make_window(three_rows(WindowKind::exact), numbers, study_rules(), out),
                    std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(tables_are_the_study_s) {
  const auto study = study_rules().modalities, sensible = sensible_rules().modalities;
  BOOST_REQUIRE(study.size() == 9u);
  BOOST_TEST(empatica_e4().size() == 5u);
  const char* names[] = {"e4Acc", "e4Bvp", "e4Eda", "e4Hr", "e4Temp", "mAcc", "mGps", "mGyr", "mMag"};
  const Eigen::Index lengths[] = {1920, 3840, 240, 1, 240, 1786, 1, 1786, 1786};
  const Eigen::Index channels[] = {3, 1, 1, 1, 1, 3, 1, 3, 3};
  for (std::size_t m = 0; m < 9; ++m) {
    BOOST_TEST(study[m].name == names[m]);
    BOOST_TEST(study[m].window_length() == lengths[m]);
    BOOST_TEST(study[m].window_channels() == channels[m]);
    BOOST_TEST(study[m].scalar() == (m == 3 || m == 6));
  }
  BOOST_TEST(sensible[6].window_channels() == 2);
  BOOST_TEST(!sensible[6].scalar());
}

BOOST_AUTO_TEST_SUITE_END()
