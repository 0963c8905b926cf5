// SPDX-License-Identifier: MIT
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <lifelog/core/random.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <lifelog/io/npy.hpp>
#include <lifelog/mil/model_file.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "run.hpp"
#include "steps/sample_points.hpp"

BOOST_AUTO_TEST_SUITE(programs_)

using namespace lifelog;
using namespace lifelog::examples;

namespace {

using Names = std::vector<std::string>;

const Names programs = {"cluster",          "embed",           "preprocess", "train_mil",
                        "modal_importance", "train_predictors"};
/// Those and `synthesize`, which writes what it generates.
const Names all_programs = [] {
  auto names = programs;
  names.push_back("synthesize");
  return names;
}();

/// A sandbox with x.npy [60, 9], users.npy and groups.npy [60]: 6 people in 3 groups.
Sandbox& with_points(Sandbox& sandbox) {
  const auto sample = sample_points(3, 6, 3, 10);
  io::save_npy(sandbox.path() / "x.npy", sample.points);
  io::save_npy(sandbox.path() / "users.npy", sample.users);
  io::save_npy(sandbox.path() / "groups.npy", sample.groups);
  return sandbox;
}

/// A program that must fail: status, one line that says `what`, and no file beyond those there were.
void check_failure(const Sandbox& sandbox, const std::string& program, const std::string& arguments,
                   int status, const std::string& what) {
  const auto before = sandbox.files();
  const auto run = sandbox.run(program, arguments);
  BOOST_TEST_CONTEXT(program << ' ' << arguments << " -> " << run.err) {
    BOOST_TEST(run.status == status);
    BOOST_TEST(run.one_line(program));
    BOOST_TEST((run.err.find(what) != std::string::npos));
    BOOST_TEST(sandbox.files() == before, boost::test_tools::per_element());
  }
}

/// Pairs of rows that two labellings see alike, as a share of all pairs.
double agreement(const Eigen::VectorXi& a, const Eigen::VectorXi& b) {
  Index alike = 0, pairs = 0;
  for (Index i = 0; i < a.size(); ++i)
    for (Index j = 0; j < i; ++j, ++pairs) alike += (a[i] == a[j]) == (b[i] == b[j]);
  return static_cast<double>(alike) / static_cast<double>(pairs);
}

Eigen::VectorXi load_labels(const std::filesystem::path& path) {
  return as_eigen(io::load_npy<int, 1>(path));
}

}  // namespace

BOOST_DATA_TEST_CASE(explains_itself, boost::unit_test::data::make(all_programs), program) {
  const Sandbox sandbox;
  const auto run = sandbox.run(program, "--help");
  BOOST_TEST(run.status == 0);
  BOOST_TEST(run.err == "");
  for (const char* flag : {"--help", "--seed", "--threads", "--quiet", "--out"})
    BOOST_TEST((run.out.find(flag) != std::string::npos), flag << " is not in the help");
}

BOOST_DATA_TEST_CASE(runs_on_something_built_in, boost::unit_test::data::make(programs), program) {
  const Sandbox sandbox;
  const auto run = sandbox.run(program);
  BOOST_TEST(run.status == 0);
  BOOST_TEST(run.out.size() > 20U);
  BOOST_TEST(run.err == "");  // no progress bar where nobody looks
  BOOST_TEST(sandbox.files().empty());
}

BOOST_AUTO_TEST_CASE(synthesize_without_arguments_writes_little) {
  const Sandbox sandbox;
  const auto run = sandbox.run("synthesize");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST((run.out.find("sample") != std::string::npos));
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sandbox.path() / "synthetic"))
    if (entry.is_regular_file()) bytes += entry.file_size();
  BOOST_TEST(bytes > 1'000'000u);
  BOOST_TEST(bytes < 20'000'000u);
}

BOOST_DATA_TEST_CASE(is_quiet_when_told_to, boost::unit_test::data::make(programs), program) {
  const Sandbox sandbox;
  const auto run = sandbox.run(program, "--quiet");
  BOOST_TEST(run.status == 0);
  BOOST_TEST(run.out + run.err == "");
}

