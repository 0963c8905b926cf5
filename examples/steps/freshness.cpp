// SPDX-License-Identifier: MIT
#include "freshness.hpp"

#include <algorithm>
#include <cstdio>
#include <lifelog/core/error.hpp>
#include <lifelog/readers/detail/archive.hpp>
#include <lifelog/readers/listing.hpp>
#include <memory>

#include "../common/files.hpp"
#include "../common/table.hpp"

namespace lifelog::examples {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t most_names = 2000;

/// Nothing that says anything of a result: the beginnings of files and folders of them, checkpoints.
bool counts(const std::string& path) {
  const bool hidden = path.starts_with('.') || path.find("/.") != std::string::npos;
  return !hidden && path.substr(path.rfind('/') + 1) != "checkpoint.safetensors";  // npos + 1 is 0
}

/// The path down to `depth` folders.
std::string shortened(const std::string& path, std::size_t depth) {
  std::size_t at = 0;
  for (; depth > 0 && at != std::string::npos; --depth) at = path.find('/', at == 0 ? 0 : at + 1);
  return at == std::string::npos ? path : path.substr(0, at + 1);
}

/// As many folders deep as there are not too many names.
std::size_t depth_of_names(const std::vector<readers::ListedFile>& files) {
  if (files.size() <= most_names) return SIZE_MAX;
  std::size_t depth = 1;
  for (; depth < 8; ++depth) {
    std::size_t names = 0;
    std::string last;
    for (const auto& file : files)
      if (auto name = shortened(file.path, depth + 1); name != last) {
        ++names;
        last = std::move(name);
      }
    if (names > most_names) break;
  }
  return depth;
}

}  // namespace

std::string FileStates::sum_of(const fs::path& path, std::uint64_t size, std::int64_t time) {
  auto& seen = seen_[path.string()];
  if (!seen.sum.empty() && seen.size == size && seen.time == time) return seen.sum;
  readers::detail::Checksum sum;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  std::vector<char> buffer(std::size_t{1} << 18);
  while (file) {
    const auto read = std::fread(buffer.data(), 1, buffer.size(), file.get());
    sum.add(buffer.data(), read);
    if (read < buffer.size()) break;
  }
  seen = {size, time, file ? std::to_string(sum.value()) : "cannot be read"};
  return seen.sum;
}

ordered_json FileStates::of(const fs::path& path, const StateRule& rule,
                            const std::vector<fs::path>& without) {
  auto files = readers::list_files(path, without).files;
  std::erase_if(files, [](const auto& file) { return !counts(file.path); });
  std::vector<std::size_t> order(files.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return files[a].size < files[b].size; });
  std::vector<std::string> states(files.size());
  std::uint64_t read = 0;
  for (const auto i : order) {
    const auto& file = files[i];
    states[i] = std::to_string(file.size) + " bytes";
    if (file.size <= rule.largest && file.size <= rule.together - read) {
      states[i] += ", sum " + sum_of(file.path.empty() ? path : path / file.path, file.size, file.time);
      read += file.size;
    } else if (rule.times) {
      states[i] += ", time " + std::to_string(file.time);
    }
  }
  const auto depth = depth_of_names(files);
  std::map<std::string, std::pair<std::string, readers::detail::Checksum>> groups;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = files[i].path.empty() ? path.filename().string() : files[i].path;
    auto& [state, sum] = groups[depth == SIZE_MAX ? name : shortened(name, depth)];
    sum.add(name + '\n' + states[i] + '\n');
    state = state.empty() ? states[i] : "several";
  }
  auto json = ordered_json::object();
  for (const auto& [name, group] : groups)
    json[detail::shown(name, 5000)] =
        group.first == "several" ? "sum " + std::to_string(group.second.value()) : group.first;
  return json;
}

std::string difference(const ordered_json& before, const ordered_json& now) {
  std::vector<std::string> found;
  std::size_t more = 0;
  const auto say = [&](const std::string& name, const char* what) {
    found.size() < 3 ? found.push_back(name + what) : static_cast<void>(++more);
  };
  if (!before.is_object() || !now.is_object()) return before == now ? "" : "changed";
  for (const auto& [name, state] : now.items())
    if (!before.contains(name))
      say(name, " is new");
    else if (before.at(name) != state)
      say(name, " changed");
  for (const auto& [name, state] : before.items())
    if (!now.contains(name)) say(name, " is gone");
  return joined(found) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::optional<ordered_json> read_stamp(const fs::path& file) {
  try {
    auto stamp = read_json(file);
    if (stamp.is_object()) return stamp;
  } catch (const format_error&) {
  } catch (const io_error&) {
  }
  return std::nullopt;
}

}  // namespace lifelog::examples
