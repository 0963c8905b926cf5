// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <lifelog/core/build_info.hpp>

BOOST_AUTO_TEST_SUITE(core_build_info)

using namespace lifelog;

BOOST_AUTO_TEST_CASE(says_what_this_file_is_compiled_with) {
  constexpr auto info = build_info();
  BOOST_TEST(info.version == std::string(LIFELOG_VERSION));
  BOOST_TEST(info.exceptions);
  BOOST_TEST(std::string(info.eigen).size() >= 5u);
  BOOST_TEST(std::string(info.compiler).find(std::to_string(__GNUC__)) != std::string::npos);
#ifdef __AVX512F__
  BOOST_TEST(info.instructions == std::string("AVX-512"));
  BOOST_TEST(info.vector_bytes == 64);
#endif
#ifdef LIFELOG_USE_OPENMP
  BOOST_TEST(info.openmp);
#else
  BOOST_TEST(!info.openmp);
#endif
}

BOOST_AUTO_TEST_CASE(is_one_line) {
  BuildInfo info{"1.2.3", "g++ 12.2.0", "3.4.0", "AVX-512", 64, true, true, false, true, false};
  BOOST_TEST(to_string(info) == "lifelog 1.2.3, g++ 12.2.0, Eigen 3.4.0, AVX-512, OpenMP");
  info = {"1.2.3", "clang++ 14.0.6", "5.0.1", "SSE2", 16, false, false, true, false, true};
  BOOST_TEST(to_string(info) ==
             "lifelog 1.2.3, clang++ 14.0.6, Eigen 5.0.1, SSE2, not optimised, one thread, assertions, no "
             "exceptions, "
             "-ffast-math");
}

BOOST_AUTO_TEST_SUITE_END()
