// SPDX-License-Identifier: MIT
#include <algorithm>
#include <lifelog/generator/generator.hpp>
#include <vector>

#include "common/program.hpp"
#include "steps/generating.hpp"
#include "steps/generator_flags.hpp"

namespace {

using namespace lifelog;
using namespace lifelog::examples;

void summarize(const generator::GeneratorTruth& truth, const std::string& dir, double seconds,
               std::ostream& out) {
  Table table({"group", "people", "tension depends on"});
  for (std::size_t g = 0; g < truth.groups.size(); ++g) {
    Index people = 0;
    for (const auto& person : truth.people) people += person.group == static_cast<Index>(g);
    table.row({std::to_string(g + 1), std::to_string(people), joined(truth.groups[g])});
  }
  const double megabytes = static_cast<double>(truth.bytes) / 1e6;
  out << table << count(truth.files, "file", "files") << ", " << fixed(megabytes, 1) << " MB, "
      << count(static_cast<long long>(truth.defects.size()), "defect", "defects") << " in "
      << duration(seconds) << " (" << fixed(megabytes / seconds, 0) << " MB/s)\n"
      << dir << "/truth.json says who depends on what, its groups numbered from 0\n";
}

}  // namespace

int main(int argc, char** argv) {
  generator::GeneratorOptions options;
  GeneratorFlags flags;
  std::string dir = "synthetic";
  std::vector<Flag> sizes;
  return run_program(
      argc, argv, "synthesize",
      "Writes an ETRI-layout tree of generated people whose tension depends on known sensors, and "
      "truth.json. Without --out and sizes: a small sample.",
      [&](FlagSet& app) {
        sizes = {app.add_option("--out", dir, "folder to write to; new or empty"),
                 app.add_option("--users", options.users, "people").check(at_least(1)),
                 app.add_option("--sessions", options.sessions, "recordings of a person").check(at_least(1)),
                 app.add_option("--minutes", options.minutes, "minutes of a recording").check(at_least(1))};
        app.add_option("--groups", options.groups, "groups of people with the same sensors")
            .check(at_least(1));
        app.add_option("--dirt", options.dirt, "defects as a share of the minutes").check(between(0, 1));
        flags.add_to(app, options);
      },
      [&](const Program& program) {
        options.seed = program.seed;
        options.threads = program.threads;
        flags.set(options);
        // As much as is generated otherwise is not written unasked: that is 2.5 GB.
        const bool sample =
            std::none_of(sizes.begin(), sizes.end(), [](const Flag& flag) { return flag.given(); });
        if (sample) {
          options.users = options.groups;
          options.sessions = 1;
          options.minutes = 4;
        }
        const auto plan = generator::plan_generator(options);
        const Stopwatch watch;
        const auto truth = generate_tree(dir, plan, program);
        summarize(truth, dir, watch.seconds(), program.out());
        if (sample)
          program.out() << "A sample of four minutes a person. With --out DIR it is 20 people of 3 times 120 "
                           "minutes, 2.5 GB; "
                           "--users, --sessions and --minutes say how many.\n";
      });
}
