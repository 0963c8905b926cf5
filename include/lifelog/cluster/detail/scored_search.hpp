// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <limits>

#include "../../core/finite.hpp"
#include "quantized_centres.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// The nearest centres of blocks of quantized rows, by scores; where two scores are as close as what they may be wrong by,
/// distances of the rows themselves decide: labels are those of NearestKernel, ties and all.
template<class T>
class ScoredSearch {
 public:
  static constexpr int width = QuantizedRows::width;

  /// Both must outlive this.
  ScoredSearch(const RowMatrixView<T>& points, const QuantizedRows& rows)
      : points_(points),
        rows_(rows),
        slack_(static_cast<T>(points.cols() + 8) * std::numeric_limits<T>::epsilon()),
        tiny_(2 * std::sqrt(static_cast<T>(points.cols()) * std::numeric_limits<T>::min())) {}

  void set_centres(const RowMatrix<T>& centres) {
    centres_ = centres;
    blocks_ = RowBlocks<T>(centres.rows(), centres.cols(), std::numeric_limits<T>::infinity());
    for (Index c = 0; c < centres.rows(); ++c) blocks_.set_row(c, centres.row(c).data());
    quantized_ = QuantizedCentres(centres, rows_);
    // A distance by differences may be wrong, too: half its square by slack·(‖x‖²/2 + ‖c‖²/2), and by what vanishes.
    const double unit = static_cast<double>(tiny_) / rows_.radius();
    relative_error_ = static_cast<float>(slack_) + 4 * std::numeric_limits<float>::epsilon();
    error_per_norm_ = static_cast<float>(2 * quantized_.error_per_norm());
    error_ = static_cast<float>(2 * quantized_.error() + std::min(4 * unit * unit, 1e30)) +
             4 * relative_error_ * static_cast<float>(quantized_.largest_half_norm());
    // Nor may it overflow.
    const double most = std::sqrt(static_cast<double>(std::numeric_limits<T>::max())) / 8;
    trusted_ = quantized_.trusted() && rows_.radius() < most;
  }

  const RowMatrix<T>& centres() const { return centres_; }

  struct Found {
    alignas(64) std::int32_t label[width];
    /// In units of the rows' radius: how much farther any other centre is than the label's, at least.
    alignas(64) float gap[width];
  };

  /// norms: ‖x‖ of each lane; row_of(lane): which row it is, for the first `lanes`.
  template<class RowOf>
  void run(const std::int32_t* block, const float* norms, Index lanes, RowOf&& row_of, Found& found) const {
    using P = simd::Packet<float>;
    constexpr int size = simd::packet_size<float>;
    static_assert(width % size == 0);
    alignas(64) std::int32_t first[width], second[width];
    alignas(64) float near[width], far[width];
    quantized_.search(block, first, second);
    const float step = static_cast<float>(1 / quantized_.steps());
    for (int l = 0; l < width; ++l) {
      found.label[l] = first[l] & quantized_.number_bits();
      near[l] = static_cast<float>(first[l]) * step;
      far[l] = static_cast<float>(second[l]) * step;
    }
    unsigned sure = 0;
    for (int r = 0; r < width; r += size) {
      const P norm = simd::load(norms + r), square = simd::pmul(norm, norm);
      // Of two scores and two distances.
      const P error =
          simd::pmadd(square, simd::broadcast(2 * relative_error_),
                      simd::pmadd(norm, simd::broadcast(error_per_norm_), simd::broadcast(error_)));
      const P low = simd::load(near + r), high = simd::load(far + r);
      sure |= simd::less_mask(simd::padd(low, error), high) << r;
      const P label = distance(simd::padd(low, low), simd::padd(square, error)),
              other = distance(simd::padd(high, high), simd::psub(square, error));
      simd::store(found.gap + r, simd::psub(simd::pmul(other, simd::broadcast(1 - 1e-6F)),
                                            simd::pmul(label, simd::broadcast(1 + 1e-6F))));
    }
    for (unsigned unsure = (trusted_ ? ~sure : ~0U) & ~0U >> (32 - lanes); unsure != 0;
         unsure &= unsure - 1) {
      const int lane = std::countr_zero(unsure);
      decide(row_of(lane), lane, found);
    }
  }

 private:
  static simd::Packet<float> distance(const simd::Packet<float>& score, const simd::Packet<float>& rest) {
    return simd::psqrt(simd::pmax(simd::padd(score, rest), simd::broadcast(0.F)));
  }

  // By the distances to all centres, as NearestKernel has them, to the bit.
  void decide(Index row, int lane, Found& found) const {
    using P = simd::Packet<T>;
    constexpr int size = simd::packet_size<T>;
    const P infinity = simd::broadcast(std::numeric_limits<T>::infinity());
    P first = infinity, second = infinity, place = simd::broadcast(T(0));
    const T* const x = points_.row(row).data();
    for (Index c = 0; c < centres_.rows(); c += RowBlocks<T>::width) {
      const T* const block = blocks_.block(c / RowBlocks<T>::width);
      P sum[2] = {simd::broadcast(T(0)), simd::broadcast(T(0))};
      for (Index j = 0; j < points_.cols(); ++j)
        simd::unroll<2>([&](int r) LIFELOG_INLINED {
          const P difference =
              simd::psub(simd::broadcast(x[j]), simd::load(block + j * RowBlocks<T>::width + r * size));
          sum[r] = simd::pmadd(difference, difference, sum[r]);
        });
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        second = simd::pmin(second, simd::pmax(first, sum[r]));
        place = simd::select_less(sum[r], first, simd::broadcast(static_cast<T>(c + r * size)), place);
        first = simd::pmin(first, sum[r]);
      });
    }
    T firsts[size], seconds[size], places[size];
    simd::store(firsts, first);
    simd::store(seconds, second);
    simd::store(places, place);
    T least = std::numeric_limits<T>::infinity(), next = least;
    Index label = 0;
    for (int l = 0; l < size; ++l) {
      const Index centre = static_cast<Index>(places[l]) + l;
      next = std::min({next, seconds[l], std::max(least, firsts[l])});
      if (firsts[l] < least || (firsts[l] == least && centre < label)) {
        least = firsts[l];
        label = centre;
      }
    }
    found.label[lane] = static_cast<std::int32_t>(label);
    // Nothing is known where there is no other centre, or where squares overflow. What is known is capped, so that
    // subtracting from it rounds little.
    const T gap = std::sqrt(next) * (1 - 4 * slack_) - (std::sqrt(least) * (1 + 4 * slack_) + 2 * tiny_);
    const double units = static_cast<double>(gap) / rows_.radius();
    found.gap[lane] = lifelog::detail::is_finite(gap)
                          ? static_cast<float>(std::min(units - std::abs(units) * 1e-6, 4.0))
                          : -std::numeric_limits<float>::infinity();
  }

  const RowMatrixView<T>& points_;
  const QuantizedRows& rows_;
  T slack_, tiny_;  // what a distance between rows may be wrong by, relative and absolute
  float relative_error_ = 0, error_per_norm_ = 0, error_ = 0;
  bool trusted_ = false;
  RowMatrix<T> centres_;
  RowBlocks<T> blocks_{0, 0};
  QuantizedCentres quantized_;
};

}  // namespace lifelog::cluster::detail
