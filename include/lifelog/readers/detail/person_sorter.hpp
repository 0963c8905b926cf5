// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "person_scan.hpp"

// Rows of many people, sorted by person into files.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// A file per person, written in large pieces and never open for long.
LIFELOG_LAZY class PersonSorter {
 public:
  PersonSorter(std::filesystem::path folder, const TableLayout& layout)
      : folder_(std::move(folder)),
        delimiter_(layout.delimiter),
        leave_out_(layout.person_column == 0 && !layout.repeated) {}

  /// text: whole rows.
  void add(std::string_view text, const PersonScan& scan) {
    Index unused = 0;
    const char* const end = text.data() + text.size();
    scan.scan(text, unused, [&](std::string_view person, std::string_view row, Index) {
      auto* out = output_of(person);
      if (out == nullptr) return;
      // A name that begins a row need not be written with each of the person's.
      const bool begins = leave_out_ && row.size() > person.size() && row[person.size()] == delimiter_ &&
                          row.starts_with(person);
      if (begins) row.remove_prefix(person.size());
      append(*out, row, static_cast<std::size_t>(end - row.data()));
    });
  }

  std::size_t people() const { return people_.size(); }
  Index nameless() const { return nameless_; }

  /// Writes what waits. take(person, file, bytes).
  template<class Take>
  void finish(Take&& take) {
    for (auto& [person, out] : people_) {
      flush(out);
      take(person, out.file, out.bytes);
    }
  }

 private:
  /// Characters written at once; so few less than a power of two that a row more does not double the room for them.
  static constexpr std::size_t piece = (std::size_t{1} << 17) - 1024;
  static constexpr std::size_t most_waiting = std::size_t{64} << 20;
  static constexpr std::size_t step = 32;  ///< characters copied at a time
  static constexpr int slot_bits = 12;

  struct Output {
    std::filesystem::path file;
    std::unique_ptr<char[]> waiting;
    std::size_t size = 0, capacity = 0;
    std::uint64_t bytes = 0;
  };

  /// The beginning and the end of a name, which of up to 16 letters are all of it.
  struct Ends {
    std::uint64_t first = 0, last = 0;

    explicit Ends(std::string_view name) {
      if (name.size() >= 8) {
        first = EightBytes::load(name.data());
        last = EightBytes::load(name.data() + name.size() - 8);
      } else {
        for (const char letter : name) first = first << 8 | static_cast<unsigned char>(letter);
      }
    }
    bool operator==(const Ends&) const = default;

    std::size_t slot() const {
      return static_cast<std::size_t>((31 * first + last) * 0x9E3779B97F4A7C15u >> (64 - slot_bits));
    }
  };

  /// A name as cells show it, looked up before.
  struct Known {
    std::string_view name;
    Ends ends{std::string_view()};
    Output* output = nullptr;

    bool is(std::string_view other, const Ends& its) const {
      return output != nullptr && name.size() == other.size() && ends == its &&
             (name.size() <= 16 || name == other);
    }
  };

  /// Null for a row that is of nobody.
  Output* output_of(std::string_view person) {
    const Ends ends(person);
    auto& known = known_[ends.slot()];
    if (known.is(person, ends)) return known.output;
    if (data::is_missing(person)) {
      ++nameless_;
      return nullptr;
    }
    auto& out = of_name(people_, person);
    if (out.file.empty()) out.file = folder_ / (std::to_string(people_.size()) + ".rows");
    if (const auto found = people_.find(person); found != people_.end()) known = {found->first, ends, &out};
    return &out;
  }

  /// readable: characters from the row's first to the end of the text that it is in.
  void append(Output& out, std::string_view row, std::size_t readable) {
    if (out.size + row.size() + step > out.capacity) grow(out, row.size());
    char* const to = out.waiting.get() + out.size;
    // Rows are short, and a call costs more than to copy some characters too many.
    if (row.size() + step <= readable)
      for (std::size_t i = 0; i < row.size(); i += step) std::memcpy(to + i, row.data() + i, step);
    else
      std::memcpy(to, row.data(), row.size());
    out.size += row.size();
    if (row.back() != '\n') out.waiting[out.size++] = '\n';
    if (out.size >= piece) flush(out);
  }

  void grow(Output& out, std::size_t more) {
    const auto capacity = std::bit_ceil(std::max(out.size + more + step, std::size_t{128}));
    if (waiting_ - out.capacity + capacity > most_waiting)
      for (auto& [name, other] : people_) {
        flush(other);
        waiting_ -= std::exchange(other.capacity, 0);
        other.waiting.reset();
      }
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (out.size > 0) std::memcpy(larger.get(), out.waiting.get(), out.size);
    out.waiting = std::move(larger);
    waiting_ += capacity - std::exchange(out.capacity, capacity);
  }

  void flush(Output& out) {
    if (out.size == 0) return;
    errno = 0;
    std::FILE* file = std::fopen(out.file.c_str(), "ab");
    if (file != nullptr) std::setvbuf(file, nullptr, _IONBF, 0);
    const bool written = file != nullptr && std::fwrite(out.waiting.get(), 1, out.size, file) == out.size;
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!written || !closed)
      throw io_error(out.file.string(), "cannot write: " + io::detail::error_text(errno));
    out.bytes += std::exchange(out.size, 0);
  }

  std::filesystem::path folder_;
  char delimiter_;
  bool leave_out_;
  ByName<Output> people_;
  std::vector<Known> known_ = std::vector<Known>(std::size_t{1} << slot_bits);
  std::size_t waiting_ = 0;  ///< characters that there is room for
  Index nameless_ = 0;
};

}  // namespace lifelog::readers::detail
