// SPDX-License-Identifier: MIT
#pragma once

// Every macro a user may set is named here; nothing else of the preprocessor is configuration.
//
//   LIFELOG_NO_EXCEPTIONS        call LIFELOG_ERROR_HANDLER instead of throwing (set by itself under -fno-exceptions)
//   LIFELOG_ERROR_HANDLER(text)  expression that must not return, given a `const char*`; default: std::abort()
//   LIFELOG_USE_OPENMP           parallel_for runs on OpenMP (Meson sets it with -Dopenmp=enabled)
//   LIFELOG_PARALLEL_FOR(pieces, threads, body)
//                                a caller's own pool: must call body(i) once for every i in [0, pieces), in any order

#if !defined(LIFELOG_NO_EXCEPTIONS) && !defined(__cpp_exceptions)
#define LIFELOG_NO_EXCEPTIONS
#endif

#include <Eigen/Core>

namespace lifelog {

/// Signed size and index type of the whole library; Eigen's.
using Index = Eigen::Index;

}  // namespace lifelog
