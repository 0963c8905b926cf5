// SPDX-License-Identifier: MIT
#pragma once

// The subset for firmware: the standard library and Eigen, no exceptions, files, threads or allocation
// required.

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/version.hpp"
