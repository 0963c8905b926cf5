#include <lifelog/lifelog.hpp>

#include <boost/test/unit_test.hpp>

// The other translation unit, which includes everything too: that both link is most of the test.
const char* other_version();
lifelog::Index other_draw(lifelog::Random& random);

BOOST_AUTO_TEST_SUITE(house_odr)

BOOST_AUTO_TEST_CASE(two_translation_units_share_the_library) {
  BOOST_TEST(other_version() == std::string(LIFELOG_VERSION));
  lifelog::Random here(3), there(3);
  BOOST_TEST(lifelog::permutation(here, 100)[0] == other_draw(there));
}

BOOST_AUTO_TEST_SUITE_END()
