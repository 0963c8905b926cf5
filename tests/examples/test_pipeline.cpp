// SPDX-License-Identifier: MIT

// The whole study, small: what it leaves, that it goes on where it stopped, and that one bad person stops nobody.

#include <boost/test/unit_test.hpp>
#include <lifelog/io/npy.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "../support/e4_writer.hpp"
#include "run.hpp"

BOOST_AUTO_TEST_SUITE(pipeline_)

using namespace lifelog;
using namespace lifelog::examples;
namespace fs = std::filesystem;

namespace {

const std::string tiny =
    "--users 4 --groups 2 --sessions 1 --minutes 24 --dirt 0.05 --predictor-epochs 4 --perplexity "
    "5 ";

const std::string small = tiny + "--epochs 6 ";

/// Every file but the raw recordings, with its content; but for how many minutes steps took, which the machine decides.
std::vector<std::pair<std::string, std::string>> results(const Sandbox& sandbox, const std::string& out) {
  static const std::regex took(R"re("minutes": [0-9]+|<td>took</td><td>[^<]*)re");
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& file : sandbox.files())
    if (file.starts_with(out + "/") && !file.starts_with(out + "/raw/")) {
      const auto text = sandbox.read(file);
      const bool says = file.starts_with(out + "/.steps/") || file.ends_with(".html");
      all.emplace_back(file.substr(out.size()), says ? std::regex_replace(text, took, "") : text);
    }
  return all;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool have_recordings() {
  return fs::exists(fs::path(paths::e4) / "recordings");
}

}  // namespace

BOOST_AUTO_TEST_CASE(leaves_a_report_and_goes_on_where_it_stopped) {
  const Sandbox sandbox;
  const auto first = sandbox.run("pipeline", small + "--out a");
  BOOST_TEST(first.status == 0, first.err);
  BOOST_TEST(first.err == "");
  for (const char* part : {"minutes kept", "test F1", "k = ", "adjusted Rand index", "sensors identified of",
                           "F1 of everybody's predictor", "report: a/report/index.html"})
    BOOST_TEST(contains(first.out, part), part);
  const auto html = sandbox.read("a/report/index.html");
  for (const char* part : {"<svg", "101", "Acceleration of the wrist", "</html>"})
    BOOST_TEST(contains(html, part), part);
  for (const char* file :
       {"a/data/quality.json", "a/mil/101/metrics.json", "a/mil/101/history.csv", "a/groups/groups.json",
        "a/predictors/comparison.json", "a/map/raw.npy", "a/clusters/clusters.json", "a/clusters/raw.npy",
        "a/clusters/information.npy", "a/metrics.json", "a/mil/101/predictions.csv",
        "a/importance/information.json", "a/importance/faithfulness.json"})
    BOOST_TEST(fs::exists(sandbox.path() / file), file);
  const auto importance = io::load_npy<float, 2>(sandbox.path() / "a/importance/importance.npy");
  for (std::size_t i = 0; i < importance.shape(0); ++i) {
    float total = 0;
    for (std::size_t m = 0; m < 9; ++m) total += importance(i, m);
    BOOST_TEST(total == 1, boost::test_tools::tolerance(1e-5f));
  }

  const auto before = results(sandbox, "a");
  const auto second = sandbox.run("pipeline", small + "--out a");
  BOOST_TEST(second.status == 0);
  BOOST_TEST(contains(second.out, "networks: done before"));
  BOOST_TEST((results(sandbox, "a") == before));

  // People held out by an earlier run are none of this one's.
  fs::create_directories(sandbox.path() / "a/across");
  sandbox.write("a/across/across.json", "{}");
  BOOST_TEST(sandbox.run("pipeline", small + "--out a").status == 0);
  BOOST_TEST(!fs::exists(sandbox.path() / "a/across"));

  // The page comes from the files alone.
  fs::remove(sandbox.path() / "a/report/index.html");
  const auto rendered = sandbox.run("report", "--in a");
  BOOST_TEST(rendered.status == 0, rendered.err);
  BOOST_TEST((results(sandbox, "a") == before));

  // Interrupted between and inside steps: what is missing is made again, to the byte.
  fs::remove(sandbox.path() / "a/.steps/networks.json");
  fs::remove(sandbox.path() / "a/mil/102/model.safetensors");
  fs::remove(sandbox.path() / "a/.steps/groups.json");
  fs::remove_all(sandbox.path() / "a/groups");
  const auto third = sandbox.run("pipeline", small + "--out a");
  BOOST_TEST(third.status == 0, third.err);
  BOOST_TEST((results(sandbox, "a") == before));

  // Another setting does its step and all after it again, and none before.
  const auto other = sandbox.run("pipeline", tiny + "--epochs 7 --out a");
  BOOST_TEST(contains(other.out, "data: done before"));
  BOOST_TEST(!contains(other.out, "networks: done before"));
  BOOST_TEST((results(sandbox, "a") != before));
}

