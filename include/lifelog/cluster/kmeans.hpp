// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <variant>
#include <vector>

#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "detail/bounded_labelling.hpp"
#include "detail/scaled_points.hpp"
#include "detail/seeding.hpp"

namespace lifelog::inline LIFELOG_ABI::cluster {

enum class KMeansInit {
  plus_plus,  ///< greedy k-means++: each centre is the best of 2 + ⌊ln k⌋ rows drawn by squared distance
  random,     ///< k different rows, uniformly
  given,      ///< `KMeansOptions::starts`; one run from each, whatever `restarts`
};

enum class KMeansStatus {
  converged,        ///< labels stopped changing, or centres moved less than the tolerance
  iteration_limit,  ///< `max_iterations` were not enough
};

/// How the nearest centres are searched. Results are the same to the bit.
enum class KMeansSearch {
  automatic,  ///< what is faster for n, d and k, by measurement
  all,        ///< every distance in every iteration (Lloyd)
  bounds,     ///< a bound a row after Hamerly, and scores in 16 bits instead of distances
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
  /// For `KMeansInit::given`: centres to start from, [clusters, d] each.
  std::vector<RowMatrix<double>> starts = {};
  /// [n], ≥ 0, not all 0: a row of weight w counts as w rows. Empty: 1 each.
  Eigen::VectorXd weights = {};
  KMeansSearch search = KMeansSearch::automatic;
  std::uint64_t seed = 0;
  /// 0: all there are. Results do not depend on it.
  int threads = 0;
};

struct KMeansResult {
  /// [n], 0 … clusters − 1: the nearest centre, the lowest of equals.
  Eigen::VectorXi labels;
  /// [clusters, d].
  RowMatrix<double> centres;
  /// Weighted sum of squared distances of rows to their centres.
  double inertia = 0;
  /// False: the inertia is beyond the numbers there are; the largest, or the smallest above 0, stands for it.
  bool inertia_in_range = true;
  /// Of the run returned.
  int iterations = 0;
  KMeansStatus status = KMeansStatus::converged;
};

namespace detail {

using namespace lifelog::detail;

LIFELOG_LAZY double ordered_sum(const Eigen::VectorXd& values) {
  return std::accumulate(values.data(), values.data() + values.size(), 0.0);
}

// Lloyd's iterations on one set of rows, from as many starts as wanted.
template<class T>
class Lloyd {
  using Vector = Eigen::Vector<Double<T>, Eigen::Dynamic>;
  using RowVector = Eigen::RowVector<Double<T>, Eigen::Dynamic>;

 public:
  // Points and options must outlive this.
  Lloyd(const RowMatrixView<T>& points, const KMeansOptions& options) : points_(points), options_(options) {
    if (bounded())
      rows_.template emplace<QuantizedRows>(points, options.threads);
    else
      rows_.template emplace<RowBlocks<T>>(points);
    tolerance_ = options.tolerance > 0 ? options.tolerance * mean_column_variance() : 0;
  }

  KMeansResult run(RowMatrix<double> centres, int threads) const {
    if (const auto* rows = std::get_if<QuantizedRows>(&rows_))
      return run(BoundedLabelling<T>(points_, *rows), std::move(centres), threads);
    return run(Labelling<T>(points_, std::get<RowBlocks<T>>(rows_)), std::move(centres), threads);
  }

  int runs() const {
    return options_.init == KMeansInit::given ? static_cast<int>(options_.starts.size()) : options_.restarts;
  }

  RowMatrix<double> start(int run, int threads) const {
    if (options_.init == KMeansInit::given) return options_.starts[static_cast<std::size_t>(run)];
    Random random = Random(options_.seed).fork(static_cast<std::uint64_t>(run));
    if (options_.init == KMeansInit::plus_plus)
      return PlusPlus<T>(points_, options_.weights, threads).centres(options_.clusters, random);
    const auto order = permutation(random, points_.rows());
    RowMatrix<double> centres(options_.clusters, points_.cols());
    for (Index c = 0; c < centres.rows(); ++c) centres.row(c) = points_.row(order[c]).template cast<double>();
    return centres;
  }

