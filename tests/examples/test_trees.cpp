// SPDX-License-Identifier: MIT

// Trees of recordings as people have them, through `preprocess`: what is read, that all of it is accounted for, and that no
// person's files end the run of the others.

#include <boost/test/unit_test.hpp>
#include <lifelog/data/dataset_file.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "../support/e4_writer.hpp"
#include "../support/zip_writer.hpp"
#include "common/output_lock.hpp"
#include "common/quality_file.hpp"
#include "common/zip.hpp"
#include "run.hpp"

BOOST_AUTO_TEST_SUITE(trees)

using namespace lifelog;
using namespace lifelog::examples;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

boost::test_tools::assertion_result can_unpack(boost::unit_test::test_unit_id) {
  return ZipArchive::supported();
}

boost::test_tools::assertion_result has_recordings(boost::unit_test::test_unit_id) {
  return ZipArchive::supported() && fs::exists(std::string(paths::e4) + "/labels.csv");
}

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  io::write_text(path, text);
}

void put(const fs::path& folder, const E4Export& session) {
  for (const auto& [name, text] : session.files()) put(folder / name, text);
}

void put(ZipWriter& zip, const std::string& folder, const E4Export& session) {
  for (const auto& [name, text] : session.files()) zip.add(folder + name, text);
}

std::string zipped(const E4Export& session, const std::string& folder = {}) {
  ZipWriter zip;
  put(zip, folder, session);
  return zip.bytes();
}

struct Cohort : Sandbox {
  std::string labels = "user,start,end,label\n";

  fs::path root() const { return path() / "e4"; }

  /// Of `preprocess` on e4/ with the labels.
  Run read(const std::string& flags = "--out data", const std::string& in = "e4") const {
    write("labels.csv", labels);
    return run("preprocess", "--layout empatica --in " + in + " --labels labels.csv " + flags);
  }

  Json quality(const std::string& out = "data") const { return read_json(path() / out / "quality.json"); }

  /// "P1: 3, P2: unusable"
  std::string kept(const std::string& out = "data") const {
    std::string text;
    const auto json = quality(out);
    for (const auto& person : json.at("people"))
      text += (text.empty() ? "" : ", ") + person.at("user").get<std::string>() + ": " +
              (person.at("error") == "" ? std::to_string(person.at("kept").get<int>()) : "unusable");
    return text;
  }

  std::string bytes(const std::string& user, const std::string& out = "data") const {
    return io::read_file(path() / out / (user + ".safetensors"));
  }
};

/// Every file below, counted by a walk of its own.
Index files_below(const fs::path& folder) {
  Index files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) files += entry.is_regular_file();
  return files;
}