// What each sensor tells, by networks that were not trained on the minute; too little to say anything here.
BOOST_AUTO_TEST_CASE(tells_what_sensors_tell) {
  const Sandbox sandbox;
  const auto flags = small + "--seeds 2 --folds 2 ";
  BOOST_TEST(sandbox.run("pipeline", flags + "--out a").status == 0);
  const auto json = nlohmann::json::parse(sandbox.read("a/importance/information.json"));
  BOOST_TEST(json.at("replicates") == 4);
  BOOST_TEST(json.at("people").size() == 4U);
  BOOST_TEST(json.at("sensors").size() == 9U);
  for (const auto& person : json.at("people")) {
    double sum = 0;
    for (const auto& sensor : person.at("sensors")) {
      sum += sensor.at("bits").get<double>();
      BOOST_TEST(sensor.at("low").get<double>() <= sensor.at("high").get<double>());
    }
    BOOST_TEST(std::abs(sum - person.at("total").at("bits").get<double>()) < 1e-9);
    BOOST_TEST(person.at("identified") == false);
    BOOST_TEST(person.contains("agreement"));
    const auto user = person.at("user").get<std::string>();
    const auto contributions =
        io::load_npy<float, 3>(sandbox.path() / ("a/importance/contributions/" + user + ".npy"));
    const auto minutes = person.at("minutes").get<std::size_t>();
    BOOST_TEST(contributions.shape(0) == minutes);
    BOOST_TEST(contributions.shape(1) == 9U);
    // Evidence that is the same for all classes decides nothing: a sensor's terms sum to 0.
    for (std::size_t n = 0; n < minutes; ++n)
      for (std::size_t m = 0; m < 9; ++m) {
        float all = 0;
        for (std::size_t c = 0; c < contributions.shape(2); ++c) all += contributions(n, m, c);
        BOOST_TEST(std::abs(all) < 1e-4f);
      }
  }
  BOOST_TEST(json.at("cohort").at("people") == 4);
  BOOST_TEST(json.at("cohort").at("agreement").contains("nearest"));
  BOOST_TEST(json.at("groups").at("k") == 1);
  const auto comparison = nlohmann::json::parse(sandbox.read("a/predictors/comparison.json"));
  BOOST_TEST(comparison.at("groups").empty());
  BOOST_TEST(comparison.at("reason") != "");
  const auto faithfulness = nlohmann::json::parse(sandbox.read("a/importance/faithfulness.json"));
  for (const char* measure : {"attention", "contributions"})
    for (const char* figure : {"rank_correlation", "aopcr", "polarity"})
      BOOST_TEST(faithfulness.at("cohort").at(measure).at(figure).is_number(), measure << ' ' << figure);
  BOOST_TEST(
      sandbox.read("a/mil/101/predictions.csv").starts_with("timestamp,seed,fold,block,truth,network,"));
  BOOST_TEST(nlohmann::json::parse(sandbox.read("a/metrics.json")).at("ensemble").contains("f1"));
  // By the study's rules none of it is there, nor what was.
  BOOST_TEST(sandbox.run("pipeline", small + "--rules study --out a").status == 0);
  for (const char* file : {"information.json", "faithfulness.json", "contributions"})
    BOOST_TEST(!fs::exists(sandbox.path() / "a/importance" / file), file);
  // More networks of the study's split are other results.
  const auto more = sandbox.run("pipeline", small + "--rules study --seeds 2 --out a");
  BOOST_TEST(more.status == 0, more.err);
  BOOST_TEST(contains(more.out, "networks: again, because of settings"), more.out);
}

