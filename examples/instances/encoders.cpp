// SPDX-License-Identifier: MIT
#include <lifelog/mil/instances.hpp>

#define LIFELOG_INSTANTIATE
#include <lifelog/mil/any_instances.hpp>
