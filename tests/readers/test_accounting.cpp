// SPDX-License-Identifier: MIT

// What the readers say of a dirty tree against what was planted in it and what a plain walk finds on disk.

#include <lifelog/generator/generator.hpp>
#include <lifelog/readers/etri.hpp>
#include <lifelog/readers/etri_rows.hpp>

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>
#include <set>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(accounting)

using namespace lifelog::data;
using namespace lifelog::readers;
using namespace lifelog::generator;
using etri_writer::TemporaryFolder;
using lifelog::Index;
namespace fs = std::filesystem;
using Counts = std::map<std::string, Index>;

namespace {

GeneratorPlan dirty_plan() {
  GeneratorOptions options;
  options.users = 4;
  options.sessions = 2;
  options.minutes = 30;
  options.groups = 2;
  options.dirt = 0.7;
  options.seed = 23;
  return plan_generator(options);
}

/// Minutes on disk: (session folder, number) of every sensor file, and of every label row as its first cell has
/// it.
std::set<std::pair<std::string, std::string>> minutes_on_disk(const fs::path& user) {
  std::set<std::pair<std::string, std::string>> minutes;
  for (const auto& entry : fs::recursive_directory_iterator(user)) {
    if (!entry.is_regular_file()) continue;
    const auto path = fs::relative(entry.path(), user);
    const auto session = path.begin()->string(), stem = path.stem().string();
    if (stem.ends_with("_label")) {
      std::ifstream rows(entry.path());
      std::string row;
      for (std::getline(rows, row); std::getline(rows, row);)
        minutes.emplace(session, row.substr(0, row.find('.')));
    } else if (stem.find_first_not_of("0123456789") == std::string::npos) {
      minutes.emplace(session, stem);
    }
  }
  return minutes;
}

Index sum(const Counts& counts) {
  Index total = 0;
  for (const auto& [why, n] : counts) total += n;
  return total;
}

/// What becomes of the minutes, by the plan alone.
struct Expected {
  Counts kept, repaired, dropped, defects;
};

Expected expected_of(const GeneratorPlan& plan, std::size_t person, const Rules& rules) {
  Expected expected;
  const auto count = [](Counts& counts, const char* key, Index n) {
    if (n > 0) counts[key] += n;
  };
  std::array<Index, defect_kinds> planted{};
  for (const auto& defect : plan.defects)
    if (defect.person == static_cast<Index>(person)) ++planted[static_cast<std::size_t>(defect.kind)];
  const auto n = [&](DefectKind kind) { return planted[static_cast<std::size_t>(kind)]; };
  using enum DefectKind;
  const auto flawed = lifelog::generator::detail::flawed_minutes;

  count(expected.dropped, reason::missing_modality,
        n(missing_file) + n(missing_minute) + flawed * (n(missing_folder) + n(empty_folder)));
  count(expected.dropped, reason::short_minute, n(partial_minute));
  count(expected.dropped, reason::unlabelled, n(unlabelled_minute) + flawed * n(header_only_labels));
  count(expected.dropped, reason::missing_value, n(cell_na) + n(cell_null) + n(cell_nan) + n(cell_empty));
  count(expected.dropped, reason::empty_label, n(empty_tension));
  count(expected.dropped, reason::bad_value, n(overflowing_value));
  count(expected.dropped, reason::stray_folder, flawed * n(non_numeric_folder));
  count(rules.drop_implausible ? expected.dropped : expected.kept,
        rules.drop_implausible ? reason::out_of_range : reason::implausible, n(implausible_value));
  count(expected.repaired, reason::duplicate_label, n(duplicate_ts));
  Index others = plan.options.sessions * plan.options.minutes;
  for (std::size_t k = 0; k < planted.size(); ++k) {
    const auto kind = static_cast<DefectKind>(k);
    if (!is_session_defect(kind) && kind != crlf_file && kind != misspelt_action) others -= planted[k];
  }
  count(expected.kept, reason::complete, others);

  count(expected.defects, "duplicate_label", n(duplicate_ts));
  count(expected.defects, "misspelt_action", n(misspelt_action));
  count(expected.defects, "implausible", n(implausible_value));
  count(expected.defects, "bad_cell", n(cell_na) + n(cell_null) + n(cell_nan) + n(cell_empty));
  count(expected.defects, "stray_file", n(stray_csv));
  count(expected.defects, "stray_folder", n(non_numeric_folder));
  count(expected.defects, "missing_modality_folder", n(missing_folder));
  count(expected.defects, "empty_modality_folder", n(empty_folder));
  count(expected.defects, "empty_label_file", n(header_only_labels));
  return expected;
}

void check_sums(const Quality& quality, std::size_t on_disk) {
  BOOST_TEST(sum(quality.kept) + sum(quality.repaired) == quality.minutes_kept);
  BOOST_TEST(sum(quality.kept) + sum(quality.repaired) + sum(quality.dropped) == quality.minutes_seen);
  BOOST_TEST(quality.minutes_seen == static_cast<Index>(on_disk));
}

}  // namespace

