// SPDX-License-Identifier: MIT

// A .safetensors file, header and tensors.

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
    const auto tensors = lifelog::io::Tensors::parse(file, "fuzz");
    fuzz::check(tensors.tensors().size() == header.entries.size(), "as many tensors as the header has");
    for (const auto& tensor : tensors.tensors()) {
      auto expected = lifelog::io::dtype_bytes(tensor.dtype);
      for (const auto extent : tensor.shape) expected *= extent;
      fuzz::check(tensor.bytes.size() == expected, "a shape's bytes");
    }
  });
  return 0;
}
