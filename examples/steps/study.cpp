// SPDX-License-Identifier: MIT

#include "study.hpp"

#include <algorithm>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/data/raw_windows.hpp>
#include <lifelog/generator/generator.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/manifold/tsne.hpp>
#include <lifelog/readers/detail/archive.hpp>

#include "../common/quality_file.hpp"
#include "across.hpp"
#include "choosing.hpp"
#include "evaluation_metrics.hpp"
#include "generating.hpp"
#include "informing.hpp"
#include "mapping.hpp"
#include "measuring.hpp"
#include "regrouping.hpp"
#include "report_files.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

ordered_json training_settings(const TrainingOptions& options) {
  const auto& train = options.train;
  ordered_json settings{{"epochs", train.epochs},
                        {"batch", train.batch},
                        {"learning_rate", train.optimizer.learning_rate},
                        {"weight_decay", train.optimizer.weight_decay},
                        {"gamma", train.loss.gamma},
                        {"clip", train.clip},
                        {"patience", train.patience},
                        {"shuffle", train.shuffle},
                        {"split", {options.split.train, options.split.valid, options.split.test}},
                        {"standardize", options.standardize}};
  // Said only where they are not the study's, so that results made before there was a choice stay good.
  if (options.pool != mil::Pool::self) settings["pool"] = mil::pool_name(options.pool);
  if (options.encoder != mil::StudyEncoders::name) settings["encoder"] = options.encoder;
  if (options.windows > 1) settings["windows"] = options.windows;
  if (options.sensor_dropout > 0) settings["sensor_dropout"] = options.sensor_dropout;
  if (train.ties == train::Ties::loss) settings["ties"] = "validation loss";
  return settings;
}

/// A person's raw windows into those of everybody, [minutes, …], from row `at`.
void put_windows(const data::DataSet& data, const std::vector<Index>& own, Index at, Index minutes,
                 RowMatrix<float>& windows) {
  const auto of_user = data::raw_windows(data, own);
  if (at == 0) windows.resize(minutes, of_user.cols());
  windows.middleRows(at, of_user.rows()) = of_user;
}

void add_split_file(const fs::path& file, ordered_json& settings) {
  if (file.empty()) return;
  settings["split_file"] = fs::absolute(file).lexically_normal().string();
  readers::detail::Checksum sum;
  sum.add(io::read_file(file));
  settings["split_file_checksum"] = std::to_string(sum.value());
}

/// Nothing where minutes are split by shares and networks trained once, as the study does.
ordered_json judging_settings(const EvaluationOptions& options) {
  if (options.shares && options.seeds == 1 && options.nulls == 0) return nullptr;
  if (options.shares) return {{"seeds", options.seeds}, {"null", options.nulls}};
  ordered_json settings{
      {"evaluate", options.split_file.empty() ? evaluate::scheme_name(options.scheme) : "split-file"},
      {"folds", options.folds},
      {"all_folds", options.all_folds},
      {"seeds", options.seeds},
      {"null", options.nulls}};
  if (options.gap) settings["gap"] = *options.gap;
  if (options.measure)
    settings.update({{"measure", "information"}, {"trust", "by sensors shown, of equal spread"}});
  add_split_file(options.split_file, settings);
  return settings;
}

/// The minute in which one window weighs most, for the report.
ordered_json strip_of(const data::DataSet& data, const Importance& result) {
  Index row = 0, column = 0;
  result.when.maxCoeff(&row, &column);
  const std::vector<double> weight(result.when.row(row).begin(), result.when.row(row).end());
  return {{"user", data.user},
          {"minute", data.timestamp(static_cast<std::size_t>(result.rows[static_cast<std::size_t>(row)]))},
          {"windows", result.when.cols() / result.importance.cols()},
          {"weight", weight}};
}

}  // namespace

Study::Study(StudyOptions options, const Program& program) : options_(std::move(options)), program_(program) {
  settings_["seed"] = program.seed;
  options_.generator.seed = program.seed;
  options_.generator.threads = program.threads;
  for (auto* training : {&options_.training, &options_.predictors}) {
    training->train.seed = training->split.seed = program.seed;
    training->threads = program.threads;
  }
  generated_ = options_.data.empty();
  steps_ = steps_of(options_);
  if (generated_)
    options_.data = options_.out / "raw";
  else
    name_recordings();
  const auto colon = options_.only.find(':');
  only_ = options_.only.substr(0, colon);
  if (colon != std::string::npos) person_ = options_.only.substr(colon + 1);
  lock_part();
}

