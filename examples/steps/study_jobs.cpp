// SPDX-License-Identifier: MIT

// The study as jobs: which there are, what they take, and doing one of them.

#include <algorithm>
#include <cmath>
#include <lifelog/data/dataset_file.hpp>

#include "../common/quality_file.hpp"
#include "../common/table.hpp"
#include "fold_networks.hpp"
#include "replicates.hpp"
#include "report_files.hpp"
#include "study.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// Below `out`: says that a person's part of a step is done; of one replicate, that it is.
std::string person_stamp(const std::string& step, const std::string& user,
                         const std::string& replicate = {}) {
  return ".steps/" + step + "/" + user + (replicate.empty() ? "" : "/" + replicate) + ".json";
}

/// None where there is but one: that would be the person's job once more.
std::vector<std::string> replicates_of(const EvaluationOptions& judging) {
  auto names = replicate_names(judging);
  if (names.size() == 1) names.clear();
  return names;
}

enum class Part { joint, person, replicate };

/// A guess on the generous side, from MiB of data sets, which are minutes times what sensors recorded in each; of networks also
/// times how often they see them. docs/past-one-machine.md has the runs it was made from.
StepCost cost_of(const StudyStep& step, const StudyOptions& options, double mib, Part part) {
  if (part == Part::joint || !step.per_person)
    return {60 + 0.2 * mib, 300 + 3 * std::min(mib, 1000.0) + 0.05 * mib};
  const auto& judging = options.judging;
  const double replicates = static_cast<double>(replicate_names(judging).size()),
               folds = judging.all_folds ? static_cast<double>(judging.folds) : 1;
  const double training = 0.004 * mib * folds * static_cast<double>(options.training.train.epochs);
  if (part == Part::replicate) return {5 + training, 100 + 4 * mib};
  const bool ahead = !replicates_of(judging).empty();
  const double judged = mib * (0.3 + 0.04 * folds * replicates);
  return {5 + judged + (ahead ? 0 : replicates * training), 100 + 5 * mib};
}

double mib_of(const fs::path& file) {
  return fs::exists(file) ? static_cast<double>(fs::file_size(file)) / (1 << 20) : 0;
}

}  // namespace

std::vector<StudyStep> Study::steps_of(const StudyOptions& options) {
  std::vector<StudyStep> steps;
  const bool generated = options.data.empty();
  if (generated) steps.push_back({"recordings", "raw", {}, &Study::obtain_recordings});
  steps.push_back({"data", "data", {}, &Study::preprocess});
  if (generated) steps.back().needs.push_back("recordings");
  steps.push_back({"networks", "mil", {"data"}, &Study::train, true});
  steps.push_back({"importances", "importance", {"data", "networks"}, &Study::find_importances});
  steps.push_back({"groups", "groups", {"importances"}, &Study::find_groups});
  if (options.hold_people_out)
    steps.push_back({"people held out", "across", {"data", "groups"}, &Study::hold_people_out});
  steps.push_back({"maps", "map", {"data", "importances"}, &Study::draw_maps});
  steps.push_back({"clusters", "clusters", {"data", "networks", "importances"}, &Study::cluster_minutes});
  if (options.layout == Layout::etri)
    steps.push_back({"predictors", "predictors", {"data", "groups"}, &Study::compare_predictors});
  StudyStep report{"report", "report", {}, &Study::report};
  for (const auto& one : steps) report.needs.push_back(one.name);
  steps.push_back(std::move(report));
  return steps;
}

ordered_json Study::plan(const StudyOptions& options) {
  const auto file = options.out / "data" / "quality.json";
  const auto people = fs::exists(file) ? read_quality(file) : std::vector<data::Quality>();
  const auto users = lifelog::examples::usable_users(people);
  const auto size = [&](const std::string& user) { return mib_of(dataset_file(options.out / "data", user)); };
  double all = 0;
  for (const auto& user : users) all += size(user);
  auto jobs = ordered_json::array(), per_person = ordered_json::array();
  const auto add = [&](const StudyStep& one, Part part, const ordered_json& person,
                       const ordered_json& replicate, const std::string& folder, const std::string& done,
                       double mib) {
    const auto cost = cost_of(one, options, mib, part);
    jobs.push_back({{"step", one.name},
                    {"person", person},
                    {"replicate", replicate},
                    {"needs", one.needs},
                    {"outputs", folder},
                    {"done", done},
                    {"seconds", std::ceil(cost.seconds)},
                    {"mib", std::ceil(cost.mib)}});
  };
  const auto replicates = replicates_of(options.judging);
  for (const auto& one : steps_of(options)) {
    const std::string folder = one.folder;
    if (one.per_person) {
      per_person.push_back(one.name);
      for (const auto& user : users) {
        const auto own = folder + "/" + user;
        for (const auto& name : replicates)
          add(one, Part::replicate, user, name, own + "/" + ahead_folder + "/" + name,
              person_stamp(one.name, user, name), size(user));
        add(one, Part::person, user, nullptr, own, person_stamp(one.name, user), size(user));
      }
    }
    const bool stamped = one.run != &Study::report;
    add(one, Part::joint, nullptr, nullptr, folder,
        stamped ? ".steps/" + one.name + ".json" : "report/index.html", all);
  }
  return {{"out", options.out.string()},
          {"per_person", per_person},
          {"replicates", replicates},
          {"jobs", std::move(jobs)}};
}

