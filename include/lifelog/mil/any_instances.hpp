// SPDX-License-Identifier: MIT
#pragma once

#include "any_model.hpp"
#include "instances.hpp"

// As instances.hpp, for the networks of all encoders that have names. LIFELOG_INSTANTIATE, defined between the two, compiles
// those of the others.

namespace lifelog::inline LIFELOG_ABI {

#ifdef LIFELOG_INSTANTIATE
LIFELOG_BAG_INSTANCES(template, SmallEncoders)
LIFELOG_BAG_INSTANCES(template, Tcn8Encoders)
#else
LIFELOG_BAG_INSTANCES(extern template, SmallEncoders)
LIFELOG_BAG_INSTANCES(extern template, Tcn8Encoders)
#endif

}  // namespace lifelog
