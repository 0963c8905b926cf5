// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../cluster/silhouette.hpp"
#include "../cluster/ward.hpp"
#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "agreement.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// | option    | default | description                                                                |
/// |-----------|---------|----------------------------------------------------------------------------|
/// | most      | 10      | groups that are tried, 2 … as many; never more than half the people        |
/// | nulls     | 499     | cohorts without groups that the people are compared with                   |
/// | level     | 0.01    | p-value up to which there are groups                                       |
/// | draws     | 200     | redrawn cohorts, for what is stable                                        |
/// | seed      | 1       | of the nulls                                                               |
/// | threads   | 0       | 0: all there are; results do not depend on them                            |
struct GroupingOptions {
  Index most = 10;
  Index nulls = 499;
  double level = 0.01;
  Index draws = 200;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// Who belongs together by what their sensors tell, and whether anybody does.
struct PeopleByInformation {
  Index k = 1;            ///< 1: nothing says that there are groups
  Index tried = 1;        ///< the number of groups that came nearest to being some, where k is 1
  double p_value = 1;     ///< of groups as clear in a cohort that has none
  double silhouette = 0;  ///< mean, of `tried` groups
  /// Mean silhouettes of 2, 3, … groups: the people's, and the mean of cohorts that have no groups.
  std::vector<double> silhouettes, of_nulls;
  std::string reason;        ///< in words
  std::vector<Index> group;  ///< [P], 0 … k − 1, by first appearance
  RowMatrix<double>
      membership;  ///< [P, k]: in how many redrawn cohorts each is nearest to the group; rows sum to 1
  std::vector<double>
      stability;  ///< [k]: Jaccard index with the likest group of redrawn cohorts (Hennig 2007), on average
  RowMatrix<double> co_assignment;  ///< [P, P]: how often two are of one of `tried` groups in redrawn cohorts
  std::vector<Index> order;         ///< [P], people side by side as below the tree
};

namespace detail {

/// How far people's bits could have come out otherwise, each sensor in units of its uncertainty.
template<class T = double>
struct Uncertainty {
  Eigen::RowVectorX<T> unit;        ///< [M], bits
  std::vector<RowMatrix<T>> draws;  ///< [P] of [D, M]
  std::vector<RowMatrix<T>> noise;  ///< the same less their means
  Eigen::VectorX<T> own;            ///< [P], a person's variance, summed over sensors
  Eigen::MatrixX<T> covariance;     ///< [M, M], of a person of mean variance

  explicit Uncertainty(const std::vector<RowMatrix<T>>& of_people)
      : own(static_cast<Index>(of_people.size())) {
    const auto people = static_cast<double>(of_people.size());
    const Index sensors = of_people.front().cols();
    Eigen::RowVectorX<T> variance = Eigen::RowVectorX<T>::Zero(sensors);
    for (const auto& of : of_people)
      variance += (of.rowwise() - of.colwise().mean()).colwise().squaredNorm() /
                  static_cast<double>(of.rows() - 1) / people;
    // A sensor that nobody has is the same for all; 1 stands for its unit.
    for (auto& value : variance)
      if (!(value > 0)) value = 1;
    unit = variance.cwiseSqrt();
    covariance.setZero(sensors, sensors);
    for (std::size_t p = 0; p < of_people.size(); ++p) {
      draws.emplace_back(of_people[p].array().rowwise() / unit.array());
      const auto& off = noise.emplace_back(draws.back().rowwise() - draws.back().colwise().mean());
      const Eigen::MatrixX<T> of_person = off.transpose() * off / static_cast<double>(off.rows() - 1);
      own[static_cast<Index>(p)] = std::max(1e-9, of_person.trace());
      covariance += of_person / people;
    }
  }

  Index people() const { return own.size(); }
  /// [P], 1 of who is as uncertain as people are on average.
  Eigen::VectorX<T> ratio() const { return own / own.mean(); }
};

/// Makes points of people. Directions in which people differ no more than by chance are shrunk away (Wiener's filter), and rows are
/// shortened to below 1: two people who differ only in how well they are predicted are near each other, and whose sensors tell nothing
/// beyond chance is near the middle.
template<class T = double>
class Embedding {
 public:
  /// bits: [P, M], in units of the uncertainty, which must outlive this.
  Embedding(const RowMatrix<T>& bits, const Uncertainty<T>& uncertainty) : uncertainty_(uncertainty) {
    // Who is uncertain counts less.
    const Eigen::VectorX<T> ratio = uncertainty.ratio();
    Eigen::VectorX<T> weight = ratio.cwiseInverse().cwiseMin(10);
    weight /= weight.sum();
    mean_ = weight.transpose() * bits;
    const RowMatrix<T> centred = bits.rowwise() - mean_;
    const Eigen::MatrixX<T> covariance =
        centred.transpose() * weight.asDiagonal() * centred / (1 - weight.squaredNorm());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixX<T>> axes(covariance -
                                                                weight.dot(ratio) * uncertainty.covariance);
    axes_ = axes.eigenvectors();
    beyond_ = axes.eigenvalues().cwiseMax(0);
    chance_ = (axes_.transpose() * uncertainty.covariance * axes_).diagonal().cwiseMax(1e-12);
  }