void Study::run() {
  for (const auto& one : steps_) {
    now_ = &one;
    (this->*one.run)();
    if (one.name == only_) return;
  }
}

ordered_json Study::inputs() {
  auto states = ordered_json::object();
  for (const auto& name : now_->needs)
    for (const auto& one : steps_)
      if (one.name == name) states[name] = results(one.folder);
  if (now_->run != &Study::preprocess) return states;
  states["recordings"] = recordings_state();
  if (!options_.labels.empty()) states["labels"] = states_.of(options_.labels, results_rule);
  if (!options_.sensors.empty()) states["sensors"] = states_.of(options_.sensors, results_rule);
  return states;
}

void Study::announce(const std::string& what) const {
  program_.out() << what << std::endl;
}

/// Why a step is to be done although there is a stamp of it; empty when it is not.
std::string Study::stale(const ordered_json& stamp, const ordered_json& inputs,
                         const ordered_json& outputs) const {
  const auto part = [&](const char* name) {
    return stamp.contains(name) ? stamp.at(name) : ordered_json::object();
  };
  if (const auto changed = difference(part("settings"), settings_); !changed.empty())
    return "settings of " + changed;
  const auto before = part("inputs");
  for (const auto& [name, state] : inputs.items()) {
    const auto changed = difference(before.contains(name) ? before.at(name) : ordered_json::object(), state);
    if (!changed.empty()) return name + ": " + changed;
  }
  const auto changed = difference(part("outputs"), outputs);
  return changed.empty() ? changed : "results: " + changed;
}

template<class Work>
void Study::step(const ordered_json& settings, Work work) {
  const auto& name = now_->name;
  const auto* folder = now_->folder;
  settings_[name] = settings;
  if (!chosen()) return require_done();
  if (!person_.empty()) return do_one_person();
  const auto inputs = this->inputs();
  const auto file = stamp_file(name);
  if (const auto stamp = read_stamp(file)) {
    const auto why = stale(*stamp, inputs, results(folder));
    if (why.empty()) return announce(name + ": done before");
    announce(name + ": again, because of " + why);
  }
  make_directory(file.parent_path());
  writing([&] { fs::remove(file); });
  const Stopwatch watch;
  const std::string summary = work();
  write_json(file, {{"settings", settings_},
                    {"inputs", inputs},
                    {"outputs", results(folder)},
                    {"minutes", static_cast<int>(watch.seconds() / 60)}});
  announce(name + ": " + summary + " (" + duration(watch.seconds()) + ")");
}

/// A folder of results, as it is now.
ordered_json Study::results(const std::string& folder) {
  if (folder == "raw") return recordings_state();
  return states_.of(options_.out / folder, results_rule);
}

void Study::name_recordings() {
  const bool archive = options_.layout == Layout::empatica && fs::is_regular_file(options_.data);
  if (!archive) require_directory(options_.data);
  settings_["recordings"] = {
      {"data", text_for_json(fs::absolute(options_.data).lexically_normal().string())}};
}

void Study::obtain_recordings() {
  const auto& generator = options_.generator;
  ordered_json settings{{"users", generator.users},     {"sessions", generator.sessions},
                        {"minutes", generator.minutes}, {"groups", generator.groups},
                        {"dirt", generator.dirt},       {"strength", generator.strength}};
  settings.update(generator_settings(generator));
  step(settings, [&] { return generate_recordings(); });
}

std::string Study::generate_recordings() const {
  const auto plan = generator::plan_generator(options_.generator);
  writing([&] { fs::remove_all(options_.data); });
  const auto truth = generate_tree(options_.data, plan, program_);
  return count(static_cast<long long>(truth.people.size()), "person", "people") + " in " +
         count(static_cast<long long>(truth.groups.size()), "group", "groups") + " generated, " +
         count(truth.files, "file", "files") + " with " +
         count(static_cast<long long>(truth.defects.size()), "defect", "defects");
}

/// Of recordings that were discarded this file went first; folders stay.
bool Study::recordings_discarded() const {
  return generated_ && !fs::exists(options_.data / "user_info_2019_2018_updated.csv") &&
         fs::exists(options_.data / "dataset_2019");
}

