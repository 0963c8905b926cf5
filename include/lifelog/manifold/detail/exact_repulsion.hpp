// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/parallel.hpp"
#include "columns.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

/// All points' repulsion, pair by pair, each pair once: O(n²) time, O(n) memory.
///
/// A packet of points meets one other point at a time. What those points push that one with stays spread over the
/// lanes until a whole block has met it. Sums in T are no longer than a block and then go on in double.
template<class T, int dims>
class ExactRepulsion {
 public:
  /// positions: [padded n, dims]; push: the same, becomes Σ_{j≠i} q² (y_i − y_j) with q = 1 / (1 + ‖y_i − y_j‖²).
  /// Returns Z = Σ_{i≠j} q.
  double operator()(const Columns<T>& positions, Index n, int threads, Columns<T>& push) {
    place(positions, n);
    const Index blocks = piece_count(block, at_.rows());
    pieces_.resize(static_cast<std::size_t>(std::min<Index>(16, blocks)));
    const auto count = static_cast<Index>(pieces_.size());
    parallel_for(count, threads, [&](Index p) {
      auto& piece = pieces_[static_cast<std::size_t>(p)];
      piece.push.setZero(at_.rows(), dims);
      piece.z = 0;
      // Rows of the triangle of blocks, dealt like cards there and back.
      for (Index i = 0; i < blocks; ++i)
        if (const Index turn = i % (2 * count); turn == p || turn == 2 * count - 1 - p) {
          within(i, piece);
          for (Index j = i + 1; j < blocks; ++j) between(i, j, piece);
        }
    });
    double z = 0;
    Eigen::ArrayXXd sum = Eigen::ArrayXXd::Zero(n, dims);
    for (const auto& piece : pieces_) {
      z += piece.z;
      sum += piece.push.topRows(n);
    }
    push.topRows(n) = sum.template cast<T>();
    return z;
  }

 private:
  static constexpr int lanes = simd::packet_size<T>;
  // Packets that meet a point together, as many as there are registers for.
  static constexpr int together = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 && dims == 2 ? 4 : 2;
  static constexpr Index block = std::max(128, together* lanes);

  using Lanes = simd::Packet<T>;

  struct Piece {
    Eigen::ArrayXXd push;
    double z;
  };

  // Fills up with points that are so far from everything that they count for nothing.
  void place(const Columns<T>& positions, Index n) {
    constexpr Index whole = together * lanes;
    at_.resize(piece_count(whole, n) * whole, dims);
    at_.topRows(n) = positions.topRows(n);
    const T far = std::max(T(1e12), T(1e5) * positions.topRows(n).abs().maxCoeff());
    for (Index i = n; i < at_.rows(); ++i) at_.row(i).setConstant(far * static_cast<T>(i - n + 1));
  }

  // What q is for the offset to a point.
  static EIGEN_ALWAYS_INLINE Lanes affinity(const Lanes (&offset)[dims]) {
    Lanes sum = simd::broadcast(T(1));
    for (int c = 0; c < dims; ++c) sum = simd::pmadd(offset[c], offset[c], sum);
    return simd::reciprocal(sum);
  }

  // Every point of block i with every point of block j, which comes after it.
  void between(Index i, Index j, Piece& piece) const {
    const auto [begin, end] = piece_of(i, block, at_.rows());
    const auto [first, last] = piece_of(j, block, at_.rows());
    Lanes back[block][dims];
    for (auto& point : back)
      for (auto& part : point) part = simd::broadcast(T(0));
    for (Index a = begin; a < end; a += together * lanes) {
      Lanes here[together][dims], push[together][dims], z = simd::broadcast(T(0));
      for (int t = 0; t < together; ++t)
        for (int c = 0; c < dims; ++c) {
          here[t][c] = simd::load(&at_(a + t * lanes, c));
          push[t][c] = simd::broadcast(T(0));
        }
      for (Index b = first; b < last; ++b) {
        Lanes there[dims];
        for (int c = 0; c < dims; ++c) there[c] = simd::broadcast(at_(b, c));
        auto& returned = back[b - first];
        for (int t = 0; t < together; ++t) {
          Lanes offset[dims];
          for (int c = 0; c < dims; ++c) offset[c] = simd::psub(here[t][c], there[c]);
          const auto q = affinity(offset);
          z = simd::padd(z, q);
          const auto square = simd::pmul(q, q);
          for (int c = 0; c < dims; ++c) {
            push[t][c] = simd::pmadd(square, offset[c], push[t][c]);
            returned[c] = simd::pmadd(square, offset[c], returned[c]);
          }
        }
      }
      for (int t = 0; t < together; ++t) add(a + t * lanes, push[t], T(1), piece);
      piece.z += 2 * static_cast<double>(simd::predux(z));
    }
    for (Index b = first; b < last; b += lanes) {
      Lanes sums[dims];
      for (int c = 0; c < dims; ++c) {
        Lanes square[lanes];
        for (int l = 0; l < lanes; ++l) square[l] = back[b - first + l][c];
        simd::transpose(square);
        sums[c] = square[0];
        for (int l = 1; l < lanes; ++l) sums[c] = simd::padd(sums[c], square[l]);
      }
      add(b, sums, T(-1), piece);
    }
  }

  // Every point of block i with every other point of it, from both sides.
  void within(Index i, Piece& piece) const {
    const auto [begin, end] = piece_of(i, block, at_.rows());
    for (Index a = begin; a < end; a += lanes) {
      Lanes here[dims], push[dims], z = simd::broadcast(T(0));
      for (int c = 0; c < dims; ++c) {
        here[c] = simd::load(&at_(a, c));
        push[c] = simd::broadcast(T(0));
      }
      for (Index b = begin; b < end; ++b) {
        Lanes offset[dims];
        for (int c = 0; c < dims; ++c) offset[c] = simd::psub(here[c], simd::broadcast(at_(b, c)));
        auto q = affinity(offset);
        if (b >= a && b < a + lanes) q = without(q, b - a);
        z = simd::padd(z, q);
        const auto square = simd::pmul(q, q);
        for (int c = 0; c < dims; ++c) push[c] = simd::pmadd(square, offset[c], push[c]);
      }
      add(a, push, T(1), piece);
      piece.z += static_cast<double>(simd::predux(z));
    }
  }

  static Lanes without(const Lanes& q, Index lane) {
    T values[lanes];
    simd::store(values, q);
    values[lane] = 0;
    return simd::load(values);
  }

  static void add(Index a, const Lanes (&push)[dims], T sign, Piece& piece) {
    for (int c = 0; c < dims; ++c) {
      T values[lanes];
      simd::store(values, push[c]);
      for (int l = 0; l < lanes; ++l) piece.push(a + l, c) += static_cast<double>(sign * values[l]);
    }
  }

  Columns<T> at_;
  std::vector<Piece> pieces_;
};

}  // namespace lifelog::manifold::detail