// What is done again is what depends on the change, and all that depends on that.
BOOST_AUTO_TEST_CASE(notices_what_changed) {
  const Sandbox sandbox;
  sandbox.generate("--users 3 --groups 1 --minutes 24 --dirt 0");
  const std::string flags = "--data raw --out a --epochs 2 --predictor-epochs 2 --perplexity 5";
  BOOST_TEST(sandbox.run("pipeline", flags).status == 0);
  const auto before = results(sandbox, "a");
  const auto again = [&](const std::string& why) {
    const auto run = sandbox.run("pipeline", flags);
    BOOST_TEST(run.status == 0, run.err);
    BOOST_TEST(contains(run.out, why), run.out);
    return run.out;
  };
  // Results that are gone, altered, or whose stamp is not whole, are made again, to the byte.
  const auto folder = sandbox.path() / "a";
  fs::remove(folder / "data/102.safetensors");
  auto out = again("data: again, because of results: 102.safetensors is gone");
  BOOST_TEST(contains(out, "networks: done before"));
  sandbox.write("a/groups/groups.json", "{}");
  out = again("groups: again, because of results: groups.json changed");
  BOOST_TEST(contains(out, "importances: done before"));
  fs::remove(folder / "mil/103/model.safetensors");
  again("networks: again, because of results: 103/model.safetensors is gone");
  sandbox.write("a/.steps/maps.json", "");
  sandbox.write("a/.steps/importances.json", "{\"settings\"");
  out = again("importances: ");
  BOOST_TEST(!contains(out, "maps: done before"));
  BOOST_TEST(!contains(out, "importances: done before"));
  BOOST_TEST((results(sandbox, "a") == before));
  // Corrected labels of one person: that person's network only.
  std::string label_file;
  for (const auto& file : sandbox.files())
    if (file.starts_with("raw/dataset_2019/102/") && file.ends_with("_label.csv")) label_file = file;
  auto labels = sandbox.read(label_file);
  const auto model = sandbox.read("a/mil/101/model.safetensors"),
             own = sandbox.read("a/mil/102/model.safetensors");
  labels.erase(labels.find_last_of('\n', labels.size() - 2) + 1);
  sandbox.write(label_file, labels);
  out = again("data: again, because of recordings: ");
  BOOST_TEST(contains(out, "_label.csv changed"));
  BOOST_TEST(contains(out, "networks: again, because of data: 102.csv changed, 102.safetensors changed"));
  BOOST_TEST((sandbox.read("a/mil/101/model.safetensors") == model));
  BOOST_TEST((sandbox.read("a/mil/102/model.safetensors") != own));
  again("predictors: done before");
}

BOOST_AUTO_TEST_CASE(gives_the_same_bytes_on_any_number_of_threads) {
  const Sandbox sandbox;
  const auto held_out = small + "--evaluate leave-one-out --assign-minutes 3 --seed 5 ";
  BOOST_TEST(sandbox.run("pipeline", held_out + "--out a --threads 1").status == 0);
  BOOST_TEST(sandbox.run("pipeline", held_out + "--out b --threads 2").status == 0);
  const auto a = results(sandbox, "a"), b = results(sandbox, "b");
  BOOST_TEST(a.size() == b.size());
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    BOOST_TEST(a[i].first == b[i].first);
    BOOST_TEST((a[i].second == b[i].second), a[i].first << " differs");
  }
}

