// SPDX-License-Identifier: MIT
#pragma once

#include "../../core/packet.hpp"

namespace lifelog::inline LIFELOG_ABI::manifold::detail {

using namespace lifelog::detail;

/// Positions or forces of points, a column for each dimension, padded to whole packets.
template<class T>
using Columns = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Rows of `Columns` that n points need.
template<class T>
Index padded_rows(Index n) {
  constexpr Index lanes = simd::packet_size<T>;
  return (n + lanes - 1) / lanes * lanes;
}

}  // namespace lifelog::manifold::detail