/// Of generated recordings that were discarded, or are generated again when a step needs them, what was noted first.
ordered_json Study::recordings_state() {
  if (!generated_) return states_.of(options_.data, recordings_rule, {options_.out});
  if (recordings_discarded())
    if (const auto stamp = read_stamp(options_.out / ".steps" / "recordings.json");
        stamp && stamp->contains("outputs"))
      return stamp->at("outputs");
  return states_.of(options_.data, generated_rule);
}

/// Folders stay, which say who was recorded when, and truth.json.
void Study::discard_recordings() const {
  writing([&] {
    fs::remove(options_.data / "user_info_2019_2018_updated.csv");
    for (const auto& user : fs::directory_iterator(options_.data / "dataset_2019"))
      for (const auto& session : fs::directory_iterator(user))
        for (const auto& recorded : fs::directory_iterator(session)) fs::remove_all(recorded);
  });
}

void Study::preprocess() {
  PreprocessOptions preprocess;
  preprocess.layout = options_.layout;
  preprocess.in = options_.data;
  preprocess.out = options_.out / "data";
  preprocess.labels = options_.labels;
  preprocess.tags = options_.tags;
  preprocess.sensors = options_.sensors;
  preprocess.window = options_.window;
  preprocess.step = options_.step;
  preprocess.label_name = options_.label_name;
  preprocess.rules = options_.rules;
  preprocess.allow_missing = options_.allow_missing;
  preprocess.rows = options_.layout == Layout::etri;
  preprocess.threads = program_.threads;
  const Preprocessor preprocessor(preprocess);
  auto settings = preprocessor.settings();
  settings["labels"] =
      options_.labels.empty() ? "" : text_for_json(fs::absolute(options_.labels).lexically_normal().string());
  step(settings, [&] {
    if (recordings_discarded()) generate_recordings();
    auto progress = program_.progress("reading", static_cast<double>(preprocessor.users().size()));
    preprocess_all(preprocessor, [&](double done, const std::string& note) { progress.at(done, note); });
    for (const auto& finding : preprocessor.findings()) program_.warn(finding);
    const auto total = total_quality(read_quality(preprocess.out / "quality.json"));
    return grouped(total.minutes_kept) + " of " + count(total.minutes_seen, "minute", "minutes") + " kept";
  });
  if (chosen() && generated_ && options_.discard_raw) discard_recordings();
  if (!usable_users().empty()) return;
  const auto quality = preprocess.out / "quality.json";
  const auto people = read_quality(quality);
  std::string found = count(static_cast<long long>(people.size()), "person", "people");
  if (!people.empty()) {
    const auto& first = people.front();
    found += "; " + first.user + ": " +
             (first.error.empty() ? count(first.minutes_kept, "minute", "minutes") + ", expected at least " +
                                        std::to_string(fewest_minutes)
                                  : first.error);
  }
  throw format_error(options_.data.string(), "expected at least one usable person, got none of " + found +
                                                 "; " + quality.string() + " accounts for all");
}

std::vector<std::string> Study::usable_users() const {
  return lifelog::examples::usable_users(read_quality(options_.out / "data" / "quality.json"));
}

TrainingFiles Study::training_files(const std::string& user) const {
  TrainingFiles files(options_.out / "mil" / user / "model.safetensors");
  files.ahead = options_.out / "mil" / user / ahead_folder;
  return files;
}

/// What a person's networks are made of.
ordered_json Study::made_of(const std::string& user) {
  return {{"settings", settings_},
          {"data", states_.of(dataset_file(options_.out / "data", user), results_rule)}};
}

bool Study::is_begun(const TrainingFiles& files, const ordered_json& made_of) const {
  return read_stamp(files.model.parent_path() / ".settings.json") == made_of;
}

bool Study::is_trained(const TrainingFiles& files, const ordered_json& made_of) const {
  return is_begun(files, made_of) && fs::exists(files.model) && fs::exists(files.metrics) &&
         fs::exists(files.history) && (fs::exists(files.measured) || !options_.judging.measure);
}

