// SPDX-License-Identifier: MIT

#include "predictor_folds.hpp"

#include <algorithm>
#include <lifelog/evaluate/null_test.hpp>
#include <map>

#include "evaluation_metrics.hpp"

namespace lifelog::examples {

evaluate::Items items_of(const predict::RowInputs& inputs) {
  evaluate::Items items;
  items.label = inputs.labels;
  for (std::size_t n = 0; n < inputs.time.size(); ++n) {
    items.time.push_back(inputs.time[n] - (inputs.time[n] % 60 + 60) % 60);
    items.person.push_back(static_cast<Index>(inputs.user[n]));
  }
  return items;
}

evaluate::FoldOptions fold_options(Evaluation evaluation, const TrainingOptions& training,
                                   const EvaluationOptions& options) {
  evaluate::FoldOptions wanted;
  wanted.scheme = evaluation == Evaluation::session ? evaluate::Scheme::session : evaluate::Scheme::blocked;
  wanted.folds = options.folds;
  wanted.gap = options.gap.value_or(evaluation == Evaluation::split_file ? 0 : 1);
  const double rest = training.split.train + training.split.valid;
  wanted.valid = rest > 0 ? training.split.valid / rest : 0;
  wanted.seed = training.train.seed;
  return wanted;
}

std::vector<evaluate::Split> folds_of(const predict::RowInputs& inputs,
                                      const std::vector<data::RowTable>& tables,
                                      const evaluate::FoldOptions& wanted,
                                      const std::function<void(const std::string&)>& tell) {
  const auto all = items_of(inputs);
  const auto rows = predict::detail::rows_by_user(inputs, tables.size());
  std::vector<evaluate::Split> folds(static_cast<std::size_t>(wanted.folds));
  const auto append = [](const std::vector<Index>& from, const std::vector<Index>& own,
                         std::vector<Index>& to) {
    for (const Index i : own) to.push_back(from[static_cast<std::size_t>(i)]);
  };
  for (std::size_t u = 0; u < tables.size(); ++u) {
    evaluate::Items own;
    for (const Index row : rows[u]) {
      own.label.push_back(all.label_of(row));
      own.time.push_back(all.time_of(row));
    }
    if (own.size() < 2) continue;
    try {
      const auto made = evaluate::make_folds(own, wanted);
      if (!made.reason.empty()) tell(tables[u].user + ": " + made.reason);
      for (std::size_t f = 0; f < made.folds.size(); ++f) {
        append(rows[u], made.folds[f].train, folds[f].train);
        append(rows[u], made.folds[f].valid, folds[f].valid);
        append(rows[u], made.folds[f].test, folds[f].test);
      }
      for (std::size_t f = made.folds.size(); f < folds.size(); ++f)
        append(rows[u], made.folds[0].train, folds[f].train);
    } catch (const std::invalid_argument& error) {
      tell(tables[u].user + " is left out: " + error.what());
    }
  }
  std::erase_if(folds, [](const auto& fold) { return fold.test.empty() || fold.train.empty(); });
  if (folds.empty()) throw FlagError("--evaluate: expected rows that can be split, got none of anybody");
  return folds;
}

std::vector<evaluate::Split> given_folds_of(const predict::RowInputs& inputs,
                                            const std::vector<data::RowTable>& tables,
                                            const evaluate::FoldOptions& options,
                                            const std::filesystem::path& file,
                                            const std::function<void(const std::string&)>& tell) {
  const auto all = items_of(inputs);
  const auto rows = predict::detail::rows_by_user(inputs, tables.size());
  std::vector<evaluate::Part> parts(all.label.size());
  Index absent = 0;
  for (std::size_t u = 0; u < tables.size(); ++u) {
    std::vector<std::int64_t> times;
    for (const Index row : rows[u]) times.push_back(all.time_of(row));
    const auto own = read_parts(file, tables[u].user, times, &absent);
    for (std::size_t k = 0; k < own.size(); ++k) parts[static_cast<std::size_t>(rows[u][k])] = own[k];
  }
  const auto left_out = std::count(parts.begin(), parts.end(), evaluate::Part{});
  if (absent > 0) tell(count(absent, "minute", "minutes") + " of " + file.string() + " have no labelled row");
  if (left_out > 0)
    tell(file.string() + " names no part of " + count(left_out, "row", "rows") + ", which take no part");
  try {
    return evaluate::given_folds(all, parts, options);
  } catch (const std::invalid_argument& error) {
    throw format_error(file.string(), error.what());
  }
}

std::optional<std::pair<std::size_t, std::size_t>> untrained_group(
    const predict::RowInputs& inputs, const std::vector<std::vector<std::size_t>>& groups,
    const std::vector<evaluate::Split>& folds) {
  for (std::size_t f = 0; f < folds.size(); ++f)
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (predict::detail::rows_of(folds[f].train, inputs, groups[g]).empty()) return std::pair(g, f);
  return std::nullopt;
}

std::vector<Index> shifted_labels_of(const predict::RowInputs& inputs, const Random& random) {
  const auto rows = items_of(inputs);
  std::map<std::pair<Index, std::int64_t>, Index> minute_of;
  evaluate::Items minutes;
  std::vector<Index> own(rows.label.size());
  for (Index n = 0; n < rows.size(); ++n) {
    const auto [found, fresh] = minute_of.try_emplace({rows.person_of(n), rows.time_of(n)}, minutes.size());
    own[static_cast<std::size_t>(n)] = found->second;
    if (!fresh) continue;
    minutes.label.push_back(rows.label_of(n));
    minutes.time.push_back(rows.time_of(n));
    minutes.person.push_back(rows.person_of(n));
  }
  const auto shifted = evaluate::shifted_labels(minutes, random);
  for (auto& label : own) label = shifted[static_cast<std::size_t>(label)];
  return own;
}

}  // namespace lifelog::examples
