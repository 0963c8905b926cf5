// SPDX-License-Identifier: MIT

// A .npy file, header and elements.

#include <lifelog/io/npy.hpp>

#include <string>
#include <vector>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(fuzz::text_of(data, size));
  fuzz::refusable([&] {
    const auto header = lifelog::io::detail::read_npy_header("fuzz", file);
    std::size_t count = 1;
    for (const auto extent : header.shape) count *= extent;
    fuzz::check(count <= file.size(), "no more elements than bytes");
    std::vector<float> values(count);
    lifelog::io::detail::read_npy_data("fuzz", file, header, values.data(), count);
    std::vector<std::int64_t> integers(count);
    lifelog::io::detail::read_npy_data("fuzz", file, header, integers.data(), count);
  });
  return 0;
}