void Study::train_one(const std::string& user, double done, Progress& progress) {
  const auto files = training_files(user);
  make_directory(files.model.parent_path());
  const auto discard_ahead = [&] { writing([&] { fs::remove_all(files.ahead); }); };
  const auto made_of = this->made_of(user);
  if (is_trained(files, made_of)) return discard_ahead();
  auto options = options_.training;
  // A checkpoint is gone on from only if it was made with the same settings.
  options.resume = is_begun(files, made_of);
  if (!options.resume) {
    for (const auto& file :
         {files.model, files.history, files.metrics, files.checkpoint, files.predictions, files.measured})
      writing([&] { fs::remove(file); });
    write_json(files.model.parent_path() / ".settings.json", made_of);
  }
  auto data = data::load_dataset(dataset_file(options_.out / "data", user));
  if (!options.standardize)
    for (const auto& sentence : oversized_modalities(data)) program_.warn(user + ": " + sentence);
  const auto trained = train_and_judge(
      std::move(data), options, options_.judging, files,
      [&](const train::Epoch& epoch) {
        progress.at(done + 0.2 * static_cast<double>(epoch.epoch) / options.train.epochs,
                    user + ", loss " + fixed(epoch.loss, 3));
      },
      [&](double share) { progress.at(done + 0.2 + 0.8 * share, user + ", folds"); });
  announce_ignored(user, trained.ignored);
  if (!trained.plan.reason.empty()) program_.out() << user << ": " << trained.plan.reason << std::endl;
  discard_ahead();
}

ordered_json Study::judge_everybody(const std::vector<std::string>& users) const {
  std::vector<ordered_json> people;
  std::vector<std::string> predictions, files;
  for (const auto& user : users) {
    const auto of = training_files(user);
    auto metrics = read_json(of.metrics);
    if (!metrics.contains("baselines")) continue;
    people.push_back(std::move(metrics));
    predictions.push_back(io::read_file(of.predictions));
    files.push_back(of.predictions.string());
  }
  auto cohort = cohort_metrics(people, predictions, files, program_.seed, program_.threads);
  if (cohort.is_null())
    writing([&] { fs::remove(options_.out / "metrics.json"); });
  else
    write_json(options_.out / "metrics.json", cohort);
  return cohort;
}

void Study::train() {
  auto settings = training_settings(options_.training);
  if (const auto judging = judging_settings(options_.judging); !judging.is_null()) settings.update(judging);
  step(settings, [&] {
    const auto users = usable_users();
    auto progress = program_.progress("training", static_cast<double>(users.size()));
    double f1 = 0;
    std::vector<std::string> diverged, lost;
    for (std::size_t u = 0; u < users.size(); ++u) {
      train_one(users[u], static_cast<double>(u), progress);
      progress.at(static_cast<double>(u + 1));
      const auto metrics = read_json(training_files(users[u]).metrics);
      f1 += metrics.at("f1").get<double>();
      if (metrics.at("status") == status_name(train::TrainStatus::diverged))
        diverged.push_back(users[u]);
      else if (worse_than_guessing(metrics))
        lost.push_back(users[u]);
    }
    const auto cohort = judge_everybody(users);
    std::string beside;
    if (!cohort.is_null()) {
      const auto [name, best] = best_baseline(cohort);
      beside = " (" + name + " alone " + fixed(best, 3) +
               (cohort.at("beats_baselines") ? ")" : "; the networks do not beat the baselines)");
    }
    return count(static_cast<long long>(users.size()), "network", "networks") + " trained, mean test F1 " +
           fixed(f1 / static_cast<double>(users.size()), 3) + beside +
           (diverged.empty() ? "" : "; diverged: " + joined(diverged)) +
           (lost.empty() ? "" : "; loss far above that of guessing: " + joined(lost));
  });
}

void Study::find_importances() {
  step({{"subset", "test"}}, [&] {
    const auto dir = options_.out / "importance";
    make_directory(dir);
    MinuteRows rows;
    auto strips = ordered_json::array();
    for (const auto& user : usable_users()) {
      auto data = data::load_dataset(dataset_file(options_.out / "data", user));
      const auto model = mil::load_any_model(training_files(user).model.string());
      const auto result = modal_importance(model, data, true, program_.threads);
      writing([&] { fs::remove(dir / (user + ".npy")); });
      if (!result.importance.allFinite()) {
        program_.warn("importances of " + user + " are left out: the model makes no numbers of some minutes");
        continue;
      }
      writing([&] { io::save_npy(dir / (user + ".npy"), result.importance); });
      if (result.when.size() > 0) strips.push_back(strip_of(data, result));
      // A network that diverged before its first epoch's end has learnt nothing that people could be grouped by.
      if (read_json(training_files(user).metrics).at("epochs") > 0)
        rows.add(data, result.rows, result.importance);
    }
    if (rows.users.empty())
      throw std::runtime_error("every person's training diverged; try a smaller --lr or --standardize");
    save_minutes(dir, rows);
    writing([&] { fs::remove(dir / "when.json"); });
    if (!strips.empty()) write_json(dir / "when.json", strips);
    writing([&] {
      fs::remove_all(dir / "contributions");
      for (const char* file : {"information.json", "faithfulness.json"}) fs::remove(dir / file);
    });
    const auto information = options_.judging.measure ? find_information() + "; attention " : std::string();
    return information + "of " + count(rows.size(), "test minute", "test minutes") + ", " +
           count(rows.importance.cols(), "modality", "modalities");
  });
}

