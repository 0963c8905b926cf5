// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/core/error.hpp>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string_view>

namespace lifelog::examples {

/// A result that cannot be written: exit status 1, where input that cannot be read is 2.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Calls `write()`; its io_error is about output, so it becomes an OutputError.
template<class Write>
decltype(auto) writing(Write&& write) {
  try {
    return write();
  } catch (const io_error& error) {
    throw OutputError(error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    throw OutputError(error.path1().string() + ": cannot write: " + error.code().message());
  }
}

/// The file appears complete or not at all. Throws OutputError.
void write_text(const std::filesystem::path& path, std::string_view text);

/// `value`, indented by one space, as write_text; bytes that are not UTF-8 become U+FFFD. Throws OutputError.
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& value);

/// A JSON file. Throws io_error, and format_error as io::parse_json.
nlohmann::ordered_json read_json(const std::filesystem::path& path);

/// Creates a directory and those above it. Throws OutputError.
void make_directory(const std::filesystem::path& path);

/// `path` must be a directory that can be listed. Throws io_error.
void require_directory(const std::filesystem::path& path);

/// A fresh directory under the system's temporary one, removed with all it holds at the end of its scope.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace lifelog::examples