BOOST_AUTO_TEST_CASE(counts_are_the_planted_ones_and_sums_the_minutes_on_disk) {
  TemporaryFolder folder;
  const auto plan = dirty_plan();
  std::array<Index, defect_kinds> planted{};
  for (const auto& defect : plan.defects) ++planted[static_cast<std::size_t>(defect.kind)];
  for (const auto n : planted) BOOST_TEST(n > 0);  // every defect there is
  write_etri_tree(folder.path, plan);
  for (std::size_t p = 0; p < plan.people.size(); ++p)
    for (const auto& rules : {study_rules(), sensible_rules()}) {
      const auto& user = plan.people[p].user;
      BOOST_TEST_CONTEXT(user << " by " << rules.name << " rules") {
        const auto quality = read_etri_person(folder.path, user, {.rules = rules}).quality;
        const auto expected = expected_of(plan, p, rules);
        check_sums(quality, minutes_on_disk(folder.path / "dataset_2019" / user).size());
        BOOST_TEST((quality.kept == expected.kept));
        BOOST_TEST((quality.repaired == expected.repaired));
        BOOST_TEST((quality.dropped == expected.dropped));
        BOOST_TEST((quality.defects == expected.defects));
        BOOST_TEST(!quality.first_drop.empty());
        const auto rows = read_etri_rows(folder.path, user).quality;
        check_sums(rows, minutes_on_disk(folder.path / "dataset_2019" / user).size());
      }
    }
}

// The kinds of dirt that the generator does not plant.
BOOST_AUTO_TEST_CASE(what_is_not_planted_is_told_apart_too) {
  TemporaryFolder folder;
  const auto session = folder.path / "7" / "1598713200";
  const auto minute = [](int i) { return std::to_string(1598713200 + 60 * i); };
  auto rules = study_rules();
  rules.modalities = {{"e4Temp", {{"temp", "degC", -40, 115}}, 4, WindowKind::exact, 3},
                      {"mMag", etri_2019()[8].channels, 29.8, WindowKind::at_least, 2}};
  const char* labels[] = {"3", "5", "0", "8", "2.5", "high", "null", "3", "3", "3", "3", "3"};
  std::string text = "ts,emotionTension\n";
  for (int i = 0; i < 12; ++i) {
    text += minute(i) + ".0," + labels[i] + "\n";
    etri_writer::write(session / "e4Temp" / (minute(i) + ".csv"), "timestamp,temp\n0,33\n1,34\n2,35\n");
    etri_writer::write(session / "mMag" / (minute(i) + ".csv"), "timestamp,x,y,z\n0,1,2,3\n1,4,5,6\n");
  }
  etri_writer::write(session / "1598713200_label.csv", text + "soon,3\n");
  const auto spoil = [&](int i, const char* modality, const std::string& content) {
    etri_writer::write(session / modality / (minute(i) + ".csv"), content);
  };
  spoil(7, "e4Temp", "timestamp,temp\n0,33\n1,broken\n2,35\n");
  spoil(8, "e4Temp", "timestamp,temp\n0,33\n1,34\n2,35\n3,36\n");
  spoil(9, "mMag", "timestamp,x,y\n0,1,2\n1,4,5\n");
  spoil(10, "mMag", "timestamp,x,y,z\n");
  spoil(11, "mMag",
        "timestamp,x,y,z\n0,1,2,3\n1,4,5,6\n2,na,8,\n");  // longer than needed: cut before the dirt
  etri_writer::write(session / "mMag" / "notes.txt", "");
  const auto quality = read_etri_person(folder.path, "7", {.rules = rules}).quality;
  check_sums(quality, minutes_on_disk(folder.path / "7").size() - 1);  // `soon` is no minute
  BOOST_TEST((quality.kept == Counts{{reason::complete, 3}}));
  BOOST_TEST((quality.dropped == Counts{{reason::label_out_of_range, 3},
                                        {reason::bad_label, 1},
                                        {reason::empty_label, 1},
                                        {reason::bad_value, 1},
                                        {reason::long_minute, 1},
                                        {reason::bad_file, 1},
                                        {reason::missing_modality, 1}}));
  BOOST_TEST((quality.defects == Counts{{"bad_label_time", 1}, {"stray_file", 1}, {"bad_cell", 3}}));
  const auto named = std::find_if(quality.notes.begin(), quality.notes.end(), [&](const auto& note) {
    return note.find("e4Temp/" + minute(7) + ".csv:3: temp: expected a number, got \"broken\"") !=
           std::string::npos;
  });
  BOOST_TEST((named != quality.notes.end()));
}

BOOST_AUTO_TEST_SUITE_END()