BOOST_AUTO_TEST_CASE(one_bad_person_does_not_stop_the_others) {
  const Sandbox sandbox;
  sandbox.generate("--users 4 --groups 2 --minutes 24 --dirt 0");
  // 101 loses all of a modality; 102 feels the same all day; 103 has an empty folder.
  for (const auto& session : fs::directory_iterator(sandbox.path() / "raw/dataset_2019/101"))
    fs::remove_all(session.path() / "e4Eda");
  for (const auto& session : fs::directory_iterator(sandbox.path() / "raw/dataset_2019/102"))
    for (const auto& file : fs::directory_iterator(session.path()))
      if (file.path().string().ends_with("_label.csv")) {
        const auto text = io::read_file(file.path());
        std::string flat = text.substr(0, text.find('\n') + 1), line = text.substr(flat.size());
        line = line.substr(0, line.find('\n') + 1);
        const auto start = std::stol(line);
        for (int i = 0; i < 20; ++i) flat += std::to_string(start + 60 * i) + line.substr(line.find('.'));
        io::write_text(file.path(), flat);
      }
  fs::remove_all(sandbox.path() / "raw/dataset_2019/103");
  fs::create_directory(sandbox.path() / "raw/dataset_2019/103");
  fs::create_directory(sandbox.path() / "raw/dataset_2019/not_a_number");

  const auto run = sandbox.run("pipeline", "--data raw --out a --epochs 3 --predictor-epochs 2");
  BOOST_TEST(run.status == 0, run.err);
  const auto quality = nlohmann::json::parse(sandbox.read("a/data/quality.json"));
  std::size_t unusable = 0;
  for (const auto& person : quality.at("people")) {
    const bool bad = person.at("error") != "";
    unusable += bad;
    BOOST_TEST(bad == (person.at("user") != "104"), person.at("user"));
    BOOST_TEST(contains(sandbox.read("a/report/index.html"), person.at("user")));
  }
  BOOST_TEST(unusable == 3U);
  BOOST_TEST(contains(run.out, "unusable"));
}

BOOST_AUTO_TEST_CASE(people_whose_training_diverges_are_named_and_in_no_group) {
  const Sandbox sandbox;
  sandbox.generate("--users 4 --groups 2 --minutes 24 --dirt 0");
  // Near the end of what a float holds: no minute is dropped for it. The heart rate of 102 makes its training diverge; that
  // of 103 bears its pulse, but distances between raw windows would not.
  const auto spoil = [&](const std::string& user, const std::string& modality, const std::string& header,
                         int rows) {
    for (const auto& session : fs::directory_iterator(sandbox.path() / "raw/dataset_2019" / user))
      for (const auto& file : fs::directory_iterator(session.path() / modality)) {
        auto text = "timestamp," + header + "\n";
        for (int i = 0; i < rows; ++i)
          text += std::to_string(60.0 * i / rows) + (header == "value" && i % 2 ? ",-3e38\n" : ",3e38\n");
        io::write_text(file.path(), text);
      }
  };
  spoil("102", "e4Hr", "hr", 60);
  spoil("103", "e4Bvp", "value", 3840);
  const auto run =
      sandbox.run("pipeline", "--data raw --out a --rules study --epochs 3 --predictor-epochs 2");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(contains(run.out, "diverged: 102; loss far above that of guessing: 103"), run.out);
  for (const std::string user : {"101", "102", "103", "104"}) {
    const auto metrics = nlohmann::json::parse(sandbox.read("a/mil/" + user + "/metrics.json"));
    BOOST_TEST(metrics.at("status") == (user == "102" ? "diverged" : "finished"), user);
    BOOST_TEST(metrics.at("test_minutes").get<int>() > 0);
  }
  const auto people = nlohmann::json::parse(sandbox.read("a/importance/people.json"));
  const std::vector<std::string> healthy = {"101", "103", "104"};
  BOOST_TEST((people.at("users") == healthy));
  std::vector<std::string> grouped;
  const auto groups = nlohmann::json::parse(sandbox.read("a/groups/groups.json"));
  for (const auto& group : groups.at("groups"))
    for (const auto& user : group) grouped.push_back(user);
  std::sort(grouped.begin(), grouped.end());
  BOOST_TEST(grouped == healthy, boost::test_tools::per_element());
  const auto comparison = nlohmann::json::parse(sandbox.read("a/predictors/comparison.json"));
  for (const auto& group : comparison.at("groups")) BOOST_TEST(group.at("status") == "finished");
  BOOST_TEST(contains(sandbox.read("a/report/index.html"), "diverged"));
}

