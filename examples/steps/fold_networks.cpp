// SPDX-License-Identifier: MIT

#include "fold_networks.hpp"

#include <algorithm>
#include <lifelog/evaluate/null_test.hpp>

namespace lifelog::examples {

namespace {

class FoldNetworkList {
 public:
  FoldNetworkList(const data::DataSet& data, const MinutePlan& plan, const TrainingOptions& training,
                  const EvaluationOptions& options)
      : items_(items_of(data)), plan_(plan), training_(training), options_(options) {}

  std::vector<FoldNetwork> list() {
    const bool whole = plan_.folds.empty();  // split by shares: one fold
    const auto folds =
        whole ? std::vector<evaluate::Split>{split_minutes(items_.size(), training_)} : plan_.folds;
    const auto count = options_.all_folds ? folds.size() : 1;
    for (Index seed = 0; seed < options_.seeds; ++seed)
      for (std::size_t f = 0; f < count; ++f) add(folds[f], items_.label, seed, static_cast<int>(f));
    if (folds.front().test.empty()) return {networks_.front()};
    if (options_.leak && plan_.way != "shuffled" && plan_.way != "split-file" && options_.all_folds)
      add_shuffled(folds.size());
    for (Index k = 0; k < options_.nulls; ++k) add_null(static_cast<int>(k), folds, count);
    return std::move(networks_);
  }

 private:
  FoldNetwork& add(const evaluate::Split& split, const std::vector<Index>& labels, Index seed, int fold) {
    auto& network = networks_.emplace_back();
    network.split = split;
    network.labels = labels;
    network.replicate = seed;
    network.seed = training_.train.seed + static_cast<std::uint64_t>(seed);
    network.fold = fold;
    return network;
  }

  void add_shuffled(std::size_t folds) {
    auto shuffled = fold_options(training_, options_, evaluate::Scheme::shuffled);
    shuffled.folds = static_cast<Index>(folds);
    shuffled.gap = 0;
    int f = 0;
    for (const auto& fold : evaluate::make_folds(items_, shuffled).folds)
      add(fold, items_.label, 0, f++).shuffled = true;
  }

  /// The same analysis of labels that go round in their sessions; folds are made of them anew where labels make folds.
  void add_null(int null, const std::vector<evaluate::Split>& folds, std::size_t count) {
    auto shifted = items_;
    shifted.label = evaluate::shifted_labels(
        items_, Random(training_.train.seed).fork(1000 + static_cast<std::uint64_t>(null)));
    auto own = folds;
    if (!plan_.folds.empty() && options_.split_file.empty()) {
      auto again = fold_options(training_, options_, scheme_of_plan());
      again.folds = static_cast<Index>(folds.size());
      again.gap = plan_.gap;
      own = evaluate::make_folds(shifted, again).folds;
    }
    for (std::size_t f = 0; f < std::min(count, own.size()); ++f)
      add(own[f], shifted.label, 0, static_cast<int>(f)).null = null;
  }

  evaluate::Scheme scheme_of_plan() const {
    const auto found = std::find(evaluate::scheme_names.begin(), evaluate::scheme_names.end(), plan_.way);
    return static_cast<evaluate::Scheme>(found - evaluate::scheme_names.begin());
  }

  evaluate::Items items_;
  const MinutePlan& plan_;
  const TrainingOptions& training_;
  const EvaluationOptions& options_;
  std::vector<FoldNetwork> networks_;
};

std::string seed_name(Index seed) {
  return "seed" + std::to_string(seed + 1);
}

std::string null_name(Index null) {
  return "null" + std::to_string(null + 1);
}

constexpr const char* shuffled_name = "shuffled";

}  // namespace

std::string replicate_name(const FoldNetwork& network) {
  if (network.shuffled) return shuffled_name;
  return network.null >= 0 ? null_name(network.null) : seed_name(network.replicate);
}

std::vector<std::string> replicate_names(const EvaluationOptions& options) {
  std::vector<std::string> names;
  for (Index seed = 0; seed < options.seeds; ++seed) names.push_back(seed_name(seed));
  const bool leak = options.leak && options.all_folds && options.split_file.empty() &&
                    options.scheme != evaluate::Scheme::shuffled;
  if (leak) names.push_back(shuffled_name);
  for (Index k = 0; k < options.nulls; ++k) names.push_back(null_name(k));
  return names;
}

std::vector<FoldNetwork> list_fold_networks(const data::DataSet& data, const MinutePlan& plan,
                                            const TrainingOptions& training,
                                            const EvaluationOptions& options) {
  return FoldNetworkList(data, plan, training, options).list();
}

TrainingOptions options_of(const FoldNetwork& network, TrainingOptions options) {
  options.minutes = network.split;
  options.train.seed = network.seed;
  options.resume = false;
  options.threads = 1;
  return options;
}

data::DataSet data_of(const FoldNetwork& network, data::DataSet data) {
  std::copy(network.labels.begin(), network.labels.end(), data.label.begin());
  return data;
}

}  // namespace lifelog::examples
