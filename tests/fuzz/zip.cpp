// SPDX-License-Identifier: MIT

// A zip archive: its list, and every file in it.

#include <common/zip.hpp>

#include <string>

#include "fuzz.hpp"

using lifelog::examples::ZipArchive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::refusable([&] {
    const ZipArchive zip(std::string(fuzz::text_of(data, size)), "fuzz");
    for (std::size_t i = 0; i < zip.names().size(); ++i) fuzz::refusable([&] { zip.read(i); });
  });
  return 0;
}
