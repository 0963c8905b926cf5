// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>

#include "run_identity.hpp"
#include "tensors.hpp"
#include "trainer.hpp"

namespace lifelog::inline LIFELOG_ABI::train {

namespace detail {

inline constexpr const char* default_optimizer = "AdamW";  // of files that do not say

LIFELOG_LAZY std::string name_of(const OptimizerOptions& options) {
  return std::holds_alternative<SgdOptions>(options) ? "SGD" : default_optimizer;
}

/// The state of one optimizer is of no meaning to another.
LIFELOG_LAZY void require_optimizer(const io::Tensors& tensors, const OptimizerOptions& options) {
  const auto found = tensors.metadata().find("optimizer");
  const auto was = found == tensors.metadata().end() ? std::string(default_optimizer) : found->second;
  if (const auto is = name_of(options); was != is)
    throw format_error(tensors.source(),
                       "expected a run with " + is + ", got one with '" + lifelog::detail::shown(was) + "'");
}

}  // namespace detail

/// Saves a training run so that `load_checkpoint` goes on to the bit. It is safetensors with the networks under `network.`,
/// `best.`, `first_moment.` and `second_moment.`, where weights are averaged `average.`, and `history` F64 [epochs, 6], or 7 where there are validation losses;
/// `identity` in the metadata, each name behind "run.". Schedules need no more: they are functions of the history. The file
/// appears complete or not at all. Throws io_error.
template<class Network>
void save_checkpoint(const std::string& path, const TrainState<Network>& state,
                     const RunIdentity& identity = {}) {
  io::Tensors tensors;
  add_tensors(tensors, state.network, "network.");
  add_tensors(tensors, state.best, "best.");
  add_tensors(tensors, state.optimizer.first_moment(), "first_moment.");
  add_tensors(tensors, state.optimizer.second_moment(), "second_moment.");
  const bool losses = std::any_of(state.history.begin(), state.history.end(),
                                  [](const Epoch& e) { return !lifelog::detail::is_nan(e.valid_loss); });
  const std::size_t columns = losses ? 7 : 6;
  std::vector<double> history;
  for (const auto& e : state.history) {
    const double values[] = {static_cast<double>(e.epoch),
                             e.loss,
                             e.train_f1,
                             e.train_accuracy,
                             e.valid_f1,
                             e.valid_accuracy,
                             e.valid_loss};
    history.insert(history.end(), values, values + columns);
  }
  tensors.add("history", {state.history.size(), columns}, std::span<const double>(history));
  const double best[] = {static_cast<double>(state.best_epoch), state.best_f1};
  tensors.add("best_epoch_and_f1", {2}, std::span<const double>(best));
  const std::int64_t steps[] = {state.optimizer.steps()};
  tensors.add("steps", {1}, std::span<const std::int64_t>(steps));
  if (state.average) {
    add_tensors(tensors, state.average->network(), "average.");
    const std::int64_t updates[] = {state.average->updates()};
    tensors.add("average_updates", {1}, std::span<const std::int64_t>(updates));
  }
  tensors.metadata() = {{"format", "lifelog-checkpoint"}, {"version", "1"}};
  if (const auto name = detail::name_of(state.optimizer.options()); name != detail::default_optimizer)
    tensors.metadata()["optimizer"] = name;
  set_identity(tensors, identity);
  tensors.save(path);
}

/// Fills a state made for the same network. Strict: io_error or format_error when the file is not a checkpoint of it, has
/// a tensor that is unknown, lacks one, or holds numbers that are none; format_error that says what differs when the run
/// was saved with another identity. A file without one goes with an empty one only.
template<class Network>
void load_checkpoint(const std::string& path, TrainState<Network>& state, const RunIdentity& identity = {}) {
  const auto tensors = io::Tensors::load(path);
  if (tensors.metadata("format") != "lifelog-checkpoint")
    throw format_error(path, "expected format 'lifelog-checkpoint', got '" +
                                 lifelog::detail::shown(tensors.metadata("format")) + "'");
  if (tensors.metadata("version") != "1")
    throw format_error(path, "expected checkpoint version 1, got '" +
                                 lifelog::detail::shown(tensors.metadata("version")) + "'");
  require_same_run(tensors, identity);
  detail::require_optimizer(tensors, state.optimizer.options());
  auto loaded = state;
  auto first = state.network, second = state.network;
  std::set<std::string> known{"steps", "best_epoch_and_f1", "history"};
  known.merge(assign_tensors(loaded.network, tensors, "network."));
  known.merge(assign_tensors(loaded.best, tensors, "best."));
  known.merge(assign_tensors(first, tensors, "first_moment."));
  known.merge(assign_tensors(second, tensors, "second_moment."));
  if (state.average) {
    auto average = state.network;
    known.merge(assign_tensors(average, tensors, "average."));
    known.insert("average_updates");
    loaded.average->restore(tensors.get<std::int64_t>("average_updates", {1})[0], average);
  }
  for (const auto& tensor : tensors.tensors())
    if (!known.count(tensor.name)) throw format_error(tensors.where(tensor.name), "unknown tensor");
  loaded.optimizer.restore(tensors.get<std::int64_t>("steps", {1})[0], first, second);
  const auto best = tensors.get<double>("best_epoch_and_f1", {2});
  loaded.best_epoch = static_cast<int>(best[0]);
  loaded.best_f1 = best[1];
  const auto history = tensors.view<double, 2>("history");
  const auto columns = history.shape()[1];
  if (columns != 6 && columns != 7)
    throw format_error(tensors.where("history"), "expected 6 or 7 columns, got " + std::to_string(columns));
  loaded.history.clear();
  for (std::size_t i = 0; i < history.shape()[0]; ++i)
    loaded.history.push_back({static_cast<int>(history(i, 0)), history(i, 1), history(i, 2), history(i, 3),
                              history(i, 4), history(i, 5),
                              columns == 7 ? history(i, 6) : std::numeric_limits<double>::quiet_NaN()});
  state = std::move(loaded);
}

}  // namespace lifelog::train
