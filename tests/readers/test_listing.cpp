// SPDX-License-Identifier: MIT
#include <lifelog/readers/listing.hpp>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "../support/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(listing)

using lifelog::readers::count_files;
using lifelog::readers::list_files;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> paths_of(const fs::path& path, const std::vector<fs::path>& without = {}) {
  std::vector<std::string> paths;
  for (const auto& file : list_files(path, without).files) paths.push_back(file.path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(files_come_by_path_with_their_sizes) {
  const TempDir dir;
  dir.file("b/2.csv", "12");
  dir.file("b/1.csv", "");
  dir.file("a", "1");
  const auto listing = list_files(dir.path());
  BOOST_TEST(paths_of(dir.path()) == (Paths{"a", "b/1.csv", "b/2.csv"}), boost::test_tools::per_element());
  BOOST_TEST(listing.files[2].size == 2u);
  BOOST_TEST(listing.not_entered.empty());
  BOOST_TEST(paths_of(dir / "a") == (Paths{""}), boost::test_tools::per_element());
  BOOST_TEST(paths_of(dir / "none").empty());
  BOOST_TEST(count_files(dir / "b") == 2);
  BOOST_TEST(paths_of(dir.path(), {dir / "b"}) == (Paths{"a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(links_are_followed_but_not_in_circles) {
  const TempDir dir, other;
  dir.file("a/1", "1");
  other.file("x/2", "2");
  fs::create_directory_symlink(other / "x", dir / "a/link");
  fs::create_directory_symlink(dir / "a", other / "x/back");  // a/link/back is a
  fs::create_directory_symlink(dir.path(), dir / "a/up");
  fs::create_symlink(dir / "nothing", dir / "a/broken");
  fs::create_directory(dir / "empty");
  BOOST_TEST(paths_of(dir.path()) == (Paths{"a/1", "a/link/2"}), boost::test_tools::per_element());
  std::vector<std::string> faults;
  for (const auto& fault : list_files(dir.path()).not_entered)
    faults.push_back(fault.path + ": " + fault.reason);
  BOOST_TEST(
      faults == (Paths{"a/broken: a link to nothing", "a/link/back: a link to a folder that it lies in",
                       "a/up: a link to a folder that it lies in", "empty: an empty folder"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
