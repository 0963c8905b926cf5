// SPDX-License-Identifier: MIT
#pragma once

// A program's flags. CLI11 reads them; its headers, which cost more to compile than all else in a small program, are seen by
// flags.cpp and program.cpp alone.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lifelog::examples {

/// What the value of a flag must be.
struct Check {
  /// Of a number: whether it will do, and in words.
  std::function<bool(double)> holds;
  std::string description;
  /// Of a word: which there are.
  std::vector<std::string> words;
};

/// At least `low`; above zero; above zero or `inf`; in [0, 1); in [low, high]; one of some words.
Check at_least(double low);
Check positive();
Check positive_or_infinite();
Check share_below_one();
Check between(double low, double high);
Check one_of(std::vector<std::string> words);

class Flag {
 public:
  explicit Flag(CLI::Option* option = nullptr) : option_(option) {}
  Flag check(const Check& check) const;
  /// Whether it is on the command line.
  bool given() const;

 private:
  CLI::Option* option_;
};

class FlagSet {
 public:
  explicit FlagSet(CLI::App& app) : app_(app) {}

  /// `value` is the default, and told so by --help.
  Flag add_option(const char* name, std::string& value, const char* help);
  Flag add_option(const char* name, std::filesystem::path& value, const char* help);
  Flag add_option(const char* name, int& value, const char* help);
  Flag add_option(const char* name, std::int64_t& value, const char* help);
  Flag add_option(const char* name, std::uint64_t& value, const char* help);
  Flag add_option(const char* name, double& value, const char* help);
  Flag add_flag(const char* name, bool& value, const char* help);

 private:
  CLI::App& app_;
};

}  // namespace lifelog::examples
