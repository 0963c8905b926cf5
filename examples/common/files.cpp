// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <lifelog/io/atomic_file.hpp>
#include <lifelog/io/json.hpp>

namespace lifelog::examples {

void write_text(const std::filesystem::path& path, std::string_view text) {
  writing([&] { io::write_text(path, text); });
}

void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& value) {
  using nlohmann::ordered_json;
  // Names come from files and folders, in whatever encoding: no text of theirs keeps a result from being written.
  write_text(path, value.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

nlohmann::ordered_json read_json(const std::filesystem::path& path) {
  return io::parse_json(path.string(), io::read_file(path));
}

void make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw OutputError(path.string() + ": cannot create directory: " + error.message());
}

void require_directory(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::directory_iterator listing(path, error);
  if (error) throw io_error(path.string(), "cannot list directory: " + error.message());
}

TemporaryDirectory::TemporaryDirectory() {
  auto name = (std::filesystem::temp_directory_path() / "lifelog-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw OutputError(name + ": cannot create directory: " + std::strerror(errno));
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lifelog::examples
