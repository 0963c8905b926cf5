// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "nearest.hpp"

namespace lifelog::cluster::detail {

/// Scores by which centres are told apart: s(x, c) = ‖c‖²/2 − x·c, which is half the squared distance less ‖x‖²/2. One
/// multiply-add a column, where differences and their squares take two steps; but what they cancel is lost, so that
/// scores only tell which centres are *surely* not the nearest. Rows and centres are taken relative to a point among
/// them, which cancels most of what would be lost.
template<class T>
class CentreScores {
 public:
  static constexpr int width = RowBlocks<T>::width;
  /// Centres that share the loads of a row.
  static constexpr int together = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;

  CentreScores() = default;

  /// centres: [k, d]; origin: [d].
  CentreScores(const RowMatrix<T>& centres, const Eigen::RowVectorX<T>& origin)
      : rows_((centres.rows() + together - 1) / together * together, first_column + centres.cols()) {
    for (Index c = 0; c < centres.rows(); ++c) {
      auto coordinates = rows_.row(c).tail(centres.cols());
      coordinates = origin - centres.row(c);
      rows_(c, number) = static_cast<T>(c);
      rows_(c, half_norm) = coordinates.squaredNorm() / 2;
      largest_ = std::max(largest_, rows_(c, half_norm));
    }
    for (Index c = centres.rows(); c < rows_.rows(); ++c) {  // nobody's nearest
      rows_.row(c).setZero();
      rows_(c, half_norm) = std::numeric_limits<T>::infinity();
    }
  }

  /// The largest of all ‖c‖²/2.
  T largest_half_norm() const { return largest_; }

  /// The number of scores of a row: that of centres, up to a whole multiple of `together`.
  Index rows() const { return rows_.rows(); }

  /// Scores of all centres for the rows of a block (relative to the origin): scores: [rows(), width]; the lowest score and
  /// the lowest of the others in `found.first`, `found.second`. Meanwhile asks for `next`, the block that comes next.
  void search(const T* block, const T* next, T* scores, Nearest<T>& found) const {
    Lanes lanes;
    simd::unroll<2>([&](auto r) {
      lanes.first[r] = lanes.second[r] = simd::broadcast(std::numeric_limits<T>::infinity());
      lanes.index[r] = simd::broadcast(T(0));
    });
    const Index numbers = (rows_.cols() - first_column) * width;
    const Index share = (numbers * together + rows_.rows() - 1) / rows_.rows();
    for (Index c = 0, asked = 0; c < rows_.rows(); c += together) {
      for (const Index end = std::min(numbers, asked + share); asked < end; asked += line)
        ask(next + asked, numbers);
      score_some(block, c, scores + c * width, lanes);
    }
    simd::unroll<2>([&](auto r) {
      simd::store(found.first + r * size, lanes.first[r]);
      simd::store(found.second + r * size, lanes.second[r]);
      simd::store(found.index + r * size, lanes.index[r]);
    });
  }

 private:
  using P = simd::Packet<T>;
  static constexpr int size = simd::packet_size<T>;
  static constexpr Index line = 64 / sizeof(T);  // of the cache
  // What a row holds before the centre's coordinates, which are negative.
  static constexpr Index number = 0, half_norm = 1, first_column = 2;

  struct Lanes {
    P first[2], second[2], index[2];
  };

  // A large block would drive the one at work out of the first cache.
  EIGEN_ALWAYS_INLINE static void ask(const T* from, Index numbers) {
    if (numbers * static_cast<Index>(sizeof(T)) > 8192)
      simd::prefetch_later(from);
    else
      simd::prefetch(from);
  }

  EIGEN_ALWAYS_INLINE void score_some(const T* block, Index from, T* scores, Lanes& lanes) const {
    const T* centre[together];
    P score[together][2];
    simd::unroll<together>([&](auto c) LIFELOG_INLINED {
      centre[c] = rows_.data() + (from + c) * rows_.cols();
      score[c][0] = score[c][1] = simd::broadcast(centre[c][half_norm]);
    });
    for (Index j = first_column; j < rows_.cols(); ++j, block += width) {
      const P x[2] = {simd::load(block), simd::load(block + size)};
      simd::unroll<together>([&](auto c) LIFELOG_INLINED {
        const P coordinate = simd::broadcast(centre[c][j]);
        simd::unroll<2>([&](auto r)
                            LIFELOG_INLINED { score[c][r] = simd::pmadd(x[r], coordinate, score[c][r]); });
      });
    }
    simd::unroll<together>([&](auto c) LIFELOG_INLINED {
      const P mine = simd::broadcast(centre[c][number]);
      simd::unroll<2>([&](auto r) LIFELOG_INLINED {
        P& first = lanes.first[r];
        lanes.second[r] = simd::pmin(lanes.second[r], simd::pmax(first, score[c][r]));
        lanes.index[r] = simd::select_less(score[c][r], first, mine, lanes.index[r]);
        first = simd::pmin(score[c][r], first);
        simd::store(scores + c * width + r * size, score[c][r]);
      });
    });
  }

  T largest_ = 0;
  RowMatrix<T> rows_;
};

}  // namespace lifelog::cluster::detail
