// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"

// JSON of unknown origin. The one place where it is read: what its parser by itself would let pass is refused here.

namespace lifelog::inline LIFELOG_ABI::io {

using Json = nlohmann::ordered_json;

/// Arrays and objects in each other that are read at most. What walks a value (`dump`, `==`, a copy) calls itself that often.
inline constexpr std::size_t json_depth = 64;

namespace detail {

/// Takes a member of the outermost object: its name and its value.
using JsonMember = std::function<void(const std::string&, Json&)>;

/// A name that an object has twice; nullptr without one.
LIFELOG_LAZY const std::string* name_twice(const Json::object_t& object) {
  if (object.size() < 8) {  // as most are
    for (auto a = object.begin(); a != object.end(); ++a)
      for (auto b = object.begin(); b != a; ++b)
        if (a->first == b->first) return &a->first;
    return nullptr;
  }
  std::vector<const std::string*> names;
  names.reserve(object.size());
  for (const auto& member : object) names.push_back(&member.first);
  std::sort(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a < *b; });
  const auto twice =
      std::adjacent_find(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a == *b; });
  return twice == names.end() ? nullptr : *twice;
}

/// Builds a value from the parser's events, in time linear in the text but for the look for names that are there twice:
/// `ordered_json` by itself looks at all of an object's names for each that it takes.
LIFELOG_LAZY class JsonBuilder final : public nlohmann::json_sax<Json> {
 public:
  /// member: called for each of the outermost object's, which are then not kept; may be empty.
  JsonBuilder(const std::string& where, JsonMember member) : where_(where), member_(std::move(member)) {}

  Json take() { return std::move(root_); }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool x) override { return scalar(x); }
  bool number_integer(number_integer_t x) override { return scalar(x); }
  bool number_unsigned(number_unsigned_t x) override { return scalar(x); }
  bool number_float(number_float_t x, const string_t&) override { return scalar(x); }
  bool string(string_t& x) override { return scalar(std::move(x)); }
  bool binary(binary_t&) override { return false; }  // no text has any

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override {
    if (const auto* name = name_twice(levels_.back().value->template get_ref<const Json::object_t&>()))
      refuse(*name);
    return close();
  }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (member_ && levels_.size() == 1) {
      const auto names = names_.size();
      names_.emplace_hint(names_.end(), name);
      if (names_.size() == names) refuse(name);
    }
    levels_.back().key = std::move(name);
    return true;
  }

  /// The parser quotes what it read last, however long that is.
  bool parse_error(std::size_t, const std::string& last, const nlohmann::detail::exception& error) override {
    std::string text = error.what();
    if (const auto at = text.find(last); at != std::string::npos)
      text.replace(at, last.size(), lifelog::detail::shown(last));
    if (const auto tag = text.find("] "); text.starts_with("[json.") && tag != std::string::npos)
      text.erase(0, tag + 2);
    throw format_error(where_, "is not JSON: " + text);
  }

 private:
  struct Level {
    Json* value;
    std::string key;
  };

  [[noreturn]] void refuse(const std::string& name) const {
    throw format_error(where_, "JSON with a name twice: '" + lifelog::detail::shown(name) + "'");
  }

  bool scalar(Json value) {
    put(std::move(value));
    if (levels_.size() == 1) finish_member();
    return true;
  }

  bool open(Json value) {
    if (levels_.size() == json_depth)
      throw format_error(where_, "JSON nested deeper than " + std::to_string(json_depth) + " levels");
    levels_.push_back({put(std::move(value)), {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    if (levels_.size() == 1) finish_member();
    return true;
  }

  /// Where the value is from now on; there it stays until its parent takes the next.
  Json* put(Json value) {
    if (levels_.empty()) {
      if (member_ && !value.is_object()) throw format_error(where_, "expected a JSON object");
      root_ = std::move(value);
      return &root_;
    }
    if (member_ && levels_.size() == 1) {
      current_ = std::move(value);
      return &current_;
    }
    auto& level = levels_.back();
    if (level.value->is_array())
      return &level.value->template get_ref<Json::array_t&>().emplace_back(std::move(value));
    auto& object = level.value->template get_ref<Json::object_t&>();
    if (object.empty()) object.reserve(4);  // to grow by one would copy the others
    static_cast<Json::object_t::Container&>(object).emplace_back(std::move(level.key), std::move(value));
    return &object.back().second;
  }

  void finish_member() {
    if (member_) member_(levels_.back().key, current_);
  }

  std::string where_;
  JsonMember member_;
  Json root_, current_;
  std::set<std::string> names_;  // of the members so far
  std::vector<Level> levels_;
};

LIFELOG_LAZY Json build_json(const std::string& where, std::string_view text, JsonMember member) {
  // To the parser this byte is the end of the text.
  if (const auto at = text.find('\0'); at != std::string_view::npos)
    throw format_error(where, "is not JSON: a NUL at byte " + std::to_string(at));
  JsonBuilder builder(where, std::move(member));
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace detail

/// The value that a text is (RFC 8259), names in its order. Throws format_error, naming `where`, for anything else; for a
/// name twice in an object; for more than `json_depth` levels of arrays and objects; for a number that double cannot hold.
LIFELOG_LAZY Json parse_json(const std::string& where, std::string_view text) {
  return detail::build_json(where, text, {});
}

/// Calls member(name, value) for each member of the object that a text is, in its order, one after the other: of a large
/// text no more than one is in memory. Throws as parse_json, and for what is no object.
LIFELOG_LAZY void for_each_member(const std::string& where, std::string_view text,
                                  const detail::JsonMember& member) {
  detail::build_json(where, text, member);
}

}  // namespace lifelog::io
