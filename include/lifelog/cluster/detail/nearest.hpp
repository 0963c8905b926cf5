// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "../../core/distance.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster::detail {

using namespace lifelog::detail;

/// For each lane of a block: the nearest centre (the lowest of equals), a whole number.
template<class T>
struct Nearest {
  static constexpr int width = RowBlocks<T>::width;
  alignas(64) T index[width];
};

template<class T>
class NearestKernel {
 public:
  static void run(const T* block, const RowTiles<T>& centres, Nearest<T>& out) {
    Lanes lanes;
    const P infinity = simd::broadcast(std::numeric_limits<T>::infinity());
    simd::unroll<2>([&](int r) LIFELOG_INLINED { lanes.first[r] = infinity; });
    simd::unroll<2>([&](int r) LIFELOG_INLINED { lanes.index[r] = simd::broadcast(T(0)); });
    constexpr int height = RowTiles<T>::height;
    const Index whole = centres.rows() / height, rest = centres.rows() % height;
    for (Index t = 0; t < whole; ++t) tile<height>(block, centres, t, lanes);
    simd::unroll_constants<height - 1>([&](auto c) {
      if (rest == c + 1) tile<c + 1>(block, centres, whole, lanes);
    });
    simd::unroll<2>(
        [&](int r) LIFELOG_INLINED { simd::store(out.index + r * simd::packet_size<T>, lanes.index[r]); });
  }

 private:
  using P = simd::Packet<T>;
  struct Lanes {
    P first[2], index[2];
  };

  template<int count>
  EIGEN_ALWAYS_INLINE static void tile(const T* block, const RowTiles<T>& centres, Index t, Lanes& lanes) {
    P sum[count][2];
    squared_distances<T, count>(block, centres.tile(t), centres.cols(), sum);
    simd::unroll<count>([&](int c) LIFELOG_INLINED {
      const P number = simd::broadcast(static_cast<T>(t * RowTiles<T>::height + c));
      simd::unroll<2>([&](int r) LIFELOG_INLINED {
        P& first = lanes.first[r];
        lanes.index[r] = simd::select_less(sum[c][r], first, number, lanes.index[r]);
        first = simd::pmin(sum[c][r], first);
      });
    });
  }
};

}  // namespace lifelog::cluster::detail
