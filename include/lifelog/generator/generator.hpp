// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "../data/dataset.hpp"
#include "../data/modalities.hpp"
#include "detail/tree.hpp"
#include "dirt.hpp"

// Invented people, recorded like those of the ETRI lifelog, of whom it is known which sensors tell their
// tension.
//
// People fall into groups. In each group two or three modalities are *planted*: their bursts of
// activity swing at a frequency (skin conductance: respond at a rate) that follows the minute's tension, each
// telling some of the borders between neighbouring tensions, so that none can be spared. In all other
// modalities bursts are just the same, but their frequency is drawn anew each minute, whatever the tension.
// Amplitude, length and number of bursts, hence mean and variance of a signal, tell nothing. Only series are planted:
// e4Hr and mGps become one mean a minute, where no shape can show.
//
// GeneratorOptions makes people harder, or other: other effects than frequency, labels that are noisy, rare or lasting,
// sensors that tell the time, drift, differ from person to person, or follow something else.

namespace lifelog::inline LIFELOG_ABI::generator {

namespace detail {

/// Folders, label files and stray files of all sessions.
LIFELOG_LAZY void write_sessions(const GeneratorPlan& plan, const std::filesystem::path& users,
                                 const std::vector<std::vector<SessionDirt>>& dirt, GeneratorTruth& truth) {
  TreeWriter writer(plan, users);
  for (std::size_t p = 0; p < dirt.size(); ++p)
    for (std::size_t s = 0; s < dirt[p].size(); ++s)
      writer.open_session(static_cast<Index>(p), static_cast<Index>(s), dirt[p][s]);
  truth.files += writer.files;
  truth.bytes += writer.bytes;
}

/// Sensor files of all minutes, a batch of tasks in parallel at a time.
template<class ProgressCallback>
void write_minutes(const GeneratorPlan& plan, const std::filesystem::path& users,
                   const std::vector<std::vector<SessionDirt>>& dirt, GeneratorTruth& truth,
                   ProgressCallback& progress) {
  constexpr Index batch = 64;
  const auto tasks = tree_tasks(plan);
  const auto task_count = static_cast<Index>(tasks.size());
  Index done = 0, total = 0;
  for (const auto& task : tasks) total += task.end - task.begin;
  for (Index first = 0; first < task_count; first += batch) {
    std::vector<TreeWriter<>> writers(static_cast<std::size_t>(std::min(batch, task_count - first)),
                                      TreeWriter(plan, users));
    parallel_for(static_cast<Index>(writers.size()), plan.options.threads, [&](Index piece) {
      const auto& task = tasks[static_cast<std::size_t>(first + piece)];
      const auto& session =
          dirt[static_cast<std::size_t>(task.person)][static_cast<std::size_t>(task.session)];
      writers[static_cast<std::size_t>(piece)].write_task(task, session);
    });
    for (std::size_t i = 0; i < writers.size(); ++i) {
      const auto& task = tasks[static_cast<std::size_t>(first) + i];
      truth.files += writers[i].files;
      truth.bytes += writers[i].bytes;
      done += task.end - task.begin;
    }
    progress(done, total);
  }
}

/// One minute of a modality as the study's rules make a window of its file. out: [channels, length].
LIFELOG_LAZY void fill_generated_window(const data::Modality& modality, const xt::xtensor<double, 2>& table,
                                        float* out) {
  if (modality.series()) {
    for (Index c = 0; c < modality.window_channels(); ++c)
      for (Index t = 0; t < modality.rows; ++t)
        *out++ = static_cast<float>(table(static_cast<std::size_t>(t), static_cast<std::size_t>(c + 1)));
    return;
  }
  double sum = 0;
  for (std::size_t r = 0; r < table.shape(0); ++r)
    for (std::size_t c = 1; c < table.shape(1); ++c) sum += table(r, c);
  *out = static_cast<float>(sum / static_cast<double>(table.shape(0) * (table.shape(1) - 1)));
}

}  // namespace detail

/// Writes what a plan describes as an ETRI tree: dir/dataset_2019/… and dir/user_info_2019_2018_updated.csv.
///
/// dir: new or empty, else std::invalid_argument; or what an interrupted call left, which is removed. The tree grows in
/// dir/.unfinished and moves to its place when it is complete, so a tree is whole or not there, whatever stops the
/// program. progress: called as `progress(done, total)` in minutes, from the calling thread. add: called as
/// `add(folder, truth)` when the tree is complete but for what it puts beside dataset_2019 (a truth.json). The same plan
/// gives the same bytes, whatever the threads. Returns what there is to find in the tree. Throws io_error, and what
/// progress and add throw; what was written by then is removed.
template<class ProgressCallback, class Addition>
GeneratorTruth write_etri_tree(const std::filesystem::path& dir, const GeneratorPlan& plan,
                               ProgressCallback&& progress, Addition&& add) {
  detail::UnfinishedFolder tree(dir);
  auto truth = truth_of(plan);
  const auto users = tree.path() / "dataset_2019";
  const auto dirt = detail::dirt_by_session(plan);
  detail::write_sessions(plan, users, dirt, truth);
  detail::write_minutes(plan, users, dirt, truth, progress);
  const auto info = detail::user_info_text(plan);
  detail::write_whole(tree.path() / "user_info_2019_2018_updated.csv", info);
  ++truth.files;
  truth.bytes += static_cast<Index>(info.size());
  add(std::as_const(tree).path(), std::as_const(truth));
  tree.complete();
  return truth;
}

LIFELOG_LAZY GeneratorTruth write_etri_tree(const std::filesystem::path& dir, const GeneratorPlan& plan) {
  return write_etri_tree(
      dir, plan, [](Index, Index) {}, [](const std::filesystem::path&, const GeneratorTruth&) {});
}

/// Plans and writes in one go. std::invalid_argument names an option out of its range.
LIFELOG_LAZY GeneratorTruth write_etri_tree(const std::filesystem::path& dir,
                                            const GeneratorOptions& options) {
  return write_etri_tree(dir, plan_generator(options));
}

/// All regular minutes of a person in memory: what reading a written tree without dirt by the study's rules
/// gives (mGps: the mean over all of its values). person: index of the plan.
LIFELOG_LAZY data::DataSet generate_dataset(const GeneratorPlan& plan, Index person) {
  lifelog::detail::require(person >= 0 && person < static_cast<Index>(plan.people.size()),
                           "person: expected an index below ", plan.people.size(), ", got ", person);
  const auto& one = plan.people[static_cast<std::size_t>(person)];
  const auto modalities = data::etri_2019();
  const auto minutes = plan.options.minutes, total = plan.options.sessions * minutes;
  const auto n = static_cast<std::size_t>(total);
  data::DataSet set;
  set.user = one.user;
  for (Index c = 0; c < one.classes; ++c) set.classes.push_back(std::to_string(one.lowest + c));
  for (const auto& m : modalities) {
    const std::array<std::size_t, 3> shape{n, static_cast<std::size_t>(m.window_channels()),
                                           static_cast<std::size_t>(m.window_length())};
    set.modalities.push_back({m.name, xt::xtensor<float, 3>(shape), m.scalar()});
  }
  set.label.resize({n});
  set.timestamp.resize({n});
  parallel_for(total, plan.options.threads, [&](Index i) {
    const auto& session = one.sessions[static_cast<std::size_t>(i / minutes)];
    const auto at = static_cast<std::size_t>(i);
    set.label(at) = session.level[static_cast<std::size_t>(i % minutes)];
    set.timestamp(at) = session.start + 60 * (i % minutes);
    GeneratedMinute tables;
    generate_minute(plan, person, i / minutes, i % minutes, tables);
    for (std::size_t m = 0; m < modalities.size(); ++m)
      detail::fill_generated_window(modalities[m], tables[m], &set.modalities[m].values(at, 0, 0));
  });
  return set;
}

}  // namespace lifelog::generator
