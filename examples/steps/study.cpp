// SPDX-License-Identifier: MIT

#include "study.hpp"

#include <algorithm>
#include <lifelog/data/csv.hpp>
#include <lifelog/data/generator.hpp>
#include <lifelog/io/dataset.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/manifold/tsne.hpp>
#include <lifelog/metrics/agreement.hpp>
#include <lifelog/metrics/roc.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "mapping.hpp"
#include "predicting.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// Raw windows are high-dimensional; so many of them make the point of their map.
constexpr Index most_raw_windows = 2000;

/// Rows below which there is nothing to group or to map.
constexpr Index fewest_rows = 12;

ordered_json training_settings(const TrainingOptions& options) {
  const auto& train = options.train;
  return {{"epochs", train.epochs},
          {"batch", train.batch},
          {"learning_rate", train.optimizer.learning_rate},
          {"weight_decay", train.optimizer.weight_decay},
          {"gamma", train.loss.gamma},
          {"clip", train.clip},
          {"patience", train.patience},
          {"shuffle", train.shuffle},
          {"split", {options.split.train, options.split.valid, options.split.test}},
          {"standardize", options.standardize}};
}

/// Columns of a history.csv.
std::vector<std::vector<double>> read_history(const fs::path& path) {
  const std::vector<std::string> names{"epoch", "loss", "train_f1", "valid_f1"};
  data::CsvNumbers numbers;
  data::read_numbers(io::read_file(path), path.string(), names, numbers);
  std::vector<std::vector<double>> columns(names.size());
  for (Index row = 0; row < numbers.rows; ++row)
    for (std::size_t c = 0; c < names.size(); ++c) columns[c].push_back(numbers(row, c));
  return columns;
}

report::Training read_training(const std::string& user, const TrainingFiles& files) {
  auto history = read_history(files.history);
  const auto metrics = read_json(files.metrics);
  report::Training training;
  training.user = user;
  training.epoch = std::move(history[0]);
  training.loss = std::move(history[1]);
  training.train_f1 = std::move(history[2]);
  training.valid_f1 = std::move(history[3]);
  training.best_epoch = metrics.at("best_epoch");
  training.test_f1 = metrics.value("f1", 0.0);
  training.test_accuracy = metrics.value("accuracy", 0.0);
  training.train_minutes = metrics.at("train_minutes");
  training.test_minutes = metrics.at("test_minutes");
  training.classes = metrics.at("classes").size();
  return training;
}

/// How well a grouping of people suits their mean importances: a person alone in a group counts 0; −1 where all
/// people are in one group.
double people_silhouette(const RowMatrix<double>& means, const Eigen::VectorXi& group) {
  if (group.minCoeff() == group.maxCoeff()) return -1;
  return cluster::silhouette(means, group).mean;
}

/// [people, M]: the mean importance of each person's rows. users: [n], 0 … people − 1.
RowMatrix<double> mean_importances(const RowMatrix<double>& points, const Eigen::VectorXi& users,
                                   Index people) {
  RowMatrix<double> means = RowMatrix<double>::Zero(people, points.cols());
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(people);
  for (Index i = 0; i < points.rows(); ++i) {
    means.row(users[i]) += points.row(i);
    counts[users[i]] += 1;
  }
  return counts.cwiseInverse().asDiagonal() * means;
}

/// One minute of all modalities, one after another.
void append_window(const data::DataSet& data, Index row, float* to) {
  for (const auto& modality : data.modalities) {
    const auto size = modality.values.size() / modality.values.shape(0);
    to = std::copy_n(modality.values.data() + static_cast<std::size_t>(row) * size, size, to);
  }
}

Index window_size(const data::DataSet& data) {
  std::size_t size = 0;
  for (const auto& modality : data.modalities) size += modality.values.size() / modality.values.shape(0);
  return static_cast<Index>(size);
}

std::vector<double> column_means(const RowMatrix<float>& importance) {
  std::vector<double> means;
  for (Index m = 0; m < importance.cols(); ++m) means.push_back(importance.col(m).cast<double>().mean());
  return means;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
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
  make_directory(options_.out);
}

