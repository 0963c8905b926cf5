// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>

#include "run_identity.hpp"
#include "tensors.hpp"
#include "trainer.hpp"

namespace lifelog::train {

/// Saves a training run so that `load_checkpoint` goes on to the bit: safetensors with the networks under `network.`,
/// `best.`, `first_moment.` and `second_moment.`, and `history` F64 [epochs, 6]; `identity` in the metadata, each name
/// behind "run.". The file appears complete or not at all. Throws io_error.
template<class Network>
void save_checkpoint(const std::string& path, const TrainState<Network>& state,
                     const RunIdentity& identity = {}) {
  io::Tensors tensors;
  add_tensors(tensors, state.network, "network.");
  add_tensors(tensors, state.best, "best.");
  add_tensors(tensors, state.optimizer.first_moment(), "first_moment.");
  add_tensors(tensors, state.optimizer.second_moment(), "second_moment.");
  std::vector<double> history;
  for (const auto& e : state.history)
    for (const double value :
         {static_cast<double>(e.epoch), e.loss, e.train_f1, e.train_accuracy, e.valid_f1, e.valid_accuracy})
      history.push_back(value);
  tensors.add("history", {state.history.size(), 6}, std::span<const double>(history));
  const double best[] = {static_cast<double>(state.best_epoch), state.best_f1};
  tensors.add("best_epoch_and_f1", {2}, std::span<const double>(best));
  const std::int64_t steps[] = {state.optimizer.steps()};
  tensors.add("steps", {1}, std::span<const std::int64_t>(steps));
  tensors.metadata() = {{"format", "lifelog-checkpoint"}, {"version", "1"}};
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
    throw format_error(path,
                       "expected format 'lifelog-checkpoint', got '" + tensors.metadata("format") + "'");
  if (tensors.metadata("version") != "1")
    throw format_error(path, "expected checkpoint version 1, got '" + tensors.metadata("version") + "'");
  require_same_run(tensors, identity);
  auto loaded = state;
  auto first = state.network, second = state.network;
  std::set<std::string> known{"steps", "best_epoch_and_f1", "history"};
  known.merge(assign_tensors(loaded.network, tensors, "network."));
  known.merge(assign_tensors(loaded.best, tensors, "best."));
  known.merge(assign_tensors(first, tensors, "first_moment."));
  known.merge(assign_tensors(second, tensors, "second_moment."));
  for (const auto& tensor : tensors.tensors())
    if (!known.count(tensor.name)) throw format_error(tensors.where(tensor.name), "unknown tensor");
  loaded.optimizer.restore(tensors.get<std::int64_t>("steps", {1})[0], first, second);
  const auto best = tensors.get<double>("best_epoch_and_f1", {2});
  loaded.best_epoch = static_cast<int>(best[0]);
  loaded.best_f1 = best[1];
  const auto history = tensors.view<double, 2>("history");
  if (history.shape()[1] != 6) throw format_error(tensors.where("history"), "expected 6 columns");
  loaded.history.clear();
  for (std::size_t i = 0; i < history.shape()[0]; ++i)
    loaded.history.push_back({static_cast<int>(history(i, 0)), history(i, 1), history(i, 2), history(i, 3),
                              history(i, 4), history(i, 5)});
  state = std::move(loaded);
}

}  // namespace lifelog::train
