// SPDX-License-Identifier: MIT
#pragma once

// How the file that includes this is compiled: what decides speed, and the last bits of results.

#include <string>

#include "config.hpp"
#include "version.hpp"

#define LIFELOG_QUOTED(number) #number
#define LIFELOG_TEXT_OF(number) LIFELOG_QUOTED(number)

// Eigen 5 counts its first number as the second, after a 3 that is for ever.
#ifdef EIGEN_PATCH_VERSION
#define LIFELOG_EIGEN                  \
  LIFELOG_TEXT_OF(EIGEN_MAJOR_VERSION) \
  "." LIFELOG_TEXT_OF(EIGEN_MINOR_VERSION) "." LIFELOG_TEXT_OF(EIGEN_PATCH_VERSION)
#else
#define LIFELOG_EIGEN                  \
  LIFELOG_TEXT_OF(EIGEN_WORLD_VERSION) \
  "." LIFELOG_TEXT_OF(EIGEN_MAJOR_VERSION) "." LIFELOG_TEXT_OF(EIGEN_MINOR_VERSION)
#endif

#if defined(__clang__)
#define LIFELOG_COMPILER "clang++ " __clang_version__
#elif defined(__GNUC__)
#define LIFELOG_COMPILER "g++ " __VERSION__
#else
#define LIFELOG_COMPILER "unknown compiler"
#endif

#if defined(__AVX512F__)
#define LIFELOG_INSTRUCTIONS "AVX-512"
#elif defined(__AVX2__) && defined(__FMA__)
#define LIFELOG_INSTRUCTIONS "AVX2 with FMA"
#elif defined(__AVX2__)
#define LIFELOG_INSTRUCTIONS "AVX2"
#elif defined(__AVX__)
#define LIFELOG_INSTRUCTIONS "AVX"
#elif defined(__SSE4_1__)
#define LIFELOG_INSTRUCTIONS "SSE4"
#elif defined(__SSE2__)
#define LIFELOG_INSTRUCTIONS "SSE2"
#elif defined(__ARM_NEON)
#define LIFELOG_INSTRUCTIONS "NEON"
#else
#define LIFELOG_INSTRUCTIONS "no vector instructions"
#endif

namespace lifelog::inline LIFELOG_ABI {

/// How a file is compiled.
struct BuildInfo {
  const char* version;       ///< of lifelog: "0.1.0"
  const char* compiler;      ///< "g++ 12.2.0"
  const char* eigen;         ///< "3.4.0"
  const char* instructions;  ///< "AVX-512", "AVX2 with FMA", …; "SSE2" is what x86-64 has without any flag
  int vector_bytes;          ///< of one of Eigen's vectors; 0: it does not vectorise
  bool optimized;            ///< -O1 or more
  bool openmp;               ///< parallel_for uses threads
  bool assertions;           ///< Eigen checks its indices (no NDEBUG): slow
  bool exceptions;           ///< bad arguments throw
  bool fast_math;            ///< -ffast-math: the last bits of results are the compiler's
};

/// Of the file that calls it: each has its own, so that nobody is told of another's flags.
[[maybe_unused]] static constexpr BuildInfo build_info() {
  BuildInfo info{LIFELOG_VERSION,
                 LIFELOG_COMPILER,
                 LIFELOG_EIGEN,
                 LIFELOG_INSTRUCTIONS,
                 0,
                 false,
                 false,
                 true,
                 true,
                 false};
#ifdef EIGEN_VECTORIZE
  info.vector_bytes = EIGEN_MAX_STATIC_ALIGN_BYTES;
#endif
#ifdef __OPTIMIZE__
  info.optimized = true;
#endif
#ifdef LIFELOG_USE_OPENMP
  info.openmp = true;
#endif
#ifdef EIGEN_NO_DEBUG
  info.assertions = false;
#endif
#ifdef LIFELOG_NO_EXCEPTIONS
  info.exceptions = false;
#endif
#ifdef __FAST_MATH__
  info.fast_math = true;
#endif
  return info;
}

/// One line for people: "lifelog 0.1.0, g++ 12.2.0, Eigen 3.4.0, AVX-512, OpenMP". What slows or changes results is named too.
inline std::string to_string(const BuildInfo& info) {
  std::string text = std::string("lifelog ") + info.version + ", " + info.compiler + ", Eigen " + info.eigen +
                     ", " + info.instructions;
  if (!info.optimized) text += ", not optimised";
  text += info.openmp ? ", OpenMP" : ", one thread";
  if (info.assertions) text += ", assertions";
  if (!info.exceptions) text += ", no exceptions";
  if (info.fast_math) text += ", -ffast-math";
  return text;
}

}  // namespace lifelog