  /// Of the people, or of all of them redrawn.
  RowMatrix<T> operator()(const RowMatrix<T>& bits) const {
    const Eigen::VectorX<T> ratio = uncertainty_.ratio();
    RowMatrix<T> points = (bits.rowwise() - mean_) * axes_;
    for (Index p = 0; p < points.rows(); ++p) {
      points.row(p).array() *= (beyond_.array() / (beyond_ + ratio[p] * chance_).array()).transpose();
      points.row(p) = mean_ + points.row(p) * axes_.transpose();
      points.row(p) /= std::sqrt(points.row(p).squaredNorm() + uncertainty_.own[p]);
    }
    return points;
  }

  /// A cohort without groups: one Gaussian with the people's covariance beyond chance, and each person's own uncertainty.
  RowMatrix<T> groupless_cohort(Random random) const {
    RowMatrix<T> bits(uncertainty_.people(), mean_.size());
    for (Index p = 0; p < bits.rows(); ++p) {
      const auto& noise = uncertainty_.noise[static_cast<std::size_t>(p)];
      Eigen::RowVectorX<T> normal(mean_.size());
      for (auto& value : normal) value = random.normal();
      normal.array() *= beyond_.cwiseSqrt().transpose().array();
      const auto one = static_cast<Index>(random.below(static_cast<std::uint64_t>(noise.rows())));
      bits.row(p) = mean_ + normal * axes_.transpose() + noise.row(one);
    }
    return bits;
  }

