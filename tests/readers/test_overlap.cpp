// SPDX-License-Identifier: MIT
#include <lifelog/readers/overlap.hpp>

#include <boost/test/unit_test.hpp>
#include <vector>

BOOST_AUTO_TEST_SUITE(overlap)

using lifelog::readers::fitting_hours;
using lifelog::readers::overlap_fault;
using lifelog::readers::TimeSpan;

namespace {

constexpr std::int64_t noon = 1644235200;  // 2022-02-07 12:00:00 UTC

std::vector<TimeSpan> hours(double from, double to) {
  return {{noon + static_cast<std::int64_t>(3600 * from), noon + static_cast<std::int64_t>(3600 * to)}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(time_in_common_is_no_fault) {
  BOOST_TEST(overlap_fault(hours(0, 1), hours(0.5, 2)) == "");
  BOOST_TEST(overlap_fault(hours(0, 1), {}) == "");
  BOOST_TEST(overlap_fault({}, hours(0, 1)) == "");
}

BOOST_AUTO_TEST_CASE(ranges_and_the_hours_between_are_told) {
  BOOST_TEST(
      overlap_fault(hours(9, 10), hours(0, 1)) ==
      "labels and recordings do not overlap: labels from 2022-02-07 21:00:00 to 2022-02-07 22:00:00 UTC, "
      "recordings from 2022-02-07 12:00:00 to 2022-02-07 13:00:00 UTC; labels 9 hours earlier would fit: are "
      "they "
      "in local time?");
  BOOST_TEST(overlap_fault(hours(-1, 0), hours(0, 1)).find("1 hour later would fit") != std::string::npos);
  // Nothing near: ranges only.
  const auto far = overlap_fault(hours(100, 101), hours(0, 1));
  BOOST_TEST(far.find("2022-02-11 16:00:00") != std::string::npos);
  BOOST_TEST(far.find("fit") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_hours_with_most_in_common_fit) {
  BOOST_TEST(fitting_hours(hours(9, 10), hours(0, 1)) == -9);
  BOOST_TEST(fitting_hours(hours(-9.2, -8.2), hours(0, 1)) == 9);
  BOOST_TEST(fitting_hours(hours(5.5, 6), hours(0, 8)) == 1);  // the least of equals
  BOOST_TEST(fitting_hours(hours(30, 31), hours(0, 1)) == 0);
  // Two recordings of an hour, labels of both: no shift of one alone.
  std::vector<TimeSpan> labels{hours(2, 3)[0], hours(5, 6)[0]}, recorded{hours(4, 5)[0], hours(7, 8)[0]};
  BOOST_TEST(fitting_hours(labels, recorded) == 2);
  // Spans in any order, some over others, count once.
  labels = {hours(5, 6)[0], hours(2, 3)[0], hours(2, 3)[0]};
  BOOST_TEST(fitting_hours(labels, recorded) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
