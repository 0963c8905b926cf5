// SPDX-License-Identifier: MIT
#include <lifelog/readers/person_name.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(person_name)

using lifelog::readers::code_points;
using lifelog::readers::name_fault;
using lifelog::readers::name_key;

BOOST_AUTO_TEST_CASE(names_that_can_be_files_are_taken) {
  for (const char* name : {"S02", "101", "Zo\u00eb", "\uac00\uc601", "a b", "a,b", "-"})
    BOOST_TEST(name_fault(name) == "");
  BOOST_TEST(name_fault("") == "expected a name, got none");
  for (const std::string name :
       {"Zo\xeb", "a\nb", "a\tb", "../x", "a/b", "a\\b", ".hidden", "\xef\xbb\xbfS02"})
    BOOST_TEST(name_fault(name) != "", name);
  BOOST_TEST(name_fault("Zo\xeb").find("\"Zo\\xeb\"") != std::string::npos);
  BOOST_TEST(name_fault(std::string(200, 'a')) == "");
  BOOST_TEST(name_fault(std::string(201, 'a')) != "");
}

BOOST_AUTO_TEST_CASE(spellings_of_a_name_have_one_key) {
  const std::pair<const char*, const char*> same[] = {
      {"Zo\u00eb", "Zoe\u0308"},
      {"\uac00", "\u1100\u1161"},          // Hangul, two parts
      {"\uac01", "\u1100\u1161\u11a8"},    // and three
      {"\u212b", "A\u030a"},               // the sign of Angstrom is the letter
      {"\u1ec7", "e\u0323\u0302"},         // two marks
      {"\u1ec7", "\u1eb9\u0302"},          // one of them joined
      {"e\u0323\u0302", "e\u0302\u0323"},  // in any order
      {"\u0439", "\u0438\u0306"},
      {"\u304c", "\u304b\u3099"}};
  for (const auto& [a, b] : same) BOOST_TEST((name_key(a) == name_key(b)), a << " and " << b);
  const char* different[] = {"Zoe", "Zo\u00eb", "zo\u00eb", "Zo\u00e9", "\uac00", "\uac01", "\u1100"};
  for (const char* a : different)
    for (const char* b : different) BOOST_TEST((name_key(a) == name_key(b)) == (a == b));
  BOOST_TEST(name_key("S02") == "S02");
  BOOST_TEST((name_key("Zo\xeb") != name_key("Zo\u00eb")));
}

BOOST_AUTO_TEST_CASE(code_points_tell_spellings_apart) {
  BOOST_TEST(code_points("Zo\u00eb") == "U+005A U+006F U+00EB");
  BOOST_TEST(code_points("e\u0308") == "U+0065 U+0308");
  BOOST_TEST(code_points("\U0001F600") == "U+01F600");
}

BOOST_AUTO_TEST_SUITE_END()
