// SPDX-License-Identifier: MIT
#pragma once

// Every macro a user may set is named here; nothing else of the preprocessor is configuration.
//
//   LIFELOG_NO_EXCEPTIONS        call LIFELOG_ERROR_HANDLER instead of throwing (set by itself under -fno-exceptions)
//   LIFELOG_ERROR_HANDLER(text)  expression that must not return, given a `const char*`; default: std::abort()
//   LIFELOG_USE_OPENMP           parallel_for runs on OpenMP (Meson sets it with -Dopenmp=enabled)
//   LIFELOG_PARALLEL_FOR(pieces, threads, body)
//                                a caller's own pool: must call body(i) once for every i in [0, pieces), in any order
//   LIFELOG_STATIC_BYTES         a layer's weights up to this size are an array inside the network, larger ones lie on the
//                                heap (default 16384); up to 131072 for devices that have none. Alike in all of a program.

#include "abi.hpp"

#ifndef LIFELOG_STATIC_BYTES
#define LIFELOG_STATIC_BYTES 16384
#endif

#include <Eigen/Core>

// Of functions that run once, or to tell of a mistake: the compiler makes them small, in less time, rather than fast.
#if defined(__GNUC__)
#define LIFELOG_COLD __attribute__((cold))
#else
#define LIFELOG_COLD
#endif

// Of functions that are no templates but dear to compile: they are compiled where they are called, and not by everybody who
// includes them.
#define LIFELOG_LAZY template<class = void>

namespace lifelog::inline LIFELOG_ABI {

/// Signed size and index type of the whole library; Eigen's.
using Index = Eigen::Index;

}  // namespace lifelog
