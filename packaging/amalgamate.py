#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes single headers of the library: lifelog.hpp (everything) and lifelog_embedded.hpp (the subset for firmware).

usage: amalgamate.py SOURCE_ROOT OUT_DIR

Each of our own headers is put where it is included first. Includes of Eigen, xtensor and the standard library stay.
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
SINGLE = {"lifelog.hpp": "lifelog.hpp", "embedded.hpp": "lifelog_embedded.hpp"}


class Amalgam:
    def __init__(self, include):
        self.include = include
        self.scopes = [set()]  # headers that are there, by the #if in which they are
        self.lines = []

    def add(self, header):
        if any(header in scope for scope in self.scopes):
            return
        self.scopes[-1].add(header)
        name = header.relative_to(self.include).as_posix()
        # A header may be there twice, once within an #if: a guard tells.
        guard = "LIFELOG_SINGLE_" + re.sub(r"\W", "_", name).upper()
        self.lines += [f"// ---- lifelog/{name}", f"#ifndef {guard}", f"#define {guard}"]
        for line in header.read_text().splitlines():
            if line.startswith("// SPDX-") or line == "#pragma once":
                continue
            if found := INCLUDE.match(line):
                self.add((header.parent / found[1]).resolve())
                continue
            if re.match(r"\s*#\s*if", line):
                self.scopes.append(set())
            elif re.match(r"\s*#\s*el", line):
                self.scopes[-1] = set()
            elif re.match(r"\s*#\s*endif", line):
                self.scopes.pop()
            self.lines.append(line)
        self.lines.append(f"#endif  // {guard}")


def single(root, name):
    include = (root / "include" / "lifelog").resolve()
    version = re.search(r'#define LIFELOG_VERSION "(.*)"', (include / "core/version.hpp").read_text())[1]
    licence = "".join(f"// {line}".rstrip() + "\n" for line in (root / "LICENSE").read_text().splitlines())
    amalgam = Amalgam(include)
    amalgam.add(include / name)
    body = "\n".join(amalgam.lines)
    if left := [line for line in amalgam.lines if INCLUDE.match(line)]:
        sys.exit(f"{name}: left over: {left}")
    return f"// lifelog {version} as one header, made by packaging/amalgamate.py. SPDX-License-Identifier: MIT\n{licence}#pragma once\n\n{body}\n"


def main():
    root, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for name, into in SINGLE.items():
        (out / into).write_text(single(root, name))
        print(out / into)


if __name__ == "__main__":
    main()
