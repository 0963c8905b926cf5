// SPDX-License-Identifier: MIT
#include <lifelog/data/rules.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

BOOST_AUTO_TEST_SUITE(rules)

using namespace lifelog::data;

BOOST_AUTO_TEST_CASE(study_and_sensible_differ_where_the_study_slipped) {
  const auto study = study_rules(), sensible = sensible_rules();
  BOOST_TEST(study.name == "study");
  BOOST_TEST(sensible.name == "sensible");
  BOOST_TEST(!study.drop_implausible);
  BOOST_TEST(sensible.drop_implausible);
  BOOST_TEST(!study.standardize);
  BOOST_TEST(sensible.standardize);
  BOOST_TEST((study.bins == TensionBins::study && sensible.bins == TensionBins::three));
  BOOST_TEST((study.encoding == LabelEncoding::present && sensible.encoding == LabelEncoding::present));
  BOOST_REQUIRE(study.modalities.size() == sensible.modalities.size());
  for (std::size_t m = 0; m < 9; ++m) {
    const auto &a = study.modalities[m], &b = sensible.modalities[m];
    BOOST_TEST(a.name == b.name);
    BOOST_TEST(a.window_length() == b.window_length());
    BOOST_TEST((a.kind == b.kind) == (a.name != "mGps"));
    BOOST_TEST((a.window_channels() == b.window_channels()) == (a.name != "mGps"));
    // Whatever becomes of the minutes, row tables have all columns.
    BOOST_TEST(a.channels.size() + a.extra_columns.size() == b.channels.size() + b.extra_columns.size());
  }
}

BOOST_AUTO_TEST_CASE(places_have_a_latitude_and_a_longitude) {
  const auto gps = located(etri_2019()[6]);
  BOOST_TEST((gps.kind == WindowKind::mean));
  BOOST_REQUIRE(gps.channels.size() == 2u);
  BOOST_TEST(gps.channels[1].name == "lon");
  BOOST_TEST(gps.extra_columns == (std::vector<std::string>{"accuracy"}));
  BOOST_CHECK_THROW(located(etri_2019()[3]), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
