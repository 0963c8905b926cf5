// SPDX-License-Identifier: MIT

// A generated tree is whole or not there: interruptions, a disk that is full.

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <lifelog/generator/generator.hpp>
#include <map>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(data_generator_folder)

namespace data = lifelog::data;
namespace generator = lifelog::generator;
namespace fs = std::filesystem;
using etri_writer::TemporaryFolder;
using lifelog::Index;

namespace {

generator::GeneratorOptions options() {
  generator::GeneratorOptions options;
  options.users = 2;
  options.sessions = 1;
  options.minutes = 6;
  options.groups = 1;
  options.threads = 2;
  options.seed = 4;
  return options;
}

std::map<std::string, std::uintmax_t> sizes(const fs::path& root) {
  std::map<std::string, std::uintmax_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), root).string()] = entry.file_size();
  return files;
}

/// As long as it lives, no file of this process grows beyond `bytes`: writing more fails as on a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_named_and_leaves_nothing) {
  TemporaryFolder folder;
  bool named = false;
  {
    const SmallFiles limit(20'000);  // the first sensors of a minute are longer
    try {
      generator::write_etri_tree(folder.path / "tree", options());
    } catch (const lifelog::io_error& error) {
      const std::string what = error.what();
      named = what.find(".csv: cannot write: ") != std::string::npos;
    }
  }
  BOOST_TEST(named);
  BOOST_TEST(sizes(folder.path).empty());
  BOOST_TEST(generator::write_etri_tree(folder.path / "tree", options()).files > 100);
}

BOOST_AUTO_TEST_CASE(a_file_is_written_whole_or_not_at_all) {
  TemporaryFolder folder;
  {
    const SmallFiles limit(1000);
    BOOST_CHECK_THROW(generator::detail::write_whole(folder.path / "long", std::string(1001, 'x')),
                      lifelog::io_error);
    generator::detail::write_whole(folder.path / "short", std::string(1000, 'x'));
  }
  BOOST_TEST((sizes(folder.path) == std::map<std::string, std::uintmax_t>{{"short", 1000}}));
  // What is no file of ours, here a link to a device, fails and stays.
  fs::create_symlink("/dev/full", folder.path / "device");
  BOOST_CHECK_THROW(generator::detail::write_whole(folder.path / "device", "x"), lifelog::io_error);
  BOOST_TEST(fs::is_symlink(folder.path / "device"));
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_is_cleared_and_done_again) {
  TemporaryFolder folder;
  generator::write_etri_tree(folder.path / "whole", options());
  const auto whole = sizes(folder.path / "whole");
  const auto again = [&](const fs::path& dir) {
    generator::write_etri_tree(dir, options());
    BOOST_TEST((sizes(dir) == whole));
    BOOST_TEST(!fs::exists(dir / ".unfinished"));
  };
  // While it grew.
  etri_writer::write(folder.path / "a" / ".unfinished" / "dataset_2019" / "101" / "half.csv", "timest");
  again(folder.path / "a");
  // While it moved out.
  etri_writer::write(folder.path / "b" / ".unfinished" / "user_info_2019_2018_updated.csv", "userId");
  etri_writer::write(folder.path / "b" / "dataset_2019" / "101" / "old.csv", "timestamp");
  again(folder.path / "b");
  // Just before the end.
  fs::create_directories(folder.path / "c" / ".unfinished");
  etri_writer::write(folder.path / "c" / "dataset_2019" / "101" / "old.csv", "timestamp");
  etri_writer::write(folder.path / "c" / "truth.json", "{}");
  again(folder.path / "c");
}

BOOST_AUTO_TEST_CASE(nothing_but_its_own_leavings_is_removed) {
  TemporaryFolder folder;
  fs::create_directories(folder.path / ".unfinished");
  etri_writer::write(folder.path / "precious.txt", "mine");
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path, options()), std::invalid_argument);
  BOOST_TEST(fs::exists(folder.path / "precious.txt"));
}

BOOST_AUTO_TEST_CASE(progress_that_throws_stops_it_and_leaves_nothing) {
  TemporaryFolder folder;
  const auto plan = generator::plan_generator(options());
  const auto ignore = [](auto&&...) {};
  const auto stop = [](auto&&...) { throw std::runtime_error("enough"); };
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path / "a", plan, stop, ignore), std::runtime_error);
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path / "b", plan, ignore, stop), std::runtime_error);
  BOOST_TEST(sizes(folder.path).empty());
  // What is added beside the tree appears with it.
  generator::write_etri_tree(folder.path / "c", plan, ignore,
                             [](const fs::path& dir, const generator::GeneratorTruth& truth) {
                               etri_writer::write(dir / "truth.json", std::to_string(truth.files));
                             });
  BOOST_TEST(fs::exists(folder.path / "c" / "truth.json"));
}

BOOST_AUTO_TEST_SUITE_END()