BOOST_DATA_TEST_CASE(refuses_bad_flags_in_one_line, boost::unit_test::data::make(all_programs), program) {
  const Sandbox sandbox;
  check_failure(sandbox, program, "--no-such-flag", 2, "--no-such-flag");
  check_failure(sandbox, program, "stray", 2, "stray");
  check_failure(sandbox, program, "--seed -1", 2, "--seed");
  check_failure(sandbox, program, "--seed one", 2, "--seed");
  check_failure(sandbox, program, "--threads 99999", 2, "--threads");
  check_failure(sandbox, program, "--threads", 2, "--threads");
}

BOOST_AUTO_TEST_CASE(missing_input_is_named) {
  const Sandbox sandbox;
  for (const std::string program : {"cluster", "embed", "preprocess"})
    check_failure(sandbox, program, "--in nowhere --out result", 2, "nowhere");
  check_failure(sandbox, "train_mil", "--data nowhere --out result", 2, "nowhere");
  check_failure(sandbox, "modal_importance", "--data nowhere --model nowhere --out result", 2, "nowhere");
}

BOOST_AUTO_TEST_CASE(cluster_finds_the_planted_groups) {
  Sandbox sandbox;
  with_points(sandbox);
  const auto planted = load_labels(sandbox.path() / "groups.npy");
  for (const std::string method : {"ward", "kmeans", "single", "complete", "average"}) {
    const auto run =
        sandbox.run("cluster", "--in x.npy --users users.npy --out y.npy --groups g.json --method " + method);
    BOOST_TEST(run.status == 0, run.err);
    BOOST_TEST(agreement(load_labels(sandbox.path() / "y.npy"), planted) == 1);
    const auto json = nlohmann::json::parse(sandbox.read("g.json"));
    std::set<std::set<std::string>> groups;
    for (const auto& group : json.at("groups")) groups.insert(group.get<std::set<std::string>>());
    const std::set<std::set<std::string>> expected = {{"101", "104"}, {"102", "105"}, {"103", "106"}};
    BOOST_TEST((groups == expected));
    for (const char* word : {"k = 3", "silhouette", "entropy", "106"})
      BOOST_TEST((run.out.find(word) != std::string::npos), word << " is not in the summary");
  }
}

BOOST_AUTO_TEST_CASE(cluster_takes_k_and_sweep) {
  Sandbox sandbox;
  with_points(sandbox);
  BOOST_TEST(sandbox.run("cluster", "--in x.npy --k 7 --out y.npy").status == 0);
  BOOST_TEST(load_labels(sandbox.path() / "y.npy").maxCoeff() == 6);
  BOOST_TEST(sandbox.run("cluster", "--in x.npy --k 1 --method kmeans --out y.npy").status == 0);
  BOOST_TEST(load_labels(sandbox.path() / "y.npy").maxCoeff() == 0);
  BOOST_TEST(sandbox.run("cluster", "--in x.npy --sweep 4:5 --out y.npy").status == 0);
  BOOST_TEST(load_labels(sandbox.path() / "y.npy").maxCoeff() >= 3);
}

BOOST_AUTO_TEST_CASE(cluster_refuses_what_it_cannot_use) {
  Sandbox sandbox;
  with_points(sandbox);
  io::save_npy(sandbox.path() / "line.npy", Eigen::VectorXd(Eigen::VectorXd::Ones(60)));
  io::save_npy(sandbox.path() / "few.npy", Eigen::VectorXi(Eigen::VectorXi::Ones(5)));
  io::save_npy(sandbox.path() / "same.npy", Eigen::MatrixXd(Eigen::MatrixXd::Ones(12, 2)));
  sandbox.write("text.npy", "not an array");
  sandbox.write("cut.npy", sandbox.read("x.npy").substr(0, 1000));
  check_failure(sandbox, "cluster", "--in x.npy --k 0", 2, "--k");
  check_failure(sandbox, "cluster", "--in x.npy --k 61", 2, "--k: expected 1..60");
  check_failure(sandbox, "cluster", "--in x.npy --sweep 61:70", 2, "--sweep");
  check_failure(sandbox, "cluster", "--in x.npy --k 2.5", 2, "--k");
  check_failure(sandbox, "cluster", "--in x.npy --method other", 2, "--method");
  check_failure(sandbox, "cluster", "--in x.npy --n-init 0", 2, "--n-init");
  check_failure(sandbox, "cluster", "--in x.npy --sweep 5", 2, "--sweep");
  check_failure(sandbox, "cluster", "--in x.npy --sweep 5:4", 2, "--sweep");
  check_failure(sandbox, "cluster", "--in x.npy --groups g.json", 2, "--users");
  check_failure(sandbox, "cluster", "--users users.npy", 2, "--in");
  check_failure(sandbox, "cluster", "--in x.npy --users few.npy --out y.npy", 2, "few.npy");
  check_failure(sandbox, "cluster", "--in line.npy --out y.npy", 2, "line.npy");
  check_failure(sandbox, "cluster", "--in text.npy --out y.npy", 2, "text.npy");
  check_failure(sandbox, "cluster", "--in cut.npy --out y.npy", 2, "cut.npy");
  check_failure(sandbox, "cluster", "--in . --out y.npy", 2, ".:");
  check_failure(sandbox, "cluster", "--in same.npy --method kmeans --k auto --out y.npy", 2,
                "--k: expected rows that fall into at least two groups");
}

