// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shape.hpp"

namespace lifelog::io {

/// Element types of tensors in files.
enum class DType { f32, f64, i64, i32, u8 };

constexpr std::size_t dtype_bytes(DType type) {
  return type == DType::u8 ? 1 : type == DType::f32 || type == DType::i32 ? 4 : 8;
}

/// As safetensors spells it.
constexpr const char* dtype_name(DType type) {
  constexpr const char* names[] = {"F32", "F64", "I64", "I32", "U8"};
  return names[static_cast<int>(type)];
}

template<class T>
constexpr DType dtype_of() {
  constexpr bool integer = std::is_integral_v<T> && std::is_signed_v<T>;
  if constexpr (std::is_same_v<T, float>) {
    return DType::f32;
  } else if constexpr (std::is_same_v<T, double>) {
    return DType::f64;
  } else if constexpr (integer && sizeof(T) == 8) {
    return DType::i64;
  } else if constexpr (integer && sizeof(T) == 4) {
    return DType::i32;
  } else {
    static_assert(std::is_same_v<T, std::uint8_t>, "tensors hold float, double, int64, int32 or uint8");
    return DType::u8;
  }
}

namespace detail {

/// One tensor of the header; begin and end are bytes from the start of the data.
struct SafetensorsEntry {
  std::string name;
  DType dtype;
  std::vector<std::size_t> shape;
  std::size_t begin, end;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the text
  std::map<std::string, std::string> metadata;
  std::size_t data_offset = 0;
};

/// JSON that keeps the order of names and, unlike the parser by itself, refuses a name twice.
inline nlohmann::ordered_json parse_strict_json(const std::string& path, std::string_view text) {
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::ordered_json& parsed) {
    if (event == nlohmann::json::parse_event_t::object_start) names.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) names.pop_back();
    if (event == nlohmann::json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second)
      throw format_error(path, "name twice in the header: '" + parsed.get<std::string>() + "'");
    return true;
  };
  try {
    return nlohmann::ordered_json::parse(text.begin(), text.end(), watch);
  } catch (const nlohmann::json::exception& error) {
    throw format_error(path, std::string("safetensors header is not JSON: ") + error.what());
  }
}

inline std::vector<std::size_t> parse_extents(const std::string& where, const char* what,
                                              const nlohmann::ordered_json& json) {
  std::vector<std::size_t> extents;
  if (!json.is_array()) throw format_error(where, std::string("expected an array for '") + what + "'");
  for (const auto& extent : json) {
    if (!extent.is_number_unsigned())
      throw format_error(where,
                         std::string("expected non-negative integers in '") + what + "', got " + json.dump());
    extents.push_back(extent.get<std::size_t>());
  }
  return extents;
}

inline SafetensorsEntry parse_entry(const std::string& where, const std::string& name,
                                    const nlohmann::ordered_json& json) {
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets") || !json.at("dtype").is_string())
    throw format_error(where, "expected exactly 'dtype', 'shape' and 'data_offsets' in the header");
  SafetensorsEntry entry{name, DType::f32, parse_extents(where, "shape", json.at("shape")), 0, 0};

  const auto type = json.at("dtype").get<std::string>();
  bool known = false;
  for (const auto candidate : {DType::f32, DType::f64, DType::i64, DType::i32, DType::u8})
    if (type == dtype_name(candidate)) {
      entry.dtype = candidate;
      known = true;
    }
  if (!known) throw format_error(where, "expected element type F32, F64, I64, I32 or U8, got " + type);

  const auto offsets = parse_extents(where, "data_offsets", json.at("data_offsets"));
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    throw format_error(where, "expected 'data_offsets' [begin, end], got " + json.at("data_offsets").dump());
  entry.begin = offsets[0];
  entry.end = offsets[1];
  const auto bytes = checked_bytes(where, entry.shape, dtype_bytes(entry.dtype));
  if (bytes != entry.end - entry.begin)
    throw format_error(where, "shape " + shape_text(entry.shape) + " of " + type + " needs " +
                                  std::to_string(bytes) + " bytes, the header gives it " +
                                  std::to_string(entry.end - entry.begin));
  return entry;
}

/// The data must be covered from first to last byte, each byte once.
inline void check_coverage(const std::string& path, const std::vector<SafetensorsEntry>& entries,
                           std::size_t size) {
  std::vector<const SafetensorsEntry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::size_t reached = 0;
  for (const auto* entry : order) {
    const auto where = path + ": " + entry->name;
    if (entry->begin != reached)
      throw format_error(where, std::string(entry->begin < reached ? "overlaps" : "leaves a hole behind") +
                                    " the tensor before it: begins at byte " + std::to_string(entry->begin) +
                                    ", expected " + std::to_string(reached));
    if (entry->end > size)
      throw format_error(where, "ends at byte " + std::to_string(entry->end) + ", the file has " +
                                    std::to_string(size) + " bytes of data (truncated?)");
    reached = entry->end;
  }
  if (reached != size)
    throw format_error(path, "tensors end at byte " + std::to_string(reached) + ", the file has " +
                                 std::to_string(size) + " bytes of data");
}

inline SafetensorsHeader parse_safetensors(const std::string& path, const std::string& file) {
  constexpr std::size_t longest = 100'000'000;  // the reference implementation's limit
  if (file.size() < 8)
    throw format_error(path,
                       "expected a safetensors file of at least 8 bytes, got " + std::to_string(file.size()));
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
  if (length > longest || length > file.size() - 8)
    throw format_error(path, "not a safetensors file, or truncated: its header should have " +
                                 std::to_string(length) + " bytes, the file has " +
                                 std::to_string(file.size()));
  const auto text = std::string_view(file).substr(8, static_cast<std::size_t>(length));
  const auto json = parse_strict_json(path, text);
  if (!text.starts_with('{') || !json.is_object())
    throw format_error(path, "safetensors header is not a JSON object");

  SafetensorsHeader header;
  header.data_offset = 8 + text.size();
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(path + ": " + name, name, value));
      continue;
    }
    if (!value.is_object()) throw format_error(path, "expected an object of strings for '__metadata__'");
    for (const auto& [key, content] : value.items()) {
      if (!content.is_string()) throw format_error(path, "expected a string for metadata '" + key + "'");
      header.metadata[key] = content.get<std::string>();
    }
  }
  check_coverage(path, header.entries, file.size() - header.data_offset);
  return header;
}

/// Length and text of the header, padded so that the data starts at a multiple of 8 bytes.
inline std::string format_safetensors(const std::vector<SafetensorsEntry>& entries,
                                      const std::map<std::string, std::string>& metadata) {
  auto json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  for (const auto& entry : entries)
    json[entry.name] = {{"dtype", dtype_name(entry.dtype)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::exception& error) {
    lifelog::detail::bad_argument("names and metadata: expected UTF-8, got ", error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string header;
  for (std::size_t i = 0; i < 8; ++i) header += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return header + text;
}

}  // namespace detail
}  // namespace lifelog::io
