// SPDX-License-Identifier: MIT

#include "replicates.hpp"

#include <algorithm>
#include <lifelog/core/build_info.hpp>
#include <lifelog/core/parallel.hpp>
#include <lifelog/io/atomic_file.hpp>
#include <lifelog/readers/detail/archive.hpp>
#include <mutex>

#include "../common/files.hpp"

namespace lifelog::examples {

namespace {

namespace fs = std::filesystem;

/// Of a run that is not gone on with but taken as it is: how long it went on belongs to it too, and who made it.
train::RunIdentity identity_ahead(const data::DataSet& data, const TrainingOptions& options) {
  auto identity = run_identity(data, options);
  const auto build = build_info();
  identity["--epochs"] = std::to_string(options.train.epochs);
  identity["--patience"] = std::to_string(options.train.patience);
  identity["lifelog"] = std::string(build.version) + ", " + build.compiler + ", " + build.instructions;
  return identity;
}

/// A damaged weight is a number like any other: what a file is whole by.
std::string sum_of(const fs::path& file) {
  readers::detail::Checksum sum;
  sum.add(io::read_file(file));
  return std::to_string(sum.value());
}

}  // namespace

CheckpointAhead::CheckpointAhead(const fs::path& ahead, const data::DataSet& data,
                                 const TrainingOptions& training, const FoldNetwork& network)
    : checkpoint_(ahead / replicate_name(network) /
                  ("fold" + std::to_string(network.fold + 1) + ".safetensors")),
      sum_(fs::path(checkpoint_).replace_extension(".sum")),
      identity_(identity_ahead(data_of(network, data), options_of(network, training))) {}

std::string CheckpointAhead::load(TrainRun& run) const {
  try {
    if (!fs::exists(checkpoint_)) return {};
    if (!fs::exists(sum_) || io::read_file(sum_) != sum_of(checkpoint_))
      return checkpoint_.string() + ": is damaged";
    run.load(checkpoint_, identity_);
    return {};
  } catch (const io_error& error) {
    return error.what();
  } catch (const format_error& error) {
    return error.what();
  } catch (const fs::filesystem_error& error) {
    return error.what();
  }
}

void CheckpointAhead::keep(TrainRun& run, double seconds) const {
  save_meanwhile(run, seconds, [file = checkpoint_, sum = sum_, identity = identity_, save = run.save] {
    save(file, identity);
    if (fs::exists(file)) write_text(sum, sum_of(file));
  });
}

Training train_fold(const FoldNetwork& network, data::DataSet& data, const TrainingOptions& training,
                    const fs::path& ahead, std::string& ignored) {
  const bool any = !ahead.empty() && fs::exists(ahead / replicate_name(network));
  std::optional<CheckpointAhead> checkpoint;
  if (any) checkpoint.emplace(ahead, data, training, network);
  data = data_of(network, std::move(data));
  return train_network(data, options_of(network, training), [&](TrainRun& run) {
    if (checkpoint) ignored = checkpoint->load(run);
  });
}

std::vector<std::string> train_replicate(const data::DataSet& data, const TrainingOptions& training,
                                         const EvaluationOptions& evaluation, const fs::path& ahead,
                                         const std::string& name, const std::function<void(double)>& seen) {
  auto networks = list_fold_networks(data, plan_minutes(data, training, evaluation), training, evaluation);
  std::erase_if(networks, [&](const auto& network) { return replicate_name(network) != name; });
  make_directory(ahead / name);
  std::vector<std::string> ignored(networks.size());
  std::mutex one_at_a_time;
  double done = 0;
  parallel_for(static_cast<Index>(networks.size()), training.threads, [&](Index n) {
    const auto& network = networks[static_cast<std::size_t>(n)];
    const CheckpointAhead checkpoint(ahead, data, training, network);
    auto own = data_of(network, data);
    train_network(own, options_of(network, training), [&](TrainRun& run) {
      ignored[static_cast<std::size_t>(n)] = checkpoint.load(run);
      checkpoint.keep(run, training.checkpoint_seconds);
    });
    const std::lock_guard lock(one_at_a_time);
    if (seen) seen(++done / static_cast<double>(networks.size()));
  });
  std::erase(ignored, std::string());
  return ignored;
}

}  // namespace lifelog::examples
