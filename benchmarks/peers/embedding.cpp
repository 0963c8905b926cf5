// SPDX-License-Identifier: MIT
// lifelog's t-SNE and its judgement of maps behind plain functions, for embedding.py to call in its own process.
#include <lifelog/manifold/quality.hpp>
#include <lifelog/manifold/tsne.hpp>

#include "../../tests/manifold/sweep_sets.hpp"

using lifelog::Index;
using lifelog::RowMatrix;
namespace manifold = lifelog::manifold;

namespace {

template<class T>
using Rows = Eigen::Map<const RowMatrix<T>>;

}  // namespace

extern "C" {

/// map: [n, 2], written; repulsion: a manifold::Repulsion.
void embed(const float* points, Index n, Index d, double perplexity, int iterations, int repulsion,
           int threads, double* map) {
  manifold::TsneOptions options;
  options.perplexity = perplexity;
  options.iterations = iterations;
  options.repulsion = static_cast<manifold::Repulsion>(repulsion);
  options.threads = threads;
  Eigen::Map<RowMatrix<double>>(map, n, 2) = manifold::tsne(Rows<float>(points, n, d), options).map;
}

/// measures: [3], KL divergence, neighbour preservation, trustworthiness.
void judge(const float* points, Index n, Index d, const double* map, double perplexity, int neighbours,
           double* measures) {
  const auto quality = manifold::map_quality(Rows<float>(points, n, d), Rows<double>(map, n, 2),
                                             {.perplexity = perplexity, .neighbours = neighbours});
  measures[0] = quality.kl_divergence;
  measures[1] = quality.neighbour_preservation;
  measures[2] = quality.trustworthiness;
}

/// rows: [n, d], written: data of the sweep, kind is a place in `sweep::kinds`.
void sweep_set(int kind, Index n, Index d, std::uint64_t seed, double* rows) {
  Eigen::Map<RowMatrix<double>>(rows, n, d) =
      sweep::make(sweep::kinds.at(static_cast<std::size_t>(kind)), n, d, seed);
}

/// map: [n, 2], written; by all defaults. Returns the status as a number.
int sweep_embed(const double* points, Index n, Index d, int* iterations, double* map) {
  manifold::TsneOptions options;
  options.threads = 1;
  const auto result = manifold::tsne(Rows<double>(points, n, d), options);
  Eigen::Map<RowMatrix<double>>(map, n, 2) = result.map;
  *iterations = result.iterations;
  return static_cast<int>(result.status);
}

/// KL divergence over all pairs in double.
double sweep_judge(const double* points, Index n, Index d, const double* map) {
  const double perplexity = manifold::usable_perplexity(30, n);
  const auto neighbours =
      manifold::nearest_neighbours(Rows<double>(points, n, d), manifold::neighbours_for(perplexity, n));
  return manifold::tsne_divergence(manifold::joint_probabilities(neighbours, perplexity),
                                   RowMatrix<double>(Rows<double>(map, n, 2)));
}
}
