// SPDX-License-Identifier: MIT
// lifelog's t-SNE and its judgement of maps behind plain functions, for embedding.py to call in its own process.
#include <lifelog/manifold/quality.hpp>
#include <lifelog/manifold/tsne.hpp>

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
}
