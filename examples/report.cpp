// SPDX-License-Identifier: MIT

// Renders the report of a pipeline's folder from its files.

#include "common/program.hpp"
#include "steps/report_files.hpp"

using namespace lifelog;
using namespace lifelog::examples;

int main(int argc, char** argv) {
  std::filesystem::path in = "out/study";
  return run_program(
      argc, argv, "report", "Renders IN/report/index.html from the files that a pipeline left in IN.",
      [&](FlagSet& app) { app.add_option("--in", in, "the --out of a pipeline"); },
      [&](const Program& program) {
        require_directory(in);
        const auto report = read_report(in);
        write_report(in, report);
        program.out() << count(static_cast<long long>(report.quality.size()), "person", "people") << ", "
                      << count(static_cast<long long>(report.training.size()), "network", "networks") << '\n';
        for (const auto& [part, why] : report.left_out)
          program.out() << "not shown: " << part << ": " << why << '\n';
        program.out() << "report: " << (in / "report" / "index.html").string() << '\n';
      });
}
