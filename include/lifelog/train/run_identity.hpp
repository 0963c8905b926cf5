// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "../io/safetensors.hpp"

// What a run laid aside in a file was made with, so that it is gone on with by nothing else.

namespace lifelog::inline LIFELOG_ABI::train {

/// Names and values: "data" and a checksum of it, "batch size" and "512". What only says how long a run goes on (epochs,
/// patience) or how it is worked (threads) does not belong here.
using RunIdentity = std::map<std::string, std::string>;

namespace detail {

inline constexpr const char* identity_prefix = "run.";

LIFELOG_LAZY RunIdentity identity_of(const io::Tensors& tensors) {
  RunIdentity identity;
  const std::string prefix = identity_prefix;
  for (const auto& [key, value] : tensors.metadata())
    if (key.compare(0, prefix.size(), prefix) == 0) identity[key.substr(prefix.size())] = value;
  return identity;
}

/// "--lr (0.01 then, 0.02 now)" for each that is not the same.
LIFELOG_LAZY std::string differences(const RunIdentity& then, const RunIdentity& now) {
  auto both = now;
  both.insert(then.begin(), then.end());
  const auto value_in = [](const RunIdentity& identity, const std::string& name) {
    const auto found = identity.find(name);
    return found == identity.end() ? std::string("none") : found->second;
  };
  std::string text;
  for (const auto& entry : both) {
    const auto was = value_in(then, entry.first), is = value_in(now, entry.first);
    if (was != is)
      text += (text.empty() ? "" : "; ") + lifelog::detail::shown(entry.first) + " (" +
              lifelog::detail::shown(was) + " then, " + lifelog::detail::shown(is) + " now)";
  }
  return text;
}

}  // namespace detail

/// Puts an identity into a file's metadata, each name behind "run.".
LIFELOG_LAZY void set_identity(io::Tensors& tensors, const RunIdentity& identity) {
  for (const auto& [name, value] : identity) tensors.metadata()[detail::identity_prefix + name] = value;
}

/// Throws format_error that says what differs unless the file was made with just this. A file without an identity goes
/// with an empty one only.
LIFELOG_LAZY void require_same_run(const io::Tensors& tensors, const RunIdentity& identity) {
  const auto then = detail::identity_of(tensors);
  if (then.empty() && !identity.empty())
    throw format_error(tensors.source(),
                       "does not say with which data and options it was made: it cannot be gone on with");
  if (const auto text = detail::differences(then, identity); !text.empty())
    throw format_error(tensors.source(), "was made otherwise: another " + text);
}

}  // namespace lifelog::train
