// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <lifelog/generator/generator.hpp>
#include <lifelog/readers/etri.hpp>
#include <map>
#include <set>
#include <sstream>

#include "../support/etri_writer.hpp"

BOOST_AUTO_TEST_SUITE(data_generator)

namespace data = lifelog::data;
namespace generator = lifelog::generator;
namespace readers = lifelog::readers;
namespace fs = std::filesystem;
using etri_writer::TemporaryFolder;
using generator::DefectKind;
using generator::GeneratorOptions;
using lifelog::Index;

namespace {

GeneratorOptions small(Index users, Index sessions, Index minutes, Index groups, double dirt = 0) {
  GeneratorOptions options;
  options.users = users;
  options.sessions = sessions;
  options.minutes = minutes;
  options.groups = groups;
  options.dirt = dirt;
  options.seed = 11;
  options.threads = 1;
  return options;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::map<std::string, std::string> read_tree(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), root).string()] = read(entry.path());
  return files;
}

/// Lines without their ends, which must all be `newline`.
std::vector<std::string> lines(const std::string& text, const std::string& newline = "\n") {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find(newline, at);
    BOOST_REQUIRE(end != std::string::npos);
    found.push_back(text.substr(at, end - at));
    at = end + newline.size();
  }
  return found;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found(1);
  for (const char c : line)
    if (c == ',')
      found.emplace_back();
    else
      found.back() += c;
  return found;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sa += a[i], sb += b[i], aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  return (ab - sa * sb / n) / std::sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

struct Shape {
  double mean = 0, deviation = 0, roughness = 0;
};

/// Over a minute and all channels: mean, deviation, and how much of the variance is between neighbouring
/// samples.
Shape shape_of(const data::ModalityValues& modality, std::size_t minute) {
  const auto channels = modality.values.shape(1), length = modality.values.shape(2);
  double mean = 0, variance = 0, steps = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t t = 0; t < length; ++t) sum += static_cast<double>(modality.values(minute, c, t));
    const double centre = sum / static_cast<double>(length);
    mean += centre;
    for (std::size_t t = 0; t < length; ++t) {
      const double d = static_cast<double>(modality.values(minute, c, t)) - centre;
      const double step = t == 0 ? 0 : d + centre - static_cast<double>(modality.values(minute, c, t - 1));
      variance += d * d, steps += step * step;
    }
  }
  return {mean, std::sqrt(variance), std::log(steps / variance)};
}

struct Dependence {
  double mean, deviation, roughness;
};

