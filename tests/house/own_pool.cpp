// SPDX-License-Identifier: MIT

// A caller's own pool, here one thread for each piece, last piece first: every piece runs once, and results are those
// of running them in order.

#include <cstdlib>
#include <thread>
#include <vector>

namespace {

bool threaded = false;
int calls = 0;

template<class Body>
void run_on_my_pool(long pieces, Body body) {
  ++calls;
  std::vector<std::thread> pool;
  for (long piece = 0; piece < pieces; ++piece)
    if (threaded)
      pool.emplace_back([&body, at = pieces - 1 - piece] { body(at); });
    else
      body(piece);
  for (auto& thread : pool) thread.join();
}

}  // namespace

#define LIFELOG_PARALLEL_FOR(pieces, threads, body) (static_cast<void>(threads), run_on_my_pool(pieces, body))
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/core/random.hpp>

int main() {
  lifelog::Random random(1);
  lifelog::RowMatrix<double> points(5000, 3);
  for (lifelog::Index i = 0; i < points.size(); ++i) points.data()[i] = random.normal();
  const auto in_order = lifelog::cluster::kmeans(points, {.clusters = 7});
  threaded = true;
  const auto on_threads = lifelog::cluster::kmeans(points, {.clusters = 7});
  const bool same = in_order.labels == on_threads.labels && in_order.centres == on_threads.centres &&
                    in_order.inertia == on_threads.inertia;
  return calls > 2 && same ? EXIT_SUCCESS : EXIT_FAILURE;
}
