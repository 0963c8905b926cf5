// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "quantized_rows.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Centres that quantized rows are searched by: by scores s(x, c) = ‖c‖²/2 − x·c, which are half the squared distance less
/// ‖x‖²/2. A pair of columns is one instruction, where differences and their squares take four; but scores only tell which
/// centres are *surely* not the nearest.
class QuantizedCentres {
 public:
  static constexpr int width = QuantizedRows::width;

  QuantizedCentres() = default;

  /// centres: [k, d], in the rows' coordinates.
  template<class T>
  QuantizedCentres(const RowMatrix<T>& centres, const QuantizedRows& rows)
      : stride_(first_pair + rows.pairs()),
        count_((centres.rows() + together - 1) / together * together),
        number_bits_(static_cast<std::int32_t>(std::bit_ceil(static_cast<std::uint32_t>(count_)) - 1)),
        values_(static_cast<std::size_t>(count_ * stride_)) {
    using Real = Double<T>;
    RowMatrix<Real> relative = RowMatrix<Real>::Zero(centres.rows(), 2 * rows.pairs());
    relative.leftCols(centres.cols()) =
        (centres.template cast<Real>().rowwise() - rows.origin()) / rows.radius();
    Eigen::Vector<Real, Eigen::Dynamic> half_norms = relative.rowwise().squaredNorm() / 2;
    trusted_ = half_norms.minCoeff() <= 0.5;
    // As long as there is a centre within 1, one beyond 3 is nearest to no row, and would make the steps of all large. Its
    // scores are above 3²/2 − 3.
    for (Index c = 0; c < centres.rows(); ++c) {
      if (half_norms[c] <= 4.5) continue;
      relative.row(c).setZero();
      half_norms[c] = 1.5;
    }
    largest_half_norm_ = half_norms.maxCoeff();
    // Coordinates must fit 16 bits, scores 32.
    const double largest_score = largest_half_norm_ + std::sqrt(2 * largest_half_norm_);
    const double scale = std::min(32767 / std::max(relative.cwiseAbs().maxCoeff(), 1e-30),
                                  2.1e9 / (QuantizedRows::scale * std::max(largest_score, 1e-30)));
    steps_ = scale * QuantizedRows::scale;
    double error = 0, norm = 0;
    for (Index c = 0; c < count_; ++c) {
      std::int32_t* const row = values_.data() + c * stride_;
      row[number] = static_cast<std::int32_t>(c);
      row[half_norm] = std::numeric_limits<std::int32_t>::max();  // nobody's nearest
      if (c >= centres.rows()) continue;
      row[half_norm] = static_cast<std::int32_t>(std::lrint(half_norms[c] * steps_));
      const Eigen::RowVector<Real, Eigen::Dynamic> rounded = (relative.row(c).array() * -scale).round();
      for (Index p = 0; p < rows.pairs(); ++p)
        row[first_pair + p] =
            pair_of(static_cast<std::int32_t>(rounded[2 * p]), static_cast<std::int32_t>(rounded[2 * p + 1]));
      error = std::max(error, (rounded / scale + relative.row(c)).norm());
      norm = std::max(norm, rounded.norm() / scale);
    }
    error_per_norm_ = error;
    // And what the centres' numbers hide, what ‖c‖²/2 is rounded by, and what two scores are by when they become floats.
    error_ = rows.error() * norm + (number_bits_ + 257) / steps_;
  }

  /// The lowest scores of a block's rows and the lowest of the others, in steps; their last bits are the centres' numbers.
  void search(const std::int32_t* block, std::int32_t (&first)[width], std::int32_t (&second)[width]) const {
    Lanes lanes;
    simd::unroll<2>([&](int r) LIFELOG_INLINED {
      lanes.first[r] = lanes.second[r] = I::broadcast(std::numeric_limits<std::int32_t>::max());
    });
    for (Index c = 0; c < count_; c += together) score_some(block, values_.data() + c * stride_, lanes);
    simd::unroll<2>([&](int r) LIFELOG_INLINED {
      I::store(first + r * I::size, lanes.first[r]);
      I::store(second + r * I::size, lanes.second[r]);
    });
  }

  std::int32_t number_bits() const { return number_bits_; }

  /// What a score of 1 is.
  double steps() const { return steps_; }

  /// What the score of a row x may be wrong by: |x·c − x'·c'| ≤ ‖x − x'‖ ‖c'‖ + ‖x‖ ‖c − c'‖, hence
  /// error() + ‖x‖·error_per_norm().
  double error() const { return error_; }
  double error_per_norm() const { return error_per_norm_; }

  double largest_half_norm() const { return largest_half_norm_; }

  /// False where no centre is near the rows: scores tell nothing then.
  bool trusted() const { return trusted_; }

 private:
  using I = simd::Integers;
  using P = I::Register;
  // Centres that share the loads of a row.
  static constexpr int together = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;
  // What a centre holds before the pairs of its coordinates, which are negative.
  static constexpr Index number = 0, half_norm = 1, first_pair = 2;

  struct Lanes {
    P first[2], second[2];
  };

  EIGEN_ALWAYS_INLINE void score_some(const std::int32_t* block, const std::int32_t* from,
                                      Lanes& lanes) const {
    const std::int32_t* centre[together];
    P score[together][2];
    simd::unroll<together>([&](int c) LIFELOG_INLINED {
      centre[c] = from + c * stride_;
      score[c][0] = score[c][1] = I::broadcast(centre[c][half_norm]);
    });
    for (Index p = first_pair; p < stride_; ++p, block += width) {
      const P x[2] = {I::load(block), I::load(block + I::size)};
      simd::unroll<together>([&](int c) LIFELOG_INLINED {
        const P pair = I::broadcast(centre[c][p]);
        simd::unroll<2>([&](int r)
                            LIFELOG_INLINED { score[c][r] = I::add_products(score[c][r], x[r], pair); });
      });
    }
    const P kept = I::broadcast(~number_bits_);
    simd::unroll<together>([&](int c) LIFELOG_INLINED {
      const P mine = I::broadcast(centre[c][number]);
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        const P numbered = I::keep_or(score[c][r], kept, mine);
        lanes.second[r] = I::min(lanes.second[r], I::max(lanes.first[r], numbered));
        lanes.first[r] = I::min(lanes.first[r], numbered);
      });
    });
  }

  Index stride_ = 0, count_ = 0;
  std::int32_t number_bits_ = 0;
  std::vector<std::int32_t> values_;
  bool trusted_ = false;
  double largest_half_norm_ = 0, steps_ = 1, error_ = 0, error_per_norm_ = 0;
};

}  // namespace lifelog::cluster::detail
