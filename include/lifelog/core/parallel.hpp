// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "config.hpp"

#ifdef LIFELOG_USE_OPENMP
#include <omp.h>
#ifndef LIFELOG_NO_EXCEPTIONS
#include <exception>
#include <vector>
#endif
#endif

namespace lifelog::inline LIFELOG_ABI {

/// Threads that `threads = 0` stands for: all the backend offers, 1 without one.
inline int default_threads() {
#ifdef LIFELOG_USE_OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

namespace detail {

// One compiled copy of a body, whoever calls it. Inlined into a serial loop here and a parallel region there, compilers
// contract a·b + c differently in the two, and results would depend on the number of threads after all.
template<class Body>
#if defined(__clang__)
__attribute__((noinline))
#elif defined(__GNUC__)
__attribute__((noinline, noclone))
#endif
void run_piece(Body& body, Index piece) {
  body(piece);
}

}  // namespace detail

/// Calls `body(piece)` once for each piece in [0, pieces), on up to `threads` threads (0: all there are).
///
/// Results must not depend on the number of threads: cut work into pieces by its size alone, let each piece write
/// only what is its own, and reduce the pieces' results in order afterwards. An exception from a body is rethrown
/// when all pieces have ended; of several, the one of the lowest piece.
template<class Body>
void parallel_for(Index pieces, int threads, Body&& body) {
#if defined(LIFELOG_PARALLEL_FOR)
  LIFELOG_PARALLEL_FOR(pieces, threads, [&](Index piece) { detail::run_piece(body, piece); });
#elif defined(LIFELOG_USE_OPENMP)
  const int team = threads > 0 ? threads : default_threads();
  if (team == 1 || pieces <= 1 || omp_in_parallel()) {
    for (Index piece = 0; piece < pieces; ++piece) detail::run_piece(body, piece);
    return;
  }
#ifdef LIFELOG_NO_EXCEPTIONS
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
  for (Index piece = 0; piece < pieces; ++piece) detail::run_piece(body, piece);
#else
  std::vector<std::exception_ptr> failed(static_cast<std::size_t>(pieces));
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
  for (Index piece = 0; piece < pieces; ++piece) {
    try {
      detail::run_piece(body, piece);
    } catch (...) {
      failed[static_cast<std::size_t>(piece)] = std::current_exception();
    }
  }
  for (auto& failure : failed)
    if (failure) std::rethrow_exception(failure);
#endif
#else
  static_cast<void>(threads);
  for (Index piece = 0; piece < pieces; ++piece) detail::run_piece(body, piece);
#endif
}

/// While it lives, products of Eigen's in this thread start no threads of their own: they would cut sums otherwise than
/// they do inside parallel_for, and results would depend on the number of threads.
class OneThread {
 public:
#ifdef LIFELOG_USE_OPENMP
  OneThread() : before_(omp_get_max_threads()) {
    omp_set_num_threads(1);
  }
  ~OneThread() {
    omp_set_num_threads(before_);
  }
#else
  OneThread() {}
  ~OneThread() {}
#endif
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

#ifdef LIFELOG_USE_OPENMP
 private:
  int before_;
#endif
};

/// Half-open range of items that belong to a piece.
struct Piece {
  Index begin, end;
};

/// The `index`-th of consecutive pieces of `size` items (the last may be shorter) that cover `items`.
inline Piece piece_of(Index index, Index size, Index items) {
  return {index * size, std::min(items, (index + 1) * size)};
}

/// Number of pieces of `size` items that cover `items`.
inline Index piece_count(Index size, Index items) {
  return (items + size - 1) / size;
}

}  // namespace lifelog