// What the library calls "clusters" people know as --k.
BOOST_AUTO_TEST_CASE(options_are_told_by_their_flags) {
  Sandbox sandbox;
  with_points(sandbox);
  Eigen::MatrixXd holes = Eigen::MatrixXd::Ones(12, 2);
  holes(3, 1) = std::nan("");
  io::save_npy(sandbox.path() / "holes.npy", holes);
  io::save_npy(sandbox.path() / "one.npy", Eigen::MatrixXd(Eigen::MatrixXd::Ones(1, 2)));
  for (const std::string method : {"ward", "kmeans", "single"}) {
    check_failure(sandbox, "cluster", "--in x.npy --k 61 --method " + method, 2,
                  "cluster: --k: expected 1..60");
    check_failure(sandbox, "cluster", "--in holes.npy --k 2 --method " + method, 2, "cluster: --in: ");
  }
  check_failure(sandbox, "embed", "--in holes.npy", 2, "embed: --in: ");
  check_failure(sandbox, "embed", "--in x.npy --init x.npy", 2, "embed: --init: ");
  check_failure(sandbox, "train_mil", "--alpha 1", 2, "train_mil: --alpha: ");
}

// Groups are numbered from 1 where people see them, from 0 in files, which say so.
BOOST_AUTO_TEST_CASE(cluster_counts_groups_from_1) {
  Sandbox sandbox;
  with_points(sandbox);
  const auto run = sandbox.run("cluster", "--in x.npy --users users.npy --k 3 --out y.npy");
  BOOST_TEST(run.status == 0, run.err);
  const auto labels = load_labels(sandbox.path() / "y.npy"),
             users = load_labels(sandbox.path() / "users.npy");
  BOOST_TEST(labels.minCoeff() == 0);
  std::istringstream lines(run.out.substr(run.out.find(" user ")));
  std::string user;
  std::set<int> seen;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    int group = 0;
    if (!(cells >> user >> group)) continue;
    for (Index i = 0; i < users.size(); ++i)
      if (std::to_string(users[i]) == user) BOOST_TEST(labels[i] + 1 == group);
    seen.insert(group);
  }
  BOOST_TEST((seen == std::set<int>{1, 2, 3}));
  BOOST_TEST((sandbox.run("cluster", "--help").out.find("0...k-1") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(training_refuses_numbers_that_make_no_sense) {
  const Sandbox sandbox;
  for (const std::string list : {"nan,1,1,1", "-1,1,1,1", "inf,1,1,1"})
    check_failure(sandbox, "train_mil", "--alpha " + list, 2, "--alpha");
  check_failure(sandbox, "train_mil", "--split nan,0.5,0.5", 2, "--split");
  check_failure(sandbox, "train_mil", "--clip nan", 2, "--clip");
  check_failure(sandbox, "train_mil", "--clip 0", 2, "--clip");
}

/// A data set of 20 minutes: a series of noise, and a scalar `factor` times as large as a heart rate.
void write_person(const Sandbox& sandbox, const std::string& name, float factor, std::uint64_t seed = 1) {
  Random random(seed);
  data::DataSet set;
  set.user = "101";
  set.classes = {"0", "1"};
  for (const bool scalar : {false, true}) {
    xt::xtensor<float, 3> values(std::array<std::size_t, 3>{20, 1, scalar ? 1U : 40U});
    for (float& value : values)
      value =
          scalar ? factor * static_cast<float>(random.normal(70, 8)) : static_cast<float>(random.normal());
    set.modalities.push_back({scalar ? "hr" : "bvp", values, scalar});
  }
  set.label.resize({20});
  set.timestamp.resize({20});
  for (std::size_t n = 0; n < 20; ++n)
    set.label(n) = n % 2, set.timestamp(n) = static_cast<std::int64_t>(60 * n);
  data::save_dataset((sandbox.path() / name).string(), set);
}

// Every third minute has no pulse: what stands in its place is not read, in training, evaluation or streams, and has no
// importance; under every pool. Minutes with neither are told.
BOOST_AUTO_TEST_CASE(what_was_not_recorded_counts_for_nothing) {
  const Sandbox sandbox;
  write_person(sandbox, "whole.safetensors", 0.01f);
  auto set = data::load_dataset((sandbox.path() / "whole.safetensors").string());
  set.present = xt::xtensor<std::uint8_t, 2>(std::array<std::size_t, 2>{20, 2}, std::uint8_t{1});
  for (std::size_t n = 0; n < 20; n += 3) set.present(n, 0) = 0;
  data::save_dataset((sandbox.path() / "zeros.safetensors").string(), set);
  for (std::size_t n = 0; n < 20; n += 3) set.modalities[0].values(n, 0, 7) = 1e30f;
  data::save_dataset((sandbox.path() / "rubbish.safetensors").string(), set);
  for (const auto& [pool, name] : mil::pool_names) {
    BOOST_TEST_CONTEXT(name) {
      const auto train = std::string("--epochs 3 --batch 5 --sensor-dropout 0.3 --pool ") + name;
      std::vector<RowMatrix<float>> importance;
      for (const std::string data : {"zeros", "rubbish"}) {
        auto run = sandbox.run("train_mil",
                               train + " --data " + data + ".safetensors --out " + data + "/m.safetensors");
        BOOST_TEST(run.status == 0, run.err);
        run = sandbox.run("modal_importance", "--model " + data + "/m.safetensors --data " + data +
                                                  ".safetensors --out " + data + "/i.npy");
        BOOST_TEST(run.status == 0, run.err);
        importance.push_back(as_eigen(io::load_npy<float, 2>(sandbox.path() / data / "i.npy")));
        run = sandbox.run("stream_inference", "--model " + data + "/m.safetensors --data " + data +
                                                  ".safetensors --out " + data + "/s.npy");
        BOOST_TEST(run.status == 0, run.err);
        const RowMatrix<float> streamed = as_eigen(io::load_npy<float, 2>(sandbox.path() / data / "s.npy"));
        BOOST_TEST((streamed - importance.back()).cwiseAbs().maxCoeff() < 1e-5f);
      }
      BOOST_TEST((importance[0].array() == importance[1].array()).all());
      for (Index n = 0; n < 20; n += 3) BOOST_TEST(importance[0](n, 0) == 0);
      BOOST_TEST((importance[0].rowwise().sum().array() - 1).abs().maxCoeff() < 1e-5f);
      std::filesystem::remove_all(sandbox.path() / "zeros");
      std::filesystem::remove_all(sandbox.path() / "rubbish");
    }
  }
  set.present(3, 1) = 0;
  data::save_dataset((sandbox.path() / "nothing.safetensors").string(), set);
  check_failure(sandbox, "train_mil", "--data nothing.safetensors --out m.safetensors", 2,
                "got none in minute 3");
  check_failure(sandbox, "train_mil", "--sensor-dropout 1", 2, "--sensor-dropout");
  check_failure(sandbox, "train_mil", "--pool nonsense", 2, "--pool");
}

// A model says which encoders it is of, and all programs that read models take it.
BOOST_AUTO_TEST_CASE(models_of_all_encoders_are_read) {
  const Sandbox sandbox;
  write_person(sandbox, "p.safetensors", 0.01f);
  for (const std::string encoder : {"study", "small", "tcn8"}) {
    BOOST_TEST_CONTEXT(encoder) {
      const auto model = encoder + ".safetensors", out = encoder + "_again.safetensors";
      const auto runs = [&](const std::string& program, const std::string& arguments) {
        const auto run = sandbox.run(program, arguments);
        BOOST_TEST(run.status == 0, run.err);
        return run;
      };
      runs("train_mil", "--data p.safetensors --epochs 2 --encoder " + encoder + " --out " + model);
      BOOST_TEST(io::Tensors::load(sandbox.path() / model).metadata("encoder") == encoder);
      // What it starts from says the encoders, whatever else is asked for.
      runs("train_mil", "--data p.safetensors --epochs 2 --init " + model + " --out " + out);
      BOOST_TEST(io::Tensors::load(sandbox.path() / out).metadata("encoder") == encoder);
      runs("train_mil", "--data p.safetensors --epochs 3 --resume --init " + model + " --out " + out);
      runs("modal_importance", "--model " + model + " --data p.safetensors --out i.npy --faithfulness");
      runs("stream_inference", "--model " + model + " --data p.safetensors --out s.npy");
      const RowMatrix<float> whole = as_eigen(io::load_npy<float, 2>(sandbox.path() / "i.npy")),
                             streamed = as_eigen(io::load_npy<float, 2>(sandbox.path() / "s.npy"));
      BOOST_TEST((whole - streamed).cwiseAbs().maxCoeff() < 1e-5f);
      runs("export_firmware", "--model " + model + " --out m.hpp");
    }
  }
  auto tensors = io::Tensors::load(sandbox.path() / "small.safetensors");
  tensors.metadata()["encoder"] = "tcn99";
  tensors.save(sandbox.path() / "unknown.safetensors");
  check_failure(sandbox, "modal_importance", "--model unknown.safetensors --data p.safetensors --out i.npy",
                2, "'tcn99'");
  check_failure(sandbox, "train_mil", "--data p.safetensors --init unknown.safetensors --out m.safetensors",
                2, "'tcn99'");
  check_failure(sandbox, "train_mil", "--encoder tcn99", 2, "--encoder");
}

// The windows of a modality sum to its importance; devices and streams take whole minutes.
BOOST_AUTO_TEST_CASE(minutes_are_cut_into_windows) {
  const Sandbox sandbox;
  write_person(sandbox, "p.safetensors", 0.01f);
  const std::string data = " --data p.safetensors";
  auto run = sandbox.run("train_mil", "--epochs 2 --pool conjunctive --windows 4 --out m.safetensors" + data);
  BOOST_TEST(run.status == 0, run.err);
  run =
      sandbox.run("modal_importance", "--model m.safetensors --out i.npy --when w.npy --faithfulness" + data);
  BOOST_TEST(run.status == 0, run.err);
  const RowMatrix<float> importance = as_eigen(io::load_npy<float, 2>(sandbox.path() / "i.npy"));
  const auto when = io::load_npy<float, 3>(sandbox.path() / "w.npy");
  BOOST_REQUIRE((when.shape(0) == 20 && when.shape(1) == 2 && when.shape(2) == 4));
  bool uneven = false;
  for (std::size_t n = 0; n < 20; ++n)
    for (std::size_t m = 0; m < 2; ++m) {
      const float sum = when(n, m, 0) + when(n, m, 1) + when(n, m, 2) + when(n, m, 3);
      BOOST_TEST(std::abs(sum - importance(static_cast<Index>(n), static_cast<Index>(m))) < 1e-5f);
      if (m == 1) BOOST_TEST(when(n, m, 0) == when(n, m, 3));  // a scalar
      uneven = uneven || when(n, m, 0) != when(n, m, 3);
    }
  BOOST_TEST(uneven);
  for (const std::string program : {"stream_inference --data p.safetensors", "export_firmware"})
    check_failure(sandbox, program.substr(0, program.find(' ')),
                  "--model m.safetensors --out x" +
                      (program.find(' ') == std::string::npos ? "" : program.substr(program.find(' '))),
                  2, "4 windows");
  run = sandbox.run("train_mil", "--epochs 2 --out whole.safetensors" + data);
  BOOST_TEST(run.status == 0, run.err);
  check_failure(sandbox, "modal_importance", "--model whole.safetensors --out i.npy --when w.npy" + data, 2,
                "--when");
}

BOOST_AUTO_TEST_CASE(resuming_with_anything_else_is_refused) {
  const Sandbox sandbox;
  write_person(sandbox, "a.safetensors", 1);
  write_person(sandbox, "b.safetensors", 1, 2);
  const std::string run = " --out m.safetensors --epochs 2 ";
  BOOST_TEST(sandbox.run("train_mil", "--data a.safetensors --clip inf" + run).status == 0);
  const auto resumed = " --clip inf --resume" + run;
  check_failure(sandbox, "train_mil", "--data b.safetensors" + resumed, 2, "another --data");
  const std::vector<std::pair<std::string, std::string>> others = {
      {"--lr 0.02", "--lr (0.01 then, 0.02 now)"},
      {"--batch 4", "--batch"},
      {"--gamma 2", "--gamma"},
      {"--alpha 1,2", "--alpha (none then, 1,2 now)"},
      {"--weight-decay 0", "--weight-decay"},
      {"--split 0.6,0.2,0.2", "--split"},
      {"--seed 2", "--seed"},
      {"--no-standardize", "--standardize"},
      {"--encoder small", "--encoder"},
      {"--no-shuffle", "--no-shuffle"}};
  for (const auto& [flag, what] : others)
    check_failure(sandbox, "train_mil", "--data a.safetensors " + flag + resumed, 2, what);
  BOOST_TEST(sandbox
                 .run("train_mil",
                      "--data a.safetensors --clip inf --resume --out m.safetensors --epochs 4 "
                      "--patience 3 --threads 1")
                 .status == 0);
}

BOOST_AUTO_TEST_CASE(numbers_too_large_are_told_and_never_written) {
  const Sandbox sandbox;
  write_person(sandbox, "small.safetensors", 1);
  write_person(sandbox, "large.safetensors", 1e28f);
  const auto warned =
      sandbox.run("train_mil", "--data large.safetensors --out l/m.safetensors --epochs 1 --no-standardize");
  BOOST_TEST((warned.err.find("warning: modality hr has values up to") != std::string::npos), warned.err);
  const auto plain = sandbox.run("train_mil", "--data small.safetensors --out m.safetensors --epochs 2");
  BOOST_TEST(plain.status == 0);
  BOOST_TEST(plain.err == "");
  // Weights within range whose sums are not: what the model makes of it is no number, and no file.
  auto model = mil::load_model((sandbox.path() / "m.safetensors").string());
  auto& first = std::get<mil::ScalarEncoder<float>>(model.network.branches[1].encoder).first.second;
  first.weight.setConstant(3e38f);
  mil::save_model((sandbox.path() / "huge.safetensors").string(), model);
  for (const std::string program : {"modal_importance", "stream_inference"})
    check_failure(sandbox, program, "--model huge.safetensors --data small.safetensors --out y.npy", 2,
                  "--data");
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_a_failure) {
  Sandbox sandbox;
  with_points(sandbox);
  std::filesystem::create_directory(sandbox.path() / "folder");
  for (const std::string place : {"/dev/full", "/proc/y.npy", "missing/y.npy", "folder"}) {
    check_failure(sandbox, "cluster", "--in x.npy --k 2 --out " + place, 1, place);
    check_failure(sandbox, "embed", "--in x.npy --iterations 1 --out " + place, 1, place);
    check_failure(sandbox, "embed", "--in x.npy --iterations 1 --svg " + place, 1, place);
  }
  check_failure(sandbox, "preprocess", "--out /proc/y", 1, "/proc/y");
  check_failure(sandbox, "preprocess", "--out x.npy", 1, "x.npy");
}

BOOST_AUTO_TEST_CASE(embed_maps_what_it_is_given) {
  Sandbox sandbox;
  with_points(sandbox);
  const auto run = sandbox.run(
      "embed", "--in x.npy --labels groups.npy --perplexity 8 --iterations 300 --out y.npy --svg y.svg");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST((run.out.find("KL") != std::string::npos));
  const auto map = io::load_npy<double, 2>(sandbox.path() / "y.npy");
  BOOST_TEST(map.shape(0) == 60U);
  BOOST_TEST(map.shape(1) == 2U);
  const auto svg = sandbox.read("y.svg");
  BOOST_TEST(svg.starts_with("<svg"));
  std::size_t points = 0;
  for (auto at = svg.find("h0", svg.find("</style>")); at != std::string::npos; at = svg.find("h0", at + 1))
    ++points;
  BOOST_TEST(points == 60U);
}

BOOST_AUTO_TEST_CASE(embed_starts_where_it_is_told_to) {
  Sandbox sandbox;
  with_points(sandbox);
  BOOST_TEST(sandbox.run("embed", "--in x.npy --iterations 100 --out first.npy").status == 0);
  BOOST_TEST(sandbox.run("embed", "--in x.npy --init first.npy --iterations 0 --out same.npy").status == 0);
  const auto first = io::load_npy<double, 2>(sandbox.path() / "first.npy");
  const auto same = io::load_npy<double, 2>(sandbox.path() / "same.npy");
  BOOST_TEST(((as_eigen(first) - as_eigen(same)).cwiseAbs().maxCoeff() < 1e-9));
  BOOST_TEST(sandbox.run("embed", "--in x.npy --init random --iterations 100 --out other.npy").status == 0);
  BOOST_TEST((sandbox.read("first.npy") != sandbox.read("other.npy")));
}

BOOST_AUTO_TEST_CASE(embed_refuses_what_it_cannot_use) {
  Sandbox sandbox;
  with_points(sandbox);
  io::save_npy(sandbox.path() / "few.npy", Eigen::VectorXi(Eigen::VectorXi::Ones(5)));
  Eigen::MatrixXd holes = Eigen::MatrixXd::Ones(12, 2);
  holes(3, 1) = std::nan("");
  io::save_npy(sandbox.path() / "holes.npy", holes);
  check_failure(sandbox, "embed", "--in x.npy --perplexity 0", 2, "--perplexity");
  check_failure(sandbox, "embed", "--in x.npy --iterations -1", 2, "--iterations");
  check_failure(sandbox, "embed", "--in x.npy --theta 2", 2, "--theta");
  check_failure(sandbox, "embed", "--in x.npy --init nowhere.npy --out y.npy", 2, "nowhere.npy");
  check_failure(sandbox, "embed", "--in x.npy --init x.npy --out y.npy", 2, "60 x 2");
  check_failure(sandbox, "embed", "--in x.npy --labels few.npy --svg y.svg", 2, "few.npy");
  check_failure(sandbox, "embed", "--in holes.npy --out y.npy", 2, "row 3");
}

BOOST_AUTO_TEST_CASE(preprocess_counts_every_minute) {
  const Sandbox sandbox;
  const auto run = sandbox.run("preprocess", "--out data --rows --seed 4");
  BOOST_TEST(run.status == 0, run.err);
  const Names expected = {"data/101.csv", "data/101.safetensors", "data/102.csv",     "data/102.safetensors",
                          "data/103.csv", "data/103.safetensors", "data/quality.csv", "data/quality.json"};
  BOOST_TEST(sandbox.files() == expected, boost::test_tools::per_element());
  const auto json = nlohmann::json::parse(sandbox.read("data/quality.json"));
  BOOST_TEST(json.at("people").size() == 3U);
  BOOST_TEST(json.at("row_tables").size() == 3U);
  int dropped_all = 0;
  for (const auto& person : json.at("people")) {
    int kept = 0, dropped = 0;
    for (const auto& [why, n] : person.at("kept_by_reason").items()) kept += n.get<int>();
    for (const auto& [why, n] : person.at("repaired_by_reason").items()) kept += n.get<int>();
    for (const auto& [why, n] : person.at("dropped_by_reason").items()) dropped += n.get<int>();
    BOOST_TEST(kept == person.at("kept").get<int>());
    BOOST_TEST(kept + dropped == person.at("seen").get<int>());
    dropped_all += dropped;
  }
  BOOST_TEST(dropped_all > 0);
  BOOST_TEST(json.at("total").at("dropped").get<int>() == dropped_all);
}

BOOST_AUTO_TEST_CASE(preprocess_refuses_what_it_cannot_use) {
  const Sandbox sandbox;
  std::filesystem::create_directories(sandbox.path() / "empty");
  std::filesystem::create_directories(sandbox.path() / "e4" / "S1");
  sandbox.write("labels.csv", "user,start,end,label\nS1,0,60,calm\n");
  sandbox.write("wrong.csv", "a,b\n1,2\n");
  const std::string e4 = "--layout empatica --in e4 --out d ";
  check_failure(sandbox, "preprocess", "--in empty --out d", 2, "empty");
  check_failure(sandbox, "preprocess", "--in labels.csv --out d", 2, "labels.csv");
  check_failure(sandbox, "preprocess", "--in empty", 2, "--out");
  check_failure(sandbox, "preprocess", "--layout other", 2, "--layout");
  check_failure(sandbox, "preprocess", "--label mood", 2, "--label");
  check_failure(sandbox, "preprocess", "--rules none", 2, "--rules");
  check_failure(sandbox, "preprocess", "--labels labels.csv", 2, "--labels");
  check_failure(sandbox, "preprocess", e4, 2, "--labels");
  check_failure(sandbox, "preprocess", e4 + "--labels nowhere.csv", 2, "nowhere.csv");
  check_failure(sandbox, "preprocess", e4 + "--labels wrong.csv", 2, "wrong.csv");
  check_failure(sandbox, "preprocess", e4 + "--labels labels.csv --rows", 2, "--rows");
  check_failure(sandbox, "preprocess", "--layout empatica --in empty --out d --labels labels.csv", 2,
                "empty");
}

BOOST_AUTO_TEST_CASE(preprocess_says_why_nobody_is_usable) {
  const Sandbox sandbox;
  std::filesystem::create_directories(sandbox.path() / "e4" / "S1");
  sandbox.write("labels.csv", "user,start,end,label\nS1,0,60,calm\n");
  const auto run = sandbox.run("preprocess", "--layout empatica --in e4 --out d --labels labels.csv");
  BOOST_TEST(run.status == 2);
  BOOST_TEST(run.one_line("preprocess"));
  BOOST_TEST(sandbox.files().size() == 3U);  // labels.csv and the account, twice
  const auto json = nlohmann::json::parse(sandbox.read("d/quality.json"));
  BOOST_TEST(json.at("people").at(0).at("error").get<std::string>() != "");
}

BOOST_AUTO_TEST_CASE(same_seed_same_bytes_whatever_the_threads) {
  Sandbox sandbox;
  with_points(sandbox);
  const std::vector<std::pair<std::string, std::string>> runs = {
      {"cluster", "--in x.npy --users users.npy --method kmeans --k 4 --out RUN/y.npy --groups RUN/g.json"},
      {"cluster", "--in x.npy --k 4 --out RUN/w.npy"},
      {"embed", "--in x.npy --init random --iterations 120 --out RUN/m.npy --svg RUN/m.svg"},
      {"preprocess", "--out RUN/data --rows"}};
  const Names variants = {"--threads 1", "--threads 1", "--threads 2"};
  for (std::size_t v = 0; v < variants.size(); ++v) {
    const auto folder = "run" + std::to_string(v);
    std::filesystem::create_directory(sandbox.path() / folder);
    for (auto [program, arguments] : runs) {
      for (std::size_t at; (at = arguments.find("RUN")) != std::string::npos;)
        arguments.replace(at, 3, folder);
      const auto run = sandbox.run(program, arguments + " --seed 9 " + variants[v]);
      BOOST_TEST_REQUIRE(run.status == 0, program << ": " << run.err);
    }
  }
  const auto all = sandbox.files();
  std::size_t compared = 0;
  for (const auto& file : all) {
    if (!file.starts_with("run0/")) continue;
    for (const char* other : {"run1/", "run2/"})
      BOOST_TEST((sandbox.read(file) == sandbox.read(other + file.substr(5))),
                 file << " differs in " << other);
    ++compared;
  }
  BOOST_TEST(compared == 13U);  // five of clusters and map, two each of three people, the account twice
}

BOOST_AUTO_TEST_CASE(another_seed_gives_other_data) {
  const Sandbox sandbox;
  BOOST_TEST(sandbox.run("preprocess", "--out a --seed 1").status == 0);
  BOOST_TEST(sandbox.run("preprocess", "--out b --seed 2").status == 0);
  BOOST_TEST((sandbox.read("a/101.safetensors") != sandbox.read("b/101.safetensors")));
}

BOOST_AUTO_TEST_CASE(full_disk_under_the_summary_is_a_failure) {
  const Sandbox sandbox;
  const std::string command = std::string("'") + paths::programs + "/cluster' > /dev/full 2> '" +
                              (sandbox.path() / "err").string() + "'";
  const int status = std::system(command.c_str());
  BOOST_TEST(WEXITSTATUS(status) == 1);
  BOOST_TEST(sandbox.read("err").starts_with("cluster: "));
}

BOOST_AUTO_TEST_SUITE_END()
