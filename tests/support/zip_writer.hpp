// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Makes zip archives whose files are stored, by other means than the library's (PKWARE's APPNOTE.TXT, 4.3).
///
///     ZipWriter zip;
///     zip.add("S02/ACC.csv", text);
///     dir.file("all.zip", zip.bytes());
class ZipWriter {
 public:
  void add(const std::string& name, std::string_view content) {
    const auto sum = crc32(content);
    const auto size = static_cast<std::uint32_t>(content.size());
    const auto common = little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(sum, 4) +
                        little(size, 4) + little(size, 4) +
                        little(static_cast<std::uint32_t>(name.size()), 2) + little(0, 2);
    directory_ += "PK\x01\x02" + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) +
                  little(0, 4) + little(static_cast<std::uint32_t>(files_.size()), 4) + name;
    files_ += "PK\x03\x04" + common + name;
    files_ += content;
    ++count_;
  }

  std::string bytes() const {
    return files_ + directory_ + "PK\x05\x06" + little(0, 4) + little(count_, 2) + little(count_, 2) +
           little(static_cast<std::uint32_t>(directory_.size()), 4) +
           little(static_cast<std::uint32_t>(files_.size()), 4) + little(0, 2);
  }

 private:
  static std::string little(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  }

  static std::uint32_t crc32(std::string_view text) {
    static const auto table = [] {
      std::array<std::uint32_t, 256> sums{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        sums[i] = i;
        for (int bit = 0; bit < 8; ++bit) sums[i] = sums[i] >> 1 ^ (sums[i] & 1 ? 0xedb88320u : 0u);
      }
      return sums;
    }();
    std::uint32_t sum = ~0u;
    for (const char c : text) sum = sum >> 8 ^ table[(sum ^ static_cast<unsigned char>(c)) & 0xff];
    return ~sum;
  }

  std::string files_, directory_;
  std::uint32_t count_ = 0;
};