 private:
  template<class Labelling>
  KMeansResult run(Labelling&& labelling, RowMatrix<double> centres, int threads) const {
    KMeansResult result;
    result.status = KMeansStatus::iteration_limit;
    ClusterSums<T> sums(points_, options_.weights, options_.clusters,
                        piece_count(labelling_piece(points_.rows()), points_.rows()));
    const auto update = [&] {
      return labelling.update(centres, threads,
                              [&](Index piece, const auto& changes) { sums.apply(piece, changes); });
    };
    bool settled = false;
    while (result.iterations < options_.max_iterations) {
      ++result.iterations;
      settled = !update();
      auto totals = sums.totals();
      fill_empty_clusters(labelling, centres, totals, threads);
      const double movement = move(centres, totals);
      if (settled || movement <= tolerance_) {
        result.status = KMeansStatus::converged;
        break;
      }
    }
    // Labels are those of the centres before the last update unless nothing changed in it.
    if (!settled) update();
    result.labels = labelling.labels();
    Vector distances = own_distances(result.labels, centres, threads);
    if (weighted()) distances.array() *= options_.weights.array();
    result.inertia = ordered_sum(distances);
    result.centres = std::move(centres);
    return result;
  }

  bool weighted() const { return options_.weights.size() > 0; }

  bool bounded() const {
    // Below, all distances take hardly longer than looking at the bounds.
    constexpr Index worth = 5 * simd::packet_size<T>;
    const bool wanted = options_.search == KMeansSearch::automatic
                            ? options_.clusters * points_.cols() >= worth
                            : options_.search == KMeansSearch::bounds;
    // With still more columns rounding might leave no bounds.
    return wanted && static_cast<T>(points_.cols() + 8) * std::numeric_limits<T>::epsilon() < T(0.01);
  }

  double mean_column_variance() const {
    const double n = static_cast<double>(points_.rows());
    RowVector sum = RowVector::Zero(points_.cols()), squares = sum;
    for (Index i = 0; i < points_.rows(); ++i) sum += points_.row(i).template cast<double>();
    sum /= n;
    for (Index i = 0; i < points_.rows(); ++i)
      squares += (points_.row(i).template cast<double>() - sum).cwiseAbs2();
    return squares.sum() / n / static_cast<double>(points_.cols());
  }

  // Squared distance of each row to its own centre.
  Vector own_distances(const Eigen::VectorXi& labels, const RowMatrix<double>& centres, int threads) const {
    Vector distances(points_.rows());
    const Index size = labelling_piece(points_.rows());
    parallel_for(piece_count(size, points_.rows()), threads, [&](Index p) {
      const auto [begin, end] = piece_of(p, size, points_.rows());
      for (Index i = begin; i < end; ++i) {
        double sum = 0;
        for (Index j = 0; j < points_.cols(); ++j) {
          const double difference = static_cast<double>(points_(i, j)) - centres(labels[i], j);
          sum += difference * difference;
        }
        distances[i] = sum;
      }
    });
    return distances;
  }

