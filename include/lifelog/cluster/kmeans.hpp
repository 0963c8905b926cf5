// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "../core/distance.hpp"
#include "../core/parallel.hpp"
#include "../core/points.hpp"
#include "../core/random.hpp"

namespace lifelog::cluster {

enum class KMeansInit {
  plus_plus,  ///< greedy k-means++: each centre is the best of 2 + ⌊ln k⌋ rows drawn by squared distance
  random,     ///< k different rows, uniformly
  given,      ///< `KMeansOptions::centres`; one run, whatever `restarts`
};

enum class KMeansStatus {
  converged,        ///< labels stopped changing, or centres moved less than the tolerance
  iteration_limit,  ///< `max_iterations` were not enough
};

struct KMeansOptions {
  /// k, 1 … number of rows.
  int clusters = 8;
  /// Runs from different starts; the one of lowest inertia (the first of equals) is returned.
  int restarts = 10;
  int max_iterations = 300;
  /// Ends a run when the summed squared movement of the centres is at most this times the mean variance of
  /// the columns (scikit-learn's meaning). 0: only when labels stop changing.
  double tolerance = 1e-4;
  KMeansInit init = KMeansInit::plus_plus;
  /// [clusters, d], for `KMeansInit::given`.
  RowMatrix<double> centres = {};
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct KMeansResult {
  /// [n], 0 … clusters − 1: the nearest centre, the lowest of equals.
  Eigen::VectorXi labels;
  /// [clusters, d].
  RowMatrix<double> centres;
  /// Sum of squared distances of rows to their centres.
  double inertia = 0;
  /// Of the run returned.
  int iterations = 0;
  KMeansStatus status = KMeansStatus::converged;
};

namespace detail {

using namespace lifelog::detail;

template<class T>
using PackedCentres = PackedRows<T, 8>;

// At most 64 pieces, none too small to be worth a thread's while; a function of n alone.
inline Index kmeans_piece(Index rows) {
  return std::max<Index>(512, (rows + 63) / 64);
}

template<class T>
int nearest_centre(const PackedCentres<T>& centres, const T* row) {
  int best = 0;
  T least = std::numeric_limits<T>::infinity();
  for (Index panel = 0; panel < centres.panels(); ++panel) {
    const auto distances = centres.squared_distances(panel, row);
    for (Index lane = 0; lane < centres.valid(panel); ++lane)
      if (distances[lane] < least) {
        least = distances[lane];
        best = static_cast<int>(panel * PackedCentres<T>::width + lane);
      }
  }
  return best;
}

template<class T>
Eigen::VectorXi nearest_centres(const RowMatrixView<T>& points, const RowMatrix<double>& centres,
                                int threads) {
  const PackedCentres<T> packed(centres);
  Eigen::VectorXi labels(points.rows());
  const Index size = kmeans_piece(points.rows());
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i) labels[i] = nearest_centre(packed, points.row(i).data());
  });
  return labels;
}

template<class T>
double squared_distance(const RowMatrixView<T>& points, Index i, const RowMatrix<double>& centres, Index c) {
  double sum = 0;
  for (Index j = 0; j < points.cols(); ++j) {
    const double difference = static_cast<double>(points(i, j)) - centres(c, j);
    sum += difference * difference;
  }
  return sum;
}

// Squared distance of each row to its own centre.
template<class T>
Eigen::VectorXd own_distances(const RowMatrixView<T>& points, const Eigen::VectorXi& labels,
                              const RowMatrix<double>& centres, int threads) {
  Eigen::VectorXd distances(points.rows());
  const Index size = kmeans_piece(points.rows());
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i) distances[i] = squared_distance(points, i, centres, labels[i]);
  });
  return distances;
}

inline double ordered_sum(const Eigen::VectorXd& values) {
  return std::accumulate(values.data(), values.data() + values.size(), 0.0);
}

template<class T>
double mean_column_variance(const RowMatrixView<T>& points) {
  const double n = static_cast<double>(points.rows());
  Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(points.cols());
  for (Index i = 0; i < points.rows(); ++i) mean += points.row(i).template cast<double>();
  mean /= n;
  double sum = 0;
  for (Index i = 0; i < points.rows(); ++i)
    sum += (points.row(i).template cast<double>() - mean).squaredNorm();
  return sum / n / static_cast<double>(points.cols());
}

struct ClusterSums {
  RowMatrix<double> sum;
  Eigen::VectorXd count;
};

