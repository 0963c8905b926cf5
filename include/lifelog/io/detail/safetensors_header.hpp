// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../json.hpp"
#include "half.hpp"
#include "shape.hpp"

namespace lifelog::inline LIFELOG_ABI::io {

/// Element types of tensors, as they are in memory.
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

/// An element type of files.
struct StoredType {
  const char* name;
  DType dtype;
  Coding coding;
  constexpr std::size_t bytes() const { return coding == Coding::plain ? dtype_bytes(dtype) : 2; }
};

inline constexpr StoredType stored_types[] = {
    {"F32", DType::f32, Coding::plain}, {"F64", DType::f64, Coding::plain},
    {"F16", DType::f32, Coding::f16},   {"BF16", DType::f32, Coding::bf16},
    {"I64", DType::i64, Coding::plain}, {"I32", DType::i32, Coding::plain},
    {"U8", DType::u8, Coding::plain}};

/// One tensor of the header; begin and end are bytes from the start of the data.
struct SafetensorsEntry {
  std::string name;
  DType dtype;
  std::vector<std::size_t> shape;
  std::size_t begin, end;
  Coding coding = Coding::plain;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the text
  std::map<std::string, std::string> metadata;
  std::size_t data_offset = 0;
};

/// What a file is called together with a tensor of it.
LIFELOG_LAZY std::string tensor_place(const std::string& path, const std::string& name) {
  return path + ": " + lifelog::detail::shown(name);
}

/// Reads one tensor's entry. Of a million of them only the one that fails needs to be called something.
LIFELOG_LAZY class EntryParser {
 public:
  EntryParser(const std::string& path, const std::string& name) : path_(path), name_(name) {}

  SafetensorsEntry parse(const Json& json) const {
    const auto dtype = json.find("dtype"), shape = json.find("shape"), ends = json.find("data_offsets");
    if (!json.is_object() || json.size() != 3 || dtype == json.end() || shape == json.end() ||
        ends == json.end() || !dtype->is_string())
      fail("expected exactly 'dtype', 'shape' and 'data_offsets' in the header");
    const auto& type = stored_type(dtype->get_ref<const std::string&>());
    const auto offsets = extents("data_offsets", *ends);
    if (offsets.size() != 2 || offsets[0] > offsets[1])
      fail("expected 'data_offsets' [begin, end], got " + lifelog::detail::shown(ends->dump()));
    SafetensorsEntry entry{name_, type.dtype, extents("shape", *shape), offsets[0], offsets[1], type.coding};
    const auto bytes = shape_bytes(entry.shape, type.bytes());
    if (!bytes) fail(too_large(entry.shape));
    if (*bytes != entry.end - entry.begin)
      fail("shape " + lifelog::detail::shown(shape_text(entry.shape)) + " of " + type.name + " needs " +
           std::to_string(*bytes) + " bytes, the header gives it " + std::to_string(entry.end - entry.begin));
    return entry;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw format_error(tensor_place(path_, name_), reason);
  }

  const StoredType& stored_type(const std::string& name) const {
    std::string known;
    for (const auto& type : stored_types)
      if (name == type.name) return type;
    for (const auto& type : stored_types) known += (known.empty() ? "" : ", ") + std::string(type.name);
    fail("expected element type " + known + "; got " + lifelog::detail::shown(name));
  }

  std::vector<std::size_t> extents(const char* what, const Json& json) const {
    std::vector<std::size_t> extents;
    if (!json.is_array()) fail(std::string("expected an array for '") + what + "'");
    extents.reserve(json.size());
    for (const auto& extent : json) {
      if (!extent.is_number_unsigned())
        fail(std::string("expected non-negative integers in '") + what + "', got " +
             lifelog::detail::shown(json.dump()));
      const auto value = extent.get<std::uint64_t>();
      if (!std::in_range<std::size_t>(value))
        fail(std::string("'") + what + "': " + std::to_string(value) +
             " is larger than any memory of this machine");
      extents.push_back(static_cast<std::size_t>(value));
    }
    return extents;
  }

  const std::string &path_, &name_;
};

LIFELOG_LAZY std::map<std::string, std::string> parse_metadata(const std::string& path, const Json& json) {
  if (!json.is_object()) throw format_error(path, "expected an object of strings for '__metadata__'");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, content] : json.items()) {
    if (!content.is_string())
      throw format_error(path, "expected a string for metadata '" + lifelog::detail::shown(key) + "'");
    metadata[key] = content.template get<std::string>();
  }
  return metadata;
}

/// The data must be covered from first to last byte, each byte once.
LIFELOG_LAZY void check_coverage(const std::string& path, const std::vector<SafetensorsEntry>& entries,
                                 std::size_t size) {
  std::vector<const SafetensorsEntry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::size_t reached = 0;
  for (const auto* entry : order) {
    if (entry->begin != reached)
      throw format_error(tensor_place(path, entry->name),
                         std::string(entry->begin < reached ? "overlaps" : "leaves a hole behind") +
                             " the tensor before it: begins at byte " + std::to_string(entry->begin) +
                             ", expected " + std::to_string(reached));
    if (entry->end > size)
      throw format_error(tensor_place(path, entry->name), "ends at byte " + std::to_string(entry->end) +
                                                              ", the file has " + std::to_string(size) +
                                                              " bytes of data (truncated?)");
    reached = entry->end;
  }
  if (reached != size)
    throw format_error(path, "tensors end at byte " + std::to_string(reached) + ", the file has " +
                                 std::to_string(size) + " bytes of data");
}

LIFELOG_LAZY SafetensorsHeader parse_safetensors(const std::string& path, const std::string& file) {
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
  if (!text.starts_with('{')) throw format_error(path, "safetensors header is not a JSON object");
  SafetensorsHeader header;
  header.data_offset = 8 + text.size();
  for_each_member(path + ": safetensors header", text, [&](const std::string& name, const Json& value) {
    if (name == "__metadata__")
      header.metadata = parse_metadata(path, value);
    else
      header.entries.push_back(EntryParser(path, name).parse(value));
  });
  check_coverage(path, header.entries, file.size() - header.data_offset);
  return header;
}

/// Length and text of the header, padded so that the data starts at a multiple of 8 bytes.
LIFELOG_LAZY std::string format_safetensors(const std::vector<SafetensorsEntry>& entries,
                                            const std::map<std::string, std::string>& metadata) {
  // Members one by one: an ordered object looks at all before it takes another.
  std::string text = "{";
  const auto add = [&text](const std::string& name, const Json& value) {
    text.append(text.size() > 1 ? "," : "").append(Json(name).dump()).append(":").append(value.dump());
  };
  try {
    if (!metadata.empty()) add("__metadata__", metadata);
    for (const auto& entry : entries)
      add(entry.name, {{"dtype", dtype_name(entry.dtype)},
                       {"shape", entry.shape},
                       {"data_offsets", {entry.begin, entry.end}}});
  } catch (const nlohmann::json::exception& error) {
    lifelog::detail::bad_argument("names and metadata: expected UTF-8, got ", error.what());
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string header;
  for (std::uint64_t i = 0, size = text.size(); i < 8; ++i)
    header += static_cast<char>(size >> (8 * i) & 0xff);
  return header + text;
}

}  // namespace detail
}  // namespace lifelog::io
