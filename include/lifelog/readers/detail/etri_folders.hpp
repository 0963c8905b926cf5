// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../core/config.hpp"

// Folders of users of the ETRI lifelog, by their names.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// Digits and nothing else, as names of users, sessions and minutes are; leading zeros only where `padded`.
LIFELOG_LAZY std::optional<std::int64_t> as_id(std::string_view name, bool padded = true) {
  std::int64_t id = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || stop != name.data() + name.size() || name.front() == '-') return std::nullopt;
  if (!padded && name.size() > 1 && name.front() == '0') return std::nullopt;
  return id;
}

struct Entry {
  std::string name;
  bool folder;
};

/// What a folder holds, by name; nothing when it cannot be read (`error` says why).
LIFELOG_LAZY std::vector<Entry> entries(const std::filesystem::path& path, std::error_code& error) {
  std::vector<Entry> found;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    found.push_back({it->path().filename().string(), it->is_directory(unknown)});
  }
  std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return found;
}

/// Names of sub-folders that `id_of` takes for one, ascending by id.
template<class IdOf>
std::vector<std::string> folders_with_id(const std::filesystem::path& path, IdOf id_of) {
  std::error_code error;
  std::vector<std::pair<std::int64_t, std::string>> numbered;
  for (auto& entry : entries(path, error))
    if (const auto id = id_of(entry.name); id && entry.folder)
      numbered.emplace_back(*id, std::move(entry.name));
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> names;
  for (auto& [id, name] : numbered) names.push_back(std::move(name));
  return names;
}

LIFELOG_LAZY std::vector<std::string> numbered_folders(const std::filesystem::path& path) {
  return folders_with_id(path, [](std::string_view name) { return as_id(name); });
}

/// `101` or `user01`.
inline std::optional<std::int64_t> as_user(std::string_view name) {
  if (name.starts_with("user")) name.remove_prefix(4);
  return as_id(name);
}

/// The first number of `user01-06`.
inline std::optional<std::int64_t> as_user_range(std::string_view name) {
  const auto dash = name.find('-');
  if (dash == std::string_view::npos || !name.starts_with("user") || !as_id(name.substr(dash + 1)))
    return std::nullopt;
  return as_user(name.substr(0, dash));
}

/// A person and the folder that holds the sessions.
struct EtriUser {
  std::int64_t id;
  std::string name;
  std::filesystem::path folder;
};

LIFELOG_LAZY std::vector<EtriUser> users_in(const std::filesystem::path& path) {
  std::vector<EtriUser> users;
  for (auto& name : folders_with_id(path, as_user)) users.push_back({*as_user(name), name, path / name});
  return users;
}

/// All users of a part, ascending.
LIFELOG_LAZY std::vector<EtriUser> users_of_part(const std::filesystem::path& part) {
  auto users = users_in(part);
  for (const auto& range : folders_with_id(part, as_user_range))
    for (auto& user : users_in(part / range)) users.push_back(std::move(user));
  std::stable_sort(users.begin(), users.end(),
                   [](const EtriUser& a, const EtriUser& b) { return a.id < b.id; });
  return users;
}

/// The same, each once: of folders that mean one person the first by name.
LIFELOG_LAZY std::vector<EtriUser> people_of_part(const std::filesystem::path& part) {
  auto users = users_of_part(part);
  users.erase(std::unique(users.begin(), users.end(),
                          [](const EtriUser& a, const EtriUser& b) { return a.id == b.id; }),
              users.end());
  return users;
}

LIFELOG_LAZY bool holds_users(const std::filesystem::path& part) {
  for (const auto& user : users_of_part(part))
    if (!numbered_folders(user.folder).empty()) return true;
  return false;
}

}  // namespace lifelog::readers::detail
