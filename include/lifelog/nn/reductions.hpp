// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "max_over_time.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

namespace detail {

/// Adds to a sum that is kept in two parts, so that it does not drift however many numbers it has (Kahan 1965): `lost` is what
/// `sum` is too short for, and comes in again with the next number.
template<class T>
void add_exactly(T& sum, T& lost, T value) {
  const T now = value + lost, next = rounded(sum + now);
  lost = std::abs(sum) < std::abs(now) ? sum - rounded(next - now) : now - rounded(next - sum);
  sum = next;
}

}  // namespace detail

struct MeanOverTime : ReductionOf<MeanOverTime> {
  static constexpr Index features(Index channels) { return channels; }

  template<class T, Index channels>
  class State {
   public:
    explicit State(Index count) : sums_(count), lost_(count) { reset(); }

    void reset() {
      sums_.fill(0);
      lost_.fill(0);
      length_ = 0;
    }

    void add(const T* rows, Index stride, Index count) {
      using Row = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
      // Pieces so short that the sum of one is as good as its numbers.
      for (Index start = 0; start < count; start += piece)
        for (Index c = 0; c < sums_.count(); ++c)
          detail::add_exactly(sums_[c], lost_[c],
                              Row(rows + c * stride + start, std::min(piece, count - start)).sum());
      length_ += count;
    }

    void features(T* to) const {
      const T scale = static_cast<T>(std::max<std::int64_t>(length_, 1));
      for (Index c = 0; c < sums_.count(); ++c) to[c] = (sums_[c] + lost_[c]) / scale;
    }

    TimeSpan reach() const { return {0, static_cast<Index>(length_)}; }

    void seed(const T* slopes, TimeSpan span, T* rows, Index stride) const {
      for (Index c = 0; c < sums_.count(); ++c) {
        const T slope = slopes[c] / static_cast<T>(length_);
        for (Index t = 0; t < span.end - span.begin; ++t) rows[c * stride + t] += slope;
      }
    }

   private:
    static constexpr Index piece = 512;
    detail::Numbers<T, channels> sums_, lost_;
    std::int64_t length_ = 0;
  };
};

struct LastSample : ReductionOf<LastSample> {
  static constexpr Index features(Index channels) { return channels; }

  template<class T, Index channels>
  class State {
   public:
    explicit State(Index count) : values_(count) { reset(); }

    void reset() {
      values_.fill(0);
      length_ = 0;
    }

    void add(const T* rows, Index stride, Index count) {
      for (Index c = 0; c < values_.count(); ++c) values_[c] = rows[c * stride + count - 1];
      length_ += count;
    }

    void features(T* to) const { std::copy_n(values_.data(), values_.count(), to); }

    TimeSpan reach() const { return {length_ - 1, length_}; }

    void seed(const T* slopes, TimeSpan span, T* rows, Index stride) const {
      if (span.begin >= length_ || span.end < length_) return;
      for (Index c = 0; c < values_.count(); ++c) rows[c * stride + length_ - 1 - span.begin] += slopes[c];
    }

   private:
    detail::Numbers<T, channels> values_;
    Index length_ = 0;
  };
};

/// Several reductions of one signal, their features one after the other's.
template<class... Rs>
struct Concat : ReductionOf<Concat<Rs...>> {
  static constexpr Index features(Index channels) {
    return channels == Eigen::Dynamic ? Eigen::Dynamic : (Rs::features(channels) + ...);
  }

  template<class T, Index channels>
  class State {
   public:
    explicit State(Index count)
        : states_(typename Rs::template State<T, channels>(count)...), counts_{Rs::features(count)...} {}

    void reset() {
      each([](auto& state, Index) { state.reset(); });
    }
    void add(const T* rows, Index stride, Index count) {
      each([&](auto& state, Index) { state.add(rows, stride, count); });
    }
    void features(T* to) const {
      each([&](const auto& state, Index first) { state.features(to + first); });
    }
    TimeSpan reach() const {
      return std::apply(
          [](const auto&... state) {
            return TimeSpan{std::min({state.reach().begin...}), std::max({state.reach().end...})};
          },
          states_);
    }
    void seed(const T* slopes, TimeSpan span, T* rows, Index stride) const {
      each([&](const auto& state, Index first) { state.seed(slopes + first, span, rows, stride); });
    }

   private:
    /// f(state, which of the features is its first).
    template<class F>
    void each(F f) {
      each_of(states_, f);
    }
    template<class F>
    void each(F f) const {
      each_of(states_, f);
    }
    template<class States, class F>
    void each_of(States& states, F f) const {
      Index first = 0;
      std::size_t i = 0;
      std::apply([&](auto&... state) { ((f(state, first), first += counts_[i++]), ...); }, states);
    }

    std::tuple<typename Rs::template State<T, channels>...> states_;
    Index counts_[sizeof...(Rs)];
  };
};

/// Mean of each channel over all time, exact to rounding however long the series or the stream is; PyTorch's `mean(dim=-1)`.
/// A signal's first samples are of the series as all others: what its convolutions read before time 0 is zero. Before the
/// first sample: 0. All samples have a gradient; it is recomputed piece by piece, so that memory does not grow with the series.
inline constexpr MeanOverTime mean_over_time;

/// Each channel's last sample, `x[..., -1]`; of a stream the latest. Before the first sample: 0. Its gradient reads the last
/// `lookback` + 1 samples of the series and no others.
inline constexpr LastSample last_sample;

/// Reductions of one signal side by side, as features one after the other: `concat(max_over_time, mean_over_time)` makes
/// twice as many features as there are channels, the maxima first.
template<Reduction... Rs>
requires(sizeof...(Rs) > 0) constexpr Concat<Rs...> concat(Rs...) {
  return {};
}
template<class... Rs>
requires(sizeof...(Rs) == 0 || !(Reduction<Rs> && ...)) LIFELOG_REFUSED(
    "concat takes reductions, as in concat(max_over_time, mean_over_time): two nodes of one signal are "
    "added by sum")
detail::Nothing concat(const Rs&...);

}  // namespace lifelog::nn
