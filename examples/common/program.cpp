// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <lifelog/core/build_info.hpp>
#include <map>
#include <new>

namespace lifelog::examples {

namespace {

constexpr int success = 0, failure = 1, bad_input = 2;

/// Errors of libraries underneath may come in paragraphs; ours are one line.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  for (std::size_t at; (at = text.find("  ")) != std::string::npos;) text.erase(at, 1);
  const auto last = text.find_last_not_of(' ');
  text.erase(last == std::string::npos ? 0 : last + 1);
  return text;
}

int complain(const char* name, const std::string& what, int status) {
  std::cout.flush();
  std::fprintf(stderr, "%s: %s\n", name, one_line(what).c_str());
  return status;
}

template<class Number>
Number parse_number(const std::string& flag, std::string_view text) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || text.empty())
    throw FlagError(
        flag +
        (std::is_integral_v<Number> ? ": expected a whole number, got '" : ": expected a number, got '") +
        std::string(text) + "'");
  return value;
}

void add_common_flags(FlagSet& app, Program& program) {
  app.add_option("--seed", program.seed, "same seed, same results").check(at_least(0));
  app.add_option("--threads", program.threads, "threads to use, 0 = all; never changes a result")
      .check(between(0, 1024));
  app.add_flag("--quiet", program.quiet, "no summary and no progress bar");
}

/// What the library calls some things, and the flags that bring them, of which a program has one or none.
const std::map<std::string, std::vector<std::string>> flags_of_options = {
    {"bags", {"--data"}},        {"classes", {"--data"}},        {"clusters", {"--k"}},
    {"dir", {"--out"}},          {"fitted", {"--data"}},         {"labels", {"--data", "--k"}},
    {"learning rate", {"--lr"}}, {"map", {"--state", "--init"}}, {"max_iterations", {"--iterations"}},
    {"modalities", {"--data"}},  {"name", {"--namespace"}},      {"points", {"--in"}},
    {"restarts", {"--n-init"}},  {"scales", {"--model"}},        {"shares", {"--split"}},
    {"start", {"--init"}},       {"tables", {"--rows"}},         {"weights", {"--model"}}};

/// The program's flag for what the library calls `option`: one of that name (`assign_minutes` is --assign-minutes), or as
/// the table says; empty where there is none.
std::string flag_of(const CLI::App& app, const std::string& option) {
  auto own = "--" + option;
  std::replace_if(
      own.begin(), own.end(), [](char c) { return c == '_' || c == ' '; }, '-');
  if (app.get_option_no_throw(own) != nullptr) return own;
  const auto known = flags_of_options.find(option);
  if (known != flags_of_options.end())
    for (const auto& flag : known->second)
      if (app.get_option_no_throw(flag) != nullptr) return flag;
  return {};
}

/// A message of the library as people know its options. It begins with an option, `clusters: expected …`, or with a
/// function and an option, `train: clip must …`.
std::string by_flags(const CLI::App& app, const std::string& message) {
  const auto colon = message.find(": ");
  if (colon == std::string::npos) return message;
  const auto rest = message.substr(colon + 2);
  if (const auto must = rest.find(" must "); must != std::string::npos)
    if (const auto flag = flag_of(app, rest.substr(0, must)); !flag.empty())
      return flag + ':' + rest.substr(must);
  const auto flag = flag_of(app, message.substr(0, colon));
  return flag.empty() ? message : flag + ": " + rest;
}

int run_body(const Program& program, const CLI::App& app, const std::function<void(const Program&)>& body) {
  const char* name = program.name.c_str();
  try {
    body(program);
    if (!std::cout.flush()) throw OutputError("standard output: cannot write");
    return success;
  } catch (const OutputError& error) {
    return complain(name, error.what(), failure);
  } catch (const std::invalid_argument& error) {
    return complain(name, by_flags(app, error.what()), bad_input);
  } catch (const FlagError& error) {
    return complain(name, error.what(), bad_input);
  } catch (const format_error& error) {
    return complain(name, error.what(), bad_input);
  } catch (const io_error& error) {
    return complain(name, error.what(), bad_input);
  } catch (const std::bad_alloc&) {
    return complain(name, "out of memory", failure);
  } catch (const std::exception& error) {
    return complain(name, error.what(), failure);
  }
}

}  // namespace

std::ostream& Program::out() const {
  static std::ostream nowhere(nullptr);
  return quiet ? nowhere : std::cout;
}

void Program::warn(const std::string& text) const {
  complain(name.c_str(), "warning: " + text, success);
}

int run_program(int argc, char** argv, const char* name, const char* description,
                const std::function<void(FlagSet&)>& setup, const std::function<void(const Program&)>& body) {
  Program program;
  program.name = name;
  CLI::App app(description, name);
  app.option_defaults()->always_capture_default();
  FlagSet flags(app);
  setup(flags);
  add_common_flags(flags, program);
  app.set_version_flag("--version", LIFELOG_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::cout.flush() ? success : complain(name, "standard output: cannot write", failure);
  } catch (const CLI::CallForVersion&) {
    std::cout << name << ' ' << LIFELOG_VERSION << '\n' << to_string(build_info()) << '\n';
    return success;
  } catch (const CLI::ConversionError& error) {
    // "Could not convert: --seed = 1e99"
    const std::string text = error.what();
    const auto begin = text.find("--"), is = text.find(" = ");
    if (begin >= is || is == std::string::npos) return complain(name, text, bad_input);
    return complain(name,
                    text.substr(begin, is - begin) + ": expected a number in its range, got '" +
                        text.substr(is + 3) + "'",
                    bad_input);
  } catch (const CLI::ParseError& error) {
    return complain(name, std::string(error.what()) + " (--help lists all flags)", bad_input);
  }
  return run_body(program, app, body);
}

int whole_number(const std::string& flag, const std::string& text, int low) {
  const int value = parse_number<int>(flag, text);
  if (value < low) throw FlagError(flag + ": expected at least " + std::to_string(low) + ", got " + text);
  return value;
}

std::vector<double> number_list(const std::string& flag, const std::string& text) {
  std::vector<double> numbers;
  std::string_view rest = text;
  while (true) {
    const auto comma = rest.find(',');
    numbers.push_back(parse_number<double>(flag, rest.substr(0, comma)));
    if (!std::isfinite(numbers.back()))
      throw FlagError(flag + ": expected finite numbers, got '" + text + "'");
    if (comma == std::string_view::npos) return numbers;
    rest.remove_prefix(comma + 1);
  }
}

std::pair<int, int> number_range(const std::string& flag, const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw FlagError(flag + ": expected low:high, got '" + text + "'");
  const std::string_view whole = text;
  const int low = parse_number<int>(flag, whole.substr(0, colon));
  const int high = parse_number<int>(flag, whole.substr(colon + 1));
  if (low > high) throw FlagError(flag + ": expected low <= high, got '" + text + "'");
  return {low, high};
}

}  // namespace lifelog::examples