BOOST_AUTO_TEST_CASE(people_are_held_out_if_asked) {
  const Sandbox sandbox;
  const auto run = sandbox.run("pipeline", small + "--evaluate leave-one-out --assign-minutes 3 --out a");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(contains(run.out, "of people held out"));
  const auto json = nlohmann::json::parse(sandbox.read("a/predictors/held_out.json"));
  BOOST_TEST(json.at("people").size() == 4U);
  for (const auto& person : json.at("people")) {
    BOOST_TEST(person.at("assign_minutes") == 3);
    BOOST_TEST(person.at("general").at("rows") == person.at("assigned_group").at("rows"));
  }
  // Without groups nobody is assigned to one.
  const bool groups = nlohmann::json::parse(sandbox.read("a/groups/groups.json")).at("groups").size() > 1;
  BOOST_TEST(contains(sandbox.read("a/report/index.html"), "Each person once held out") == groups);
  // Not asked for any more, it is gone.
  const auto other = sandbox.run("pipeline", small + "--evaluate stratified --out a");
  BOOST_TEST(contains(other.out, "maps: done before"));
  BOOST_TEST(!fs::exists(sandbox.path() / "a/predictors/held_out.json"));
  BOOST_TEST(!contains(sandbox.read("a/report/index.html"), "Each person once held out"));
}

BOOST_AUTO_TEST_CASE(people_are_regrouped_if_asked) {
  const Sandbox sandbox;
  const std::string as_study = small + "--rules study --evaluate split --assign-minutes 3 ";
  const auto run = sandbox.run("pipeline", as_study + "--regroup --folds 2 --out a");
  BOOST_TEST(run.status == 0, run.err);
  const auto json = nlohmann::json::parse(sandbox.read("a/predictors/regrouped.json"));
  BOOST_TEST(json.at("people_held_out").at("folds").size() == 2U);
  BOOST_TEST(contains(run.out, json.at("verdict").get<std::string>()), run.out);
  const auto page = sandbox.read("a/report/index.html");
  BOOST_TEST(contains(page, "Groups found by predicting"));
  BOOST_TEST(contains(page, "Verdict: "));
  // More parts than people: the other predictors are compared all the same.
  const auto parts = sandbox.run("pipeline", as_study + "--regroup --folds 9 --out a");
  BOOST_TEST(parts.status == 0, parts.err);
  BOOST_TEST(contains(parts.out, "not regrouped: "), parts.out);
  BOOST_TEST(fs::exists(sandbox.path() / "a/predictors/comparison.json"));
  BOOST_TEST(!fs::exists(sandbox.path() / "a/predictors/regrouped.json"));
  BOOST_TEST(!contains(sandbox.read("a/report/index.html"), "Groups found by predicting"));
}

BOOST_AUTO_TEST_CASE(generated_recordings_can_be_discarded) {
  const Sandbox sandbox;
  BOOST_TEST(sandbox.run("pipeline", small + "--out kept").status == 0);
  const auto recordings = [&] {
    const auto all = sandbox.files();
    return std::count_if(all.begin(), all.end(), [](const auto& file) { return file.starts_with("a/raw/"); });
  };
  const auto first = sandbox.run("pipeline", small + "--out a --discard-raw");
  BOOST_TEST(first.status == 0, first.err);
  BOOST_TEST(recordings() == 1);  // truth.json
  BOOST_TEST((results(sandbox, "a") == results(sandbox, "kept")));
  const auto second = sandbox.run("pipeline", small + "--out a --discard-raw");
  BOOST_TEST(contains(second.out, "data: done before"));
  BOOST_TEST((results(sandbox, "a") == results(sandbox, "kept")));
  // Other data sets of the same recordings: they are generated again.
  const auto third = sandbox.run("pipeline", small + "--out a --rules sensible");
  BOOST_TEST(third.status == 0, third.err);
  BOOST_TEST(contains(third.out, "recordings: done before"));
  BOOST_TEST(!contains(third.out, "data: done before"));
  BOOST_TEST(recordings() > 100);
}

BOOST_AUTO_TEST_CASE(other_bins_train_other_predictors) {
  const Sandbox sandbox;
  BOOST_TEST(sandbox.run("pipeline", small + "--out a").status == 0);
  const auto same = sandbox.run("pipeline", small + "--bins study --out a");  // which the study's rules have
  BOOST_TEST(contains(same.out, "predictors: done before"));
  const auto other = sandbox.run("pipeline", small + "--bins three --out a");
  BOOST_TEST(contains(other.out, "maps: done before"));
  BOOST_TEST(!contains(other.out, "predictors: done before"));
}