std::string Study::find_information() const {
  const auto dir = options_.out / "importance";
  make_directory(dir / "contributions");
  std::vector<MeasuredPerson> people;
  std::vector<std::pair<std::string, ordered_json>> metrics;
  for (const auto& user : usable_users()) {
    const auto files = training_files(user);
    metrics.emplace_back(user, read_json(files.metrics));
    auto& person = people.emplace_back();
    person.user = user;
    if (!fs::exists(files.measured)) {
      person.reason = "no minute was held out";
      continue;
    }
    const auto data = data::load_dataset(dataset_file(options_.out / "data", user));
    auto& measured = person.measured.emplace(load_measured(files.measured));
    person.blocks = information_blocks(data, measured.told());
    const auto sensors = static_cast<Index>(measured.modalities.size());
    const auto size = [](Index i) { return static_cast<std::size_t>(i); };
    xt::xtensor<float, 3> values(std::array<std::size_t, 3>{size(measured.contributions.rows()),
                                                            size(sensors), size(measured.classes())});
    std::copy_n(measured.contributions.data(), values.size(), values.data());
    writing([&] { io::save_npy(dir / "contributions" / (user + ".npy"), values); });
  }
  const auto& judging = options_.judging;
  const auto information = cohort_information(
      people, {judging.split_file.empty() ? evaluate::scheme_name(judging.scheme) : "split-file",
               judging.folds, judging.seeds, program_.seed, program_.threads});
  write_json(dir / "information.json", information);
  write_json(dir / "faithfulness.json", cohort_faithfulness(metrics));
  return information_summary(information);
}

void Study::find_groups() {
  const bool informed = options_.judging.measure;
  const ordered_json settings =
      informed ? ordered_json{{"rule", "information"}}
               : ordered_json{{"rule", "people"}, {"first", 2}, {"last", 10}, {"silhouette", {3, 9}}};
  step(settings, [&] {
    make_directory(options_.out / "groups");
    return informed ? group_by_information() : group_by_attention();
  });
}

std::string Study::group_by_attention() const {
  const auto dir = options_.out / "groups";
  const auto rows = minutes();
  cluster::SelectOptions options;
  options.kmeans.seed = program_.seed;
  options.kmeans.threads = program_.threads;
  const auto choice = choose_groups(rows, options);
  const auto groups = cluster::people_groups(cluster::user_groups(rows.users_of_rows(), choice.labels));
  writing([&] { io::save_npy(dir / "labels.npy", choice.labels.cast<std::int64_t>().eval()); });
  write_selection(dir / "selection.json", choice.selection);
  write_groups(dir / "groups.json", user_lists(groups, rows.users));
  return "k = " + std::to_string(choice.selection.chosen) + ", " + count(groups.count, "group", "groups") +
         " of people";
}

