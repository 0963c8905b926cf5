// SPDX-License-Identifier: MIT

// Turns a raw tree of recordings into data sets, and accounts for every minute.

#include <algorithm>
#include <lifelog/generator/generator.hpp>
#include <lifelog/readers/table_draft.hpp>
#include <map>
#include <optional>

#include "common/program.hpp"
#include "common/quality_file.hpp"
#include "common/table_tree.hpp"
#include "steps/preprocessing.hpp"

using namespace lifelog;
using namespace lifelog::examples;

namespace {

const std::vector<std::string> etri_labels{"tension", "positive", "action", "action_option"};

struct Flags {
  std::string layout = "etri", in, labels, sensors, out, label = "tension", rules = "study", cache, describe;
  double window = 0, step = 0;
  bool allow_missing = false, rows = false, strict = false;
  Index notes = 100;
  Flag label_option;
};

void add_flags(FlagSet& app, Flags& flags) {
  app.add_option("--layout", flags.layout, "how the tree is laid out").check(one_of(layout_names));
  app.add_option("--in", flags.in, "raw tree; a small generated one when absent");
  app.add_option("--labels", flags.labels, "label file of an empatica tree: CSV user,start,end,...,label");
  app.add_option("--sensors", flags.sensors, "description of a cohort of tables: sensors.json");
  app.add_option("--window", flags.window, "seconds of a window of tables; as sensors.json says when absent")
      .check(between(1, 604800));
  app.add_option("--step", flags.step, "seconds from one window of tables to the next")
      .check(between(1, 604800));
  app.add_option("--describe", flags.describe,
                 "folder of tables: drafts a sensors.json, to be edited, and says on what grounds; --out "
                 "says which file");
  app.add_option("--out", flags.out, "folder for <user>.safetensors, quality.json and quality.csv");
  flags.label_option = app.add_option(
      "--label", flags.label,
      "what is to be told of a minute: tension, positive, action or action_option of an etri tree; "
      "tags, the events that wearers of an empatica marked; a name of labels in sensors.json");
  app.add_option("--rules", flags.rules, "the study's habits, or sensible ones")
      .check(one_of({"study", "sensible"}));
  app.add_flag("--allow-missing", flags.allow_missing, "keep minutes that lack some modalities");
  app.add_flag("--strict", flags.strict, "a minute that would be dropped is an error");
  app.add_option("--cache", flags.cache,
                 "folder to keep what was read, so that a second run does not parse; made anew when files or "
                 "settings change");
  app.add_option("--notes", flags.notes, "places of dirt that quality.json names for each person")
      .check(between(0, 1e9));
  app.add_flag("--rows", flags.rows, "row tables too, <user>.csv, of an etri tree");
}

void check_flags(const Flags& flags) {
  const auto layout = layout_named(flags.layout);
  const bool etri = layout == Layout::etri, table = layout == Layout::table;
  const auto with = " with --layout " + flags.layout + ", got none";
  if (!flags.in.empty() && flags.out.empty()) throw FlagError("--out: expected a folder with --in, got none");
  if (layout != Layout::empatica && !flags.labels.empty())
    throw FlagError("--labels: expected with --layout empatica only");
  if (!table && (!flags.sensors.empty() || flags.window > 0 || flags.step > 0))
    throw FlagError("--sensors, --window, --step: expected with --layout table only");
  if (etri && std::find(etri_labels.begin(), etri_labels.end(), flags.label) == etri_labels.end())
    throw FlagError("--label: expected tension, positive, action or action_option, got '" + flags.label +
                    "'");
  if (etri) return;
  if (flags.in.empty()) throw FlagError("--in: expected a folder" + with);
  const bool tags = !table && flags.label == "tags";
  if (table && flags.sensors.empty()) throw FlagError("--sensors: expected a file" + with);
  if (!flags.labels.empty() && tags) throw FlagError("--labels: expected no file with --label tags");
  if (!table && !tags && flags.labels.empty()) throw FlagError("--labels: expected a file" + with);
  if (flags.rows) throw FlagError("--rows: expected with --layout etri only");
  if (!table && flags.label_option.given() && !tags)
    throw FlagError("--label: expected tags, or nothing, with --layout empatica");
}

PreprocessOptions preprocess_options(const Flags& flags, const Program& program) {
  PreprocessOptions options;
  options.layout = layout_named(flags.layout);
  options.sensors = flags.sensors;
  options.window = flags.window;
  options.step = flags.step;
  if (flags.label_option.given()) options.label_name = flags.label;
  options.in = flags.in;
  options.out = flags.out;
  options.labels = flags.labels;
  options.target = flags.label == "positive"        ? readers::EtriTarget::positive
                   : flags.label == "action"        ? readers::EtriTarget::action
                   : flags.label == "action_option" ? readers::EtriTarget::action_option
                                                    : readers::EtriTarget::tension;
  options.rules = flags.rules == "study" ? data::study_rules() : data::sensible_rules();
  options.tags = flags.label == "tags";
  options.strict = flags.strict;
  options.cache = flags.cache;
  options.notes = flags.notes;
  options.allow_missing = flags.allow_missing;
  options.rows = flags.rows;
  options.threads = program.threads;
  return options;
}

/// A few people with some dirt, so that there is something to keep and something to drop.
void generate_tree(const std::filesystem::path& dir, const Program& program) {
  generator::GeneratorOptions options;
  options.users = 3;
  options.sessions = 1;
  options.minutes = 20;
  options.groups = 3;
  options.dirt = 0.15;
  options.seed = program.seed;
  options.threads = program.threads;
  writing([&] { generator::write_etri_tree(dir, options); });
}

/// Drafts a sensors.json of a folder; never over one that somebody may have edited.
void describe_folder(const Flags& flags, const Program& program) {
  const std::filesystem::path file = flags.out.empty() ? "sensors.json" : flags.out;
  if (std::filesystem::exists(file))
    throw FlagError("--out: expected a new file, " + file.string() + " is there already");
  std::vector<data::Ignored> ignored;
  const auto draft = readers::draft_table_description(table_tree(flags.describe, ignored));
  write_json(file, draft.json);
  for (const auto& sentence : draft.why) program.out() << sentence << '\n';
  for (const auto& [path, reason, files] : ignored)
    program.out() << lifelog::detail::shown(path, 5000) << ": " << reason << '\n';
  program.out() << file.string() << ": a draft; put it right, then preprocess --layout table --sensors "
                << file.string() << '\n';
}

/// "missing_modality 12, short 3", most frequent first.
std::string reasons(const std::map<std::string, Index>& repaired,
                    const std::map<std::string, Index>& dropped) {
  std::vector<std::pair<std::string, Index>> order(dropped.begin(), dropped.end());
  order.insert(order.end(), repaired.begin(), repaired.end());
  std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [why, n] : order) text.append(text.empty() ? "" : ", ").append(why + " " + grouped(n));
  return text;
}

