// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "../core/finite.hpp"
#include "atomic_file.hpp"

namespace lifelog::inline LIFELOG_ABI::io {

/// The text of a C++ header of constants, for programs without files: numbers are exact, names checked, strings escaped.
///
///     io::CHeader header("model");                    // everything is in namespace model
///     header.comment("The encoder's weights.");
///     header.array("weights", {{"conv.weight", values}});
///     header.save("model.hpp");
class CHeader {
 public:
  /// A stretch of an array's values, and what they are.
  struct Part {
    std::string what;
    std::vector<float> values;
  };

  /// name: the namespace. includes: as they stand after `#include`. Throws std::invalid_argument for a name that is no
  /// identifier.
  explicit CHeader(const std::string& name, const std::vector<std::string>& includes = {}) : name_(name) {
    require_identifier(name);
    for (const auto& include : includes) includes_ += "#include " + include + '\n';
  }

  /// A line of comment before what comes next.
  void comment(std::string_view text) { body_ += "\n// " + one_line(text) + '\n'; }

  /// Text as it is.
  void code(std::string_view text) { body_ += std::string(text) + '\n'; }

  void constant(const std::string& name, Index value) {
    require_identifier(name);
    code("constexpr long " + name + " = " + std::to_string(value) + ';');
  }

  /// `constexpr float name[]`: the parts one after the other, each under its comment. Throws std::invalid_argument for an
  /// array without values, and for a value that is not finite.
  void array(const std::string& name, const std::vector<Part>& parts) {
    require_identifier(name);
    std::size_t count = 0;
    body_ += "constexpr float " + name + "[] = {";
    for (const auto& part : parts) {
      if (!part.what.empty()) body_ += "\n    // " + one_line(part.what);
      for (std::size_t i = 0; i < part.values.size(); ++i) {
        lifelog::detail::require(lifelog::detail::is_finite(part.values[i]), name.c_str(),
                                 ": expected finite numbers, got ", part.values[i], " at ", i, " of '",
                                 part.what, "'");
        body_ += (i % 8 == 0 ? "\n    " : " ") + literal(part.values[i]) + ',';
      }
      count += part.values.size();
    }
    lifelog::detail::require(count > 0, name.c_str(), ": expected at least one value, got none");
    body_ += "\n};\n";
  }

  /// `constexpr const char* name[]`.
  void strings(const std::string& name, const std::vector<std::string>& values) {
    require_identifier(name);
    lifelog::detail::require(!values.empty(), name.c_str(), ": expected at least one string, got none");
    body_ += "constexpr const char* " + name + "[] = {";
    for (const auto& value : values) body_ += (&value == &values.front() ? "" : ", ") + quoted(value);
    body_ += "};\n";
  }

  std::string text() const {
    return "#pragma once\n\n" + includes_ + "\nnamespace " + name_ + " {\n" + body_ + "\n}  // namespace " +
           name_ + '\n';
  }

  /// The file appears complete or not at all. Throws io_error.
  void save(const std::filesystem::path& path) const { write_text(path, text()); }

  /// The shortest decimal literal that a compiler reads back as the same float.
  static std::string literal(float value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    std::string text(digits, end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text + 'f';
  }

 private:
  static void require_identifier(const std::string& name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    bool good = !name.empty() && letter(name[0]);
    for (const char c : name) good = good && (letter(c) || (c >= '0' && c <= '9'));
    lifelog::detail::require(good, "name: expected letters, digits and underscores, got '", name, "'");
  }

  // A comment that ended in a backslash would swallow the next line.
  static std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
      if (c == '\n' || c == '\r' || c == '\\') c = ' ';
    return line;
  }

  static std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      const auto code = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\' || c == '?') {
        (out += '\\') += c;
      } else if (code < 0x20 || code == 0x7f) {
        out += '\\';  // three octal digits
        for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + ((code >> shift) & 7));
      } else {
        out += c;
      }
    }
    return out + '"';
  }

  std::string name_, includes_, body_;
};

}  // namespace lifelog::io