void Study::announce(const std::string& what) const {
  program_.out() << what << std::endl;
}

template<class Work>
void Study::step(const std::string& name, const ordered_json& settings, Work work) {
  settings_[name] = settings;
  const auto stamp = options_.out / ".steps" / (name + ".json");
  if (fs::exists(stamp) && read_json(stamp) == settings_) {
    announce(name + ": done before");
    return;
  }
  make_directory(stamp.parent_path());
  writing([&] { fs::remove(stamp); });
  const Stopwatch watch;
  const std::string summary = work();
  write_json(stamp, settings_);
  announce(name + ": " + summary + " (" + duration(watch.seconds()) + ")");
}

void Study::obtain_recordings() {
  if (!options_.data.empty()) {
    require_directory(options_.data);
    settings_["recordings"] = {{"data", fs::absolute(options_.data).lexically_normal().string()}};
    return;
  }
  options_.data = options_.out / "raw";
  const auto& generator = options_.generator;
  step("recordings",
       {{"users", generator.users},
        {"sessions", generator.sessions},
        {"minutes", generator.minutes},
        {"groups", generator.groups},
        {"dirt", generator.dirt},
        {"strength", generator.strength}},
       [&] {
         const auto plan = data::plan_generator(generator);
         writing([&] { fs::remove_all(options_.data); });
         const auto truth = generate_tree(options_.data, plan, program_);
         return count(static_cast<long long>(truth.people.size()), "person", "people") + " in " +
                count(static_cast<long long>(truth.groups.size()), "group", "groups") + " generated, " +
                count(truth.files, "file", "files") + " with " +
                count(static_cast<long long>(truth.defects.size()), "defect", "defects");
       });
}

void Study::preprocess() {
  PreprocessOptions preprocess;
  preprocess.layout = options_.layout;
  preprocess.in = options_.data;
  preprocess.out = options_.out / "data";
  preprocess.labels = options_.labels;
  preprocess.rules = options_.rules;
  preprocess.rows = options_.layout == Layout::etri;
  preprocess.threads = program_.threads;
  const Preprocessor preprocessor(preprocess);
  auto settings = preprocessor.settings();
  settings["labels"] =
      options_.labels.empty() ? "" : fs::absolute(options_.labels).lexically_normal().string();
  step("data", settings, [&] {
    auto progress = program_.progress("reading", static_cast<double>(preprocessor.users().size()));
    const auto read =
        preprocess_all(preprocessor, [&](std::size_t done) { progress.at(static_cast<double>(done)); });
    std::vector<data::Quality> qualities;
    for (const auto& person : read) qualities.push_back(person.quality);
    const auto total = total_quality(qualities);
    return grouped(total.minutes_kept) + " of " + count(total.minutes_seen, "minute", "minutes") + " kept";
  });
  if (usable_users().empty())
    throw format_error(options_.data.string(), "expected at least one usable person; " +
                                                   (preprocess.out / "quality.json").string() +
                                                   " says why there is none");
}

std::vector<std::string> Study::usable_users() const {
  std::vector<std::string> users;
  for (const auto& quality : read_quality(options_.out / "data" / "quality.json"))
    if (quality.usable()) users.push_back(quality.user);
  return users;
}

void Study::train_one(const std::string& user, double done, Progress& progress) {
  const TrainingFiles files(options_.out / "mil" / user / "model.safetensors");
  make_directory(files.model.parent_path());
  // A checkpoint is gone on from only if it was made with the same settings.
  const auto begun = files.model.parent_path() / ".settings.json";
  auto options = options_.training;
  options.resume = fs::exists(begun) && read_json(begun) == settings_;
  if (options.resume && fs::exists(files.model) && fs::exists(files.metrics) && fs::exists(files.history))
    return;
  if (!options.resume) {
    for (const auto& file : {files.model, files.history, files.metrics, files.checkpoint})
      writing([&] { fs::remove(file); });
    write_json(begun, settings_);
  }
  auto data = io::load_dataset(dataset_file(options_.out / "data", user));
  const auto training = train_person(data, options, files, [&](const mil::Epoch& epoch) {
    progress.at(done + static_cast<double>(epoch.epoch) / options.train.epochs,
                user + ", loss " + fixed(epoch.loss, 3));
  });
  write_training(training, options, files);
}

