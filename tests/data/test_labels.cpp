// SPDX-License-Identifier: MIT
#include <lifelog/data/labels.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(data_labels)

using lifelog::data::encode_labels;
using lifelog::data::LabelEncoder;

namespace {

using Names = std::vector<std::string>;

Names classes_of(const Names& labels) {
  return LabelEncoder::fit(labels).classes();
}

}  // namespace

BOOST_AUTO_TEST_CASE(integers_sort_by_value_and_come_before_other_texts) {
  const auto per_element = boost::test_tools::per_element();
  BOOST_TEST(classes_of({"10", "2", "-1", "2", "7"}) == (Names{"-1", "2", "7", "10"}), per_element);
  BOOST_TEST(classes_of({"stress", "calm", "Zen", "calm"}) == (Names{"Zen", "calm", "stress"}), per_element);
  BOOST_TEST(classes_of({"b", "10", "1.5", "9"}) == (Names{"9", "10", "1.5", "b"}), per_element);
  BOOST_TEST(classes_of({"1", "01", "1"}) == (Names{"01", "1"}), per_element);
  BOOST_TEST(classes_of({"", "99999999999999999999", "3"}) == (Names{"3", "", "99999999999999999999"}),
             per_element);
}

BOOST_AUTO_TEST_CASE(encodes_and_decodes) {
  const auto encoder = LabelEncoder::fit(Names{"10", "2", "5"});
  for (lifelog::Index i = 0; i < 3; ++i) BOOST_TEST(encoder.encode(encoder.decode(i)) == i);
  BOOST_TEST(encoder.encode("10") == 2);
  BOOST_TEST(!encoder.find("3").has_value());
  BOOST_TEST(!encoder.find("02").has_value());
  BOOST_CHECK_THROW(encoder.encode("3"), std::invalid_argument);
  BOOST_CHECK_THROW(encoder.decode(3), std::invalid_argument);
  BOOST_CHECK_THROW(encoder.decode(-1), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(encodes_a_whole_list) {
  const auto encoded = encode_labels(Names{"4", "1", "4", "2"});
  BOOST_TEST((encoded.label == xt::xtensor<std::int64_t, 1>{2, 0, 2, 1}));
  BOOST_TEST(encoded.classes == (Names{"1", "2", "4"}), boost::test_tools::per_element());
  const auto none = encode_labels(Names{});
  BOOST_TEST(none.label.size() == 0u);
  BOOST_TEST(none.classes.empty());
}

BOOST_AUTO_TEST_SUITE_END()
