// SPDX-License-Identifier: MIT
#include <lifelog/nn/chunk.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <vector>

BOOST_AUTO_TEST_SUITE(nn_chunk)

using namespace lifelog;
using namespace lifelog::nn;
using nn::detail::block_packets, nn::detail::packet_size;
using Scalars = boost::mpl::list<float, double>;

namespace {

/// A series 1, 2, 3, … in chunks of these lengths (again and again): every packet must hold what its lanes stand for, and
/// the packets before it the past, zero before time 0.
template<class T, Index history>
void check_chunks(const std::vector<Index>& lengths, Index period) {
  using P = Pace<T, chunk_length, true>;
  constexpr Index lanes = packet_size<T>, total = 3000;
  std::vector<T> series(total), back(total);
  std::iota(series.begin(), series.end(), T(1));
  SignalBuffer<P, 2, history> buffer;
  std::size_t next = 0;
  for (Index start = 0; start < total;) {
    const auto chunk = stripes<P>(std::min(lengths[next++ % lengths.size()], total - start), period);
    BOOST_REQUIRE(chunk.depth % period == 0);
    BOOST_REQUIRE(chunk.depth <= P::depth);
    BOOST_REQUIRE(chunk.count <= chunk.depth * lanes);
    BOOST_REQUIRE(chunk.count > (chunk.depth - period) * lanes);
    buffer.write(1, series.data() + start, chunk);
    buffer.link(chunk);
    const T* const now = buffer.view().data + buffer.view().stride;
    bool right = true;
    for (Index l = 0; l < lanes; ++l)
      for (Index j = -history; j < chunk.depth; ++j) {
        const Index t = l * chunk.depth + j;  // in the chunk
        const Index time = start + t;
        const bool past_the_end = t >= chunk.count;
        right = right && (past_the_end || now[j * lanes + l] == (time < 0 ? T(0) : T(time + 1)));
      }
    BOOST_TEST(right);
    buffer.read(1, back.data() + start, chunk);
    buffer.advance(chunk);
    start += chunk.count;
  }
  BOOST_TEST((back == series));
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(packets_hold_their_samples_and_their_past, T, Scalars) {
  for (const Index period : {2, 8, 16}) {
    check_chunks<T, 0>({chunk_length}, period);
    check_chunks<T, 8>({chunk_length}, period);
    check_chunks<T, 8>({1, 7, 8, 16, 250, 384, 511}, period);
    check_chunks<T, 1>({3, 300}, period);
    check_chunks<T, 100>({1, 64, 65, chunk_length, 2},
                         period);  // a past longer than the chunk, and than a lane
  }
}

BOOST_AUTO_TEST_CASE(after_a_reset_the_past_is_zero) {
  using P = Pace<float, chunk_length, true>;
  SignalBuffer<P, 1, 2> buffer;
  const std::vector<float> ones(40, 1.0F);
  const auto chunk = stripes<P>(40, 2);
  for (int round = 0; round < 2; ++round) {
    buffer.write(0, ones.data(), chunk);
    buffer.link(chunk);
    BOOST_TEST(buffer.channel(0)[-packet_size<float>] == 0.0F);
    buffer.advance(chunk);
    buffer.reset();
  }
}

// Whatever the spread, every packet belongs to one block.
BOOST_AUTO_TEST_CASE(blocks_cover_every_packet_once) {
  const auto check = [](auto at_spread) {
    constexpr Index spread = decltype(at_spread)::value, depth = 16;
    std::vector<int> seen(depth, 0);
    for_packets<Pace<float, chunk_length, true>, spread>(depth, [&](auto at) {
      for (Index p = 0; p < block_packets; ++p)
        ++seen[static_cast<std::size_t>(at.offset(p) / packet_size<float>)];
    });
    for (const int times : seen) BOOST_TEST(times == 1);
  };
  check(std::integral_constant<Index, 1>{});
  check(std::integral_constant<Index, 2>{});
  check(std::integral_constant<Index, 8>{});
}

BOOST_AUTO_TEST_SUITE_END()
