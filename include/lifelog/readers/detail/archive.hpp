// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../core/xtensor.hpp"

// Values as bytes and back, in the machine's own order: for caches, not for exchange. A type takes part by a
// function `fields(archive, value)` that passes all of its members to the archive, for both directions.

namespace lifelog::inline LIFELOG_ABI::readers::detail {

/// A checksum of bytes that come in pieces of any size: 64-bit FNV-1a on words of 8 bytes, mixed after each.
class Checksum {
 public:
  void add(const void* data, std::size_t bytes) {
    const auto* at = static_cast<const unsigned char*>(data);
    size_ += bytes;
    for (; bytes > 0 && filled_ > 0; --bytes) push(*at++);
    for (; bytes >= 8; bytes -= 8, at += 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      mix(word);
    }
    for (; bytes > 0; --bytes) push(*at++);
  }

  void add(std::string_view text) { add(text.data(), text.size()); }

  std::uint64_t value() const {
    Checksum end = *this;
    end.mix(end.word_);
    end.mix(size_);
    return end.hash_ ^ end.hash_ >> 29;
  }

 private:
  void push(unsigned char byte) {
    word_ |= std::uint64_t{byte} << (8 * filled_);
    if (++filled_ < 8) return;
    mix(word_);
    word_ = 0;
    filled_ = 0;
  }

  void mix(std::uint64_t word) {
    hash_ = (hash_ ^ word) * 0x100000001b3u;
    hash_ ^= hash_ >> 32;
  }

  std::uint64_t hash_ = 0xcbf29ce484222325u, word_ = 0, size_ = 0;
  unsigned filled_ = 0;
};

/// What both directions do with values made of others. `Derived` has bytes(void*, std::size_t) and
/// count(std::size_t& n, std::size_t bytes_each), which writes n or sets it, to 0 when it cannot be.
template<class Derived>
class Archive {
 public:
  template<class... Values>
  void operator()(Values&... values) {
    (value(values), ...);
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }

  template<class T>
  void value(T& x) {
    if constexpr (std::is_arithmetic_v<T>)
      self().bytes(&x, sizeof x);
    else
      fields(self(), x);
  }

  void value(std::string& text) { contiguous(text); }

  template<class T>
  void value(std::vector<T>& list) {
    if constexpr (std::is_arithmetic_v<T>) {
      contiguous(list);
    } else {
      auto n = list.size();
      self().count(n, 1);
      list.resize(n);
      for (auto& x : list) value(x);
    }
  }

  template<class T>
  void value(std::map<std::string, T>& map) {
    std::vector<std::pair<std::string, T>> list(map.begin(), map.end());
    auto n = list.size();
    self().count(n, 1);
    list.resize(n);
    for (auto& [key, x] : list) {
      value(key);
      value(x);
    }
    map = {list.begin(), list.end()};
  }

  template<class T, std::size_t N>
  void value(xt::xtensor<T, N>& x) {
    std::array<std::size_t, N> shape = x.shape();
    std::size_t each = sizeof(T);
    for (auto& extent : shape) {
      self().count(extent, each);
      each *= extent > 0 ? extent : 1;
    }
    x.resize(shape);
    self().bytes(x.data(), x.size() * sizeof(T));
  }

  template<class List>
  void contiguous(List& list) {
    auto n = list.size();
    self().count(n, sizeof(list[0]));
    list.resize(n);
    self().bytes(list.data(), n * sizeof(list[0]));
  }
};

/// Hands bytes to `write(data, bytes)`.
template<class Write>
class ArchiveWriter : public Archive<ArchiveWriter<Write>> {
 public:
  explicit ArchiveWriter(Write write) : write_(std::move(write)) {}

  void bytes(const void* data, std::size_t size) { write_(data, size); }
  void count(std::size_t& n, std::size_t) {
    const auto stored = static_cast<std::uint64_t>(n);
    write_(&stored, sizeof stored);
  }

 private:
  Write write_;
};

/// Takes bytes off a text. What it cannot have taken from there (too few bytes left) is zero, and `good()`
/// false for good.
class ArchiveReader : public Archive<ArchiveReader> {
 public:
  explicit ArchiveReader(std::string_view text) : text_(text) {}

  /// Nothing was missing so far.
  bool good() const { return good_; }
  bool at_end() const { return text_.empty(); }

  void bytes(void* data, std::size_t size) {
    if (size > text_.size()) {
      good_ = false;
      text_ = {};
    }
    if (size == 0) return;
    if (!good_) {
      std::memset(data, 0, size);
      return;
    }
    std::memcpy(data, text_.data(), size);
    text_.remove_prefix(size);
  }

  void count(std::size_t& n, std::size_t bytes_each) {
    std::uint64_t stored = 0;
    bytes(&stored, sizeof stored);
    if (stored > text_.size() / bytes_each) {
      good_ = false;
      stored = 0;
    }
    n = static_cast<std::size_t>(stored);
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

}  // namespace lifelog::readers::detail