/// All of the folder; of one step, that step of it; of one person, that person's.
void Study::lock_part() {
  if (only_.empty()) {
    make_directory(options_.out);
    lock_.emplace(options_.out);
    return;
  }
  const auto found =
      std::find_if(steps_.begin(), steps_.end(), [&](const auto& one) { return one.name == only_; });
  std::vector<std::string> names;
  for (const auto& one : steps_) names.push_back(one.name);
  if (found == steps_.end())
    throw FlagError("--only: expected one of " + joined(names) + ", got '" + only_ + "'");
  const bool of_one = only_ != options_.only;
  if (of_one && !found->per_person)
    throw FlagError("--only: expected " + only_ + " without a person, got '" + options_.only + "'");
  for (const auto& need : found->needs)
    if (!fs::exists(stamp_file(need)))
      throw FlagError("--only: " + only_ + " needs " + need + ", which is not done in " +
                      options_.out.string());
  const auto steps = options_.out / ".steps" / only_;
  make_directory(steps);
  lock_.emplace(options_.out, Sharing::shared);
  step_lock_.emplace(steps, of_one ? Sharing::shared : Sharing::alone);
}

/// Of a step that the chosen one needs: that it was done, with the same settings.
void Study::require_done() const {
  const auto chosen =
      std::find_if(steps_.begin(), steps_.end(), [&](const auto& one) { return one.name == only_; });
  if (std::find(chosen->needs.begin(), chosen->needs.end(), now_->name) == chosen->needs.end()) return;
  const auto stamp = read_stamp(stamp_file(now_->name)).value_or(ordered_json::object());
  const auto changed = difference(stamp.value("settings", ordered_json::object()), settings_);
  if (!changed.empty())
    throw FlagError("--only: " + only_ + " needs " + now_->name +
                    ", which was done with other settings: " + changed);
}

/// Splits what `--only` says into a person and perhaps a replicate.
void Study::name_person() {
  const auto users = usable_users();
  const auto known = [&] { return std::find(users.begin(), users.end(), person_) != users.end(); };
  const auto said = person_;
  if (const auto colon = said.rfind(':'); !known() && colon != std::string::npos) {
    person_ = said.substr(0, colon);
    replicate_ = said.substr(colon + 1);
    const auto names = replicate_names(options_.judging);
    if (known() && std::find(names.begin(), names.end(), *replicate_) == names.end())
      throw FlagError("--only: expected a replicate that --plan tells, like " + names.front() + ", got '" +
                      *replicate_ + "'");
  }
  if (!known())
    throw FlagError("--only: expected " + only_ + ": and a person whose recordings can be used, got '" +
                    said + "'");
}

void Study::do_one_person() {
  name_person();
  const auto folder = options_.out / now_->folder / person_;
  make_directory(folder);
  person_lock_.emplace(folder, replicate_ ? Sharing::shared : Sharing::alone);
  const auto file = options_.out / person_stamp(now_->name, person_, replicate_.value_or(std::string()));
  make_directory(file.parent_path());
  writing([&] { fs::remove(file); });
  const Stopwatch watch;
  auto progress = program_.progress(now_->name, 1);
  const bool trained = replicate_ ? train_ahead(progress) : (train_one(person_, 0, progress), true);
  progress.finish();
  write_json(file, {{"settings", settings_}});
  announce(now_->name + " of " + person_ + (replicate_ ? ", " + *replicate_ : std::string()) + ": " +
           (trained ? "done (" + duration(watch.seconds()) + ")" : "done before"));
}

/// One replicate of a person; false where the person's networks are done.
bool Study::train_ahead(Progress& progress) {
  const auto files = training_files(person_);
  if (is_trained(files, made_of(person_))) return false;
  make_directory(files.ahead / *replicate_);
  const OutputLock lock(files.ahead / *replicate_);
  const auto ignored = train_replicate(
      data::load_dataset(dataset_file(options_.out / "data", person_)), options_.training, options_.judging,
      files.ahead, *replicate_, [&](double share) { progress.at(share, person_ + ", " + *replicate_); });
  announce_ignored(person_, ignored);
  return true;
}

void Study::announce_ignored(const std::string& user, const std::vector<std::string>& ignored) const {
  for (const auto& why : ignored) announce(user + ", trained again: " + why);
}

}  // namespace lifelog::examples
