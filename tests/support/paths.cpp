// SPDX-License-Identifier: MIT
#include "paths.hpp"

namespace paths {

const char* const golden = LIFELOG_GOLDEN;
const char* const programs = LIFELOG_PROGRAMS;
const char* const e4 = LIFELOG_E4_DATA;

}  // namespace paths
