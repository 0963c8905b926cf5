// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <lifelog/cluster/people.hpp>
#include <string>
#include <vector>

namespace lifelog::examples {

/// Who belongs together: [groups], each the users of one.
using UserLists = std::vector<std::vector<std::string>>;

/// Users of each group. names: [users], in the order of `groups.of_user`.
UserLists user_lists(const cluster::PeopleGroups& groups, const std::vector<std::string>& names);

/// `groups.json`: {"format": "lifelog-groups", "version": 1, "groups": [["101", "104"], ["102"]]}.
void write_groups(const std::filesystem::path& path, const UserLists& groups);

/// Throws io_error; format_error for anything but what write_groups writes, or a user in two groups.
UserLists read_groups(const std::filesystem::path& path);

}  // namespace lifelog::examples