/// Minutes have the group of whose they are; those of people of whom nothing is told, one more.
std::string Study::group_by_information() const {
  const auto dir = options_.out / "groups";
  const auto rows = minutes();
  const auto information = read_json(options_.out / "importance" / "information.json");
  const auto& found = information.at("groups");
  const auto lists = information_groups(information, rows.users);
  std::vector<std::int64_t> group(rows.users.size(), static_cast<std::int64_t>(lists.size()));
  for (std::size_t g = 0; g < lists.size(); ++g)
    for (std::size_t u = 0; u < rows.users.size(); ++u)
      if (std::find(lists[g].begin(), lists[g].end(), rows.users[u]) != lists[g].end())
        group[u] = static_cast<std::int64_t>(g);
  Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1> labels(rows.size());
  for (Index i = 0; i < rows.size(); ++i)
    labels[i] = group[static_cast<std::size_t>(rows.person[static_cast<std::size_t>(i)])];
  const auto k = found.at("k").get<int>();
  const auto reason = found.at("reason").get<std::string>();
  const auto p = found.contains("p") ? ", p = " + fixed(found.at("p").get<double>(), 3) : std::string();
  report::Selection selection;
  selection.chosen = k;
  selection.rule =
      k == 1 ? "No groups: " + reason + p + '.'
             : std::to_string(k) + " groups of people by what their sensors tell: " + reason + p + '.';
  if (found.contains("silhouettes"))
    for (const auto& [key, name] :
         {std::pair("people", "people"), std::pair("no_groups", "cohorts without groups, mean")}) {
      report::ScoreCurve curve{name, {}, found.at("silhouettes").at(key)};
      for (std::size_t i = 0; i < curve.score.size(); ++i) curve.k.push_back(static_cast<int>(i) + 2);
      if (!curve.score.empty()) selection.silhouette.push_back(std::move(curve));
    }
  writing([&] { io::save_npy(dir / "labels.npy", labels); });
  write_selection(dir / "selection.json", selection);
  write_groups(dir / "groups.json", lists);
  return "k = " + std::to_string(k) + p + ", " +
         (k == 1 ? "no groups: " + reason : count(k, "group", "groups") + " of people");
}

/// Where there are no groups, the one predictor of everybody stands alone.
std::string Study::without_groups() const {
  const auto file = options_.out / "predictors" / "comparison.json";
  auto comparison = read_json(file);
  comparison["groups"] = ordered_json::array();
  comparison["mean_group_f1"] = comparison["mean_general_f1"] = nullptr;
  comparison["reason"] = "there are no groups of people";
  write_json(file, comparison);
  return "no groups to compare; F1 of everybody's predictor " +
         fixed(comparison.at("general").at("f1").get<double>(), 3);
}

template<class Body>
void Study::for_each_person(const MinuteRows& rows, const Body& body) const {
  for (Index at = 0; at < rows.size();) {
    const auto user = static_cast<std::size_t>(rows.person[static_cast<std::size_t>(at)]);
    const auto data = data::load_dataset(dataset_file(options_.out / "data", rows.users[user]));
    std::vector<Index> own;
    for (auto i = static_cast<std::size_t>(at); i < rows.person.size(); ++i) {
      if (rows.person[i] != static_cast<int>(user)) break;
      own.push_back(std::find(data.timestamp.begin(), data.timestamp.end(), rows.timestamp[i]) -
                    data.timestamp.begin());
    }
    body(data, own, at);
    at += static_cast<Index>(own.size());
  }
}

RowMatrix<float> Study::windows_of(const MinuteRows& rows) const {
  RowMatrix<float> windows;
  for_each_person(rows, [&](const data::DataSet& data, const std::vector<Index>& own, Index at) {
    put_windows(data, own, at, rows.size(), windows);
  });
  return windows;
}

std::vector<std::pair<std::string, RowMatrix<float>>> Study::kinds_of_rows(const MinuteRows& rows) const {
  RowMatrix<float> windows, contributions(rows.size(), rows.importance.cols()),
      information(rows.size(), rows.importance.cols());
  bool told = options_.judging.measure;
  for_each_person(rows, [&](const data::DataSet& data, const std::vector<Index>& own, Index at) {
    put_windows(data, own, at, rows.size(), windows);
    const auto file = training_files(data.user).measured;
    told = told && fs::exists(file);
    if (!told) return;
    const auto measured = load_measured(file);
    const auto size = static_cast<Index>(own.size());
    contributions.middleRows(at, size) = measured.for_said(own);
    information.middleRows(at, size) = measured.mean_bits(own).cast<float>();
  });
  std::vector<std::pair<std::string, RowMatrix<float>>> kinds{{"raw", std::move(windows)},
                                                              {"attention", rows.importance.cast<float>()}};
  if (told && contributions.allFinite()) kinds.emplace_back("contributions", std::move(contributions));
  if (told && information.allFinite()) kinds.emplace_back("information", std::move(information));
  return kinds;
}

