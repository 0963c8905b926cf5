// SPDX-License-Identifier: MIT
#pragma once

// The name of the inline namespace that all of the library lies in. It carries what changes code or layout: the version,
// instruction set, threads, exceptions and -ffast-math. So files of one program that are compiled with other flags have
// functions and types of their own, where the linker would keep any one of them for all. Nobody writes this name:
// lifelog::mil::… means what the file's flags make of it.

#include "version.hpp"

#if !defined(LIFELOG_NO_EXCEPTIONS) && !defined(__cpp_exceptions)
#define LIFELOG_NO_EXCEPTIONS
#endif

#if defined(__AVX512F__)
#define LIFELOG_ABI_INSTRUCTIONS avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define LIFELOG_ABI_INSTRUCTIONS avx2_fma
#elif defined(__AVX2__)
#define LIFELOG_ABI_INSTRUCTIONS avx2
#elif defined(__AVX__) && defined(__FMA__)
#define LIFELOG_ABI_INSTRUCTIONS avx_fma
#elif defined(__AVX__)
#define LIFELOG_ABI_INSTRUCTIONS avx
#elif defined(__SSE4_1__)
#define LIFELOG_ABI_INSTRUCTIONS sse4
#elif defined(__SSE2__)
#define LIFELOG_ABI_INSTRUCTIONS sse2
#elif defined(__ARM_NEON)
#define LIFELOG_ABI_INSTRUCTIONS neon
#else
#define LIFELOG_ABI_INSTRUCTIONS scalar
#endif

#if defined(LIFELOG_PARALLEL_FOR)
#define LIFELOG_ABI_THREADS _pool
#elif defined(LIFELOG_USE_OPENMP)
#define LIFELOG_ABI_THREADS _openmp
#else
#define LIFELOG_ABI_THREADS
#endif

#ifdef LIFELOG_NO_EXCEPTIONS
#define LIFELOG_ABI_EXCEPTIONS _no_exceptions
#else
#define LIFELOG_ABI_EXCEPTIONS
#endif

#ifdef __FAST_MATH__
#define LIFELOG_ABI_MATH _fast_math
#else
#define LIFELOG_ABI_MATH
#endif

#define LIFELOG_ABI_JOINED(major, minor, instructions, threads, exceptions, math) \
  v##major##_##minor##_##instructions##threads##exceptions##math
#define LIFELOG_ABI_JOIN(...) LIFELOG_ABI_JOINED(__VA_ARGS__)
#define LIFELOG_ABI                                                                        \
  LIFELOG_ABI_JOIN(LIFELOG_VERSION_MAJOR, LIFELOG_VERSION_MINOR, LIFELOG_ABI_INSTRUCTIONS, \
                   LIFELOG_ABI_THREADS, LIFELOG_ABI_EXCEPTIONS, LIFELOG_ABI_MATH)
