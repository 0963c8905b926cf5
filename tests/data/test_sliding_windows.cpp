// SPDX-License-Identifier: MIT
#include <lifelog/data/sliding_windows.hpp>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <lifelog/core/random.hpp>
#include <map>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(data_sliding_windows)

using namespace lifelog;
using namespace lifelog::data;

namespace {

struct Recording {
  std::vector<double> times;
  xt::xtensor<double, 2> values;
};

/// Uneven steps about a nominal rate, pauses of all lengths, pairs out of order, samples that are none.
Recording recorded(std::uint64_t seed, std::size_t n, std::size_t channels, double rate, double begin) {
  Random random(seed);
  Recording all;
  all.values = xt::xtensor<double, 2>(std::array<std::size_t, 2>{n, channels});
  double time = begin;
  for (std::size_t i = 0; i < n; ++i) {
    time += random.uniform(0.2, 1.8) / rate;
    if (random.uniform() < 0.03) time += std::pow(10, random.uniform(-1, 2.5)) / rate;
    all.times.push_back(time);
    for (std::size_t c = 0; c < channels; ++c) all.values(i, c) = random.normal();
    if (random.uniform() < 0.01) all.values(i, random.below(channels)) = std::nan("");
    if (i > 0 && random.uniform() < 0.05) std::swap(all.times[i], all.times[i - 1]);
  }
  return all;
}

/// By the definition, with everything at hand: samples into a map of ticks, each tick of each window looked up or filled
/// from its neighbours.
SlidingWindows by_definition(const Recording& all, const SlidingWindowOptions& options) {
  const auto channels = all.values.shape(1);
  std::map<std::int64_t, std::vector<std::vector<double>>> samples;
  SlidingWindows result;
  for (std::size_t i = 0; i < all.times.size(); ++i) {
    std::vector<double> row;
    bool good = true;
    for (std::size_t c = 0; c < channels; ++c)
      row.push_back(all.values(i, c)), good &= std::isfinite(row.back());
    const auto tick = static_cast<std::int64_t>(std::floor(all.times[i] * options.clock.rate + 0.5));
    if (!good)
      ++result.bad;
    else if (!samples.empty() && tick < samples.rbegin()->first)
      ++result.late;
    else
      samples[tick].push_back(row);
  }
  const auto reduced = [&](std::int64_t tick, std::size_t c) {
    double sum = 0, most = samples[tick].front()[c];
    for (const auto& row : samples[tick]) sum += row[c], most = std::max(most, row[c]);
    return options.clock.reduction == Reduction::mean ? sum / static_cast<double>(samples[tick].size())
                                                      : most;
  };
  const auto value = [&](std::int64_t tick, std::size_t c) {
    const auto after = samples.lower_bound(tick);
    if (after->first == tick) return reduced(tick, c);
    const auto before = std::prev(after);
    const auto gap = static_cast<double>(after->first - before->first - 1);
    const double allowed = options.clock.max_gap * options.clock.rate,
                 at = static_cast<double>(tick - before->first);
    const double from = reduced(before->first, c), to = reduced(after->first, c);
    if (options.clock.gaps == GapPolicy::hold && at <= allowed) return from;
    if (options.clock.gaps == GapPolicy::linear && gap <= allowed) return from + at / (gap + 1) * (to - from);
    return std::nan("");
  };
  std::vector<float> kept;
  const auto first = samples.begin()->first, last = samples.rbegin()->first;
  for (std::int64_t start = -1000 * options.hop; start + options.length - 1 <= last; start += options.hop) {
    if (start < first) continue;
    std::vector<float> window;
    double missing = 0;
    for (std::size_t c = 0; c < channels; ++c)
      for (std::int64_t t = start; t < start + options.length; ++t) {
        window.push_back(static_cast<float>(value(t, c)));
        missing += c == 0 && std::isnan(window.back());
      }
    if (missing > options.max_missing * static_cast<double>(options.length)) {
      ++result.dropped;
      continue;
    }
    result.start.push_back(static_cast<double>(start) / options.clock.rate);
    kept.insert(kept.end(), window.begin(), window.end());
  }
  result.values.resize(
      std::array<std::size_t, 3>{result.start.size(), channels, static_cast<std::size_t>(options.length)});
  std::copy(kept.begin(), kept.end(), result.values.data());
  return result;
}

void check_same(const SlidingWindows& found, const SlidingWindows& expected) {
  BOOST_TEST(found.bad == expected.bad);
  BOOST_TEST(found.late == expected.late);
  BOOST_TEST(found.dropped == expected.dropped);
  BOOST_REQUIRE(found.start == expected.start);
  BOOST_REQUIRE(found.values.shape() == expected.values.shape());
  double worst = 0;
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    const double a = static_cast<double>(found.values.data()[i]),
                 b = static_cast<double>(expected.values.data()[i]);
    BOOST_REQUIRE(std::isnan(a) == std::isnan(b));
    if (!std::isnan(a)) worst = std::max(worst, std::abs(a - b));
  }
  BOOST_TEST(worst < 1e-6);
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_the_definition) {
  std::size_t windows = 0, dropped = 0;
  for (const auto reduction : {Reduction::mean, Reduction::maximum})
    for (const auto gaps : {GapPolicy::drop, GapPolicy::hold, GapPolicy::linear})
      for (const auto& [length, hop] : {std::pair{24, 24}, {24, 7}, {24, 1}, {7, 24}, {1, 1}, {200, 50}})
        for (const double max_missing : {0.0, 0.25, 0.95}) {
          const SlidingWindowOptions options{{10, reduction, gaps, 0.6}, length, hop, max_missing};
          // 30 Hz onto 10 Hz reduces, 7 Hz onto 10 Hz leaves ticks to fill; before and after time 0.
          const auto fast = recorded(3, 1500, 2, 30, -20), slow = recorded(4, 1500, 3, 7, 41);
          for (const auto* all : {&fast, &slow}) {
            const auto found = sliding_windows(all->times, all->values, options);
            BOOST_TEST_CONTEXT("gaps " << int(gaps) << ", " << length << " ticks, hop " << hop << ", up to "
                                       << max_missing << " missing") {
              check_same(found, by_definition(*all, options));
            }
            windows += found.start.size(), dropped += static_cast<std::size_t>(found.dropped);
          }
        }
  BOOST_TEST(windows > 10'000);
  BOOST_TEST(dropped > 10'000);
}

BOOST_AUTO_TEST_CASE(chunks_make_no_difference) {
  const auto all = recorded(5, 4000, 3, 32, 1598713201.3);
  const SlidingWindowOptions options{{32, Reduction::mean, GapPolicy::linear, 0.25}, 96, 32, 0.1};
  const auto whole = sliding_windows(all.times, all.values, options);
  BOOST_TEST(whole.start.size() > 20);
  for (const std::size_t chunk : {1u, 7u, 512u}) {
    // As a device would deliver them: each chunk in memory of its own, gone afterwards.
    WindowStream stream(3, options);
    SlidingWindows found;
    std::vector<float> values;
    const auto keep = [&](double start, const double* window) {
      found.start.push_back(start);
      for (int i = 0; i < 3 * 96; ++i) values.push_back(static_cast<float>(window[i]));
    };
    for (std::size_t begin = 0; begin < all.times.size(); begin += chunk) {
      const auto end = std::min(all.times.size(), begin + chunk);
      const std::vector<double> part(all.values.data() + 3 * begin, all.values.data() + 3 * end);
      for (std::size_t i = begin; i < end; ++i)
        stream.push(all.times[i], part.data() + 3 * (i - begin), keep);
    }
    stream.finish(keep);
    BOOST_TEST((found.start == whole.start));
    BOOST_REQUIRE(values.size() == whole.values.size());
    BOOST_TEST((std::memcmp(values.data(), whole.values.data(), sizeof(float) * values.size()) == 0));
    BOOST_TEST(stream.dropped() == whole.dropped);
  }
}

BOOST_AUTO_TEST_CASE(windows_of_different_rates_begin_together) {
  const auto fast = recorded(6, 6000, 1, 32, 100.7), slow = recorded(7, 800, 1, 4, 101.2);
  const auto a =
      sliding_windows(fast.times, fast.values, {{32, Reduction::mean, GapPolicy::hold, 60}, 320, 160, 0});
  const auto b =
      sliding_windows(slow.times, slow.values, {{4, Reduction::mean, GapPolicy::hold, 60}, 40, 20, 0});
  for (const auto* windows : {&a, &b}) {
    BOOST_TEST(windows->start.size() > 30);
    BOOST_TEST(windows->start.front() == 105);  // the first multiple of 5 s after both began
  }
}

BOOST_AUTO_TEST_CASE(a_long_pause_costs_no_memory_and_every_window_in_it_is_counted) {
  const std::vector<double> times = {0, 0.1, 0.2, 0.3, 1e8, 1e8 + 0.1, 1e8 + 0.2, 1e8 + 0.3};
  const auto found = sliding_windows(times, xt::xtensor<double, 2>({8, 1}, 1.0), {{10}, 2, 2, 0});
  BOOST_TEST((found.start == std::vector<double>{0, 0.2, 1e8, 1e8 + 0.2}));
  BOOST_TEST(found.dropped == 500'000'000 - 2);
}

BOOST_AUTO_TEST_CASE(nothing_gives_nothing_and_too_short_gives_nothing) {
  BOOST_TEST(sliding_windows({}, xt::xtensor<double, 2>({0, 2}), {}).start.empty());
  const std::vector<double> times = {0, 1, 2};
  const auto found = sliding_windows(times, xt::xtensor<double, 2>({3, 2}, 0.0), {{1}, 4, 1, 0});
  BOOST_TEST(found.start.empty());
  BOOST_TEST(found.dropped == 0);
  BOOST_TEST(found.values.shape(1) == 2U);
}

BOOST_AUTO_TEST_CASE(a_stream_takes_one_recording_after_another) {
  WindowStream stream(1, {{1}, 3, 1, 0});
  std::vector<double> starts;
  const auto keep = [&](double start, const double*) { starts.push_back(start); };
  for (const double begin : {50.0, 7.0}) {
    for (int i = 0; i < 4; ++i) stream.push(begin + i, &begin, keep);
    stream.finish(keep);
  }
  BOOST_TEST((starts == std::vector<double>{50, 51, 7, 8}));
  BOOST_TEST(stream.late() + stream.dropped() == 0);
}

BOOST_AUTO_TEST_CASE(bad_input_is_named) {
  using Error = std::invalid_argument;
  check_throws<Error>([] { WindowStream(1, {.length = 0}); }, {"length", "got 0"});
  check_throws<Error>([] { WindowStream(1, {.hop = 0}); }, {"hop", "got 0"});
  for (const double share : {-0.1, 1.0, std::nan("")})
    check_throws<Error>([&] { WindowStream(1, {.max_missing = share}); }, {"max_missing"});
  check_throws<Error>([] { WindowStream(0, {}); }, {"channels"});
  const std::vector<double> times = {0, 1};
  check_throws<Error>(
      [&] {
        sliding_windows(times, xt::xtensor<double, 2>({3, 1}, 0.0), {});
      },
      {"values", "2 times", "got 3"});
}

BOOST_AUTO_TEST_SUITE_END()
