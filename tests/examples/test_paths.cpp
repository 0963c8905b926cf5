// SPDX-License-Identifier: MIT
#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <lifelog/io/npy.hpp>

#include "../support/temp_dir.hpp"
#include "../support/throws.hpp"
#include "common/program.hpp"
#include "run.hpp"

BOOST_AUTO_TEST_SUITE(examples_paths)

using namespace lifelog;
using namespace lifelog::examples;

namespace fs = std::filesystem;

namespace {

/// x.npy; link.npy and hard.npy, which are it too; folder/; to_folder, which leads there; ahead, which leads to what is not there.
struct Places : TempDir {
  Places() {
    file("x.npy", "x");
    fs::create_directory(path() / "folder");
    fs::create_symlink("x.npy", path() / "link.npy");
    fs::create_hard_link(path() / "x.npy", path() / "hard.npy");
    fs::create_directory_symlink("folder", path() / "to_folder");
    fs::create_symlink("folder/new.npy", path() / "ahead");
  }

  bool same(const std::string& a, const std::string& b) const { return same_file(path() / a, path() / b); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(one_file_by_many_names) {
  const Places places;
  for (const char* name :
       {"x.npy", "./x.npy", "folder/../x.npy", "to_folder/../x.npy", "link.npy", "hard.npy"})
    BOOST_TEST(places.same("x.npy", name), name);
  for (const char* name : {"y.npy", "folder/x.npy", "folder", "ahead"})
    BOOST_TEST(!places.same("x.npy", name), name);
  for (const char* name : {"folder/new.npy", "to_folder/new.npy", "./folder//new.npy", "ahead"})
    BOOST_TEST(places.same("folder/new.npy", name), name);
  BOOST_TEST(places.same("folder", "to_folder/"));
  BOOST_TEST(places.same("nowhere/", "nowhere"));
  BOOST_TEST(places.same("nowhere/a/../b", "nowhere/b"));
}

BOOST_AUTO_TEST_CASE(outputs_stay_apart) {
  const Places places;
  const auto at = [&](const char* name) { return places.path() / name; };
  require_apart({{"--in", at("x.npy")}, {"--users", at("x.npy")}},
                {{"--out", at("y.npy")}, {"--svg", {}}, {"--state", {}}});
  require_apart({}, {{"--out", "/dev/null"}, {"--logp", "/dev/null"}});
  check_throws<FlagError>(
      [&] {
        require_apart({{"--in", at("x.npy")}}, {{"--out", at("link.npy")}});
      },
      {"--out", "--in", "link.npy"});
  check_throws<FlagError>(
      [&] {
        require_apart({}, {{"--out", at("folder/new.npy")}, {"--logp", at("ahead")}});
      },
      {"--logp", "--out", "ahead"});
}

BOOST_AUTO_TEST_CASE(programs_keep_their_inputs) {
  Sandbox sandbox;
  const auto sample = Eigen::MatrixXd(Eigen::MatrixXd::Random(20, 3));
  io::save_npy(sandbox.path() / "x.npy", sample);
  const auto x = sandbox.read("x.npy");
  fs::create_symlink("x.npy", sandbox.path() / "link.npy");
  const std::vector<std::array<std::string, 3>> refused = {
      {"cluster", "--in x.npy --k 2 --out x.npy", "--out"},
      {"cluster", "--in x.npy --k 2 --out ./link.npy", "--out"},
      {"cluster", "--in x.npy --users link.npy --k 2 --out y.npy --groups x.npy", "--groups"},
      {"cluster", "--in x.npy --users x.npy --k 2 --out y --groups ./y", "--groups"},
      {"embed", "--in x.npy --out link.npy", "--out"},
      {"embed", "--in x.npy --out y.npy --svg ./y.npy", "--svg"},
      {"embed", "--in x.npy --init link.npy --state x.npy", "--state"},
      {"train_mil", "--data x.npy --out x.npy", "--out"},
      {"train_mil", "--data metrics.json --out m.safetensors", "metrics.json"},
      {"train_mil", "--data d --init ./m --out m", "--init"},
      {"train_mil", "--data d --out history.csv", "history.csv"},
      {"modal_importance", "--model m --data x.npy --out x.npy", "--out"},
      {"modal_importance", "--model m --data d --out y.npy --logp y.npy", "--logp"},
      {"stream_inference", "--model x.npy --data d --out link.npy", "--out"},
      {"export_firmware", "--model x.npy --out x.npy", "--out"},
      {"preprocess", "--in raw --out ./raw", "--out"},
      {"preprocess", "--in raw --out d --cache d/", "--cache"},
      {"train_predictors", "--rows r --groups p/comparison.json --out p", "comparison.json"},
      {"train_predictors", "--rows r --groups g --out r/", "--out"},
      {"pipeline", "--data ./p --out p", "--out"},
      {"pipeline", "--data p/data --out p", "data"}};
  for (const auto& [program, arguments, what] : refused) {
    const auto before = sandbox.files();
    const auto run = sandbox.run(program, arguments);
    BOOST_TEST_CONTEXT(program << ' ' << arguments << " -> " << run.err) {
      BOOST_TEST(run.status == 2);
      BOOST_TEST(run.one_line(program));
      BOOST_TEST((run.err.find(what) != std::string::npos));
      BOOST_TEST((run.err.find("another path") != std::string::npos));
      BOOST_TEST((sandbox.files() == before));
    }
  }
  BOOST_TEST((sandbox.read("x.npy") == x));
}

BOOST_AUTO_TEST_SUITE_END()
