// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "nearest_centres.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

/// Two whole numbers of 16 bits in one of 32, as `simd::Integers` multiplies them.
LIFELOG_LAZY std::int32_t pair_of(std::int32_t low, std::int32_t high) {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(low) & 0xFFFF) |
                                   static_cast<std::uint32_t>(high) << 16);
}

/// Rows in 16 bits a coordinate, relative to a point among them and in units of their radius, so that none is longer than
/// 1. The few that may be are zeros here, of infinite norm.
///
/// Block b holds rows [b·width, (b+1)·width) side by side, two columns a number, pair by pair. Lanes past the last row are zero.
class QuantizedRows {
 public:
  static constexpr int width = 2 * simd::Integers::size;
  static constexpr double scale = 32767;  // what 1 is

  template<class T>
  QuantizedRows(const RowMatrixView<T>& points, int threads)
      : rows_(points.rows()),
        pairs_((points.cols() + 1) / 2),
        values_(static_cast<std::size_t>(blocks() * width * pairs_)),
        norms_(static_cast<std::size_t>(blocks() * width)) {
    choose_units(points);
    const Index size = labelling_piece(rows_);
    std::vector<float> errors(static_cast<std::size_t>(piece_count(size, rows_)));
    parallel_for(piece_count(size, rows_), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, rows_);
      Quantizer<T> quantizer(*this);
      float& largest = errors[static_cast<std::size_t>(p)];
      for (Index row = begin; row < end; row += width) {
        for (Index lane = 0; lane < std::min<Index>(width, end - row); ++lane)
          quantizer.set_row(lane, points.row(row + lane).data());
        largest = std::max(largest, quantizer.quantize(values_.data() + row * pairs_, norms_.data() + row));
      }
    });
    // What rounds on the way here is below 2⁻⁸ a coordinate.
    const double largest = static_cast<double>(std::sqrt(*std::max_element(errors.begin(), errors.end())));
    error_ = (largest + std::sqrt(static_cast<double>(points.cols())) / 256) / scale;
  }

  Index blocks() const { return piece_count(width, rows_); }
  Index pairs() const { return pairs_; }
  const std::int32_t* block(Index b) const { return values_.data() + b * width * pairs_; }

  /// Norms of the i-th row and those after it, to whole blocks.
  const float* norms(Index i) const { return norms_.data() + i; }

  /// Copies the i-th row to a lane of another block, and its norm.
  void gather(Index i, std::int32_t* to, float& norm) const {
    const std::int32_t* from = block(i / width) + i % width;
    for (Index p = 0; p < pairs_; ++p) to[p * width] = from[p * width];
    norm = *norms(i);
  }

  /// How far a quantized row is from its row at most.
  double error() const { return error_; }

  /// What rows are relative to, and what is 1.
  const Eigen::RowVectorXd& origin() const { return origin_; }
  double radius() const { return radius_; }

 private:
  // Makes blocks, one at a time.
  template<class T>
  class Quantizer {
   public:
    explicit Quantizer(const QuantizedRows& rows)
        : pairs_(rows.pairs_),
          origin_(rows.origin_.template cast<T>()),
          unit_(static_cast<T>(1 / rows.radius_)),
          tile_(static_cast<std::size_t>(2 * pairs_ * width)) {}

    void set_row(Index lane, const T* from) {
      T* const to = tile_.data() + lane;
      for (Index j = 0; j < origin_.size(); ++j) to[j * width] = from[j];
    }

    // Writes a block and the norms of its rows; returns the largest squared error of a row, in steps.
    float quantize(std::int32_t* block, float* norms) const {
      T squares[width] = {};
      float errors[width] = {};
      for (Index p = 0; p < pairs_; ++p) {
        std::int32_t low[width], high[width] = {};
        column(2 * p, low, squares, errors);
        if (2 * p + 1 < origin_.size()) column(2 * p + 1, high, squares, errors);
        for (int l = 0; l < width; ++l) block[p * width + l] = pair_of(low[l], high[l]);
      }
      for (int l = 0; l < width; ++l) {
        norms[l] = static_cast<float>(std::sqrt(squares[l]));
        if (squares[l] <= 1) continue;
        norms[l] = std::numeric_limits<float>::infinity();
        for (Index p = 0; p < pairs_; ++p) block[p * width + l] = 0;
      }
      return *std::max_element(errors, errors + width);
    }

   private:
    EIGEN_ALWAYS_INLINE void column(Index j, std::int32_t (&to)[width], T (&squares)[width],
                                    float (&errors)[width]) const {
      using P = simd::Packet<T>;
      constexpr int size = simd::packet_size<T>;
      static_assert(width % size == 0);
      const T* const x = tile_.data() + j * width;
      const P origin = simd::broadcast(origin_[j]), unit = simd::broadcast(unit_);
      T inside[width];
      for (int l = 0; l < width; l += size) {
        const P y = simd::pmul(simd::psub(simd::load(x + l), origin), unit);
        simd::store(squares + l, simd::pmadd(y, y, simd::load(squares + l)));
        simd::store(inside + l, simd::pmin(simd::pmax(y, simd::broadcast(T(-1))), simd::broadcast(T(1))));
      }
      for (int l = 0; l < width; ++l) {
        const float steps = static_cast<float>(inside[l]) * static_cast<float>(scale);
        // Cut towards zero, hence to the nearest: what is cut is positive.
        to[l] = static_cast<std::int32_t>(steps + 32768.5F) - 32768;
        const float error = steps - static_cast<float>(to[l]);
        errors[l] += error * error;
      }
    }

    Index pairs_;
    Eigen::RowVectorX<T> origin_;
    T unit_;
    std::vector<T> tile_;
  };

  // By 1,024 to 2,047 rows, with a quarter of the radius left for the others.
  template<class T>
  void choose_units(const RowMatrixView<T>& points) {
    const Index step = std::max<Index>(1, points.rows() / 1024);
    using Row = Eigen::RowVector<Double<T>, Eigen::Dynamic>;
    Row origin = Row::Zero(points.cols());
    Index rows = 0;
    for (Index i = 0; i < points.rows(); i += step, ++rows) origin += points.row(i).template cast<double>();
    origin = (origin / static_cast<double>(rows)).template cast<T>().template cast<double>();
    radius_ = 0;
    for (Index i = 0; i < points.rows(); i += step)
      radius_ = std::max(radius_, 1.25 * (points.row(i).template cast<double>() - origin).norm());
    origin_ = std::move(origin);
    const auto least = static_cast<double>(std::numeric_limits<T>::min()),
               most = static_cast<double>(std::numeric_limits<T>::max());
    if (!(radius_ > 2 * least && radius_ < most / 2)) radius_ = 1;
  }

  Index rows_, pairs_;
  std::vector<std::int32_t> values_;
  std::vector<float> norms_;
  Eigen::RowVectorXd origin_;
  double radius_ = 1, error_ = 0;
};

}  // namespace lifelog::cluster::detail