 private:
  const Uncertainty<T>& uncertainty_;
  Eigen::RowVectorX<T> mean_;
  Eigen::MatrixX<T> axes_;
  Eigen::VectorX<T> beyond_, chance_;
};

/// Mean silhouettes of 2 … most groups by Ward's method. Fewer than two groups of at least two people are none: −1.
LIFELOG_LAZY Eigen::VectorXd silhouettes_of(const RowMatrix<double>& points, const cluster::Tree& tree,
                                            Index most) {
  Eigen::VectorXd result(most - 1);
  for (Index k = 2; k <= most; ++k) {
    const auto labels = tree.cut(k);
    std::vector<Index> sizes(static_cast<std::size_t>(k), 0);
    for (const int label : labels) ++sizes[static_cast<std::size_t>(label)];
    const bool groups = std::count_if(sizes.begin(), sizes.end(), [](Index size) { return size > 1; }) > 1;
    result[k - 2] = groups ? cluster::silhouette(points, labels, {1}).mean : -1;
  }
  return result;
}

LIFELOG_LAZY double jaccard(const std::vector<Index>& a, Index of_a, const Eigen::VectorXi& b, int of_b) {
  Index both = 0, either = 0;
  for (std::size_t p = 0; p < a.size(); ++p) {
    const bool in_a = a[p] == of_a, in_b = b[static_cast<Index>(p)] == of_b;
    both += in_a && in_b;
    either += in_a || in_b;
  }
  return either > 0 ? static_cast<double>(both) / static_cast<double>(either) : 0;
}

/// Clusters redrawn cohorts as the people were, and notes who stays with whom.
LIFELOG_LAZY void add_stability(const RowMatrix<double>& points, const Embedding<>& embedding,
                                const Uncertainty<>& uncertainty, const std::vector<Index>& group,
                                Index groups, Index wanted, PeopleByInformation& result) {
  RowMatrix<double> centres = RowMatrix<double>::Zero(groups, points.cols());
  Eigen::VectorXd sizes = Eigen::VectorXd::Zero(groups);
  for (Index p = 0; p < points.rows(); ++p) {
    centres.row(group[static_cast<std::size_t>(p)]) += points.row(p);
    ++sizes[group[static_cast<std::size_t>(p)]];
  }
  centres.array().colwise() /= sizes.array();
  result.membership.setZero(points.rows(), groups);
  result.stability.assign(static_cast<std::size_t>(groups), 0);
  std::vector<std::vector<Index>> labels;
  Index count = wanted;
  for (const auto& own : uncertainty.draws) count = std::min(count, own.rows());
  for (Index d = 0; d < count; ++d) {
    RowMatrix<double> redrawn(points.rows(), points.cols());
    for (Index p = 0; p < redrawn.rows(); ++p) {
      const auto& own = uncertainty.draws[static_cast<std::size_t>(p)];
      redrawn.row(p) = own.row(d * own.rows() / count);
    }
    redrawn = embedding(redrawn);
    const Eigen::VectorXi cut = cluster::ward(redrawn, {1}).cut(groups);
    labels.emplace_back(cut.begin(), cut.end());
    for (Index p = 0; p < redrawn.rows(); ++p) {
      Index nearest = 0;
      (centres.rowwise() - redrawn.row(p)).rowwise().squaredNorm().minCoeff(&nearest);
      result.membership(p, nearest) += 1 / static_cast<double>(count);
    }
    for (Index g = 0; g < groups; ++g) {
      double best = 0;
      for (int other = 0; other < groups; ++other) best = std::max(best, jaccard(group, g, cut, other));
      result.stability[static_cast<std::size_t>(g)] += best / static_cast<double>(count);
    }
  }
  result.co_assignment = importance::co_assignment(labels);
}

}  // namespace detail

/// Groups people by what their sensors tell, and asks first whether there are groups at all.
///
/// Ward's method divides the people into 2, 3, … groups, and the silhouettes are compared with those of cohorts that have none: one
/// Gaussian of the same covariance, and each person's own uncertainty on top (the gap statistic's idea: Tibshirani, Walther, Hastie
/// 2001). The number of groups is that whose silhouette stands highest above the mean of theirs; the p-value counts how often one of
/// theirs stands as high, whatever the number. Stability and membership come from the redrawn cohorts (Hennig 2007,
/// "Cluster-wise assessment of cluster stability").
///
/// bits: [P, M], people's means; draws: [P], of each person [D, M], means as they could have come out as well (the first M columns of
/// `PersonInformation::draws`), at least two rows. Throws std::invalid_argument on other shapes and on values that are not finite.
LIFELOG_LAZY PeopleByInformation group_people(const RowMatrix<double>& bits,
                                              const std::vector<RowMatrix<double>>& draws,
                                              const GroupingOptions& options = {}) {
  using lifelog::detail::require;
  const Index people = bits.rows();
  require(static_cast<Index>(draws.size()) == people, "draws: expected some of each of ", people,
          " people, got ", draws.size());
  require(lifelog::detail::all_finite(bits.data(), bits.size()), "bits: expected finite values, got others");
  for (const auto& own : draws)
    require(
        own.cols() == bits.cols() && own.rows() >= 2 && lifelog::detail::all_finite(own.data(), own.size()),
        "draws: expected at least two finite rows of ", bits.cols(), ", got ", own.rows(), " of ",
        own.cols());
  require(options.nulls >= 1 && options.draws >= 1 && options.most >= 2,
          "options: expected nulls and draws of at least 1 and at least 2 groups to try");
  PeopleByInformation result;
  result.group.assign(static_cast<std::size_t>(people), 0);
  result.membership.setOnes(people, 1);
  result.stability = {1};
  result.co_assignment.setOnes(people, people);
  for (Index p = 0; p < people; ++p) result.order.push_back(p);
  const Index most = std::min(options.most, people / 2);
  if (most < 2) {
    result.reason = "fewer than four people";
    return result;
  }
  const detail::Uncertainty uncertainty(draws);
  const RowMatrix<double> scaled = bits.array().rowwise() / uncertainty.unit.array();
  const detail::Embedding embedding(scaled, uncertainty);
  const auto points = embedding(scaled);
  const auto tree = cluster::ward(points, {1});
  const auto order = tree.leaf_order();
  result.order.assign(order.begin(), order.end());
  const auto own = detail::silhouettes_of(points, tree, most);

  RowMatrix<double> nulls(options.nulls, most - 1);
  const Random random(options.seed);
  parallel_for(options.nulls, options.threads, [&](Index i) {
    const auto null = embedding.groupless_cohort(random.fork(static_cast<std::uint64_t>(i)));
    const auto others = detail::Embedding(null, uncertainty)(null);
    nulls.row(i) = detail::silhouettes_of(others, cluster::ward(others, {1}), most).transpose();
  });
  const Eigen::RowVectorXd mean = nulls.colwise().mean();
  Index best = 0;
  const double highest = (own.transpose() - mean).maxCoeff(&best);
  const Eigen::VectorXd null_highest = (nulls.rowwise() - mean).rowwise().maxCoeff();
  result.p_value = static_cast<double>(1 + (null_highest.array() >= highest).count()) /
                   static_cast<double>(1 + options.nulls);
  result.tried = best + 2;
  result.silhouette = own[best];
  result.silhouettes.assign(own.begin(), own.end());
  result.of_nulls.assign(mean.begin(), mean.end());
  const auto cut = tree.cut(result.tried);
  const std::vector<Index> labels(cut.begin(), cut.end());
  detail::add_stability(points, embedding, uncertainty, labels, result.tried, options.draws, result);
  if (result.p_value <= options.level && own[best] > 0) {
    result.k = result.tried;
    result.group = labels;
    result.reason = "so clear groups are rare in cohorts that have none";
  } else {
    result.membership.setOnes(people, 1);
    result.stability = {1};
    result.reason = "cohorts that have no groups look as much like some";
  }
  return result;
}

}  // namespace lifelog::importance
