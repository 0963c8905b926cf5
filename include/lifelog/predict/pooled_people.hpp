// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "../data/dataset.hpp"
#include "../data/standardize.hpp"
#include "../evaluate/feature_scale.hpp"
#include "../evaluate/items.hpp"
#include "dataset_sensors.hpp"

namespace lifelog::inline LIFELOG_ABI::predict {

/// The minutes of several people as one data set, each person in his own scale: what is usual for him is 0. No label is
/// looked at for that, so it can be had of somebody of whom none is known.
struct PooledPeople {
  data::DataSet data;
  std::vector<std::string> users;
  std::vector<Index> person;     ///< [N], index of each minute's
  RowMatrix<double> statistics;  ///< [N, F], statistics and band powers, z-scores of each person

  Index people() const { return static_cast<Index>(users.size()); }

  std::vector<Index> rows_of(Index one) const {
    std::vector<Index> rows;
    for (std::size_t n = 0; n < person.size(); ++n)
      if (person[n] == one) rows.push_back(static_cast<Index>(n));
    return rows;
  }
};

namespace detail {

/// Names of all classes that occur; of numbers in their order, else as texts are sorted.
LIFELOG_LAZY std::vector<std::string> classes_of_all(const std::vector<data::DataSet>& people) {
  std::vector<std::string> names;
  for (const auto& one : people) names.insert(names.end(), one.classes.begin(), one.classes.end());
  const auto less = [](const std::string& a, const std::string& b) {
    const auto whole = [](const std::string& s) {
      return !s.empty() && s.find_first_not_of("0123456789") == std::string::npos;
    };
    if (whole(a) && whole(b) && a.size() != b.size()) return a.size() < b.size();
    return a < b;
  };
  std::sort(names.begin(), names.end(), less);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

LIFELOG_LAZY void require_alike(const std::vector<data::DataSet>& people) {
  using lifelog::detail::require;
  require(people.size() >= 2, "people: expected at least 2, got ", people.size());
  const auto& first = people.front();
  for (const auto& one : people) {
    require(one.modalities.size() == first.modalities.size(), one.user.c_str(), ": expected the ",
            first.modalities.size(), " sensors of ", first.user.c_str(), ", got ", one.modalities.size());
    for (std::size_t m = 0; m < first.modalities.size(); ++m) {
      const auto &own = one.modalities[m], &other = first.modalities[m];
      require(own.name == other.name && own.scalar == other.scalar &&
                  own.values.shape(1) == other.values.shape(1) &&
                  own.values.shape(2) == other.values.shape(2),
              one.user.c_str(), ": expected sensor ", other.name.c_str(), " of ", other.values.shape(1),
              " x ", other.values.shape(2), " values a minute as in ", first.user.c_str(), ", got ",
              own.name.c_str(), " of ", own.values.shape(1), " x ", own.values.shape(2));
    }
  }
}

}  // namespace detail

/// Classes are told apart by their names. scale: [people], the minutes that a person's scale is taken from; empty: all of
/// them. Throws std::invalid_argument for people of unlike sensors, or fewer than two.
LIFELOG_LAZY PooledPeople pool_people(const std::vector<data::DataSet>& people, int threads = 0,
                                      const std::vector<std::vector<Index>>& scale = {}) {
  detail::require_alike(people);
  lifelog::detail::require(scale.empty() || scale.size() == people.size(),
                           "scale: expected minutes of each of ", people.size(), " people, got ",
                           scale.size());
  PooledPeople pooled;
  auto& all = pooled.data;
  all.user = "all";
  all.classes = detail::classes_of_all(people);
  std::size_t total = 0;
  bool presence = false;
  for (const auto& one : people) total += one.label.size(), presence |= one.present.size() > 0;
  all.label.resize({total});
  all.timestamp.resize({total});
  const auto sensors = people.front().modalities.size();
  if (presence) {
    all.present.resize({total, sensors});
    all.present.fill(1);
  }
  for (const auto& like : people.front().modalities)
    all.modalities.push_back(
        {like.name, xt::xtensor<float, 3>({total, like.values.shape(1), like.values.shape(2)}), like.scalar});
  std::size_t at = 0;
  for (const auto& one : people) {
    auto own = one;
    std::vector<Index> rows(own.label.size());
    std::iota(rows.begin(), rows.end(), Index{0});
    if (!scale.empty()) rows = scale[static_cast<std::size_t>(pooled.people())];
    const auto statistics = evaluate::statistics_features(sensors_of(own), threads).values;
    if (pooled.statistics.size() == 0) pooled.statistics.resize(static_cast<Index>(total), statistics.cols());
    if (!rows.empty()) {
      pooled.statistics.middleRows(static_cast<Index>(at), statistics.rows()) =
          evaluate::fit_feature_scale(statistics, rows).scaled(statistics);
      data::standardize(own, data::fit_standardization(own, rows, threads), threads);
    }
    for (std::size_t m = 0; m < sensors; ++m) {
      const auto size = own.modalities[m].values.shape(1) * own.modalities[m].values.shape(2);
      std::copy_n(own.modalities[m].values.data(), own.label.size() * size,
                  all.modalities[m].values.data() + at * size);
    }
    if (own.present.size() > 0)
      std::copy_n(own.present.data(), own.present.size(), all.present.data() + at * sensors);
    for (std::size_t n = 0; n < own.label.size(); ++n, ++at) {
      const auto& name = own.classes[static_cast<std::size_t>(own.label(n))];
      all.label(at) = std::find(all.classes.begin(), all.classes.end(), name) - all.classes.begin();
      all.timestamp(at) = own.timestamp(n);
      pooled.person.push_back(pooled.people());
    }
    pooled.users.push_back(one.user);
  }
  return pooled;
}

}  // namespace lifelog::predict