  // Gives each empty cluster the row that is farthest from its own centre (the lowest of equals), taken out of
  // a cluster that keeps at least one row. Rows that lie on their centre, as far as rounding tells, are left
  // alone, so with fewer different rows than clusters some clusters stay empty.
  template<class Labelling>
  void fill_empty_clusters(const Labelling& labelling, const RowMatrix<double>& centres, ClusterTotals& sums,
                           int threads) const {
    if ((sums.rows.array() > 0).all()) return;
    const Eigen::VectorXi labels = labelling.labels();
    const Vector distances = own_distances(labels, centres, threads);
    std::vector<Index> order(static_cast<std::size_t>(points_.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    if (weighted()) std::erase_if(order, [&](Index i) { return !(options_.weights[i] > 0); });
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return distances[a] > distances[b]; });
    auto farthest = order.begin();
    for (Index empty = 0; empty < sums.rows.size(); ++empty) {
      if (sums.rows[empty] > 0) continue;
      while (farthest != order.end() && sums.rows[labels[*farthest]] < 2) ++farthest;
      if (farthest == order.end() || !apart(*farthest, distances[*farthest])) return;
      const double weight = weighted() ? options_.weights[*farthest] : 1;
      const RowVector row = weight * points_.row(*farthest).template cast<double>();
      const Index from = labels[*farthest];
      sums.sum.row(from) -= row;
      sums.weight[from] -= weight;
      --sums.rows[from];
      sums.sum.row(empty) = row;
      sums.weight[empty] = weight;
      sums.rows[empty] = 1;
      ++farthest;
    }
  }

  // Whether a squared distance to a mean is more than what rounding the mean (to T, for the search) may make of 0.
  bool apart(Index row, double distance) const {
    const double rounding = 2 * static_cast<double>(std::numeric_limits<T>::epsilon());
    return distance > rounding * rounding * points_.row(row).template cast<double>().squaredNorm();
  }

  // Centres become means; returns the sum of squared movements.
  static double move(RowMatrix<double>& centres, const ClusterTotals& sums) {
    double movement = 0;
    for (Index c = 0; c < centres.rows(); ++c) {
      if (sums.rows[c] == 0) continue;  // nothing to move it to
      const RowVector mean = sums.sum.row(c) / sums.weight[c];
      movement += (mean - centres.row(c)).squaredNorm();
      centres.row(c) = mean;
    }
    return movement;
  }

