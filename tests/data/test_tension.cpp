// SPDX-License-Identifier: MIT
#include <lifelog/data/tension.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(data_tension)

using namespace lifelog::data;

BOOST_AUTO_TEST_CASE(tension_bins) {
  const int study[] = {0, 0, 1, 1, 1, 1, 1, 1}, three[] = {0, 0, 1, 1, 1, 2, 2, 2};
  for (int tension = 0; tension < 8; ++tension) {
    BOOST_TEST(tension_bin(tension, TensionBins::study) == study[tension]);
    BOOST_TEST(tension_bin(tension, TensionBins::three) == three[tension]);
  }
  BOOST_TEST(tension_bin_count(TensionBins::study) == 2);
  BOOST_TEST(tension_bin_count(TensionBins::three) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