void Study::train() {
  step("networks", training_settings(options_.training), [&] {
    const auto users = usable_users();
    auto progress = program_.progress("training", static_cast<double>(users.size()));
    double f1 = 0;
    for (std::size_t u = 0; u < users.size(); ++u) {
      train_one(users[u], static_cast<double>(u), progress);
      progress.at(static_cast<double>(u + 1));
      f1 += read_training(users[u], TrainingFiles(options_.out / "mil" / users[u] / "model.safetensors"))
                .test_f1;
    }
    return count(static_cast<long long>(users.size()), "network", "networks") + " trained, mean test F1 " +
           fixed(f1 / static_cast<double>(users.size()), 3);
  });
}

void Study::find_importances() {
  step("importances", {{"subset", "test"}}, [&] {
    const auto dir = options_.out / "importance";
    make_directory(dir);
    const auto users = usable_users();
    std::vector<RowMatrix<float>> all;
    std::vector<std::int64_t> owner, minute;
    std::vector<std::int64_t> label;
    std::vector<std::string> modalities;
    ordered_json classes = ordered_json::array();
    for (std::size_t u = 0; u < users.size(); ++u) {
      auto data = io::load_dataset(dataset_file(options_.out / "data", users[u]));
      const auto model = mil::load_model((options_.out / "mil" / users[u] / "model.safetensors").string());
      auto result = modal_importance(model, data, true, program_.threads);
      writing([&] { io::save_npy(dir / (users[u] + ".npy"), result.importance); });
      for (const auto row : result.rows) {
        owner.push_back(static_cast<std::int64_t>(u));
        minute.push_back(data.timestamp(static_cast<std::size_t>(row)));
        label.push_back(data.label(static_cast<std::size_t>(row)));
      }
      all.push_back(std::move(result.importance));
      classes.push_back(data.classes);
      modalities.clear();
      for (const auto& modality : data.modalities) modalities.push_back(modality.name);
    }
    RowMatrix<float> importance(static_cast<Index>(owner.size()), static_cast<Index>(modalities.size()));
    Index at = 0;
    for (const auto& own : all) {
      importance.middleRows(at, own.rows()) = own;
      at += own.rows();
    }
    const auto column = [](const std::vector<std::int64_t>& values) {
      return Eigen::Map<const Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1>>(
                 values.data(), static_cast<Index>(values.size()))
          .eval();
    };
    writing([&] {
      io::save_npy(dir / "importance.npy", importance);
      io::save_npy(dir / "users.npy", column(owner));
      io::save_npy(dir / "minutes.npy", column(minute));
      io::save_npy(dir / "labels.npy", column(label));
    });
    write_json(dir / "people.json", {{"users", users}, {"modalities", modalities}, {"classes", classes}});
    return "of " + count(importance.rows(), "test minute", "test minutes") + ", " +
           count(importance.cols(), "modality", "modalities");
  });
}

Study::People Study::people() const {
  const auto json = read_json(options_.out / "importance" / "people.json");
  return {json.at("users"), json.at("modalities")};
}

