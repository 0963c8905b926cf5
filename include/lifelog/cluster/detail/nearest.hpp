// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "../../core/distance.hpp"

namespace lifelog::cluster::detail {

using namespace lifelog::detail;

/// For each lane of a block: the nearest centre (the lowest of equals), and squared distances to it and to the
/// nearest of the others. `index` holds whole numbers.
template<class T>
struct Nearest {
  static constexpr int width = RowBlocks<T>::width;
  alignas(64) T first[width], second[width], index[width];
};

template<class T, bool want_second>
class NearestKernel {
 public:
  static void run(const T* block, const RowTiles<T>& centres, Nearest<T>& out) {
    Lanes lanes;
    const P infinity = simd::broadcast(std::numeric_limits<T>::infinity());
    simd::unroll<2>([&](auto r) { lanes.first[r] = lanes.second[r] = infinity; });
    simd::unroll<2>([&](auto r) { lanes.index[r] = simd::broadcast(T(0)); });
    constexpr int height = RowTiles<T>::height;
    const Index whole = centres.rows() / height, rest = centres.rows() % height;
    for (Index t = 0; t < whole; ++t) tile<height>(block, centres, t, lanes);
    simd::unroll<height - 1>([&](auto c) {
      if (rest == c + 1) tile<c + 1>(block, centres, whole, lanes);
    });
    simd::unroll<2>([&](auto r) {
      constexpr int size = simd::packet_size<T>;
      simd::store(out.first + r * size, lanes.first[r]);
      simd::store(out.index + r * size, lanes.index[r]);
      if (want_second) simd::store(out.second + r * size, lanes.second[r]);
    });
  }

 private:
  using P = simd::Packet<T>;
  struct Lanes {
    P first[2], second[2], index[2];
  };

  template<int count>
  EIGEN_ALWAYS_INLINE static void tile(const T* block, const RowTiles<T>& centres, Index t, Lanes& lanes) {
    P sum[count][2];
    squared_distances<T, count>(block, centres.tile(t), centres.cols(), sum);
    simd::unroll<count>([&](auto c) {
      const P number = simd::broadcast(static_cast<T>(t * RowTiles<T>::height + c));
      simd::unroll<2>([&](auto r) {
        P& first = lanes.first[r];
        if (want_second) lanes.second[r] = simd::pmin(lanes.second[r], simd::pmax(first, sum[c][r]));
        lanes.index[r] = simd::select_less(sum[c][r], first, number, lanes.index[r]);
        first = simd::pmin(sum[c][r], first);
      });
    });
  }
};

}  // namespace lifelog::cluster::detail
