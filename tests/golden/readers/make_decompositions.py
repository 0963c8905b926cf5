"""Writes include/lifelog/readers/detail/decompositions.hpp: the canonical decompositions of Unicode's basic plane
(UnicodeData.txt, field 5) but those of CJK compatibility ideographs and of Hangul, which are computed.

    python3 tests/golden/readers/make_decompositions.py > include/lifelog/readers/detail/decompositions.hpp

Made with Python 3.11.7, Unicode 14.0.0.
"""

import unicodedata

rows = []
for code in range(0x10000):
    text = unicodedata.decomposition(chr(code))
    if not text or text.startswith("<") or 0xF900 <= code < 0xFB00:
        continue
    parts = [int(part, 16) for part in text.split()]
    assert len(parts) <= 2 and all(part < 0x10000 for part in parts)
    rows.append((code, parts[0], parts[1] if len(parts) == 2 else 0))

print("""// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

// Written by tests/golden/readers/make_decompositions.py.

namespace lifelog::readers::detail {

/// A letter and what it is made of (Unicode's canonical decomposition, one step); `mark` is 0 where that is one letter.
struct Decomposition {
  std::uint16_t letter, base, mark;
};

// clang-format off
/// Ascending by letter.""")
print(f"inline constexpr std::array<Decomposition, {len(rows)}> decompositions{{{{")
line = "   "
for row in rows:
    item = " {0x%x,0x%x,0x%x}," % row
    if len(line) + len(item) > 112:
        print(line)
        line = "   "
    line += item
print(line)
print("""}};
// clang-format on

}  // namespace lifelog::readers::detail""")