void Study::find_groups() {
  step("groups", {{"rule", "people"}, {"first", 2}, {"last", 10}, {"silhouette", {3, 9}}}, [&] {
    const auto dir = options_.out / "groups";
    make_directory(dir);
    const RowMatrix<double> points =
        as_eigen(io::load_npy<double, 2>(options_.out / "importance" / "importance.npy"));
    const Eigen::VectorXi users = as_eigen(io::load_npy<int, 1>(options_.out / "importance" / "users.npy"));
    const auto names = people().users;
    ordered_json selection{{"k", 1}};
    Eigen::VectorXi labels = Eigen::VectorXi::Zero(points.rows());
    if (points.rows() >= fewest_rows && names.size() > 1) {
      cluster::SelectOptions options;
      options.kmeans.seed = program_.seed;
      options.kmeans.threads = program_.threads;
      const auto tried = cluster::select_k(points, users, options);
      const auto means = mean_importances(points, users, static_cast<Index>(names.size()));
      Eigen::VectorXd of_people(tried.silhouette_k.size());
      for (Index i = 0; i < of_people.size(); ++i)
        of_people[i] = people_silhouette(
            means, cluster::user_groups(users, tried.tree.cut(tried.silhouette_k[i])).group);
      Index best = 0;
      of_people.maxCoeff(&best);
      labels = tried.tree.cut(tried.silhouette_k[best]);
      const auto list = [](const auto& values) { return std::vector<double>(values.begin(), values.end()); };
      selection = {{"k", tried.silhouette_k[best]},
                   {"entropy",
                    {{"k", list(tried.k)},
                     {"k-means", list(tried.kmeans_entropy)},
                     {"Ward", list(tried.ward_entropy)}}},
                   {"silhouette",
                    {{"k", list(tried.silhouette_k)},
                     {"Ward, minutes", list(tried.ward_silhouette)},
                     {"Ward, people", list(of_people)}}}};
    }
    const auto groups = user_lists(cluster::user_groups(users, labels), names);
    writing([&] { io::save_npy(dir / "labels.npy", labels.cast<std::int64_t>().eval()); });
    write_json(dir / "selection.json", selection);
    write_groups(dir / "groups.json", groups);
    return "k = " + std::to_string(selection.at("k").get<int>()) + ", " +
           count(static_cast<long long>(groups.size()), "group", "groups") + " of people";
  });
}

void Study::draw_maps() {
  step("maps", {{"perplexity", options_.perplexity}, {"iterations", options_.map_iterations}},
       [&]() -> std::string {
         const auto dir = options_.out / "map";
         make_directory(dir);
         const auto importance = io::load_npy<double, 2>(options_.out / "importance" / "importance.npy");
         const auto rows = static_cast<Index>(importance.shape(0));
         if (rows < fewest_rows) {
           writing([&] { fs::remove(dir / "maps.json"); });
           return "too few minutes to map";
         }
         manifold::TsneOptions options;
         options.perplexity = options_.perplexity;
         options.iterations = options_.map_iterations;
         options.seed = program_.seed;
         options.threads = program_.threads;
         const auto of_importance = map_rows(importance, options, program_, "map of importances");

         const auto stride = std::max<Index>(1, (rows + most_raw_windows - 1) / most_raw_windows);
         const auto names = people().users;
         const auto owners = io::load_npy<int, 1>(options_.out / "importance" / "users.npy");
         const auto minutes = io::load_npy<std::int64_t, 1>(options_.out / "importance" / "minutes.npy");
         std::vector<std::int64_t> shown;
         RowMatrix<float> windows;
         int loaded = -1;
         data::DataSet data;
         for (Index row = 0; row < rows; row += stride) {
           const int owner = owners(static_cast<std::size_t>(row));
           if (owner != loaded) {
             data = io::load_dataset(
                 dataset_file(options_.out / "data", names[static_cast<std::size_t>(owner)]));
             loaded = owner;
           }
           if (windows.size() == 0) windows.resize((rows + stride - 1) / stride, window_size(data));
           const auto at = std::find(data.timestamp.begin(), data.timestamp.end(),
                                     minutes(static_cast<std::size_t>(row)));
           append_window(data, at - data.timestamp.begin(),
                         windows.row(static_cast<Index>(shown.size())).data());
           shown.push_back(row);
         }
         const auto of_raw = map_rows(windows, options, program_, "map of raw windows");
         writing([&] {
           io::save_npy(dir / "importance.npy", of_importance.map);
           io::save_npy(dir / "raw.npy", of_raw.map);
         });
         write_json(dir / "maps.json", {{"importance_kl", of_importance.kl_divergence},
                                        {"raw_kl", of_raw.kl_divergence},
                                        {"raw_rows", shown}});
         return "KL " + fixed(of_importance.kl_divergence, 3) + " for importances, " +
                fixed(of_raw.kl_divergence, 3) + " for raw windows";
       });
}