void print_summary(std::ostream& out, const std::vector<PreprocessedPerson>& people, bool rows) {
  std::vector<std::string> header = {"person", "seen", "kept", "repaired", "dropped", "classes", "why"};
  if (rows) header.insert(header.begin() + 5, "rows");
  Table table(header);
  std::vector<data::Quality> qualities;
  for (const auto& person : people) {
    const auto& quality = person.quality;
    qualities.push_back(quality);
    std::string classes;
    for (const auto& [name, n] : person.classes)
      classes.append(classes.empty() ? "" : " ").append(name + ":" + grouped(n));
    std::vector<std::string> row = {
        quality.user,
        grouped(quality.minutes_seen),
        grouped(quality.minutes_kept),
        grouped(quality.minutes_repaired()),
        grouped(quality.minutes_dropped()),
        classes,
        quality.error.empty() ? reasons(quality.repaired, quality.dropped) : "unusable: " + quality.error};
    if (rows) row.insert(row.begin() + 5, grouped(person.rows));
    table.row(std::move(row));
  }
  const auto total = total_quality(qualities);
  out << table << count(static_cast<long long>(people.size()), "person", "people") << ", "
      << count(total.minutes_seen, "minute", "minutes") << " seen, " << grouped(total.minutes_kept)
      << " kept (" << grouped(total.minutes_repaired()) << " repaired), " << grouped(total.minutes_dropped())
      << " dropped\n";
}

/// What is not of the people read.
void print_rest(const Program& program, const Preprocessor& preprocessor,
                const std::vector<PreprocessedPerson>& people) {
  for (const auto& finding : preprocessor.findings()) program.warn(finding);
  const auto left = leftovers(preprocessor, people);
  if (!left.empty()) program.warn(preprocessor.options().out.string() + ": not of this run: " + joined(left));
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return run_program(
      argc, argv, "preprocess",
      "Turns a raw tree of recordings into data sets, and accounts for every minute.",
      [&](FlagSet& app) { add_flags(app, flags); },
      [&](const Program& program) {
        if (!flags.describe.empty()) return describe_folder(flags, program);
        check_flags(flags);
        require_apart({{"--in", flags.in}, {"--labels", flags.labels}, {"--sensors", flags.sensors}},
                      {{"--out", flags.out},
                       {"--cache", flags.cache},
                       {"quality.json of --out", flags.out.empty() ? "" : flags.out + "/quality.json"},
                       {"quality.csv of --out", flags.out.empty() ? "" : flags.out + "/quality.csv"}});
        auto options = preprocess_options(flags, program);
        std::optional<TemporaryDirectory> temporary;
        if (options.in.empty()) {
          options.in = temporary.emplace().path() / "raw";
          generate_tree(options.in, program);
          if (options.out.empty()) options.out = temporary->path() / "data";
        }
        const Preprocessor preprocessor(options);
        auto progress = program.progress("reading", static_cast<double>(preprocessor.users().size()));
        const auto people = preprocess_all(
            preprocessor, [&](double done, const std::string& note) { progress.at(done, note); });
        progress.finish();
        print_summary(program.out(), people, options.rows);
        if (std::none_of(people.begin(), people.end(), [](auto& p) { return p.quality.usable(); }))
          throw format_error(options.in.string(), "expected at least one usable person; quality.json in " +
                                                      options.out.string() + " says why there is none");
        print_rest(program, preprocessor, people);
      });
}