template<class T>
ClusterSums cluster_sums(const RowMatrixView<T>& points, const Eigen::VectorXi& labels, Index clusters,
                         int threads) {
  const Index size = kmeans_piece(points.rows());
  std::vector<ClusterSums> parts(static_cast<std::size_t>(piece_count(size, points.rows())));
  parallel_for(static_cast<Index>(parts.size()), threads, [&](Index p) {
    auto& part = parts[static_cast<std::size_t>(p)];
    part.sum = RowMatrix<double>::Zero(clusters, points.cols());
    part.count = Eigen::VectorXd::Zero(clusters);
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index i = begin; i < end; ++i) {
      part.sum.row(labels[i]) += points.row(i).template cast<double>();
      part.count[labels[i]] += 1;
    }
  });
  for (std::size_t p = 1; p < parts.size(); ++p) {
    parts[0].sum += parts[p].sum;
    parts[0].count += parts[p].count;
  }
  return std::move(parts[0]);
}

// Gives each empty cluster the row that is farthest from its own centre (the lowest of equals), taken out of
// a cluster that keeps at least one row. Rows that lie on their centre are left alone, so with fewer
// different rows than clusters some clusters stay empty.
template<class T>
void fill_empty_clusters(const RowMatrixView<T>& points, const Eigen::VectorXi& labels,
                         const RowMatrix<double>& centres, ClusterSums& sums, int threads) {
  if ((sums.count.array() > 0).all()) return;
  const Eigen::VectorXd distances = own_distances(points, labels, centres, threads);
  std::vector<Index> order(static_cast<std::size_t>(points.rows()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return distances[a] > distances[b]; });
  auto farthest = order.begin();
  for (Index empty = 0; empty < sums.count.size(); ++empty) {
    if (sums.count[empty] > 0) continue;
    while (farthest != order.end() && sums.count[labels[*farthest]] < 2) ++farthest;
    if (farthest == order.end() || distances[*farthest] == 0) return;
    const auto row = points.row(*farthest).template cast<double>();
    sums.sum.row(labels[*farthest]) -= row;
    sums.count[labels[*farthest]] -= 1;
    sums.sum.row(empty) = row;
    sums.count[empty] = 1;
    ++farthest;
  }
}

// Lloyd's iterations from given centres.
template<class T>
KMeansResult lloyd(const RowMatrixView<T>& points, RowMatrix<double> centres, double tolerance,
                   const KMeansOptions& options) {
  KMeansResult result;
  result.status = KMeansStatus::iteration_limit;
  bool labels_settled = false;
  while (result.iterations < options.max_iterations) {
    ++result.iterations;
    auto labels = nearest_centres(points, centres, options.threads);
    auto sums = cluster_sums(points, labels, centres.rows(), options.threads);
    fill_empty_clusters(points, labels, centres, sums, options.threads);
    double movement = 0;
    for (Index c = 0; c < centres.rows(); ++c) {
      if (sums.count[c] == 0) continue;  // nothing to move it to
      const Eigen::RowVectorXd mean = sums.sum.row(c) / sums.count[c];
      movement += (mean - centres.row(c)).squaredNorm();
      centres.row(c) = mean;
    }
    labels_settled = labels.size() == result.labels.size() && labels == result.labels;
    result.labels = std::move(labels);
    if (labels_settled || movement <= tolerance) {
      result.status = KMeansStatus::converged;
      break;
    }
  }
  // Labels are those of the centres before the last update unless nothing changed in it.
  if (!labels_settled) result.labels = nearest_centres(points, centres, options.threads);
  result.inertia = ordered_sum(own_distances(points, result.labels, centres, options.threads));
  result.centres = std::move(centres);
  return result;
}

// Index of a row drawn in proportion to the differences of `cumulative`.
inline Index draw(const Eigen::VectorXd& cumulative, Random& random) {
  const Index n = cumulative.size();
  const double total = cumulative[n - 1];
  if (!(total > 0)) return static_cast<Index>(random.below(static_cast<std::uint64_t>(n)));
  const double* end = cumulative.data() + n;
  const double* found = std::upper_bound(cumulative.data(), end, random.uniform() * total);
  return std::min<Index>(found - cumulative.data(), n - 1);
}

// Squared distance of each row to each of a few candidates, or to the nearest centre so far if that is less:
// [candidates, n].
template<class T>
RowMatrix<double> reduced_distances(const RowMatrixView<T>& points, const RowMatrix<double>& candidates,
                                    const Eigen::VectorXd& closest, int threads) {
  RowMatrix<double> reduced(candidates.rows(), points.rows());
  const Index size = kmeans_piece(points.rows());
  parallel_for(piece_count(size, points.rows()), threads, [&](Index p) {
    const auto [begin, end] = piece_of(p, size, points.rows());
    for (Index c = 0; c < candidates.rows(); ++c)
      for (Index i = begin; i < end; ++i)
        reduced(c, i) = std::min(closest[i], squared_distance(points, i, candidates, c));
  });
  return reduced;
}

// Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding" (2007), with the greedy choice among
// several candidates that its section 5 mentions.
template<class T>
RowMatrix<double> plus_plus(const RowMatrixView<T>& points, Index clusters, Random& random, int threads) {
  const Index n = points.rows(), trials = 2 + static_cast<Index>(std::log(static_cast<double>(clusters)));
  RowMatrix<double> centres(clusters, points.cols());
  Eigen::VectorXd closest = Eigen::VectorXd::Constant(n, std::numeric_limits<double>::infinity());
  Eigen::VectorXd cumulative = Eigen::VectorXd::Zero(n);
  for (Index c = 0; c < clusters; ++c) {
    RowMatrix<double> candidates(c == 0 ? 1 : trials, points.cols());
    for (Index t = 0; t < candidates.rows(); ++t)
      candidates.row(t) = points.row(draw(cumulative, random)).template cast<double>();
    const auto reduced = reduced_distances(points, candidates, closest, threads);
    Index best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (Index t = 0; t < candidates.rows(); ++t) {
      const double potential = ordered_sum(reduced.row(t).transpose());
      if (potential < least) least = potential, best = t;
    }
    centres.row(c) = candidates.row(best);
    closest = reduced.row(best);
    std::partial_sum(closest.data(), closest.data() + n, cumulative.data());
  }
  return centres;
}

template<class T>
RowMatrix<double> start_centres(const RowMatrixView<T>& points, const KMeansOptions& options, Random random) {
  if (options.init == KMeansInit::given) return options.centres;
  if (options.init == KMeansInit::plus_plus)
    return plus_plus(points, options.clusters, random, options.threads);
  const auto order = permutation(random, points.rows());
  RowMatrix<double> centres(options.clusters, points.cols());
  for (Index c = 0; c < centres.rows(); ++c) centres.row(c) = points.row(order[c]).template cast<double>();
  return centres;
}

template<class T>
KMeansResult kmeans(const RowMatrixView<T>& points, const KMeansOptions& options) {
  require(options.clusters >= 1 && options.clusters <= points.rows(), "clusters: expected 1..", points.rows(),
          " (the number of rows), got ", options.clusters);
  require(options.restarts >= 1, "restarts: expected at least 1, got ", options.restarts);
  require(options.max_iterations >= 1, "max_iterations: expected at least 1, got ", options.max_iterations);
  require(options.tolerance >= 0, "tolerance: expected at least 0, got ", options.tolerance);
  if (options.init == KMeansInit::given) {
    require(options.centres.rows() == options.clusters && options.centres.cols() == points.cols(),
            "centres: expected ", options.clusters, " x ", points.cols(), ", got ", options.centres.rows(),
            " x ", options.centres.cols());
    require_finite(RowsOf(options.centres).view(), "centres");
  }
  const double tolerance = options.tolerance * mean_column_variance(points);
  const int runs = options.init == KMeansInit::given ? 1 : options.restarts;
  const Random random(options.seed);
  KMeansResult best;
  for (int run = 0; run < runs; ++run) {
    auto result = lloyd(points, start_centres(points, options, random.fork(static_cast<std::uint64_t>(run))),
                        tolerance, options);
    if (run == 0 || result.inertia < best.inertia) best = std::move(result);
  }
  return best;
}

}  // namespace detail

/// k-means by Lloyd's algorithm ("Least squares quantization in PCM", 1982). Sums are in double; distances in
/// the scalar of `points`.
///
/// points: [n, d], finite, n ≥ clusters ≥ 1. A cluster that loses all its rows restarts at the row farthest
/// from its own centre, as in scikit-learn; when there are fewer different rows than clusters, the surplus
/// clusters keep their centre and stay empty. Throws std::invalid_argument for anything else.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto result = lifelog::cluster::kmeans(points, {.clusters = 5});
///     // result.labels[i] is the cluster of row i
template<Rows X>
KMeansResult kmeans(const X& points, const KMeansOptions& options = {}) {
  return detail::with_points(points, "points",
                             [&](const auto& view) { return detail::kmeans(view, options); });
}

/// The nearest centre (the lowest of equals) of each row. points: [n, d]; centres: [k, d] → [n].
template<Rows X>
Eigen::VectorXi predict(const X& points, const RowMatrix<double>& centres, int threads = 0) {
  return detail::with_points(points, "points", [&](const auto& view) {
    detail::require(centres.rows() > 0 && centres.cols() == view.cols(), "centres: expected at least one of ",
                    view.cols(), " columns, got ", centres.rows(), " x ", centres.cols());
    return detail::nearest_centres(view, centres, threads);
  });
}

}  // namespace lifelog::cluster
