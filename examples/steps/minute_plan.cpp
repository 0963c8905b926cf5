// SPDX-License-Identifier: MIT

#include "minute_plan.hpp"

#include <algorithm>
#include <cmath>
#include <lifelog/data/cells.hpp>
#include <lifelog/evaluate/given_folds.hpp>
#include <lifelog/io/atomic_file.hpp>
#include <lifelog/readers/csv.hpp>
#include <map>

#include "../common/table.hpp"

namespace lifelog::examples {

namespace {

/// Share of what does not test that validates.
double valid_share(const evaluate::SplitOptions& split) {
  const double rest = split.train + split.valid;
  return rest > 0 ? split.valid / rest : 0;
}

}  // namespace

evaluate::FoldOptions fold_options(const TrainingOptions& training, const EvaluationOptions& options,
                                   evaluate::Scheme scheme) {
  evaluate::FoldOptions folds;
  folds.scheme = scheme;
  folds.folds = options.folds;
  const bool blocks = scheme == evaluate::Scheme::blocked || scheme == evaluate::Scheme::session;
  folds.gap = options.gap.value_or(blocks && options.split_file.empty() ? 1 : 0);
  folds.valid = valid_share(training.split);
  folds.seed = training.train.seed;
  return folds;
}

evaluate::Items items_of(const data::DataSet& data) {
  evaluate::Items items;
  items.label.assign(data.label.begin(), data.label.end());
  items.time.assign(data.timestamp.begin(), data.timestamp.end());
  return items;
}

std::vector<evaluate::Part> read_parts(const std::filesystem::path& file, const std::string& whose,
                                       const std::vector<std::int64_t>& times, Index* absent) {
  const auto text = io::read_file(file);
  readers::CsvReader csv(text, file.string());
  const auto user = csv.column("user"), timestamp = csv.column("timestamp"), part = csv.column("part");
  std::multimap<std::int64_t, std::size_t> rows;
  for (std::size_t n = 0; n < times.size(); ++n) rows.emplace(times[n], n);
  std::vector<evaluate::Part> parts(times.size());
  std::vector<bool> told(parts.size(), false);
  while (csv.next()) {
    if (readers::cell_text(csv.cell(user)) != whose) continue;
    const auto where = file.string() + ':' + std::to_string(csv.line());
    const auto when = data::parse_number(csv.cell(timestamp));
    const bool whole = when.kind == data::CellKind::number && std::abs(when.value) < 1e15 &&
                       when.value == std::floor(when.value);
    const auto [first, last] = rows.equal_range(whole ? static_cast<std::int64_t>(when.value) : -1);
    if (!whole || (first == last && !absent))
      throw format_error(where, "timestamp: expected that of a minute of " + whose + ", got \"" +
                                    std::string(csv.cell(timestamp).substr(0, 40)) + '"');
    const auto word = evaluate::part_named(readers::cell_text(csv.cell(part)));
    if (!word)
      throw format_error(where, "part: expected train, valid, test or the number of a fold, got \"" +
                                    std::string(csv.cell(part).substr(0, 40)) + '"');
    if (first == last) ++*absent;
    for (auto row = first; row != last; ++row) {
      if (told[row->second]) throw format_error(where, "the minute is there twice");
      told[row->second] = true;
      parts[row->second] = *word;
    }
  }
  return parts;
}

MinutePlan plan_minutes(const data::DataSet& data, const TrainingOptions& training,
                        const EvaluationOptions& options) {
  MinutePlan plan;
  if (options.shares) {
    plan.way = evaluate::scheme_name(evaluate::Scheme::shuffled);
    return plan;
  }
  const auto items = items_of(data);
  // Of one person nobody can be held out: blocks are the next best.
  const bool nobody = options.scheme == evaluate::Scheme::person && options.split_file.empty();
  const auto folds = fold_options(training, options, nobody ? evaluate::Scheme::blocked : options.scheme);
  plan.gap = folds.gap;
  if (!options.split_file.empty()) {
    plan.way = "split-file";
    const auto parts = read_parts(options.split_file, data.user, items.time);
    try {
      plan.folds = evaluate::given_folds(items, parts, folds);
    } catch (const std::invalid_argument& error) {
      throw format_error(options.split_file.string() + ", " + data.user, error.what());
    }
    const auto left_out = std::count(parts.begin(), parts.end(), evaluate::Part{});
    if (left_out > 0)
      plan.reason = options.split_file.string() + " names no part of " +
                    count(left_out, "minute", "minutes") + ", which take no part";
    return plan;
  }
  try {
    auto made = evaluate::make_folds(items, folds);
    plan.folds = std::move(made.folds);
    plan.reason = std::move(made.reason);
    plan.way = evaluate::scheme_name(made.scheme);
    if (made.scheme == evaluate::Scheme::shuffled && options.scheme != made.scheme) plan.gap = 0;
    if (nobody)
      plan.reason = "there is 1 person: blocks in place of people" +
                    (plan.reason.empty() ? std::string() : "; " + plan.reason);
  } catch (const std::invalid_argument& error) {
    // Too few minutes for any folds: no reason to train nothing.
    plan.way = evaluate::scheme_name(evaluate::Scheme::shuffled);
    plan.gap = 0;
    plan.reason = std::string(error.what()) + ": shares of shuffled minutes in place of folds";
  }
  return plan;
}

}  // namespace lifelog::examples