/// What the study did of raw windows, and beside it the same of what networks say of the same minutes.
void Study::cluster_minutes() {
  constexpr int k = 7;  // the study's, of raw windows
  step({{"k", k}}, [&]() -> std::string {
    const auto dir = options_.out / "clusters";
    writing([&] { fs::remove_all(dir); });
    make_directory(dir);
    const auto all = minutes();
    const auto rows = all.pick(raw_sample(all.size()));
    if (rows.size() < std::max<Index>(k, cluster::fewest_rows_to_group)) return "too few minutes to cluster";
    cluster::KMeansOptions options;
    options.clusters = k;
    options.seed = program_.seed;
    options.threads = program_.threads;
    ordered_json json{{"k", k}, {"minutes", rows.size()}, {"rows", ordered_json::array()}};
    std::string summary;
    for (const auto& kind : kinds_of_rows(rows)) {
      const auto found = cluster_rows(kind.first, kind.second, rows, options);
      writing([&] { io::save_npy(dir / (found.name + ".npy"), found.labels.cast<std::int64_t>().eval()); });
      json["rows"].push_back(
          {{"rows", found.name}, {"people", found.with_people}, {"labels", found.with_labels}});
      summary += (summary.empty() ? "" : ", ") + found.name + " " + fixed(found.with_people, 3);
    }
    write_json(dir / "clusters.json", json);
    return "adjusted Rand index of " + std::to_string(k) + " clusters of minutes against people: " + summary;
  });
}

void Study::hold_people_out() {
  auto settings = training_settings(options_.training);
  settings["networks"] = options_.judging.seeds;
  step(settings, [&]() -> std::string {
    const auto file = options_.out / "across" / "across.json";
    make_directory(file.parent_path());
    std::vector<data::DataSet> people;
    for (const auto& user : usable_users())
      people.push_back(data::load_dataset(dataset_file(options_.out / "data", user)));
    AcrossOptions across;
    across.training = options_.training;
    across.networks = options_.judging.seeds;
    across.groups.assign(people.size(), -1);
    const auto grouped = options_.out / "groups" / "groups.json";
    const auto groups = fs::exists(grouped) ? read_groups(grouped) : UserLists();
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (std::size_t p = 0; p < people.size(); ++p)
        if (std::find(groups[g].begin(), groups[g].end(), people[p].user) != groups[g].end())
          across.groups[p] = static_cast<Index>(g);
    auto progress = program_.progress("people held out", 1);
    ordered_json told;
    try {
      told = lifelog::examples::hold_people_out(people, across, [&](double share) { progress.at(share); });
    } catch (const std::invalid_argument& error) {
      writing([&] { fs::remove(file); });
      return std::string("nobody can be held out: ") + error.what();
    }
    progress.finish();
    write_json(file, told);
    program_.out() << across_table(told);
    return count(static_cast<long long>(people.size()), "person", "people") + " held out in turn";
  });
}

void Study::draw_maps() {
  const ordered_json settings{{"perplexity", options_.perplexity}, {"iterations", options_.map_iterations}};
  step(settings, [&]() -> std::string {
    const auto dir = options_.out / "map";
    make_directory(dir);
    const auto rows = minutes();
    if (rows.size() < cluster::fewest_rows_to_group) {
      writing([&] { fs::remove(dir / "maps.json"); });
      return "too few minutes to map";
    }
    manifold::TsneOptions options;
    options.perplexity = options_.perplexity;
    options.iterations = options_.map_iterations;
    options.seed = program_.seed;
    options.threads = program_.threads;
    const auto importance = map_rows(rows.importance, options, program_, "map of importances");
    const auto windows = windows_of(rows.pick(raw_sample(rows.size())));
    const auto raw = map_rows(windows, options, program_, "map of raw windows");
    if (!importance.map.allFinite() || !raw.map.allFinite())
      throw std::runtime_error("a map came to positions that are no numbers");
    writing([&] {
      io::save_npy(dir / "importance.npy", importance.map);
      io::save_npy(dir / "raw.npy", raw.map);
    });
    write_json(dir / "maps.json",
               {{"importance_kl", importance.kl_divergence}, {"raw_kl", raw.kl_divergence}});
    return "KL " + fixed(importance.kl_divergence, 3) + " for importances, " + fixed(raw.kl_divergence, 3) +
           " for raw windows";
  });
}

