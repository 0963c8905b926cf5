// SPDX-License-Identifier: MIT
#include "flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <utility>

namespace lifelog::examples {

Check at_least(double low) {
  return {[low](double x) { return x >= low && std::isfinite(x); },
          "at least " + CLI::detail::to_string(low),
          {}};
}

Check positive() {
  return {[](double x) { return x > 0 && std::isfinite(x); }, "a number above 0", {}};
}

Check positive_or_infinite() {
  return {[](double x) { return x > 0; }, "a number above 0, or inf", {}};
}

Check share_below_one() {
  return {[](double x) { return x >= 0 && x < 1; }, "a number of at least 0 and below 1", {}};
}

Check between(double low, double high) {
  return {[low, high](double x) { return x >= low && x <= high; },
          "a number from " + CLI::detail::to_string(low) + " to " + CLI::detail::to_string(high),
          {}};
}

Check one_of(std::vector<std::string> words) {
  return {{}, {}, std::move(words)};
}

Flag Flag::check(const Check& check) const {
  if (!check.words.empty()) {
    const auto listed = [&](const char* between) {
      std::string text;
      for (const auto& word : check.words) text += (text.empty() ? "" : between) + word;
      return text;
    };
    const auto test = [words = check.words, all = listed(", ")](std::string& text) -> std::string {
      const bool known = std::find(words.begin(), words.end(), text) != words.end();
      return known ? std::string() : "expected one of " + all + ", got '" + text + "'";
    };
    option_->check(CLI::Validator(test, "{" + listed(",") + "}"));
    return *this;
  }
  const auto test = [check](std::string& text) -> std::string {
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value)) return "expected a number, got '" + text + "'";
    return check.holds(value) ? std::string() : "expected " + check.description + ", got " + text;
  };
  option_->check(CLI::Validator(test, ""));
  return *this;
}

bool Flag::given() const {
  return option_ && option_->count() > 0;
}

Flag FlagSet::add_option(const char* name, std::string& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_option(const char* name, std::filesystem::path& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_option(const char* name, int& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_option(const char* name, std::int64_t& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_option(const char* name, std::uint64_t& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_option(const char* name, double& value, const char* help) {
  return Flag(app_.add_option(name, value, help));
}
Flag FlagSet::add_flag(const char* name, bool& value, const char* help) {
  return Flag(app_.add_flag(name, value, help));
}

}  // namespace lifelog::examples
