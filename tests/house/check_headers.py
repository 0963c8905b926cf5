#!/usr/bin/env python3
"""Holds lifelog.hpp against the directory.

usage: check_headers.py SOURCE_ROOT [--write]

lifelog.hpp must include every header outside `detail` folders, but those that leave code to another file (instances.hpp), those that need nlohmann-json behind a __has_include;
--write makes it so. Every header must begin with the licence line and have a guard. The version stands in meson.build; where else it
stands it is the same.
"""

import difflib
import pathlib
import re
import sys

HEAD = """\
// SPDX-License-Identifier: MIT
#pragma once

// Everything. Needs Eigen and xtensor, and nlohmann-json for the headers that read or write JSON, which are left out
// where that is not installed. Firmware takes embedded.hpp; who wants one algorithm includes its header alone; a program of
// many files may share the study's compiled networks (mil/instances.hpp).

"""


def needs_json(header, seen):
    """Whether a header includes nlohmann-json, itself or through others of ours."""
    if header in seen:
        return False
    seen.add(header)
    text = header.read_text()
    if re.search(r"#\s*include\s*<nlohmann/", text):
        return True
    ours = re.findall(r'^#include "(.*)"', text, re.MULTILINE)
    return any(needs_json((header.parent / name).resolve(), seen) for name in ours)


def everything(include):
    """What lifelog.hpp should read."""
    headers = sorted(h for h in include.glob("*/**/*.hpp") if "detail" not in h.relative_to(include).parts and not h.name.endswith("instances.hpp"))
    lines = {True: "", False: ""}
    for header in headers:
        lines[needs_json(header.resolve(), set())] += f'#include "{header.relative_to(include)}"\n'
    guarded = f"\n#if __has_include(<nlohmann/json.hpp>)\n{lines[True]}#endif\n" if lines[True] else ""
    return HEAD + lines[False] + guarded


def versions(root):
    """Complaints about files whose version is not that of meson.build."""
    version = re.search(r"^  version: '([0-9.]+)'", (root / "meson.build").read_text(), re.MULTILINE)[1]
    numbers = "".join(f"#define LIFELOG_VERSION_{part} {number}\n" for part, number in zip(("MAJOR", "MINOR", "PATCH"), version.split(".")))
    stands = {"include/lifelog/core/version.hpp": f'{numbers}#define LIFELOG_VERSION "{version}"\n',
              "packaging/vcpkg/vcpkg.json": f'"version": "{version}"', "packaging/debian/changelog": f"lifelog ({version}) ",
              "CHANGELOG.md": f"## {version}"}
    return [f"{file}: expected the version of meson.build, {version}" for file, text in stands.items()
            if text not in (root / file).read_text()]


def main():
    include = pathlib.Path(sys.argv[1], "include", "lifelog")
    umbrella = include / "lifelog.hpp"
    expected = everything(include)
    if sys.argv[2:] == ["--write"]:
        umbrella.write_text(expected)
    complaints = list(difflib.unified_diff(umbrella.read_text().splitlines(), expected.splitlines(),
                                           "lifelog.hpp", "as check_headers.py --write makes it", n=0, lineterm=""))
    for header in sorted(include.rglob("*.hpp")):
        lines = header.read_text().splitlines()
        if lines[:1] != ["// SPDX-License-Identifier: MIT"]:
            complaints.append(f"{header}: the first line is not the SPDX licence")
        if "#pragma once" not in lines:
            complaints.append(f"{header}: no #pragma once")
        # Where a file's flags are part of every name (core/abi.hpp), one opening without them would make two namespaces of one.
        for line in lines:
            if re.match(r"namespace lifelog\b(?!.*=)", line) and not line.startswith("namespace lifelog::inline LIFELOG_ABI"):
                complaints.append(f"{header}: expected 'namespace lifelog::inline LIFELOG_ABI…', got '{line}'")
    complaints += versions(pathlib.Path(sys.argv[1]))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
