// SPDX-License-Identifier: MIT

// JSON: what is read is what the parser by itself reads, and can be walked.

#include <lifelog/io/json.hpp>

#include <string>

#include "fuzz.hpp"

using lifelog::io::Json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::refusable([&] {
    const auto value = lifelog::io::parse_json("fuzz", text);
    fuzz::check(value == Json::parse(text), "the parser's value");
    fuzz::check(lifelog::io::parse_json("fuzz", value.dump()) == value, "written, it comes back");
    if (!value.is_object()) return;
    auto members = Json::object();
    lifelog::io::for_each_member("fuzz", text,
                                 [&](const std::string& name, Json& member) { members[name] = member; });
    fuzz::check(members == value, "its members one by one");
  });
  return 0;
}
