#!/usr/bin/env python3
"""How few files show that every header outside of detail folders compiles alone.

usage: chains.py SOURCE_ROOT             prints chains, one a line
       chains.py SOURCE_ROOT FILE…       fails unless the files' includes are still such chains of all headers

A chain is headers of which each includes the one before it, itself or through others. A file that includes them in that order
compiles as each of them alone would: what stands before a header is nothing but what it brings itself, and what that needs is shown
where it stands in a chain. Of all covers by chains this is a smallest (by a largest matching of headers with headers they include).
"""

import pathlib
import re
import sys


def reached_from(headers):
    """Of each header all it includes, itself or through others."""
    direct = {h: {(h.parent / name).resolve() for name in re.findall(r'^\s*#\s*include "(.*)"', h.read_text(), re.MULTILINE)}
              for h in headers}
    reached = {}

    def reach(header):
        if header not in reached:
            reached[header] = set()
            for other in direct[header]:
                reached[header] |= {other} | reach(other)
        return reached[header]

    for header in headers:
        reach(header)
    return {h: others for h, others in reached.items() if "detail" not in h.parts}


def chains_of(reached):
    before = {}  # which header stands before one in its chain

    def match(header, tried):
        """Finds a header that `header` may stand before."""
        for other in sorted(reached):
            if header in reached[other] and other not in tried:
                tried.add(other)
                if other not in before or match(before[other], tried):
                    before[other] = header
                    return True
        return False

    for header in sorted(reached):
        match(header, set())
    chains = []
    for last in sorted(set(reached) - set(before.values())):
        chain = [last]
        while chain[0] in before:
            chain.insert(0, before[chain[0]])
        chains.append(chain)
    return chains


def main():
    sys.setrecursionlimit(10000)
    include = pathlib.Path(sys.argv[1], "include").resolve()
    reached = reached_from(sorted(include.rglob("*.hpp")))
    if len(sys.argv) == 2:
        for chain in chains_of(reached):
            print(";".join(str(header.relative_to(include)) for header in chain))
        return 0
    seen = set()
    for file in sys.argv[2:]:
        chain = [include / name for name in re.findall(r"^#include <(.*)>", pathlib.Path(file).read_text(), re.MULTILINE)]
        chain = list(dict.fromkeys(chain))
        seen |= set(chain)
        for header, after in zip(chain, chain[1:]):
            if header not in reached.get(after, ()):
                print(f"{after} no longer includes {header}: configure anew (meson setup --reconfigure)")
                return 1
    missing = set(reached) - seen
    for header in sorted(missing):
        print(f"{header} is not compiled alone: configure anew (meson setup --reconfigure)")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
