// SPDX-License-Identifier: MIT
#include <lifelog/core/random.hpp>
#include <lifelog/nn/detail/kernels.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

BOOST_AUTO_TEST_SUITE(nn_kernels)

using lifelog::Index;
using namespace lifelog::nn::detail;
using Scalars = boost::mpl::list<float, double>;

namespace {

template<class T>
std::vector<T> normals(lifelog::Random& random, Index count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (auto& v : values) v = static_cast<T>(random.normal());
  return values;
}

template<class T>
void check_close(double got, double expected, double terms) {
  BOOST_TEST(std::abs(got - expected) <= terms * 8 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

template<class T, int Rows, int Columns>
void fill(Block<T, Rows, Columns>& block, const std::vector<T>& from) {
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Columns; ++p) block.at[r][p] = load(from.data() + (r * Columns + p) * packet_size<T>);
}

template<class T, int Rows, int Columns>
std::vector<T> values_of(const Block<T, Rows, Columns>& block) {
  std::vector<T> to(Rows * Columns * packet_size<T>);
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Columns; ++p)
      store<T>(to.data() + (r * Columns + p) * packet_size<T>, block.at[r][p]);
  return to;
}

template<class T, int Rows, int Columns>
void check_accumulate(Index inputs, Index taps) {
  lifelog::Random random(static_cast<std::uint64_t>(100 * inputs + 10 * taps + Rows));
  constexpr Index width = Columns * packet_size<T>;
  const Index stride = width + 3 * taps, weights = Rows + 2;  // more rows than the block has
  const auto w = normals<T>(random, weights * inputs * taps), x = normals<T>(random, stride * inputs),
             start = normals<T>(random, Rows * width);
  Block<T, Rows, Columns> block;
  fill(block, start);
  // Taps overlap and are not aligned.
  accumulate(block, w.data() + 1, weights, x.data(), stride, inputs, taps,
             [](Index k, Index p) { return 3 * k + p * packet_size<T>; });
  const auto got = values_of(block);
  for (Index r = 0; r < Rows; ++r)
    for (Index l = 0; l < width; ++l) {
      double sum = static_cast<double>(start[static_cast<std::size_t>(r * width + l)]);
      for (Index k = 0; k < taps; ++k)
        for (Index i = 0; i < inputs; ++i)
          sum += static_cast<double>(w[static_cast<std::size_t>((k * inputs + i) * weights + 1 + r)]) *
                 static_cast<double>(x[static_cast<std::size_t>(i * stride + 3 * k + l)]);
      check_close<T>(static_cast<double>(got[static_cast<std::size_t>(r * width + l)]), sum,
                     static_cast<double>(inputs * taps + 1));
    }
}

/// Against three taps at each of the two instants; the earlier must not change by a bit with what is later.
template<class T, int Rows>
void check_pair(Index inputs) {
  lifelog::Random random(static_cast<std::uint64_t>(100 * inputs + Rows));
  constexpr Index packet = packet_size<T>, step = 2 * packet;
  const Index stride = 4 * step, weights = Rows + 1;
  const auto w = normals<T>(random, weights * inputs * 3), start = normals<T>(random, Rows * 2 * packet);
  auto x = normals<T>(random, stride * inputs);
  std::vector<T> sum, alternating;
  const auto tap = [&](Index k, Index i, Index r) {
    return w[static_cast<std::size_t>((k * inputs + i) * weights + r)];
  };
  for (Index i = 0; i < inputs; ++i)
    for (Index r = 0; r < weights; ++r) {
      sum.push_back((tap(0, i, r) + tap(1, i, r) + tap(2, i, r)) / 2);
      alternating.push_back((tap(0, i, r) - tap(1, i, r) + tap(2, i, r)) / 2);
    }
  const PairWeights<T> pair{w.data(), w.data() + 2 * inputs * weights, sum.data(), alternating.data()};
  const auto run = [&] {
    Block<T, Rows, 2> block;
    fill(block, start);
    accumulate_pair(block, pair, weights, x.data() + 2 * step, stride, inputs, step);
    return values_of(block);
  };
  const auto got = run();
  for (Index r = 0; r < Rows; ++r)
    for (Index p = 0; p < 2; ++p)
      for (Index l = 0; l < packet; ++l) {
        const auto at = static_cast<std::size_t>((r * 2 + p) * packet + l);
        double expected = static_cast<double>(start[at]);
        for (Index k = 0; k < 3; ++k)
          for (Index i = 0; i < inputs; ++i)
            expected += static_cast<double>(tap(k, i, r)) *
                        static_cast<double>(x[static_cast<std::size_t>(i * stride + (p + k) * step + l)]);
        check_close<T>(static_cast<double>(got[at]), expected, static_cast<double>(6 * inputs + 1));
      }
  for (Index i = 0; i < inputs; ++i)
    for (Index l = 0; l < packet; ++l) x[static_cast<std::size_t>(i * stride + 3 * step + l)] += 1;
  const auto later = run();
  bool changed = false;
  for (Index r = 0; r < Rows; ++r)
    for (Index l = 0; l < packet; ++l) {
      const auto at = static_cast<std::size_t>(r * 2 * packet + l);
      BOOST_TEST(later[at] == got[at]);
      changed = changed || later[at + packet] != got[at + packet];
    }
  BOOST_TEST(changed == (inputs > 0));
}

template<class T, int Rows, int Columns>
void check_transposed(Index outputs) {
  lifelog::Random random(static_cast<std::uint64_t>(10 * outputs + Rows));
  constexpr Index width = Columns * packet_size<T>;
  const Index stride = width + 1, weights = outputs + 1;
  const auto w = normals<T>(random, weights * Rows), y = normals<T>(random, stride * outputs),
             start = normals<T>(random, Rows * width);
  Block<T, Rows, Columns> block;
  fill(block, start);
  accumulate_transposed(block, w.data(), weights, y.data(), stride, outputs);
  const auto got = values_of(block);
  for (Index r = 0; r < Rows; ++r)
    for (Index l = 0; l < width; ++l) {
      double sum = static_cast<double>(start[static_cast<std::size_t>(r * width + l)]);
      for (Index o = 0; o < outputs; ++o)
        sum += static_cast<double>(w[static_cast<std::size_t>(r * weights + o)]) *
               static_cast<double>(y[static_cast<std::size_t>(o * stride + l)]);
      check_close<T>(static_cast<double>(got[static_cast<std::size_t>(r * width + l)]), sum,
                     static_cast<double>(outputs + 1));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(accumulate_equals_plain_loops, T, Scalars) {
  unroll_constants<block_rows>([](auto r) {
    for (const Index inputs : {1, 2, 3, 8, 17})
      for (const Index taps : {1, 2, 3, 4}) {
        check_accumulate<T, r + 1, 1>(inputs, taps);
        check_accumulate<T, r + 1, block_packets>(inputs, taps);
      }
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(accumulate_without_inputs_changes_nothing, T, Scalars) {
  check_accumulate<T, 3, 2>(0, 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_instants_at_once_equal_three_taps_at_each, T, Scalars) {
  unroll_constants<block_rows>([](auto r) {
    for (const Index inputs : {0, 1, 2, 3, 17}) check_pair<T, r + 1>(inputs);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(accumulate_transposed_equals_plain_loops, T, Scalars) {
  unroll_constants<block_rows>([](auto r) {
    for (const Index outputs : {1, 2, 3, 8, 17}) {
      check_transposed<T, r + 1, 1>(outputs);
      check_transposed<T, r + 1, block_packets>(outputs);
    }
  });
}

// Whole tiles of four and every remainder of both sides, and no step at all.
BOOST_AUTO_TEST_CASE_TEMPLATE(accumulate_outer_equals_plain_loops, T, Scalars) {
  lifelog::Random random(3);
  constexpr Index packet = packet_size<T>;
  for (Index outputs = 1; outputs <= 9; ++outputs)
    for (Index inputs = 1; inputs <= 9; ++inputs)
      for (const Index steps : {0, 1, 3}) {
        const Index y_stride = 5 * packet, x_stride = 5 * packet + 1, g_stride = outputs + 2;
        const auto y = normals<T>(random, outputs * y_stride), x = normals<T>(random, inputs * x_stride),
                   start = normals<T>(random, g_stride * inputs);
        auto g = start;
        const auto y_offset = [&](Index s) { return s * packet; };
        const auto x_offset = [&](Index s) { return (2 - s) * packet + 1; };
        accumulate_outer(g.data(), g_stride, y.data(), y_stride, outputs, x.data(), x_stride, inputs, steps,
                         y_offset, x_offset);
        for (Index i = 0; i < inputs; ++i)
          for (Index o = 0; o < g_stride; ++o) {
            const auto at = static_cast<std::size_t>(i * g_stride + o);
            double sum = static_cast<double>(start[at]);
            for (Index s = 0; o < outputs && s < steps; ++s)
              for (Index l = 0; l < packet; ++l)
                sum += static_cast<double>(y[static_cast<std::size_t>(o * y_stride + y_offset(s) + l)]) *
                       static_cast<double>(x[static_cast<std::size_t>(i * x_stride + x_offset(s) + l)]);
            if (o >= outputs) BOOST_TEST(g[at] == start[at]);
            check_close<T>(static_cast<double>(g[at]), sum, static_cast<double>(steps * packet + 1));
          }
      }
}

BOOST_AUTO_TEST_CASE(row_blocks_cover_every_row_once) {
  for (Index channels = 0; channels <= 3 * block_rows + 1; ++channels) {
    Index next = 0, small = 0;
    for_row_blocks(channels, [&](auto rows, Index first) {
      BOOST_TEST(first == next);
      next += rows;
      small += rows < block_rows;
    });
    BOOST_TEST(next == channels);
    BOOST_TEST(small <= 1);
  }
}

BOOST_AUTO_TEST_CASE(rounding_up) {
  BOOST_TEST(round_up(0, 8) == 0);
  BOOST_TEST(round_up(1, 8) == 8);
  BOOST_TEST(round_up(8, 8) == 8);
  BOOST_TEST(round_up(9, 8) == 16);
}

BOOST_AUTO_TEST_SUITE_END()
