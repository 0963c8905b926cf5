// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <lifelog/io/atomic_file.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/paths.hpp"
#include "common/files.hpp"

namespace lifelog::examples {

/// What a finished program left.
struct Run {
  int status = -1;
  std::string out, err;

  /// Its errors are one line that begins with its name.
  bool one_line(const std::string& program) const {
    return err.starts_with(program + ": ") && std::count(err.begin(), err.end(), '\n') == 1 &&
           err.back() == '\n';
  }
};

/// A directory for one test, and programs run in it.
class Sandbox {
 public:
  /// `arguments` as a shell takes them; paths are relative to the sandbox. kill_after: seconds, 0: the program ends by
  /// itself; status is 137 if it was killed. file_blocks: no file grows beyond so many times 512 bytes, 0: no limit.
  Run run(const std::string& program, const std::string& arguments = {}, double kill_after = 0,
          int file_blocks = 0) const {
    const auto limit =
        file_blocks > 0 ? "trap '' XFSZ; ulimit -f " + std::to_string(file_blocks) + " && " : "";
    const auto kill = kill_after > 0 ? "timeout -s KILL " + std::to_string(kill_after) + " " : "";
    const auto command = "cd '" + path().string() + "' && " + limit + kill + "'" + paths::programs + "/" +
                         program + "' " + arguments + " > '" + (logs_.path() / "out").string() + "' 2> '" +
                         (logs_.path() / "err").string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, io::read_file(logs_.path() / "out"),
            io::read_file(logs_.path() / "err")};
  }

  /// Recordings to begin with, in raw/. flags: of `synthesize`, beyond one recording of each person.
  void generate(const std::string& flags) const { prepare("synthesize", "--out raw --sessions 1 " + flags); }

  /// The same, and data/, which `preprocess` makes of them, row tables too.
  void generate_data(const std::string& flags) const {
    generate(flags);
    prepare("preprocess", "--in raw --out data --rows");
  }

  std::string read(const std::string& file) const { return io::read_file(path() / file); }
  void write(const std::string& file, const std::string& text) const { io::write_text(path() / file, text); }

  /// All regular files below, relative and sorted.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path()))
      if (entry.is_regular_file()) names.push_back(std::filesystem::relative(entry.path(), path()).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::filesystem::path& path() const { return directory_.path(); }

 private:
  void prepare(const std::string& program, const std::string& arguments) const {
    if (const auto done = run(program, arguments); done.status != 0) throw std::runtime_error(done.err);
  }

  TemporaryDirectory directory_, logs_;
};

}  // namespace lifelog::examples
