// SPDX-License-Identifier: MIT
#include <lifelog/readers/empatica_tree.hpp>

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "../support/throws.hpp"

BOOST_AUTO_TEST_SUITE(empatica_tree)

using namespace lifelog::readers;
using lifelog::Index;

namespace {

/// Files whose content is their path; folders that end with ".zip" are archives.
std::vector<EmpaticaFile> files_of(const std::vector<std::string>& paths) {
  std::vector<EmpaticaFile> files;
  for (const auto& path : paths) {
    EmpaticaFile file;
    std::size_t at = 0;
    for (std::size_t slash; (slash = path.find('/', at)) != std::string::npos; at = slash + 1) {
      file.folders.push_back(path.substr(at, slash - at));
      file.archive.push_back(file.folders.back().ends_with(".zip"));
    }
    file.name = path.substr(at);
    file.read = [path] { return path; };
    if (file.name.empty()) file.fault = "cut short";
    files.push_back(file);
  }
  return files;
}

EmpaticaLabels labels_of(const std::vector<std::string>& users) {
  std::string text = "user,start,end,label\n";
  for (const auto& user : users) text += user + ",0,60,a\n";
  return parse_empatica_labels(text, "labels.csv");
}

/// "S02: /in/S02, …" of each person.
std::vector<std::string> people_of(const std::vector<std::string>& paths,
                                   const std::vector<std::string>& users) {
  std::vector<std::string> out;
  for (const auto& person : arrange_empatica(files_of(paths), "/in", labels_of(users)).people) {
    out.push_back(person.user + ':');
    for (const auto& session : person.sessions) out.back() += ' ' + session.name;
  }
  return out;
}

void check_people(const std::vector<std::string>& paths, const std::vector<std::string>& users,
                  const std::vector<std::string>& expected) {
  BOOST_TEST(people_of(paths, users) == expected, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_CASE(sessions_are_folders_on_disk_and_in_archives) {
  check_people(
      {"S02/ACC.csv", "S02/HR.csv", "S02/2/ACC.csv", "S02/2/deeper/ACC.csv", "S02/b.zip/ACC.csv",
       "S02/a.zip/x/ACC.csv", "S02.zip/ACC.csv", "S03/ACC.csv"},
      {"S02", "S03"},
      {"S02: /in/S02 /in/S02/2 /in/S02/2/deeper /in/S02/a.zip/x /in/S02/b.zip /in/S02.zip", "S03: /in/S03"});
}

BOOST_AUTO_TEST_CASE(a_half_session_takes_no_file_from_another) {
  const auto tree = arrange_empatica(files_of({"P.zip/A/ACC.csv", "P.zip/LONG/ACC.csv", "P.zip/LONG/HR.csv"}),
                                     "/in", labels_of({"P"}));
  BOOST_REQUIRE(tree.people.size() == 1u);
  BOOST_REQUIRE(tree.people[0].sessions.size() == 2u);
  const auto &half = tree.people[0].sessions[0], &whole = tree.people[0].sessions[1];
  BOOST_TEST(half.read("ACC.csv") == "P.zip/A/ACC.csv");
  check_throws<lifelog::io_error>([&] { half.read("HR.csv"); }, {"/in/P.zip/A/HR.csv", "No such file"});
  BOOST_TEST(whole.read("ACC.csv") == "P.zip/LONG/ACC.csv");
  BOOST_TEST(whole.read("HR.csv") == "P.zip/LONG/HR.csv");
  BOOST_TEST(tree.people[0].files == 3);
  BOOST_TEST(tree.people[0].sources == std::vector<std::string>{"P.zip"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(archives_hold_people_sessions_or_both) {
  // All people in one archive, as folders and as archives; one of them has no labels.
  check_people({"all.zip/S02/ACC.csv", "all.zip/S03.zip/ACC.csv", "all.zip/S09/ACC.csv"}, {"S02", "S03"},
               {"S02: /in/all.zip/S02", "S03: /in/all.zip/S03.zip", "S09: /in/all.zip/S09"});
  // Deeper, and people's own places count too.
  check_people({"all.zip/data/S02/1/ACC.csv", "S02/ACC.csv", "all.zip/data/S03/ACC.csv"}, {"S02", "S03"},
               {"S02: /in/S02 /in/all.zip/data/S02/1", "S03: /in/all.zip/data/S03"});
  // Sessions of one person, whatever they are called: the archive has the labelled name.
  check_people({"S02.zip/S03/ACC.csv", "S02.zip/x/ACC.csv"}, {"S02", "S03"},
               {"S02: /in/S02.zip/S03 /in/S02.zip/x"});
  // A session's name that is a person's who has a place: still a session.
  check_people({"P9/1/ACC.csv", "P9/2/ACC.csv", "1/ACC.csv", "2/ACC.csv"}, {"1", "2"},
               {"1: /in/1", "2: /in/2", "P9: /in/P9/1 /in/P9/2"});
  // Nobody is labelled: the archive's name is all there is.
  check_people({"x.zip/a/ACC.csv", "x.zip/b/ACC.csv"}, {"S02"}, {"x: /in/x.zip/a /in/x.zip/b"});
  check_people({"x.zip/a/ACC.csv", "x.zip/b/ACC.csv"}, {}, {"a: /in/x.zip/a", "b: /in/x.zip/b"});
  // The root is a person's folder.
  check_people({"ACC.csv", "2/ACC.csv"}, {"in"}, {"in: /in /in/2"});
}

BOOST_AUTO_TEST_CASE(spellings_of_a_name_are_one_person) {
  const auto tree = arrange_empatica(files_of({"Zo\u00eb/1/ACC.csv", "Zoe\u0308/2/ACC.csv"}), "/in",
                                     labels_of({"Zo\u00eb"}));
  BOOST_REQUIRE(tree.people.size() == 1u);
  BOOST_TEST(tree.people[0].user == "Zo\u00eb");
  BOOST_TEST(tree.people[0].sessions.size() == 2u);
  BOOST_REQUIRE(tree.people[0].notes.size() == 1u);
  for (const char* part : {"U+005A U+006F U+00EB", "U+005A U+006F U+0065 U+0308"})
    BOOST_TEST(tree.people[0].notes[0].find(part) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(archives_that_cannot_be_read_are_sessions_that_say_so) {
  const auto tree =
      arrange_empatica(files_of({"S02/ACC.csv", "S02.zip/", "S05.zip/"}), "/in", labels_of({"S02", "S05"}));
  BOOST_REQUIRE(tree.people.size() == 2u);
  BOOST_TEST(tree.people[0].sessions[1].failure == "cut short");
  BOOST_TEST(tree.people[1].sessions[0].failure == "cut short");
  BOOST_TEST(tree.people[1].files == 1);
}

BOOST_AUTO_TEST_CASE(every_file_is_read_or_ignored_with_a_reason) {
  const std::vector<std::string> paths = {
      "S02/ACC.csv",      "S02/tags.csv",           "S02/IBI.csv",           "S02/info.txt",
      "S02/._ACC.csv",    "S02/photos/1.jpg",       "S02/photos/more/2.jpg", "readme.txt",
      "old.tar.gz",       "__MACOSX/S02/._ACC.csv", ".git/config",           "docs/a.pdf",
      "docs/ACC.csv.bak", "S02/a.zip/ACC.csv",      "S02/a.zip/ACC.csv",     "Zo\xeb/ACC.csv"};
  const auto tree = arrange_empatica(files_of(paths), "/in", labels_of({"S02"}));
  Index files = 0;
  for (const auto& person : tree.people) files += person.files;
  BOOST_TEST(files == 2);
  std::map<std::string, std::string> reasons;
  for (const auto& ignored : tree.ignored) {
    files += ignored.files;
    BOOST_TEST(reasons.emplace(ignored.path, ignored.reason).second, ignored.path);
  }
  BOOST_TEST(files == static_cast<Index>(paths.size()));
  const auto expect = [&](const std::string& path, const std::string& part) {
    BOOST_TEST(reasons.count(path) == 1u, path);
    BOOST_TEST((reasons[path].find(part) != std::string::npos), path << ": " << reasons[path]);
  };
  expect("S02/tags.csv", "--label tags");
  expect("S02/IBI.csv", "heart beats");
  expect("S02/info.txt", "description");
  expect("S02/._ACC.csv", "hidden");
  expect("S02/photos/", "no file of a sensor");
  expect("readme.txt", "no file of a sensor");
  expect("old.tar.gz", "unpack");
  expect("__MACOSX/", "macOS");
  expect(".git/", "hidden");
  expect("docs/", "no file of a sensor");
  expect("S02/a.zip/ACC.csv", "twice");
  expect("Zo\xeb/", "UTF-8");
}

BOOST_AUTO_TEST_CASE(tags_belong_to_their_sessions) {
  const auto tree = arrange_empatica(files_of({"S02/ACC.csv", "S02/tags.csv", "S03/tags.csv"}), "/in",
                                     labels_of({}), {empatica_sensors(), true});
  BOOST_REQUIRE(tree.people.size() == 1u);
  BOOST_TEST(tree.people[0].sessions[0].read("tags.csv") == "S02/tags.csv");
  BOOST_REQUIRE(tree.ignored.size() == 1u);
  BOOST_TEST(tree.ignored[0].path == "S03/");
}

BOOST_AUTO_TEST_SUITE_END()
