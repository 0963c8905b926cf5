// SPDX-License-Identifier: MIT
#pragma once

#include "../core/config.hpp"

namespace lifelog::inline LIFELOG_ABI::nn {

/// A recorded series owned by somebody else: channel c at time t is `data[c·stride + t]`.
template<class T>
struct Series {
  const T* data;
  Index length;
  Index stride;
};

}  // namespace lifelog::nn
