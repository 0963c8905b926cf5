// SPDX-License-Identifier: MIT
#pragma once

// What every example program has in common: flags, exit status, and how it talks to people.

#include <cstdint>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"
#include "flags.hpp"
#include "paths.hpp"
#include "progress.hpp"
#include "table.hpp"

namespace lifelog::examples {

/// A started program: its common flags, and where it reports to.
struct Program {
  std::string name;
  /// `--seed`: same seed, same files.
  std::uint64_t seed = 1;
  /// `--threads`: 0 = all there are. Never changes a result.
  int threads = 0;
  /// `--quiet`: no summary, no progress bar; errors still show.
  bool quiet = false;

  /// Standard output for the summary; a stream that swallows everything under `--quiet`.
  std::ostream& out() const;

  /// A bar on standard error while `total` steps are done; silent unless that is a terminal.
  Progress progress(std::string what, double total) const { return {std::move(what), total, !quiet}; }

  /// One line on standard error, `name: warning: text`, that does not end the program.
  void warn(const std::string& text) const;
};

/// Runs one program: `setup` declares its own flags on the parser, `body` does the work after they are read.
/// Returns the exit status: 0 success; 2 bad usage or bad input (a flag, std::invalid_argument, format_error,
/// io_error, FlagError); 1 any other failure (an OutputError, no memory, ...). Errors are one line on
/// standard error, `name: what is wrong`; where the library names an option, they name its flag.
///
///     int main(int argc, char** argv) {
///       std::string in;
///       return run_program(argc, argv, "rows", "Counts the rows of an array.",
///           [&](FlagSet& app) { app.add_option("--in", in, "[n, d] array (.npy)"); },
///           [&](const Program& program) { program.out() << count(in) << " rows\n"; });
///     }
int run_program(int argc, char** argv, const char* name, const char* description,
                const std::function<void(FlagSet&)>& setup, const std::function<void(const Program&)>& body);

/// A flag whose value cannot be used: one sentence naming the flag, what was expected and what came.
class FlagError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A whole number, at least `low`. Throws FlagError naming `flag`.
int whole_number(const std::string& flag, const std::string& text, int low);

/// Finite numbers of a comma list such as `0.7,0.1,0.2`. Throws FlagError naming `flag`.
std::vector<double> number_list(const std::string& flag, const std::string& text);

/// Two whole numbers `low:high`, low <= high. Throws FlagError naming `flag`.
std::pair<int, int> number_range(const std::string& flag, const std::string& text);

}  // namespace lifelog::examples
