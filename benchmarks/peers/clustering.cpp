// SPDX-License-Identifier: MIT
// lifelog's clustering behind plain functions, for clustering.py to call in its own process.
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/cluster/linkage.hpp>
#include <lifelog/cluster/silhouette.hpp>
#include <lifelog/cluster/ward.hpp>

#include <cstdint>

using lifelog::Index;
using lifelog::RowMatrix;
namespace cluster = lifelog::cluster;

namespace {

template<class T>
using Rows = Eigen::Map<const RowMatrix<T>>;

// Writes labels [n] and inertia; returns the number of iterations.
template<class T>
int kmeans(const T* points, Index n, Index d, const double* start, int k, int iterations, double tolerance,
           int search, int threads, std::int32_t* labels, double* inertia) {
  cluster::KMeansOptions options{.clusters = k, .max_iterations = iterations, .tolerance = tolerance};
  options.init = cluster::KMeansInit::given;
  options.starts = {Rows<double>(start, k, d)};
  options.search = static_cast<cluster::KMeansSearch>(search);
  options.threads = threads;
  const auto result = cluster::kmeans(Rows<T>(points, n, d), options);
  Eigen::Map<Eigen::VectorXi>(labels, n) = result.labels;
  *inertia = result.inertia;
  return result.iterations;
}

}  // namespace

extern "C" {

int kmeans_float32(const float* points, Index n, Index d, const double* start, int k, int iterations,
                   double tolerance, int search, int threads, std::int32_t* labels, double* inertia) {
  return kmeans(points, n, d, start, k, iterations, tolerance, search, threads, labels, inertia);
}

int kmeans_float64(const double* points, Index n, Index d, const double* start, int k, int iterations,
                   double tolerance, int search, int threads, std::int32_t* labels, double* inertia) {
  return kmeans(points, n, d, start, k, iterations, tolerance, search, threads, labels, inertia);
}

/// linkage: [n − 1, 4]
void ward_float64(const double* points, Index n, Index d, int threads, double* linkage) {
  Eigen::Map<RowMatrix<double>>(linkage, n - 1, 4) =
      cluster::ward(Rows<double>(points, n, d), {threads}).linkage();
}

/// method: as LinkageMethod counts; linkage: [n − 1, 4]
void linkage_float64(const double* points, Index n, Index d, int method, int threads, double* linkage) {
  Eigen::Map<RowMatrix<double>>(linkage, n - 1, 4) =
      cluster::linkage(Rows<double>(points, n, d), {static_cast<cluster::LinkageMethod>(method), threads})
          .linkage();
}

double silhouette_float32(const float* points, Index n, Index d, const std::int32_t* labels, int threads) {
  return cluster::silhouette(Rows<float>(points, n, d), Eigen::Map<const Eigen::VectorXi>(labels, n),
                             {threads})
      .mean;
}

double silhouette_float64(const double* points, Index n, Index d, const std::int32_t* labels, int threads) {
  return cluster::silhouette(Rows<double>(points, n, d), Eigen::Map<const Eigen::VectorXi>(labels, n),
                             {threads})
      .mean;
}
}