  const RowMatrixView<T>& points_;
  const KMeansOptions& options_;
  std::variant<RowBlocks<T>, QuantizedRows> rows_{RowBlocks<T>(0, 0)};
  double tolerance_;
};

// Lanes count centres in T.
template<class T>
void require_countable(Index clusters) {
  require(clusters <= Index{1} << std::numeric_limits<T>::digits, "clusters: expected at most ",
          Index{1} << std::numeric_limits<T>::digits, " for this scalar, got ", clusters);
}

LIFELOG_LAZY void check(const KMeansOptions& options, Index rows, Index cols) {
  require(options.clusters >= 1 && options.clusters <= rows, "clusters: expected 1..", rows,
          " (the number of rows), got ", options.clusters);
  require(options.restarts >= 1, "restarts: expected at least 1, got ", options.restarts);
  require(options.max_iterations >= 1, "max_iterations: expected at least 1, got ", options.max_iterations);
  require(!lifelog::detail::is_nan(options.tolerance) && options.tolerance >= 0,
          "tolerance: expected at least 0, got ", options.tolerance);
  if (options.init == KMeansInit::given) {
    require(!options.starts.empty(), "starts: expected at least one, got none");
    for (const auto& start : options.starts) {
      require(start.rows() == options.clusters && start.cols() == cols, "starts: expected ", options.clusters,
              " x ", cols, ", got ", start.rows(), " x ", start.cols());
      require_finite(RowsOf(start).view(), "starts");
    }
  }
  const auto& weights = options.weights;
  if (weights.size() == 0) return;
  require(weights.size() == rows, "weights: expected one for each of ", rows, " rows, got ", weights.size());
  for (Index i = 0; i < rows; ++i)
    require(weights[i] >= 0 && lifelog::detail::is_finite(weights[i]),
            "weights: expected finite numbers >= 0, got ", weights[i], " at ", i);
  require(weights.maxCoeff() > 0, "weights: expected some above 0, got none");
}

template<class T>
KMeansResult best_run(const RowMatrixView<T>& points, const KMeansOptions& options) {
  const Lloyd<T> lloyd(points, options);
  const int runs = lloyd.runs();
  // Small runs go side by side, large ones one after the other on all threads.
  const bool side_by_side = runs > 1 && points.size() * options.clusters < (Index{1} << 24);
  const int inner = side_by_side ? 1 : options.threads;
  std::vector<KMeansResult> results(static_cast<std::size_t>(side_by_side ? runs : 1));
  KMeansResult best;
  const auto run = [&](Index r) { return lloyd.run(lloyd.start(static_cast<int>(r), inner), inner); };
  if (side_by_side)
    parallel_for(runs, options.threads, [&](Index r) { results[static_cast<std::size_t>(r)] = run(r); });
  for (Index r = 0; r < runs; ++r) {
    auto result = side_by_side ? std::move(results[static_cast<std::size_t>(r)]) : run(r);
    if (r == 0 || result.inertia < best.inertia) best = std::move(result);
  }
  return best;
}

LIFELOG_LAZY Exponents exponents_of_starts(const KMeansOptions& options) {
  Exponents all;
  if (options.init == KMeansInit::given)
    for (const auto& start : options.starts) all = all.with(exponents_of(start));
  return all;
}

// points: rows · 2^exponent; options and result are of the rows as they are.
template<class T>
KMeansResult kmeans(const RowMatrixView<T>& points, KMeansOptions options, int exponent) {
  check(options, points.rows(), points.cols());
  require_countable<T>(options.clusters);
  for (auto& start : options.starts) start = times_power_of_two(std::move(start), exponent);
  int weight_exponent = 0;
  if (options.weights.size() > 0) {
    weight_exponent = -std::ilogb(options.weights.maxCoeff());
    options.weights = times_power_of_two(options.weights, weight_exponent);
  }
  auto result = best_run(points, options);
  result.centres = times_power_of_two(std::move(result.centres), -exponent);
  result.inertia_in_range = !scale_within_range(result.inertia, -2 * exponent - weight_exponent);
  return result;
}

}  // namespace detail

/// k-means by Lloyd's algorithm ("Least squares quantization in PCM", 1982), with bounds where they pay. Starts
/// by greedy k-means++ are those of Arthur & Vassilvitskii ("k-means++: the advantages of careful seeding", 2007,
/// section 5). Sums are in double; distances in the scalar of `points`. Keeps a copy of the rows in SIMD order (in
/// 16 bits a coordinate and 12 bytes a row where there are bounds), and k-means++ another while it chooses.
///
/// points: [n, d], finite, n ≥ clusters ≥ 1, of any size (see KMeansResult::inertia_in_range). A cluster that loses all its rows restarts at the row farthest
/// from its own centre, as in scikit-learn; when there are fewer different rows than clusters, the surplus
/// clusters keep their centre and stay empty. Throws std::invalid_argument for anything else.
///
///     Eigen::MatrixXf points = Eigen::MatrixXf::Random(100, 3);
///     auto result = lifelog::cluster::kmeans(points, {.clusters = 5});
///     // result.labels[i] is the cluster of row i
template<Rows X>
KMeansResult kmeans(const X& points, const KMeansOptions& options = {}) {
  return detail::with_scaled_points(
      points, "points", detail::exponents_of_starts(options),
      [&](const auto& view, int exponent) { return detail::kmeans(view, options, exponent); });
}

/// The nearest centre (the lowest of equals) of each row. points: [n, d]; centres: [k, d], finite → [n].
template<Rows X>
Eigen::VectorXi predict(const X& points, const RowMatrix<double>& centres, int threads = 0) {
  const auto exponents = detail::exponents_of(centres);
  return detail::with_scaled_points(points, "points", exponents, [&](const auto& view, int exponent) {
    detail::require(centres.rows() > 0 && centres.cols() == view.cols(), "centres: expected at least one of ",
                    view.cols(), " columns, got ", centres.rows(), " x ", centres.cols());
    detail::require_countable<typename std::remove_cvref_t<decltype(view)>::Scalar>(centres.rows());
    detail::require_finite(RowsOf(centres).view(), "centres");
    return detail::nearest_centres(view, detail::times_power_of_two(centres, exponent), threads);
  });
}

}  // namespace lifelog::cluster
