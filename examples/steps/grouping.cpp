// SPDX-License-Identifier: MIT
#include "grouping.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../common/files.hpp"

namespace lifelog::examples {

UserLists user_lists(const cluster::PeopleGroups& groups, const std::vector<std::string>& names) {
  UserLists lists(static_cast<std::size_t>(groups.count));
  for (std::size_t u = 0; u < names.size(); ++u)
    lists[static_cast<std::size_t>(groups.of_user[u])].push_back(names[u]);
  return lists;
}

void write_groups(const std::filesystem::path& path, const UserLists& groups) {
  write_json(path, {{"format", "lifelog-groups"}, {"version", 1}, {"groups", groups}});
}

UserLists read_groups(const std::filesystem::path& path) {
  const auto json = read_json(path);
  if (!json.is_object() || json.value("format", "") != "lifelog-groups" || !json.contains("groups"))
    throw format_error(path.string(), "expected an object of format \"lifelog-groups\" with \"groups\"");
  UserLists groups;
  try {
    groups = json.at("groups").get<UserLists>();
  } catch (const nlohmann::json::exception&) {
    throw format_error(path.string(), "groups: expected lists of users as strings");
  }
  std::vector<std::string> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  std::sort(all.begin(), all.end());
  if (const auto twice = std::adjacent_find(all.begin(), all.end()); twice != all.end())
    throw format_error(path.string(),
                       "groups: expected each user once, got " + detail::shown(*twice) + " twice");
  return groups;
}

}  // namespace lifelog::examples
