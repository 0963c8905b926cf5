// SPDX-License-Identifier: MIT
#include <lifelog/core/packet.hpp>
#include <lifelog/core/random.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(core_packet)

namespace simd = lifelog::detail::simd;
using I = simd::Integers;

BOOST_AUTO_TEST_CASE(integers_do_in_each_lane_what_one_does) {
  lifelog::Random random(1);
  const auto number = [&] { return static_cast<std::int32_t>(random() >> 32); };
  for (int turn = 0; turn < 100; ++turn) {
    std::int32_t a[I::size], b[I::size], sum[I::size], out[I::size];
    for (int i = 0; i < I::size; ++i)
      a[i] = number(), b[i] = turn % 2 == 0 || i % 3 == 0 ? a[i] : number(), sum[i] = number();
    const auto x = I::load(a), y = I::load(b);
    const auto equals = [&](I::Register result, auto expected) {
      I::store(out, result);
      for (int i = 0; i < I::size; ++i) BOOST_TEST(out[i] == expected(i));
    };
    equals(I::broadcast(a[0]), [&](int) { return a[0]; });
    equals(I::min(x, y), [&](int i) { return std::min(a[i], b[i]); });
    equals(I::max(x, y), [&](int i) { return std::max(a[i], b[i]); });
    equals(I::keep_or(x, I::broadcast(~127), I::broadcast(5)), [&](int i) { return (a[i] & ~127) | 5; });
    equals(I::add_products(I::load(sum), x, y), [&](int i) {
      const auto low = [](std::int32_t n) { return std::int64_t{static_cast<std::int16_t>(n & 0xFFFF)}; };
      const auto high = [](std::int32_t n) { return std::int64_t{n >> 16}; };
      // wraps
      return static_cast<std::int32_t>(sum[i] + low(a[i]) * low(b[i]) + high(a[i]) * high(b[i]));
    });
    for (int i = 0; i < I::size; ++i) BOOST_TEST((I::differ(x, y) >> i & 1U) == (a[i] != b[i] ? 1U : 0U));
  }
}

template<class T>
void sums_all_lanes() {
  constexpr int size = simd::packet_size<T>;
  simd::Packet<T> packets[size];
  T values[size], expected[size] = {}, sums[size];
  for (int i = 0; i < size; ++i) {
    for (int l = 0; l < size; ++l) expected[i] += values[l] = static_cast<T>((i + 1) * (l * l + 1));
    packets[i] = simd::load(values);
  }
  simd::store(sums, simd::sums_of_lanes(packets));
  for (int i = 0; i < size; ++i) BOOST_TEST(sums[i] == expected[i]);  // whole numbers: in any order
}

BOOST_AUTO_TEST_CASE(each_packet_is_summed_into_its_lane) {
  sums_all_lanes<float>();
  sums_all_lanes<double>();
}

BOOST_AUTO_TEST_CASE(floats_are_loaded_as_doubles) {
  constexpr int size = simd::packet_size<double>;
  float from[size];
  double to[size];
  for (int i = 0; i < size; ++i) from[i] = 0.1F * static_cast<float>(i - 2);
  simd::store(to, simd::load_doubles(from));
  for (int i = 0; i < size; ++i) BOOST_TEST(to[i] == static_cast<double>(from[i]));
}

BOOST_AUTO_TEST_SUITE_END()