void check_all_accounted(const Json& quality, Index on_disk) {
  const auto& files = quality.at("files");
  BOOST_TEST(files.at("found").get<Index>() == on_disk);
  BOOST_TEST(files.at("read").get<Index>() + files.at("ignored").get<Index>() == on_disk);
  for (const auto& ignored : quality.at("ignored")) BOOST_TEST(ignored.at("reason") != "");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(one_archive_of_archives_is_read_as_folders_are, Cohort,
                        *boost::unit_test::precondition(can_unpack)) {
  ZipWriter all, upper;
  for (const std::string user : {"P1", "P2", "P3"}) {
    const E4Export session{.seed = user[1] - '0'};
    labels += session.labels(user);
    put(path() / "folders" / user, session);
    if (user == "P1")
      put(all, "cohort/P1/", session);
    else
      all.add("cohort/" + user + ".zip", zipped(session, user == "P2" ? "" : "1644227580_A00204/"));
  }
  all.add("__MACOSX/cohort/._P1", "junk");
  put(root() / "cohort.ZIP", all.bytes());
  BOOST_TEST(read("--out folders_out", "folders").status == 0);
  const auto run = read();
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(kept() == "P1: 3, P2: 3, P3: 3");
  BOOST_TEST(read("--out file_out", "e4/cohort.ZIP").status == 0);
  for (const std::string user : {"P1", "P2", "P3"}) {
    BOOST_TEST((bytes(user) == bytes(user, "folders_out")), user);
    BOOST_TEST((bytes(user) == bytes(user, "file_out")), user);
  }
  check_all_accounted(quality(), 5 + 2 * 5 + 1);
  check_all_accounted(quality("folders_out"), files_below(path() / "folders"));
}

BOOST_FIXTURE_TEST_CASE(sessions_of_one_archive_are_kept_apart, Cohort,
                        *boost::unit_test::precondition(can_unpack)) {
  const E4Export first{.seed = 1}, second{.start = 1644227580 + 3600, .seed = 2};
  labels += first.labels("P1") + second.labels("P1");
  auto half = first.files();
  half.erase("HR.csv");
  ZipWriter zip;
  for (const auto& [name, text] : half) zip.add("A/" + name, text);
  put(zip, "LONG/", second);
  put(root() / "P1.zip", zip.bytes());
  BOOST_TEST(read().status == 0);
  const auto person = quality().at("people")[0];
  BOOST_TEST(person.at("kept") == 3);
  BOOST_TEST(person.at("dropped_by_reason").at("bad_file") == 3);
  const auto data = data::load_dataset(path() / "data" / "P1.safetensors");
  BOOST_TEST(data.timestamp(0) == second.start);
  BOOST_TEST(data.modalities[1].values(0, 0, 0) == 42.5f);
}

BOOST_FIXTURE_TEST_CASE(labels_that_are_lost_are_told_in_one_line, Cohort) {
  const E4Export session{.minutes = 4};
  labels += session.labels("P1") + "P1,1,2,\"calm, at home\"\nP1,2,1,calm\n";
  put(root() / "P1", session);
  const std::string expected =
      "rows without a usable label: 2; the first: labels.csv:4: expected a label in UTF-8 without commas, "
      "got "
      "\"calm, at home\"";
  const auto read = this->read();
  BOOST_TEST(read.status == 0);
  BOOST_TEST(read.err == "preprocess: warning: " + expected + "\n");
  BOOST_TEST(kept() == "P1: 4");
  BOOST_TEST((quality().at("findings") == Json{expected}));
  const auto run =
      this->run("pipeline", "--layout empatica --data e4 --labels labels.csv --epochs 1 --out all");
  BOOST_TEST((run.err.find("pipeline: warning: " + expected + "\n") != std::string::npos), run.err);
}

BOOST_FIXTURE_TEST_CASE(acceleration_in_g_gives_the_same_data_set, Cohort) {
  labels += E4Export{}.labels("P1");
  put(path() / "e4" / "P1", E4Export{});
  put(path() / "in_g" / "P1", E4Export{.acc_scale = 1.0 / 64});
  BOOST_TEST(read().status == 0);
  BOOST_TEST(read("--out data2", "in_g").status == 0);
  BOOST_TEST((bytes("P1") == bytes("P1", "data2")));
  BOOST_TEST(quality("data2").at("people")[0].at("defects").at("already_in_g") == 1);
}

BOOST_FIXTURE_TEST_CASE(spellings_of_a_name_are_one_person, Cohort) {
  const E4Export first{.seed = 1}, second{.start = 1644227580 + 3600, .seed = 2};
  labels += first.labels("Zo\u00eb") + second.labels("Zo\u00eb");
  put(root() / "Zo\u00eb" / "1", first);
  put(root() / "Zoe\u0308" / "2", second);
  BOOST_TEST(read().status == 0);
  BOOST_TEST(kept() == "Zo\u00eb: 6");
  BOOST_TEST(quality().at("people")[0].at("notes").dump().find("U+0065 U+0308") != std::string::npos);
}

// Every place that bad text can come from, at once; P1 is healthy.
BOOST_FIXTURE_TEST_CASE(no_byte_ends_the_run, Cohort) {
  for (const std::string user : {"P1", "P2", "P3"}) {
    labels += E4Export{}.labels(user);
    put(root() / user, E4Export{});
  }
  labels +=
      "Zo\xeb,1644227580,1644227640,calm\nP3,1644227580,1644227640,\xc7\xd1\nP3,1,2,\"a,b\"\n\"x\ny\",1,2,"
      "a\n";
  put(root() / "Zo\xeb" / "ACC.csv", "1644227580\n32\n1,2,3\n");
  put(root() / "P1" / "notes \xc7\xd1.txt", "");
  put(root() / "P2" / "TEMP.csv",
      "1644227580\n4\n36.5\xb0"
      "C\n\xff\xfe\n" +
          std::string(39, 'x') + "\uac00\n");
  put(root() / "P3" / "HR.csv", "\xc7\xd1\n");
  const auto run = read();
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(kept() == "P1: 3, P2: unusable, P3: unusable");
  const auto json = quality();
  check_all_accounted(json, files_below(root()));
  const auto text = json.dump();
  for (const char* part :
       {"36.5\\\\xb0C", "\\\\xff\\\\xfe", "x\uac00", "Zo\\\\xeb", "notes \\\\xc7\\\\xd1.txt"})
    BOOST_TEST((text.find(part) != std::string::npos), part);
  BOOST_TEST_REQUIRE(json.at("findings").size() == 3u);  // two names, and P3's labels
  BOOST_TEST(json.at("findings").dump().find("rows without a usable label: 2; the first: labels.csv:9") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(everything_below_is_read_or_listed, Cohort,
                        *boost::unit_test::precondition(can_unpack)) {
  labels += E4Export{}.labels("P1") + E4Export{}.labels("P2") + E4Export{}.labels("P7");
  put(root() / "P1", E4Export{});
  put(root() / "P1" / "deeper" / "still", E4Export{.start = 1644227580 + 3600});
  put(root() / "P1" / "tags.csv", "");
  put(root() / "P2.zip", zipped({}));
  put(root() / "P5.zip", zipped({}).substr(0, 4000));
  put(root() / "old.7z", "7z");
  put(root() / "__MACOSX" / "._P1", "");
  put(root() / "docs" / "a" / "b.txt", "");
  put(root() / "labels.csv", "");
  fs::create_directories(root() / "empty");
  fs::create_directory_symlink(root(), root() / "P1" / "loop");
  put(root() / "out" / "old.csv", "");
  write("e4/labels.csv", labels);
  const auto run = this->run("preprocess", "--layout empatica --in e4 --labels e4/labels.csv --out e4/out");
  BOOST_TEST(run.status == 0, run.err);
  const auto json = read_json(root() / "out" / "quality.json");
  // A zip counts its files, one that cannot be read as one; the output's folder is none of the tree.
  check_all_accounted(json, 5 + 5 + 1 + 5 + 1 + 1 + 1 + 1 + 1);
  std::map<std::string, std::string> reasons;
  for (const auto& ignored : json.at("ignored")) reasons[ignored.at("path")] = ignored.at("reason");
  for (const char* path : {"P1/tags.csv", "old.7z", "__MACOSX/", "docs/", "empty", "P1/loop"})
    BOOST_TEST(reasons.count(path) == 1u, path);
  BOOST_TEST(json.at("findings").dump().find("P7") != std::string::npos);
  BOOST_TEST(json.at("leftover").dump() == "[\"old.csv\"]");
  BOOST_TEST((run.err.find("old.csv") != std::string::npos), run.err);
}

BOOST_FIXTURE_TEST_CASE(data_sets_say_how_they_were_made, Cohort) {
  labels += E4Export{}.labels("P1");
  put(root() / "P1", E4Export{});
  BOOST_TEST(read("--out data --rules sensible --allow-missing").status == 0);
  const auto file = io::Tensors::load(path() / "data" / "P1.safetensors");
  BOOST_TEST(file.metadata("rules") == "sensible");
  BOOST_TEST(file.metadata("layout") == "empatica");
  BOOST_TEST(file.metadata("window") == "60");
  BOOST_TEST(file.metadata("options") == "{\"label\":\"label\",\"allow_missing\":true}");
  BOOST_TEST(file.metadata("lifelog_version") != "");
}

BOOST_FIXTURE_TEST_CASE(events_can_be_labels, Cohort) {
  put(root() / "P1", E4Export{});
  put(root() / "P1" / "tags.csv", "1644227600.0\n");
  const auto run = this->run("preprocess", "--layout empatica --in e4 --label tags --out data");
  BOOST_TEST(run.status == 0, run.err);
  BOOST_TEST(data::load_dataset(path() / "data" / "P1.safetensors").classes ==
                 (std::vector<std::string>{"none", "tag"}),
             boost::test_tools::per_element());
  BOOST_TEST(
      this->run("preprocess", "--layout empatica --in e4 --label tags --labels x.csv --out data").status ==
      2);
  BOOST_TEST(this->run("preprocess", "--in e4 --label tags --out data").status == 2);
}

BOOST_FIXTURE_TEST_CASE(one_run_writes_to_a_folder, Cohort) {
  labels += E4Export{}.labels("P1");
  put(root() / "P1", E4Export{});
  fs::create_directories(path() / "data");
  {
    const OutputLock lock(path() / "data");
    const auto refused = read();
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(refused.one_line("preprocess"));
    BOOST_TEST((refused.err.find("data: another run writes") != std::string::npos), refused.err);
    BOOST_TEST(files_below(path() / "data") == 0);
  }
  BOOST_TEST(read().status == 0);
  // A process that was killed holds nothing.
  for (int i = 0; i < 3; ++i)
    run("preprocess", "--layout empatica --in e4 --labels labels.csv --out data", 0.02);
  BOOST_TEST(read().status == 0);
  BOOST_TEST(files_below(path() / "data") == 3);
}

BOOST_FIXTURE_TEST_CASE(links_are_seen_by_the_cache, Cohort) {
  labels += E4Export{}.labels("P1");
  put(path() / "elsewhere", E4Export{});
  fs::create_directories(root() / "P1");
  fs::create_directory_symlink(path() / "elsewhere", root() / "P1" / "session");
  BOOST_TEST(read("--out data --cache cache").status == 0);
  const auto before = bytes("P1");
  put(path() / "elsewhere", E4Export{.seed = 5});
  BOOST_TEST(read("--out data --cache cache").status == 0);
  BOOST_TEST((bytes("P1") != before));
}

// What cannot be written for one person ends nobody else's data set, nor the account.
BOOST_FIXTURE_TEST_CASE(a_person_who_cannot_be_written_is_named, Cohort) {
  for (const std::string user : {"P1", "P2"}) {
    labels += E4Export{}.labels(user);
    put(root() / user, E4Export{});
  }
  put(path() / "data" / "P1.safetensors" / "in_the_way", "");
  const auto run = read();
  BOOST_TEST(run.status == 1);
  BOOST_TEST(run.one_line("preprocess"));
  BOOST_TEST(kept() == "P1: unusable, P2: 3");
  BOOST_TEST(fs::exists(path() / "data" / "P2.safetensors"));
}

BOOST_AUTO_TEST_CASE(etri_trees_are_accounted_for_too) {
  const Sandbox sandbox;
  sandbox.generate("--users 3 --groups 1 --minutes 6 --dirt 0");
  const auto raw = sandbox.path() / "raw";
  put(raw / "dataset_2019" / "user101" / "1" / "x.csv", "");  // means 101
  put(raw / "dataset_2019" / "lost+found" / "a", "");
  put(raw / "more.txt", "");
  for (const auto& session : fs::directory_iterator(raw / "dataset_2019" / "102")) {
    put(session.path() / "e4Acc" / "copy of 1.csv", "");
    put(session.path() / "mWifi" / "1598713200.csv", "");
  }
  const auto run = sandbox.run("preprocess", "--in raw --out data --rows");
  BOOST_TEST(run.status == 0, run.err);
  const auto json = read_json(sandbox.path() / "data" / "quality.json");
  check_all_accounted(json, files_below(raw));
  const auto& people = json.at("people");
  BOOST_REQUIRE(people.size() == 3u);
  BOOST_TEST(people[0].at("error").get<std::string>().find("expected one folder of the person") !=
             std::string::npos);
  BOOST_TEST(people[0].at("kept") == 0);
  BOOST_TEST(people[1].at("kept") == 6);
  BOOST_TEST(!fs::exists(sandbox.path() / "data" / "101.safetensors"));
}

namespace {

/// A sensor a second, and labels of every minute.
struct TableCohort : Sandbox {
  std::string labels = "who,from,to,mood\n";

  TableCohort() {
    write("sensors.json",
          R"({"sensors": {"name": "hr", "files": "{person}/hr.csv", "columns": ["bpm"], "rate": 1,
      "time": {"column": "t", "unit": "s"}}, "labels": {"files": "labels.csv", "person_column": "who",
      "start": {"column": "from", "unit": "s"}, "end": {"column": "to", "unit": "s"}, "column": "mood"}})");
  }

  /// Four minutes of a person, two of each label.
  std::string recorded(const std::string& who) {
    std::string text = "t,bpm\n";
    for (int i = 0; i < 240; ++i)
      text += std::to_string(1644228000 + i) + ',' + std::to_string(60 + i % 9) + '\n';
    labels += who + ",1644228000,1644228120,calm\n" + who + ",1644228120,1644228240,stress\n";
    return text;
  }

  Run read(const std::string& flags) const {
    io::write_text(path() / "in" / "labels.csv", labels);
    return run("preprocess", "--layout table --sensors sensors.json --in in " + flags);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(lost_labels_of_tables_are_told_in_one_line, TableCohort) {
  put(path() / "in" / "P1" / "hr.csv", recorded("P1"));
  labels += "P1,1,2,\"calm, at home\"\n";
  const auto run = read("--out out");
  BOOST_TEST(run.status == 0);
  BOOST_TEST(
      run.err ==
      "preprocess: warning: rows without a usable label: 1; the first: labels.csv:4: expected a label in "
      "UTF-8 without commas, got \"calm, at home\"\n");
}

BOOST_FIXTURE_TEST_CASE(tables_are_accounted_for_too, TableCohort,
                        *boost::unit_test::precondition(can_unpack)) {
  const auto root = path() / "in";
  put(root / "P1" / "hr.csv", recorded("P1"));
  put(root / "P1" / "._hr.csv", "");
  ZipWriter zip;
  zip.add("hr.csv", recorded("P2"));
  zip.add("notes\\readme.txt", "x");
  zip.add("more.zip", "x");
  zip.add("__MACOSX/._hr.csv", "");
  put(root / "P2.ZIP", zip.bytes());
  put(root / "P3.zip", zip.bytes().substr(0, 50));
  put(root / "Zo\xeb" / "hr.csv", "t,bpm\n1,2\n");
  put(root / "old.tar.gz", "");
  put(root / "out" / "old.csv", "");
  put(root / "cache" / "x.minutes", "");
  labels += "P3,1,2,\xc7\xd1\n";
  const auto run = read("--out in/out --cache in/cache");
  BOOST_TEST(run.status == 0, run.err);
  const auto quality = read_json(root / "out" / "quality.json");
  // Of a folder, an archive with four files, one that is cut, a bad name, another archive, labels.
  check_all_accounted(quality, 2 + 4 + 1 + 1 + 1 + 1);
  BOOST_TEST(quality.at("files").at("read") == 3);
  std::map<std::string, std::string> why;
  for (const auto& ignored : quality.at("ignored")) why[ignored.at("path")] = ignored.at("reason");
  BOOST_TEST((why["P2/notes/"].find("no sensor") != std::string::npos));
  BOOST_TEST((why["P2/more.zip"].find("in an archive") != std::string::npos));
  BOOST_TEST((why["P2/__MACOSX/"].find("macOS") != std::string::npos));
  BOOST_TEST((why["P3.zip"].find("zip") != std::string::npos), why["P3.zip"]);
  BOOST_TEST((why["Zo\\xeb/"].find("UTF-8") != std::string::npos));
  BOOST_TEST(quality.at("findings").size() == 2u);
  BOOST_TEST(quality.at("people").size() == 2u);
  BOOST_TEST(io::Tensors::load(root / "out" / "P1.safetensors").metadata("window") == "60");
  // The cache of a cohort is none of it.
  const auto before = fs::last_write_time(root / "cache" / "P1.minutes");
  BOOST_TEST(
      this->run("preprocess", "--layout table --sensors sensors.json --in in --out in/out --cache in/cache")
          .status == 0);
  BOOST_TEST((fs::last_write_time(root / "cache" / "P1.minutes") == before));
}

// 15 people as folders, and as one archive that holds an archive of each.
BOOST_AUTO_TEST_CASE(real_recordings_are_the_same_in_an_archive_of_archives,
                     *boost::unit_test::precondition(has_recordings)) {
  const Sandbox sandbox;
  const auto data = fs::canonical(paths::e4);
  ZipWriter all;
  std::vector<std::string> users;
  for (const auto& person : fs::directory_iterator(data / "recordings")) {
    users.push_back(person.path().filename().string());
    ZipWriter one;
    for (const auto& file : fs::directory_iterator(person))
      one.add(file.path().filename().string(), io::read_file(file.path()));
    all.add(users.back() + ".zip", one.bytes());
  }
  fs::create_directories(sandbox.path() / "zipped");
  io::write_text(sandbox.path() / "zipped" / "everybody.zip", all.bytes());
  const auto flags = " --layout empatica --labels '" + (data / "labels.csv").string() + "' ";
  BOOST_TEST(
      sandbox.run("preprocess", "--in '" + (data / "recordings").string() + "'" + flags + "--out a").status ==
      0);
  BOOST_TEST(sandbox.run("preprocess", "--in zipped" + flags + "--out b").status == 0);
  BOOST_TEST(users.size() == 15u);
  for (const auto& user : users)
    BOOST_TEST((sandbox.read("a/" + user + ".safetensors") == sandbox.read("b/" + user + ".safetensors")),
               user);
}

BOOST_AUTO_TEST_CASE(tables_quote_what_needs_it) {
  data::Quality quality;
  quality.user = "a,\"b\"";
  quality.keep();
  BOOST_TEST(quality_csv({quality}) == "user,outcome,reason,minutes\n\"a,\"\"b\"\"\",kept,complete,1\n");
}

BOOST_AUTO_TEST_SUITE_END()
