// SPDX-License-Identifier: MIT
#define LIFELOG_INSTANTIATE
#include <lifelog/mil/instances.hpp>