void Study::compare_predictors() {
  if (options_.layout != Layout::etri) return;
  step("predictors", training_settings(options_.predictors), [&]() -> std::string {
    const auto groups = read_groups(options_.out / "groups" / "groups.json");
    const auto tables = read_row_tables(options_.out / "data", groups);
    auto progress = program_.progress(
        "predictors", static_cast<double>(groups.size() + 1) * options_.predictors.train.epochs);
    const auto results = lifelog::examples::compare_predictors(
        tables, groups, options_.bins, options_.predictors,
        [&](std::size_t predictor, const mil::Epoch& epoch) {
          progress.at(static_cast<double>(predictor) * options_.predictors.train.epochs + epoch.epoch,
                      predictor == 0 ? "everybody" : "group " + std::to_string(predictor));
        });
    progress.finish();
    write_predictors(options_.out / "predictors", results);
    return "mean F1 of groups " + fixed(results.mean_group_f1(), 3) + ", of everybody's predictor " +
           fixed(results.mean_general_f1(), 3);
  });
}

report::Report Study::collect() const {
  const auto& out = options_.out;
  const auto [users, modalities] = people();
  const auto groups = read_groups(out / "groups" / "groups.json");
  const auto owners = io::load_npy<int, 1>(out / "importance" / "users.npy");
  const auto labels = io::load_npy<int, 1>(out / "importance" / "labels.npy");
  const auto minutes = io::load_npy<std::int64_t, 1>(out / "importance" / "minutes.npy");
  const auto group_of = [&](const std::string& user) {
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (std::find(groups[g].begin(), groups[g].end(), user) != groups[g].end()) return static_cast<int>(g);
    return -1;
  };

  report::Report report;
  report.subtitle = count(static_cast<long long>(users.size()), "person", "people") + ", " +
                    count(static_cast<long long>(modalities.size()), "modality", "modalities");
  report.modalities = modalities;
  report.quality = read_quality(out / "data" / "quality.json");
  for (const auto& user : users) {
    report.training.push_back(read_training(user, TrainingFiles(out / "mil" / user / "model.safetensors")));
    const RowMatrix<float> importance =
        as_eigen(io::load_npy<float, 2>(out / "importance" / (user + ".npy")));
    report.people.push_back({user, group_of(user), importance.rows(), column_means(importance)});
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    report::Group group{"group " + std::to_string(g + 1), groups[g], std::vector<double>(modalities.size())};
    for (const auto& person : report.people)
      if (person.group == static_cast<int>(g))
        for (std::size_t m = 0; m < modalities.size(); ++m)
          group.importance[m] += person.importance[m] * static_cast<double>(person.minutes) /
                                 static_cast<double>(groups[g].size());
    report.groups.push_back(std::move(group));
  }

  const auto selection = read_json(out / "groups" / "selection.json");
  report.selection.chosen = selection.at("k");
  report.selection.rule = "the highest silhouette of people's mean importances, grouped by Ward's clusters";
  for (const auto& [kind, curves] : selection.items()) {
    if (kind == "k") continue;
    for (const auto& [method, score] : curves.items())
      if (method != "k")
        (kind == "entropy" ? report.selection.entropy : report.selection.silhouette)
            .push_back({method, curves.at("k"), score});
  }

  if (fs::exists(out / "map" / "maps.json")) {
    const auto maps = read_json(out / "map" / "maps.json");
    // Labels are numbered per person; across people only what they stand for can be compared.
    const auto classes = read_json(out / "importance" / "people.json").at("classes");
    std::vector<std::string> names;
    for (const auto& own : classes)
      for (const auto& name : own)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    std::sort(names.begin(), names.end());
    const auto fill = [&](report::MinuteMap& map, const fs::path& file, const std::vector<std::size_t>& rows,
                          double kl) {
      const auto points = io::load_npy<float, 2>(file);
      map.label_names = names;
      map.kl_divergence = kl;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto owner = static_cast<std::size_t>(owners(rows[i]));
        const std::string name = classes[owner][static_cast<std::size_t>(labels(rows[i]))];
        map.x.push_back(points(i, 0));
        map.y.push_back(points(i, 1));
        map.person.push_back(static_cast<int>(owner));
        map.group.push_back(report.people[owner].group);
        map.label.push_back(static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin()));
        map.minute.push_back(minutes(rows[i]));
      }
    };
    std::vector<std::size_t> all(owners.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    fill(report.importance_map, out / "map" / "importance.npy", all, maps.at("importance_kl"));
    fill(report.raw_map, out / "map" / "raw.npy", maps.at("raw_rows"), maps.at("raw_kl"));
  }

  if (options_.layout == Layout::etri) {
    const auto comparison = read_json(out / "predictors" / "comparison.json");
    for (const auto& group : comparison.at("groups")) {
      const auto &own = group.at("group"), &general = group.at("general");
      report.comparison.push_back({"group " + std::to_string(report.comparison.size() + 1), own.at("rows"),
                                   general.at("f1"), own.at("f1"), general.at("accuracy"),
                                   own.at("accuracy")});
    }
  }
  for (const auto& [name, value] : settings_.items()) report.settings.emplace_back(name, value.dump());
  return report;
}

