// SPDX-License-Identifier: MIT
#pragma once

#include <variant>
#include <vector>

#include "coalitions.hpp"

namespace lifelog::inline LIFELOG_ABI::importance {

/// What each sensor says for and against each class, bag by bag.
template<class T>
struct Contributions {
  Index modalities = 0, classes = 0;
  RowMatrix<T> values;  ///< [n, M · C]: a row is [M, C], row-major; 0 of what was not there
  RowMatrix<T> error;   ///< standard errors, alike; 0 where values are exact

  T operator()(Index bag, Index modality, Index of_class) const {
    return values(bag, modality * classes + of_class);
  }
};

namespace detail {

/// Whether a pool's prediction is a sum of what its instances predict: then its terms are the contributions.
template<class T, class Encoders>
bool sums_predictions(const mil::BagNetwork<T, Encoders>& net) {
  return std::visit(
      [](const auto& pool) {
        using Pool = std::remove_cvref_t<decltype(pool)>;
        return !mil::value_follows(Pool::form) && Pool::Mixing::weighted;
      },
      net.pool);
}

/// Each row less its mean: evidence that is the same for all classes decides nothing.
template<class Rows>
void centre_classes(Rows&& rows) {
  rows.colwise() -= rows.rowwise().mean().eval();
}

template<class T, class Encoders>
void add_terms(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
               const std::vector<Index>& rows, int threads, Contributions<T>& result) {
  mil::BagPass<T, Encoders> pass(net, bags, threads);
  const Index count = static_cast<Index>(rows.size());
  for (Index b = 0; b < piece_count(mil::evaluation_batch, count); ++b) {
    const auto [begin, end] = piece_of(b, mil::evaluation_batch, count);
    pass.forward(net, {rows.begin() + begin, rows.begin() + end}, false);
    for (Index n = begin; n < end; ++n) {
      Eigen::Map<RowMatrix<T>> own(result.values.row(n).data(), result.modalities, result.classes);
      for (const auto& instance : pass.instances(n - begin))
        own.row(instance.kind) += Eigen::Map<const Eigen::RowVector<T, Eigen::Dynamic>>(
            instance.contributions.data(), result.classes);
      centre_classes(own);
    }
  }
}

template<class T, class Encoders>
void add_shapley_values(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                        const std::vector<Index>& rows, const ShapleyOptions& options, int threads,
                        Contributions<T>& result) {
  for_each_game(
      net, bags, rows, options, threads,
      [&](Index i, const std::vector<Index>& kinds, const Shapley& game, RowMatrix<double>& worth) {
        centre_classes(worth);
        const auto shapley = game(worth);
        for (std::size_t j = 0; j < kinds.size(); ++j) {
          const auto at = kinds[j] * result.classes;
          const auto row = static_cast<Index>(j);
          result.values.row(i).segment(at, result.classes) = shapley.values.row(row).template cast<T>();
          result.error.row(i).segment(at, result.classes) = shapley.error.row(row).template cast<T>();
        }
      });
}

}  // namespace detail

/// What each sensor adds to the evidence for each class in each bag: positive where it argues for the class, negative where it
/// argues against it. Evidence is a bag's logit less its mean over classes, log p_c − 1/C Σ log p; a bag's contributions sum to
/// it over the sensors.
///
///     const auto evidence = importance::contributions(net, bags, {0, 1, 2});
///     evidence(0, 1, 2);   // of the first bag, what the second sensor says for the third class
///
/// Where a pool sums what its instances predict (self, attention, gated, mean, conjunctive, additive) these are its own terms,
/// a_m v_mc of each instance m. Of the other pools they are Shapley values: a sensor's contribution is what it adds to those before
/// it, on average over all orders; a bag without sensors has no evidence. These are exact up to `options.exact_up_to` sensors.
///
/// rows: bags, in the order of the result. threads: 0 for all there are; results do not depend on it. Throws
/// std::invalid_argument as `mil::evaluate` does.
template<class T, class Encoders>
Contributions<T> contributions(const mil::BagNetwork<T, Encoders>& net, const mil::Bags<T>& bags,
                               const std::vector<Index>& rows, const ShapleyOptions& options = {},
                               int threads = 0) {
  const auto count = static_cast<Index>(rows.size());
  Contributions<T> result{net.modalities(), net.classes(), {}, {}};
  result.values.setZero(count, result.modalities * result.classes);
  result.error.setZero(count, result.modalities * result.classes);
  if (detail::sums_predictions(net))
    detail::add_terms(net, bags, rows, threads, result);
  else
    detail::add_shapley_values(net, bags, rows, options, threads, result);
  return result;
}

}  // namespace lifelog::importance