BOOST_AUTO_TEST_CASE(rules_say_which_bins) {
  const Sandbox sandbox;
  BOOST_TEST(sandbox.run("pipeline", small + "--rules sensible --out a").status == 0);
  const auto same = sandbox.run("pipeline", small + "--rules sensible --bins three --out a");
  BOOST_TEST(contains(same.out, "predictors: done before"));
  const auto other = sandbox.run("pipeline", small + "--rules sensible --bins study --out a");
  BOOST_TEST(!contains(other.out, "predictors: done before"));
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_in_one_line) {
  const Sandbox sandbox;
  fs::create_directory(sandbox.path() / "empty");
  sandbox.write("file", "text");
  const auto fails = [&](const std::string& arguments, int status, const std::string& what) {
    const auto run = sandbox.run("pipeline", arguments);
    BOOST_TEST(run.status == status, arguments);
    BOOST_TEST(run.one_line("pipeline"), run.err);
    BOOST_TEST(contains(run.err, what), run.err);
  };
  fails("--data nowhere --out a", 2, "nowhere");
  fails("--data empty --out a", 2, "empty");
  fails("--data empty --layout empatica --out a", 2, "--labels");
  fails("--data empty --layout empatica --labels nowhere.csv --out a", 2, "nowhere.csv");
  fails("--data empty --layout empatica --label mood --out a", 2, "--label");
  fails("--data empty --layout empatica --label tags --labels file --out a", 2, "--labels");
  fails("--epochs 0 --out a", 2, "--epochs");
  fails("--minutes 0 --out a", 2, "--minutes");
  fails("--no-such-flag", 2, "--no-such-flag");
  fails(small + "--out file/a", 1, "file/a");
  fails(small + "--out /proc/lifelog", 1, "/proc/lifelog");
}

BOOST_AUTO_TEST_CASE(events_can_be_what_is_told) {
  const Sandbox sandbox;
  for (const std::string who : {"P1", "P2"}) {
    const auto folder = sandbox.path() / "e4" / who;
    fs::create_directories(folder);
    const E4Export session{.minutes = 24, .seed = who[1] - '0'};
    for (const auto& [name, text] : session.files()) io::write_text(folder / name, text);
    std::string tags;
    for (int minute = 0; minute < session.minutes; minute += 2)
      tags += std::to_string(session.start + 60 * minute + 7) + ".00\n";
    io::write_text(folder / "tags.csv", tags);
  }
  const auto run = sandbox.run("pipeline", "--layout empatica --data e4 --label tags --out a --epochs 2");
  BOOST_TEST(run.status == 0, run.err);
  const auto quality = nlohmann::json::parse(sandbox.read("a/data/quality.json"));
  BOOST_TEST(quality.at("total").at("kept") == 48);
  BOOST_TEST(quality.at("settings").at("label") == "tags");
  BOOST_TEST(fs::exists(sandbox.path() / "a/report/index.html"));
}

BOOST_AUTO_TEST_CASE(reads_real_recordings,
                     *boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
                       return have_recordings();
                     })) {
  const Sandbox sandbox;
  const auto data = fs::canonical(paths::e4);
  fs::create_directory(sandbox.path() / "recordings");
  for (const char* person : {"S02", "S05", "S07"})
    fs::create_directory_symlink(data / "recordings" / person, sandbox.path() / "recordings" / person);
  const auto run = sandbox.run("pipeline", "--layout empatica --data recordings --labels '" +
                                               (data / "labels.csv").string() + "' --out a --epochs 3");
  BOOST_TEST(run.status == 0, run.err);
  const auto people = nlohmann::json::parse(sandbox.read("a/importance/people.json"));
  BOOST_TEST((people.at("users") == std::vector<std::string>{"S02", "S05", "S07"}));
  BOOST_TEST(
      (people.at("modalities") == std::vector<std::string>{"e4Acc", "e4Bvp", "e4Eda", "e4Hr", "e4Temp"}));
  const auto quality = nlohmann::json::parse(sandbox.read("a/data/quality.json"));
  for (const auto& person : quality.at("people")) BOOST_TEST(person.at("kept").get<int>() > 40);
  BOOST_TEST(contains(sandbox.read("a/report/index.html"), "S07"));
}

BOOST_AUTO_TEST_SUITE_END()
