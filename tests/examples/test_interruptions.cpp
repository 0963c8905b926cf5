// SPDX-License-Identifier: MIT

// Programs killed at random moments and run again: the files of a run that nobody disturbed, and at no time a part of a
// file under a file's name. And programs whose files cannot grow, as on a full disk.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <lifelog/core/random.hpp>
#include <map>

#include "run.hpp"

BOOST_AUTO_TEST_SUITE(interruptions)

using namespace lifelog;
using namespace lifelog::examples;
namespace fs = std::filesystem;

namespace {

using Files = std::map<std::string, std::string>;

/// What stands under its own name: neither the hidden beginnings of a file nor of a tree. A checkpoint is whole at any
/// time, but says something else each time.
bool is_result(const fs::path& file) {
  return file.string().find("/.unfinished/") == std::string::npos &&
         !(file.filename().string().front() == '.' && file.extension() == ".tmp") &&
         file.filename() != "checkpoint.safetensors";
}

Files results(const Sandbox& sandbox, const std::string& out) {
  Files files;
  for (const auto& file : sandbox.files())
    if (file.starts_with(out + "/") && is_result("/" + file))
      files[file.substr(out.size() + 1)] = sandbox.read(file);
  return files;
}

/// Runs a program on `whole` undisturbed, then on `part` with a kill after each of `kills` shares of the time that took,
/// drawn from the seed, and once more to the end.
class Interruptions {
 public:
  /// arguments: with OUT for the folder all results go to.
  Interruptions(const Sandbox& sandbox, std::string program, std::string arguments)
      : sandbox_(sandbox), program_(std::move(program)), arguments_(std::move(arguments)) {
    run("whole", 0);
    expected_ = results(sandbox_, "whole");
    BOOST_TEST_REQUIRE(!expected_.empty());
  }

  void kill_and_compare(int kills, std::uint64_t seed) {
    Random random(seed);
    int killed = 0;
    for (int i = 0; i < kills; ++i) {
      const double share = random.uniform(0.02, 0.9);
      BOOST_TEST_CONTEXT(program_ << " killed after " << share << " of " << seconds_ << " s") {
        const bool ended = !run("part", share * seconds_);
        check_no_part_is_taken_for_a_whole();
        killed += !ended;
        // Faster than the first time, or killed when all was done: once more from nothing.
        if (ended || results(sandbox_, "part").size() == expected_.size())
          fs::remove_all(sandbox_.path() / "part");
      }
    }
    BOOST_TEST(killed > 0);
    run("part", 0);
    const auto found = results(sandbox_, "part");
    BOOST_TEST(found.size() == expected_.size());
    check_no_part_is_taken_for_a_whole();
    for (const auto& file : sandbox_.files())  // what kills left is gone too
      BOOST_TEST((!file.starts_with("part/") || fs::path(file).extension() != ".tmp"), file);
  }

 private:
  /// Whether it was killed; kill_after: seconds, 0: never.
  bool run(const std::string& out, double kill_after) {
    auto arguments = arguments_;
    for (std::size_t at; (at = arguments.find("OUT")) != std::string::npos;) arguments.replace(at, 3, out);
    const auto start = std::chrono::steady_clock::now();
    const auto run = sandbox_.run(program_, arguments + " --seed 3", kill_after);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const bool killed = kill_after > 0 && run.status == 128 + 9;
    if (!killed) seconds_ = std::min(seconds_, seconds);  // on a machine that is busy now and then
    BOOST_TEST((killed || run.status == 0), run.err);
    return killed;
  }

  void check_no_part_is_taken_for_a_whole() {
    for (const auto& [name, text] : results(sandbox_, "part")) {
      const auto expected = expected_.find(name);
      BOOST_TEST((expected != expected_.end()), name << " is not of an undisturbed run");
      if (expected != expected_.end()) BOOST_TEST((text == expected->second), name << " differs");
    }
  }

  const Sandbox& sandbox_;
  std::string program_, arguments_;
  double seconds_ = INFINITY;  ///< of a run that nobody disturbed; the shortest
  Files expected_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pipeline_goes_on_to_the_same_results) {
  const Sandbox sandbox;
  Interruptions(sandbox, "pipeline",
                "--out OUT --users 4 --groups 2 --sessions 1 --minutes 20 --dirt 0.05 --epochs 8 "
                "--predictor-epochs 8 --perplexity 5")
      .kill_and_compare(10, 1);
}

BOOST_AUTO_TEST_CASE(synthesize_leaves_a_whole_tree_or_none) {
  const Sandbox sandbox;
  Interruptions(sandbox, "synthesize", "--out OUT --users 3 --groups 1 --sessions 2 --minutes 60 --dirt 0.1")
      .kill_and_compare(10, 2);
}

BOOST_AUTO_TEST_CASE(preprocess_writes_whole_files) {
  const Sandbox sandbox;
  sandbox.generate("--users 6 --groups 2 --minutes 25 --dirt 0.1");
  Interruptions(sandbox, "preprocess", "--in raw --out OUT --rows").kill_and_compare(10, 3);
}

BOOST_AUTO_TEST_CASE(train_mil_resumes_to_the_same_model) {
  const Sandbox sandbox;
  sandbox.generate_data("--users 1 --groups 1 --minutes 40 --dirt 0");
  Interruptions(sandbox, "train_mil",
                "--data data/101.safetensors --out OUT/model.safetensors --epochs 60 --batch 16 --resume "
                "--checkpoint-seconds 0")
      .kill_and_compare(10, 4);
}

// Files beyond a limit cannot be written; then a program fails in one line and leaves no part of a file.
BOOST_AUTO_TEST_CASE(a_full_disk_is_a_failure_that_leaves_no_part) {
  const Sandbox sandbox;
  sandbox.generate_data("--users 2 --groups 1 --minutes 20 --dirt 0");
  const auto before = sandbox.files();
  const std::pair<const char*, const char*> runs[] = {
      {"synthesize", "--out OUT --users 1 --groups 1 --sessions 1 --minutes 4"},
      {"preprocess", "--in raw --out OUT --rows"},
      {"train_mil", "--data data/101.safetensors --out OUT/model.safetensors --epochs 2"},
      {"pipeline", "--out OUT --users 2 --groups 1 --sessions 1 --minutes 4"}};
  for (const auto& [program, arguments] : runs) {
    std::string here = arguments;
    here.replace(here.find("OUT"), 3, std::string("full_") + program);
    const auto run = sandbox.run(program, here, 0, /*file blocks*/ 40);
    BOOST_TEST_CONTEXT(program << " -> " << run.err) {
      BOOST_TEST(run.status == 1);
      BOOST_TEST(run.one_line(program));
      BOOST_TEST(contains(run.err, "cannot write"));
    }
  }
  auto after = sandbox.files();
  std::erase_if(after, [](const auto& file) { return fs::path(file).filename() == ".settings.json"; });
  BOOST_TEST(after == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
