// SPDX-License-Identifier: MIT
#include <lifelog/readers/cache.hpp>
#include <lifelog/readers/rows_file.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <set>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(cache)

using namespace lifelog::data;
using namespace lifelog::readers;
using namespace etri_writer;

namespace {

struct SmallTree {
  TemporaryFolder folder;
  fs::path root = folder.path / "tree", session = root / "101" / "1598713200",
           cache = folder.path / "101.cache";
  EtriOptions options;
  int made = 0;

  SmallTree() {
    options.allow_missing = true;
    std::string labels = label_header();
    for (int i = 0; i < 3; ++i) {
      write_minute(session, 1598713200 + 60 * i);
      labels += label_row(1598713200 + 60 * i, "4", i == 1 ? "5" : "3");
    }
    write(session / "1598713200_label.csv", labels + label_row(1598713200, "1", "1"));
    fs::remove(session / "mGps" / "1598713260.csv");
  }

  std::string key() const { return settings_text(options) + tree_state(root / "101"); }

  EtriPerson read() {
    return cached<EtriPerson>(cache, key(), [this] {
      ++made;
      return read_etri_person(root, "101", options);
    });
  }
};

void check_equal(const EtriPerson& a, const EtriPerson& b) {
  BOOST_TEST(a.data.user == b.data.user);
  BOOST_TEST(a.data.classes == b.data.classes);
  BOOST_TEST((a.data.label == b.data.label));
  BOOST_TEST((a.data.timestamp == b.data.timestamp));
  BOOST_TEST((a.data.present == b.data.present));
  BOOST_REQUIRE(a.data.modalities.size() == b.data.modalities.size());
  for (std::size_t m = 0; m < a.data.modalities.size(); ++m) {
    BOOST_TEST(a.data.modalities[m].name == b.data.modalities[m].name);
    BOOST_TEST(a.data.modalities[m].scalar == b.data.modalities[m].scalar);
    BOOST_TEST((a.data.modalities[m].values == b.data.modalities[m].values));
  }
  const auto &p = a.quality, &q = b.quality;
  BOOST_TEST(p.user == q.user);
  BOOST_TEST(p.minutes_seen == q.minutes_seen);
  BOOST_TEST(p.minutes_kept == q.minutes_kept);
  BOOST_TEST((p.kept == q.kept && p.repaired == q.repaired && p.dropped == q.dropped));
  BOOST_TEST((p.defects == q.defects));
  BOOST_TEST(p.notes == q.notes);
  BOOST_TEST(p.notes_total == q.notes_total);
  BOOST_TEST(p.first_drop == q.first_drop);
  BOOST_TEST(p.error == q.error);
}

std::string content(const fs::path& path) {
  return lifelog::io::read_file(path);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_second_run_does_not_parse, SmallTree) {
  const auto first = read();
  BOOST_TEST(first.quality.kept.at(reason::partial) == 1);
  BOOST_TEST(first.data.present.size() == 27u);
  BOOST_TEST(made == 1);
  check_equal(first, read());
  BOOST_TEST(made == 1);
}

BOOST_FIXTURE_TEST_CASE(changed_files_and_settings_are_noticed, SmallTree) {
  read();
  const auto file = session / "e4Hr" / "1598713200.csv";
  const auto expect_made = [this](int times) {
    const auto person = read();
    BOOST_TEST(made == times);
    check_equal(person, read_etri_person(root, "101", options));
  };
  const auto time = fs::last_write_time(file);
  fs::last_write_time(file, time + std::chrono::seconds(1));
  expect_made(2);
  write(file, content(file) + "59.5,80\n");
  fs::last_write_time(file, time + std::chrono::seconds(1));
  expect_made(3);
  fs::remove(file);
  expect_made(4);
  options.target = EtriTarget::positive;
  expect_made(5);
  options.rules.drop_implausible = true;
  expect_made(6);
  options.rules.modalities[0].channels[0].high = 7;
  expect_made(7);
  options.rules.name = "mine";
  expect_made(8);
  expect_made(8);
}

// Never trusted: whichever byte changes, wherever the file ends.
BOOST_FIXTURE_TEST_CASE(a_spoilt_cache_is_made_anew, SmallTree) {
  options.rules.modalities = {{"e4Hr", {{"hr", "beats/min", 10, 300}}, 1, WindowKind::mean}};
  const auto first = read();
  const auto whole = content(cache);
  int times = 1;
  for (std::size_t at = 0; at < whole.size(); at += 1 + at % 7) {
    auto spoilt = whole;
    spoilt[at] = static_cast<char>(spoilt[at] ^ (1 << at % 8));
    write(cache, spoilt);
    check_equal(first, read());
    BOOST_TEST(made == ++times);
    write(cache, whole.substr(0, at));
    BOOST_TEST(!lifelog::readers::detail::load_cached<EtriPerson>(cache, key()));
  }
  write(cache, whole + "x");
  BOOST_TEST(!lifelog::readers::detail::load_cached<EtriPerson>(cache, key()));
  write(cache, whole);
  BOOST_TEST(lifelog::readers::detail::load_cached<EtriPerson>(cache, key()).has_value());
  BOOST_TEST(!lifelog::readers::detail::load_cached<EtriRows>(cache, key()));
  fs::remove(cache);
  fs::create_directories(cache);
  BOOST_CHECK_THROW(read(), lifelog::io_error);
}

BOOST_FIXTURE_TEST_CASE(row_tables_come_back_to_the_bit, SmallTree) {
  write_minute(session, 1598713260);
  const EtriRowOptions row_options;
  int built = 0;
  const auto rows = [&] {
    return cached<EtriRows>(folder.path / "rows", settings_text(row_options) + tree_state(root), [&] {
      ++built;
      return read_etri_rows(root, "101", row_options);
    });
  };
  const auto first = rows(), second = rows();
  BOOST_TEST(built == 1);
  BOOST_TEST(first.table.size() > 10u);
  BOOST_TEST(to_csv(first.table) == to_csv(second.table));
  BOOST_TEST(first.table.user == second.table.user);
  BOOST_TEST((first.quality.kept == second.quality.kept));
}

BOOST_AUTO_TEST_CASE(the_state_of_a_tree_is_its_names_sizes_and_times) {
  TemporaryFolder folder;
  std::set<std::string> states;
  const auto now = fs::file_time_type::clock::now();
  const auto put = [&](const std::string& name, const std::string& text) {
    write(folder.path / name, text);
    fs::last_write_time(folder.path / name, now);
  };
  put("a/b", "12");
  const auto state = tree_state(folder.path);
  states.insert(state);
  BOOST_TEST(state.starts_with("1 files, 2 bytes, "));
  put("a/b", "34");  // documented: not noticed
  BOOST_TEST(tree_state(folder.path) == state);
  fs::rename(folder.path / "a", folder.path / "c");
  states.insert(tree_state(folder.path));
  put("c/d", "");
  states.insert(tree_state(folder.path));
  states.insert(tree_state(folder.path / "c" / "b"));
  states.insert(tree_state(folder.path / "none"));
  BOOST_TEST(states.size() == 5u);
}

BOOST_AUTO_TEST_CASE(pieces_do_not_change_a_checksum) {
  const std::string text = "What is written in one piece may be read in many.";
  lifelog::readers::detail::Checksum whole;
  whole.add(text);
  for (std::size_t step = 1; step < 20; ++step) {
    lifelog::readers::detail::Checksum sum;
    for (std::size_t at = 0; at < text.size(); at += step) sum.add(text.substr(at, step));
    BOOST_TEST(sum.value() == whole.value());
  }
  lifelog::readers::detail::Checksum padded;
  padded.add(text + '\0');
  BOOST_TEST(padded.value() != whole.value());
}

BOOST_AUTO_TEST_SUITE_END()