void Study::compare_predictors() {
  auto settings = training_settings(options_.predictors);
  const bool hold_out = options_.evaluation == Evaluation::leave_one_out;
  settings["bins"] = options_.rules.bins == data::TensionBins::study ? "study" : "three";
  settings["evaluate"] = evaluation_name(options_.evaluation);
  const bool by_folds =
      options_.evaluation == Evaluation::blocked || options_.evaluation == Evaluation::session;
  if (by_folds) {
    settings["folds"] = options_.judging.folds;
    settings["gap"] = options_.judging.gap.value_or(1);
  }
  if (options_.evaluation == Evaluation::split_file) {
    settings["gap"] = options_.judging.gap.value_or(0);
    add_split_file(options_.judging.split_file, settings);
  }
  if (hold_out || options_.regroup) settings["assign_minutes"] = options_.assign_minutes;
  if (options_.regroup) settings["regroup"] = options_.judging.folds;
  // Seeds and shifted labels are for networks: predictors are trained once.
  auto judging = options_.judging;
  judging.seeds = 1, judging.nulls = 0;
  step(settings, [&]() -> std::string {
    const auto dir = options_.out / "predictors";
    try {
      return train_predictors(dir, judging, hold_out);
    } catch (const FlagError& error) {
      return no_predictors(dir, error.what());
    } catch (const std::invalid_argument& error) {
      return no_predictors(dir, error.what());
    }
  });
}

/// Everybody's rows, and what is told of predictors. Throws FlagError where groups cannot be compared.
std::string Study::train_predictors(const fs::path& dir, const EvaluationOptions& judging, bool hold_out) {
  auto groups = read_groups(options_.out / "groups" / "groups.json");
  std::vector<std::string> without_rows;
  for (auto& group : groups) {
    for (const auto& user : group)
      if (!fs::exists(rows_file(options_.out / "data", user))) without_rows.push_back(user);
    std::erase_if(group,
                  [&](const auto& user) { return !fs::exists(rows_file(options_.out / "data", user)); });
  }
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (groups[g].empty())
      throw FlagError("nobody of group " + std::to_string(g + 1) + " has a table of rows");
  if (!without_rows.empty())
    program_.out() << "no predictors of people without a table of rows: " << joined(without_rows) << '\n';
  const auto tables = read_row_tables(options_.out / "data", groups);
  const auto results = lifelog::examples::compare_predictors(
      tables, groups, options_.rules.bins, options_.predictors, options_.evaluation, judging, program_);
  write_predictors(dir, results);
  auto summary = "mean F1 of groups " + fixed(results.comparison.mean_group_f1(), 3) +
                 ", of everybody's predictor " + fixed(results.comparison.mean_general_f1(), 3);
  if (options_.judging.measure && groups.size() == 1) summary = without_groups();
  for (const char* file : {"held_out.json", "held_out_history.csv", "regrouped.json"})
    writing([&] { fs::remove(dir / file); });
  if (hold_out) {
    const auto held_out = hold_out_each(tables, groups, options_.rules.bins, options_.predictors,
                                        options_.assign_minutes, program_);
    write_held_out(dir, held_out);
    summary += "; of people held out: " + fixed(held_out.held_out.mean_assigned_f1(), 3) +
               " with the assigned group's predictor, " + fixed(held_out.held_out.mean_general_f1(), 3) +
               " with everybody else's";
  }
  return options_.regroup ? summary + "; " + regroup(dir, tables, groups) : summary;
}

/// Groups by which predictor tells whom best; what they are worth, or why there are none.
std::string Study::regroup(const fs::path& dir, const std::vector<data::RowTable>& tables,
                           const UserLists& groups) const {
  if (groups.size() < 2) return "not regrouped: there are no groups to begin with";
  try {
    const auto results = regroup_people(tables, groups, options_.rules.bins, options_.predictors,
                                        options_.judging.folds, options_.assign_minutes, program_);
    write_regrouped(dir, results);
    return results.verdict;
  } catch (const FlagError& error) {
    return std::string("not regrouped: ") + error.what();
  } catch (const std::invalid_argument& error) {
    return std::string("not regrouped: ") + error.what();
  }
}

/// Too few rows are no reason to have no report.
std::string Study::no_predictors(const fs::path& dir, const std::string& why) const {
  for (const char* file : {"comparison.json", "metrics.json", "history.csv", "held_out.json",
                           "held_out_history.csv", "regrouped.json"})
    writing([&] { fs::remove(dir / file); });
  return "none can be compared: " + why;
}

}  // namespace lifelog::examples