void Study::report() {
  const auto report = collect();
  const auto file = options_.out / "report" / "index.html";
  make_directory(file.parent_path());
  write_text(file, report::to_html(report));
  print_summary(report);
  print_truth(report);
  program_.out() << "report: " << file.string() << '\n';
}

void Study::print_summary(const report::Report& report) const {
  Table table({"person", "kept", "dropped", "classes", "test F1", "group", "matter most"});
  for (const auto& quality : report.quality) {
    const auto person = std::find_if(report.people.begin(), report.people.end(),
                                     [&](const auto& p) { return p.user == quality.user; });
    if (person == report.people.end()) {
      table.row({quality.user, grouped(quality.minutes_kept), grouped(quality.minutes_dropped()), "", "", "",
                 "unusable: " + quality.error});
      continue;
    }
    const auto& training = report.training[static_cast<std::size_t>(person - report.people.begin())];
    table.row({quality.user, grouped(quality.minutes_kept), grouped(quality.minutes_dropped()),
               std::to_string(training.classes), fixed(training.test_f1, 3),
               std::to_string(person->group + 1),
               joined(report::top_modalities(person->importance, report.modalities), " ")});
  }
  program_.out() << '\n'
                 << table << "k = " << report.selection.chosen << " by " << report.selection.rule << '\n';
  double own = 0, general = 0;
  for (const auto& group : report.comparison) own += group.group_f1, general += group.general_f1;
  if (const auto groups = static_cast<double>(report.comparison.size()); groups > 0)
    program_.out() << "predictors: mean F1 of group predictors " << fixed(own / groups, 4)
                   << ", of everybody's on the same rows " << fixed(general / groups, 4) << '\n';
}

void Study::print_truth(const report::Report& report) const {
  const auto truth = read_truth(options_.data / "truth.json");
  if (truth.empty()) return;
  std::vector<int> found, planted, depends;
  std::vector<double> importance;
  for (const auto& person : report.people) {
    const auto known =
        std::find_if(truth.begin(), truth.end(), [&](const auto& t) { return t.user == person.user; });
    if (known == truth.end()) continue;
    found.push_back(person.group);
    planted.push_back(known->group);
    for (std::size_t m = 0; m < report.modalities.size(); ++m) {
      const auto& own = known->modalities;
      depends.push_back(std::find(own.begin(), own.end(), report.modalities[m]) != own.end());
      importance.push_back(person.importance[m]);
    }
  }
  if (found.empty()) return;
  const auto ints = [](const std::vector<int>& v) {
    return Eigen::Map<const Eigen::VectorXi>(v.data(), static_cast<Index>(v.size())).eval();
  };
  const Eigen::VectorXd scores =
      Eigen::Map<const Eigen::VectorXd>(importance.data(), static_cast<Index>(importance.size()));
  const double rand = metrics::adjusted_rand(ints(found), ints(planted));
  const double auc = metrics::roc_auc(ints(depends), scores);
  program_.out() << "groups found against planted: adjusted Rand index " << fixed(rand, 3)
                 << "; importance of planted modalities: area under the ROC curve " << fixed(auc, 3) << '\n';
  write_json(options_.out / "report" / "truth.json", {{"adjusted_rand", rand}, {"importance_auc", auc}});
}

}  // namespace lifelog::examples
