// SPDX-License-Identifier: MIT

// The header of a .safetensors file.

#include <lifelog/io/safetensors.hpp>

#include <string>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(fuzz::text_of(data, size));
  fuzz::refusable([&] {
    const auto header = lifelog::io::detail::parse_safetensors("fuzz", file);
    std::size_t bytes = 0;
    for (const auto& entry : header.entries) {
      fuzz::check(entry.begin <= entry.end && header.data_offset + entry.end <= size, "a tensor in the file");
      bytes += entry.end - entry.begin;
    }
    fuzz::check(header.data_offset + bytes == size, "every byte in one tensor");
  });
  return 0;
}