/// Correlation of a modality's shape with what it makes of the label (its level; the label itself if not
/// planted).
Dependence dependence(const generator::GeneratorPlan& plan, const data::DataSet& set, Index person,
                      Index modality) {
  std::vector<double> level, mean, deviation, roughness;
  const auto code = plan.burst_code(person, modality);
  for (std::size_t i = 0; i < set.label.size(); ++i) {
    const auto shape = shape_of(set.modalities[static_cast<std::size_t>(modality)], i);
    level.push_back(static_cast<double>(code.planted ? code.level(set.label(i)) : set.label(i)));
    mean.push_back(shape.mean);
    deviation.push_back(shape.deviation);
    roughness.push_back(shape.roughness);
  }
  return {correlation(level, mean), correlation(level, deviation), correlation(level, roughness)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(people_are_divided_evenly_and_labels_are_balanced) {
  const auto plan = generator::plan_generator(small(22, 3, 120, 5));
  std::map<Index, int> sizes;
  for (const auto& person : plan.people) {
    ++sizes[person.group];
    BOOST_TEST((person.classes == 4 || person.classes == 5));
    BOOST_TEST(person.lowest >= 1);
    BOOST_TEST(person.lowest + person.classes - 1 <= 7);
    std::map<Index, int> minutes;
    int runs = 0;
    for (const auto& session : person.sessions)
      for (std::size_t i = 0; i < session.level.size(); ++i) {
        ++minutes[session.level[i]];
        runs += i == 0 || session.level[i] != session.level[i - 1];
      }
    BOOST_TEST(static_cast<Index>(minutes.size()) == person.classes);
    for (const auto& [level, count] : minutes) BOOST_TEST(count > 200 / person.classes);
    BOOST_TEST(runs > 36);
    BOOST_TEST(runs < 90);
  }
  for (const auto& [group, size] : sizes) BOOST_TEST((size == 4 || size == 5));
  BOOST_TEST(plan.people.front().user == "101");
  BOOST_TEST(plan.people.back().user == "122");
}

BOOST_AUTO_TEST_CASE(groups_depend_on_few_sensors_of_their_own) {
  for (Index groups = 1; groups <= 21; ++groups) {
    const auto sets = generator::plan_generator(small(21, 1, 1, groups)).planted;
    BOOST_REQUIRE(static_cast<Index>(sets.size()) == groups);
    std::set<std::vector<Index>> distinct(sets.begin(), sets.end());
    BOOST_TEST(distinct.size() == sets.size());
    std::map<Index, int> used;
    for (const auto& set : sets) {
      BOOST_TEST((set.size() == 2 || set.size() == 3));
      for (const Index m : set) {
        BOOST_TEST((m >= 0 && m < 9 && m != 3 && m != 6));
        ++used[m];
      }
    }
    if (groups <= 3)
      for (const auto& [m, times] : used) BOOST_TEST(times == 1);
    if (groups == 5)
      for (const auto& [m, times] : used) BOOST_TEST(times <= 2);
  }
}

BOOST_AUTO_TEST_CASE(planted_sensors_tell_every_border_between_labels_once) {
  const auto plan = generator::plan_generator(small(20, 1, 1, 3));
  for (Index p = 0; p < 20; ++p) {
    const Index classes = plan.people[static_cast<std::size_t>(p)].classes;
    for (Index label = 1; label < classes; ++label) {
      Index told = 0;
      for (const Index m : plan.planted_in(p)) {
        const auto code = plan.burst_code(p, m);
        told += code.level(label) - code.level(label - 1);
      }
      BOOST_TEST(told == 1);
    }
    for (const Index m : plan.planted_in(p)) BOOST_TEST(plan.burst_code(p, m).levels() >= 2);
  }
}

BOOST_AUTO_TEST_CASE(shape_follows_the_label_in_planted_sensors_only) {
  const auto plan = generator::plan_generator(small(5, 3, 100, 5));
  for (Index person = 0; person < 5; ++person) {
    const auto set = generator::generate_dataset(plan, person);
    const auto& own = plan.planted_in(person);
    for (const Index m : generator::detail::series_modalities) {
      const auto found = dependence(plan, set, person, m);
      BOOST_TEST_CONTEXT("person " << person << ", "
                                   << generator::generated_modalities[static_cast<std::size_t>(m)]) {
        // Four standard deviations of a chance correlation over 300 minutes.
        BOOST_TEST(std::abs(found.mean) < 0.24);
        BOOST_TEST(std::abs(found.deviation) < 0.24);
        if (std::find(own.begin(), own.end(), m) != own.end())
          BOOST_TEST(found.roughness > 0.8);
        else
          BOOST_TEST(std::abs(found.roughness) < 0.24);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(strength_scales_the_effect_down_to_nothing) {
  auto options = small(1, 3, 100, 1);
  std::vector<double> found;
  for (const double strength : {0.0, 0.5, 1.0}) {
    options.strength = strength;
    const auto plan = generator::plan_generator(options);
    found.push_back(
        dependence(plan, generator::generate_dataset(plan, 0), 0, plan.planted_in(0).front()).roughness);
  }
  BOOST_TEST(std::abs(found[0]) < 0.24);
  BOOST_TEST(found[1] > 0.3);
  BOOST_TEST(found[2] > found[1] + 0.1);
}

BOOST_AUTO_TEST_CASE(decimals_are_written_exactly) {
  const auto text = [](double value, int decimals) {
    char buffer[64];
    return std::string(buffer, generator::detail::put_fixed(buffer, value, decimals));
  };
  BOOST_TEST(text(0, 2) == "0.00");
  BOOST_TEST(text(-0.0, 2) == "0.00");
  BOOST_TEST(text(-0.5, 2) == "-0.50");
  BOOST_TEST(text(0.015625, 6) == "0.015625");
  BOOST_TEST(text(127.3612345, 7) == "127.3612345");
  BOOST_TEST(text(-2, 6) == "-2.000000");
  BOOST_TEST(text(0.999, 2) == "1.00");
  BOOST_TEST(text(12345678901.0, 0) == "12345678901");
}

BOOST_AUTO_TEST_CASE(files_hold_the_generated_numbers) {
  TemporaryFolder folder;
  const auto plan = generator::plan_generator(small(2, 1, 3, 1));
  const auto truth = generator::write_etri_tree(folder.path / "tree", plan);
  const auto files = read_tree(folder.path / "tree");
  BOOST_TEST(files.size() == 2u * (3 * 9 + 1) + 1);
  BOOST_TEST(truth.files == static_cast<Index>(files.size()));
  Index bytes = 0;
  for (const auto& [name, text] : files) bytes += static_cast<Index>(text.size());
  BOOST_TEST(truth.bytes == bytes);

  generator::GeneratedMinute minute;
  generator::generate_minute(plan, 1, 0, 2, minute);
  const auto& session = plan.people[1].sessions[0];
  for (std::size_t m = 0; m < 9; ++m) {
    const auto name = "dataset_2019/102/" + session.folder + "/" + generator::generated_modalities[m] + "/" +
                      std::to_string(session.start + 120) + ".csv";
    BOOST_TEST_CONTEXT(name) {
      BOOST_REQUIRE(files.contains(name));
      const auto rows = lines(files.at(name));
      BOOST_REQUIRE(rows.size() == minute[m].shape(0) + 1);
      BOOST_TEST(cells(rows[0]).size() == minute[m].shape(1));
      for (std::size_t r = 1; r < rows.size(); ++r) {
        const auto row = cells(rows[r]);
        BOOST_REQUIRE(row.size() == minute[m].shape(1));
        for (std::size_t c = 0; c < row.size(); ++c) BOOST_REQUIRE(std::stod(row[c]) == minute[m](r - 1, c));
      }
    }
  }

  const auto labels =
      lines(files.at("dataset_2019/102/" + session.folder + "/" + session.folder + "_label.csv"));
  BOOST_REQUIRE(labels.size() == 4u);
  BOOST_TEST(labels[0] + "\n" == etri_writer::label_header());
  for (std::size_t i = 1; i < 4; ++i) {
    const auto row = cells(labels[i]);
    BOOST_REQUIRE(row.size() == 12u);
    BOOST_TEST(row[0] == std::to_string(session.start + 60 * static_cast<Index>(i - 1)) + ".0");
    BOOST_TEST(row[10] == std::to_string(plan.people[1].lowest + session.level[i - 1]));
    BOOST_TEST((std::stoi(row[9]) >= 1 && std::stoi(row[9]) <= 7));
    for (const std::size_t filled : {1u, 2u, 5u, 8u, 11u}) BOOST_TEST(!row[filled].empty());
  }
  const auto info = lines(files.at("user_info_2019_2018_updated.csv"), "\r\n");
  BOOST_REQUIRE(info.size() == 3u);
  BOOST_TEST(info[0] == "userId,gender,age,height,weight,startDt,endDt");
  BOOST_TEST(cells(info[2])[0] == "102");
}

BOOST_AUTO_TEST_CASE(same_bytes_whatever_the_threads) {
  TemporaryFolder folder;
  auto options = small(3, 2, 9, 2, 0.5);
  generator::write_etri_tree(folder.path / "one", options);
  options.threads = 3;
  generator::write_etri_tree(folder.path / "three", options);
  const auto one = read_tree(folder.path / "one");
  BOOST_TEST((one == read_tree(folder.path / "three")));
  options.seed = 12;
  generator::write_etri_tree(folder.path / "other", options);
  BOOST_TEST((one != read_tree(folder.path / "other")));
}

BOOST_AUTO_TEST_CASE(reader_finds_what_was_generated) {
  TemporaryFolder folder;
  const auto plan = generator::plan_generator(small(2, 2, 12, 2));
  generator::write_etri_tree(folder.path, plan);
  for (Index p = 0; p < 2; ++p) {
    const auto expected = generator::generate_dataset(plan, p);
    const auto found = readers::read_etri_person(folder.path, expected.user);
    BOOST_TEST(found.quality.defects.empty());
    BOOST_TEST(found.data.classes == expected.classes, boost::test_tools::per_element());
    BOOST_TEST((found.data.label == expected.label));
    BOOST_TEST((found.data.timestamp == expected.timestamp));
    BOOST_REQUIRE(found.data.modalities.size() == 9u);
    for (std::size_t m = 0; m < 9; ++m) {
      BOOST_TEST(found.data.modalities[m].name == expected.modalities[m].name);
      BOOST_TEST((found.data.modalities[m].values == expected.modalities[m].values));
    }
  }
}

BOOST_AUTO_TEST_CASE(reader_keeps_just_the_complete_minutes_of_a_dirty_tree) {
  TemporaryFolder folder;
  const auto plan = generator::plan_generator(small(4, 2, 40, 2, 0.6));
  const auto truth = generator::write_etri_tree(folder.path, plan);
  BOOST_TEST(truth.defects.size() == 192u);
  for (const auto& person : truth.people) {
    const auto found = readers::read_etri_person(folder.path, person.user);
    BOOST_TEST(found.quality.minutes_kept == person.complete_minutes);
    const auto planted = [&person](DefectKind kind) {
      return person.defects[static_cast<std::size_t>(kind)];
    };
    const auto counted = [&found](const char* kind) {
      const auto at = found.quality.defects.find(kind);
      return at == found.quality.defects.end() ? Index{0} : at->second;
    };
    BOOST_TEST(counted("duplicate_label") == planted(DefectKind::duplicate_ts));
    BOOST_TEST(counted("misspelt_action") == planted(DefectKind::misspelt_action));
    BOOST_TEST(counted("implausible") == planted(DefectKind::implausible_value));
    BOOST_TEST(counted("stray_folder") == planted(DefectKind::non_numeric_folder));
    BOOST_TEST(counted("missing_modality_folder") == planted(DefectKind::missing_folder));
    BOOST_TEST(counted("empty_modality_folder") == planted(DefectKind::empty_folder));
    BOOST_TEST(counted("empty_label_file") == planted(DefectKind::header_only_labels));
    BOOST_TEST(counted("stray_file") == planted(DefectKind::stray_csv));
  }
}

// Every defect is looked for with nothing but the plan's word for where it is, then the tree is searched for
// others.
BOOST_AUTO_TEST_CASE(defects_are_where_the_truth_says_and_nowhere_else) {
  TemporaryFolder folder;
  const auto plan = generator::plan_generator(small(3, 2, 30, 2, 0.7));
  const auto truth = generator::write_etri_tree(folder.path, plan);
  const auto files = read_tree(folder.path / "dataset_2019");
  std::array<Index, generator::defect_kinds> by_person{};
  for (const auto& person : truth.people)
    for (std::size_t k = 0; k < by_person.size(); ++k) by_person[k] += person.defects[k];
  BOOST_TEST(by_person == truth.defect_count, boost::test_tools::per_element());
  for (const Index count : truth.defect_count) BOOST_TEST(count > 0);

  std::map<std::string, Index> found;
  std::set<std::string> sick;
  for (const auto& defect : truth.defects) {
    const auto session = defect.user + "/" + defect.session + "/";
    const auto file = session + defect.modality + "/" + std::to_string(defect.timestamp) + ".csv";
    const auto label = session + defect.session + "_label.csv";
    BOOST_TEST_CONTEXT(defect.kind << " in " << file) {
      if (defect.kind == "missing_file") {
        BOOST_TEST(!files.contains(file));
      } else if (defect.kind == "missing_minute") {
        for (const auto* m : generator::generated_modalities)
          BOOST_TEST(!files.contains(session + m + "/" + std::to_string(defect.timestamp) + ".csv"));
        BOOST_TEST(files.at(label).find(std::to_string(defect.timestamp)) != std::string::npos);
      } else if (defect.kind == "partial_minute") {
        BOOST_TEST(std::count(files.at(file).begin(), files.at(file).end(), '\n') < 3500);
      } else if (defect.kind == "unlabelled_minute") {
        BOOST_TEST(files.at(label).find(std::to_string(defect.timestamp) + ".0,") == std::string::npos);
        BOOST_TEST(files.contains(session + "e4Hr/" + std::to_string(defect.timestamp) + ".csv"));
      } else if (defect.kind == "cell_na") {
        BOOST_TEST(files.at(file).find(",na") != std::string::npos);
      } else if (defect.kind == "cell_null") {
        BOOST_TEST(files.at(file).find(",null") != std::string::npos);
      } else if (defect.kind == "cell_nan") {
        BOOST_TEST(files.at(file).find(",NaN") != std::string::npos);
      } else if (defect.kind == "cell_empty") {
        BOOST_TEST((files.at(file).find(",,") != std::string::npos ||
                    files.at(file).find(",\n") != std::string::npos));
      } else if (defect.kind == "overflowing_value") {
        BOOST_TEST(files.at(file).find("e+") != std::string::npos);
      } else if (defect.kind == "crlf_file") {
        BOOST_TEST(lines(files.at(file), "\r\n").size() > 1u);
      } else if (defect.kind == "missing_folder") {
        BOOST_TEST(!fs::exists(folder.path / "dataset_2019" / session / defect.modality));
      } else if (defect.kind == "empty_folder") {
        BOOST_TEST(fs::is_empty(folder.path / "dataset_2019" / session / defect.modality));
      } else if (defect.kind == "header_only_labels") {
        BOOST_TEST(lines(files.at(label)).size() == 1u);
      } else if (defect.kind == "stray_csv") {
        BOOST_TEST(files.contains(session + defect.modality + ".csv"));
      } else if (defect.kind == "non_numeric_folder") {
        BOOST_TEST(!std::isdigit(static_cast<unsigned char>(defect.session[0])));
      }
    }
  }

  for (const auto& [name, text] : files) {
    const bool label = name.ends_with("_label.csv");
    if (text.find('\r') != std::string::npos) ++found[label ? "crlf_labels" : "crlf_file"];
    for (std::size_t at = 0; (at = text.find("communitiy", at)) != std::string::npos; ++at)
      ++found["misspelt_action"];
    if (label) continue;
    for (const auto& [odd, kind] : {std::pair{",na", "cell_na"},
                                    {",null", "cell_null"},
                                    {",NaN", "cell_nan"},
                                    {"e+", "overflowing_value"},
                                    {",,", "cell_empty"},
                                    {",\n", "cell_empty"}})
      found[kind] += text.find(odd) != std::string::npos;
  }
  for (Index k = 0; k < generator::defect_kinds; ++k) {
    const std::string kind = generator::name(static_cast<DefectKind>(k));
    if (found.contains(kind)) BOOST_TEST(found[kind] == truth.defect_count[static_cast<std::size_t>(k)]);
  }
  BOOST_TEST(found.size() == 8u);
}

BOOST_AUTO_TEST_CASE(dirt_counts_scale_with_the_share) {
  BOOST_TEST(generator::plan_generator(small(4, 2, 50, 1, 0)).defects.empty());
  BOOST_TEST(generator::plan_generator(small(4, 2, 50, 1, 0.02)).defects.size() == 8u);
  const auto all = generator::plan_generator(small(4, 2, 50, 1, 1));
  BOOST_TEST(all.defects.size() == 400u);
  std::set<std::tuple<Index, Index, Index>> places;
  for (const auto& defect : all.defects)
    if (defect.minute >= 0) BOOST_TEST(places.insert({defect.person, defect.session, defect.minute}).second);
}

BOOST_AUTO_TEST_CASE(bad_options_are_named) {
  const auto names = [](const char* parameter, auto change) {
    auto options = small(4, 2, 10, 2);
    change(options);
    BOOST_CHECK_EXCEPTION(generator::plan_generator(options), std::invalid_argument, [&](const auto& error) {
      return std::string(error.what()).find(parameter) != std::string::npos;
    });
  };
  names("users", [](auto& o) { o.users = 0; });
  names("sessions", [](auto& o) { o.sessions = -1; });
  names("minutes", [](auto& o) { o.minutes = 0; });
  names("minutes", [](auto& o) { o.minutes = 2000; });
  names("groups", [](auto& o) { o.groups = 5; });
  names("groups", [](auto& o) { o.groups = 0; });
  names("dirt", [](auto& o) { o.dirt = 1.1; });
  names("dirt", [](auto& o) { o.dirt = std::nan(""); });
  names("strength", [](auto& o) { o.strength = -0.1; });
  names("product", [](auto& o) { o.users = o.sessions = o.minutes = 1000; });

  const auto plan = generator::plan_generator(small(1, 1, 1, 1));
  generator::GeneratedMinute minute;
  BOOST_CHECK_THROW(generator::generate_minute(plan, 1, 0, 0, minute), std::invalid_argument);
  BOOST_CHECK_THROW(generator::generate_minute(plan, 0, 1, 0, minute), std::invalid_argument);
  BOOST_CHECK_THROW(generator::generate_minute(plan, 0, 0, -1, minute), std::invalid_argument);
  BOOST_CHECK_THROW(generator::generate_dataset(plan, 1), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_folder_with_content_is_left_alone) {
  TemporaryFolder folder;
  const auto options = small(1, 1, 1, 1);
  etri_writer::write(folder.path / "full" / "precious.txt", "mine");
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path / "full", options), std::invalid_argument);
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path / "full" / "precious.txt", options),
                    std::invalid_argument);
  BOOST_TEST(read_tree(folder.path).size() == 1u);
  BOOST_CHECK_THROW(generator::write_etri_tree(folder.path / "full" / "precious.txt" / "below", options),
                    lifelog::io_error);
  fs::create_directories(folder.path / "empty");
  BOOST_TEST(generator::write_etri_tree(folder.path / "empty", options).files == 11);
}

BOOST_AUTO_TEST_SUITE_END()
