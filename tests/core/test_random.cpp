#include <lifelog/core/random.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_random)

using lifelog::Index;
using lifelog::Random;

// The published reference implementation of xoshiro256++ with state {1, 2, 3, 4} begins 41943041, 58720359, ….
// Here the state comes from splitmix64, whose first outputs for seed 0 are published too.
BOOST_AUTO_TEST_CASE(engine_follows_the_published_algorithms) {
  std::array<std::uint64_t, 4> s{0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu,
                                 0xf88bb8a8724c81ecu};
  const auto rotate = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  Random random(0);
  for (int i = 0; i < 100; ++i) {
    const auto expected = rotate(s[0] + s[3], 23) + s[0];
    const auto t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = rotate(s[3], 45);
    BOOST_TEST(random() == expected);
  }
}

BOOST_AUTO_TEST_CASE(uniform_and_normal_have_their_moments) {
  Random random(1);
  constexpr int n = 200000;
  double u = 0, u2 = 0, z = 0, z2 = 0, z4 = 0;
  for (int i = 0; i < n; ++i) {
    const double a = random.uniform(), b = random.normal();
    BOOST_REQUIRE(a >= 0 && a < 1);
    u += a, u2 += a * a, z += b, z2 += b * b, z4 += b * b * b * b;
  }
  BOOST_TEST(u / n == 0.5, boost::test_tools::tolerance(0.01));
  BOOST_TEST(u2 / n - u * u / n / n == 1.0 / 12, boost::test_tools::tolerance(0.02));
  BOOST_TEST(std::abs(z / n) < 0.01);
  BOOST_TEST(z2 / n == 1.0, boost::test_tools::tolerance(0.02));
  BOOST_TEST(z4 / n == 3.0, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(below_is_even_and_in_range) {
  Random random(2);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) BOOST_TEST(std::abs(count - 10000) < 400);
}

BOOST_AUTO_TEST_CASE(permutation_holds_every_index_once) {
  Random random(3);
  const auto order = lifelog::permutation(random, 100);
  std::vector<int> seen(100);
  for (const Index i : order) ++seen.at(static_cast<std::size_t>(i));
  for (const int count : seen) BOOST_TEST(count == 1);
  BOOST_TEST(lifelog::permutation(random, 0).size() == 0);
}

BOOST_AUTO_TEST_CASE(forks_differ_and_do_not_disturb_their_parent) {
  Random a(4), b(4);
  auto first = a.fork(0), second = a.fork(1);
  BOOST_TEST(first() != second());
  BOOST_TEST(a() == b());
}

BOOST_AUTO_TEST_SUITE_END()
