// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "../../core/finite.hpp"
#include "../../io/json.hpp"

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// A JSON object, asked key by key. Whatever is wrong is a format_error that says which key, what was expected and what
/// came: `sensors.json: sensors[1].rate: expected a number above 0 or "irregular", got "fast"`.
class JsonKeys {
 public:
  JsonKeys(const io::Json& json, std::string file, std::string path = {})
      : json_(json), file_(std::move(file)), path_(std::move(path)) {
    if (!json.is_object()) wrong({}, "an object", json);
  }

  bool has(const std::string& key) { return find(key) != nullptr; }

  std::string text(const std::string& key) {
    const auto& value = at(key, "a text");
    if (!value.is_string()) wrong(key, "a text", value);
    if (value.get_ref<const std::string&>().empty()) wrong(key, "a text that is not empty", value);
    return value.get<std::string>();
  }
  std::string text(const std::string& key, std::string otherwise) {
    return has(key) ? text(key) : std::move(otherwise);
  }

  double number(const std::string& key, double low, double high, const std::string& expected) {
    const auto& value = at(key, expected);
    if (!value.is_number()) wrong(key, expected, value);
    const auto x = value.get<double>();
    if (!(x >= low && x <= high)) wrong(key, expected, value);
    return x;
  }
  double number(const std::string& key, double low, double high, const std::string& expected,
                double otherwise) {
    return has(key) ? number(key, low, high, expected) : otherwise;
  }

  /// Which of `names` the text is.
  template<class Names>
  std::size_t one_of(const std::string& key, const Names& names) {
    std::string expected = "one of";
    for (const auto& name : names) expected += std::string(expected == "one of" ? " " : ", ") + name;
    const auto& value = at(key, expected);
    for (std::size_t i = 0; i < std::size(names); ++i)
      if (value.is_string() && value.get_ref<const std::string&>() == names[i]) return i;
    wrong(key, expected, value);
  }

  /// One text, or a list of 1 to `most`.
  std::vector<std::string> texts(const std::string& key, std::size_t most, const std::string& expected) {
    const auto& value = at(key, expected);
    std::vector<std::string> all;
    if (value.is_string()) all.push_back(value.get<std::string>());
    if (value.is_array())
      for (const auto& item : value) {
        if (!item.is_string()) wrong(key, expected, item);
        all.push_back(item.get<std::string>());
      }
    if (all.empty() || all.size() > most ||
        std::any_of(all.begin(), all.end(), [](const auto& text) { return text.empty(); }))
      wrong(key, expected, value);
    return all;
  }

  /// A list of numbers, ascending.
  std::vector<double> ascending(const std::string& key, std::size_t least, std::size_t most,
                                const std::string& expected) {
    const auto& value = at(key, expected);
    std::vector<double> all;
    if (value.is_array())
      for (const auto& item : value) all.push_back(item.is_number() ? item.get<double>() : 0);
    bool good = value.is_array() && all.size() >= least && all.size() <= most;
    for (std::size_t i = 0; good && i < all.size(); ++i)
      good = value[i].is_number() && (i == 0 || all[i - 1] < all[i]);
    if (!good) wrong(key, expected, value);
    return all;
  }

  /// The objects of a list; one object by itself will do.
  std::vector<JsonKeys> objects(const std::string& key) {
    const auto& value = at(key, "a list of objects");
    if (value.is_object()) return {JsonKeys(value, file_, inside(key))};
    if (!value.is_array() || value.empty()) wrong(key, "a list of objects", value);
    std::vector<JsonKeys> all;
    for (std::size_t i = 0; i < value.size(); ++i)
      all.emplace_back(value[i], file_, inside(key) + "[" + std::to_string(i) + "]");
    return all;
  }

  JsonKeys object(const std::string& key) { return JsonKeys(at(key, "an object"), file_, inside(key)); }

  const io::Json& at(const std::string& key, const std::string& expected) {
    if (const auto* value = find(key)) return *value;
    fail(inside(key) + ": expected " + expected + ", got nothing");
  }

  /// Every key that was not asked for is an error; so is a misspelling found.
  void end() const {
    for (const auto& [key, value] : json_.items())
      if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
        std::string known;
        for (const auto& name : asked_) known += (known.empty() ? "" : ", ") + name;
        fail(inside(lifelog::detail::shown(key, 60)) + ": not a key here; expected some of " + known);
      }
  }

  [[noreturn]] void wrong(const std::string& key, const std::string& expected, const io::Json& got) const {
    fail(inside(key) + ": expected " + expected + ", got " + said(got));
  }
  [[noreturn]] void fail(const std::string& what) const { throw format_error(file_, what); }

  const std::string& file() const { return file_; }

  std::string inside(const std::string& key) const {
    return path_.empty() ? key : key.empty() ? path_ : path_ + "." + key;
  }

 private:
  static std::string said(const io::Json& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list of " + std::to_string(value.size());
    return lifelog::detail::shown(value.dump(-1, ' ', false, io::Json::error_handler_t::replace), 100);
  }

  const io::Json* find(const std::string& key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
    const auto at = json_.find(key);
    return at == json_.end() || at->is_null() ? nullptr : &*at;
  }

  const io::Json& json_;
  std::string file_, path_;
  std::vector<std::string> asked_;
};

}  // namespace lifelog::readers::detail
