#!/usr/bin/env python3
"""What is no network is refused in words that a person finds.

usage: check_refused.py SOURCE_ROOT COMPILER...

The pairs of programs in refused.cpp are compiled (front end only) by COMPILER and, where there is one, by clang++. The right ones
must compile, all in one file. The wrong ones must be refused, what is said of each having its sentence within the first five
lines: all in one file, which is quick, and every fourth by itself, which shows that the others make no difference.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LINES = 5
ALONE = 4  # every so many-th


def read_pairs(source):
    """What the programs have in common, and (line, sentence, wrong, right) of each pair."""
    common, *parts = re.split(r"^// told: ", source, flags=re.MULTILINE)
    line = common.count("\n") + 1
    pairs = []
    for part in parts:
        sentence, programs = part.split("\n", 1)
        wrong, right = programs.split("// instead\n")
        pairs.append((line, sentence, wrong, right))
        line += part.count("\n")
    return common, pairs


class Compiler:
    """A compiler with the common part compiled once."""

    def __init__(self, command, include, folder, common):
        clang = "clang" in subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
        eigen = subprocess.run(["pkg-config", "--cflags", "eigen3"], capture_output=True, text=True)
        system = eigen.stdout.split() if eigen.returncode == 0 else ["-I/usr/include/eigen3"]
        self.name, self.folder = command[-1], folder
        self.command = [*command, "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{include}",
                        *(["-ferror-limit=0"] if clang else []), *(flag.replace("-I", "-isystem", 1) for flag in system)]
        header = folder / "common.hpp"
        header.write_text(common)
        compiled = folder / ("common.pch" if clang else "common.hpp.gch")
        made = subprocess.run([*self.command, "-x", "c++-header", header, "-o", compiled], capture_output=True, text=True)
        if made.returncode:
            sys.exit(f"{self.name} does not compile what the programs have in common:\n{made.stderr}")
        self.use = ["-include-pch", compiled] if clang else ["-include", header]

    def errors(self, name, program):
        """What the compiler says of a program, None where it compiles."""
        path = self.folder / f"{name}.cpp"
        path.write_text(program)
        done = subprocess.run([*self.command, *self.use, "-fsyntax-only", path], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C"})
        return done.stderr if done.returncode else None

    def complaints(self, pairs):
        """Which pairs are not as they should be."""
        rights = "".join(f"namespace right_{line} {{\n{right}}}\n" for line, _, _, right in pairs)
        if said := self.errors("right", rights):
            yield f"{self.name}: what should be right is refused:\n{said[:4000]}"
        wrongs = "".join(f'#line 1 "program_{line}.cpp"\nnamespace wrong_{line} {{\n{wrong}}}\n' for line, _, wrong, _ in pairs)
        together = (self.errors("wrong", wrongs) or "").splitlines()
        for i, (line, sentence, wrong, _) in enumerate(pairs):
            yield from self.complaint(line, sentence, said_of(f"program_{line}.cpp", together))
            if i % ALONE == 0:
                yield from self.complaint(line, sentence, (self.errors(f"wrong_{line}", wrong) or "").splitlines())

    def complaint(self, line, sentence, said):
        """What is wrong with the lines said of a program."""
        if not said:
            yield f"{self.name}: the program at line {line} compiles"
        elif not any(sentence in row for row in said[:LINES]):
            first = "\n".join(row[:400] for row in said[:LINES])
            yield f"{self.name}: the first lines for the program at line {line} do not say '{sentence}', but\n{first}"


def said_of(name, rows):
    """The rows from the first one on that names a file, with how it is included, if they say so before."""
    first = next((i for i, row in enumerate(rows) if name in row), len(rows))
    while first > 0 and re.match(r"In file included from|\s+from ", rows[first - 1]):
        first -= 1
    return rows[first:]


def main():
    root, *own = sys.argv[1:]
    common, pairs = read_pairs(pathlib.Path(root, "tests", "nn", "refused.cpp").read_text())
    commands = [own]
    if "clang" not in own[-1] and shutil.which("clang++"):
        commands.append(["clang++"])

    def check(command):
        with tempfile.TemporaryDirectory() as folder:
            compiler = Compiler(command, pathlib.Path(root, "include"), pathlib.Path(folder), common)
            return list(compiler.complaints(pairs))

    with concurrent.futures.ThreadPoolExecutor() as pool:
        complaints = sum(pool.map(check, commands), [])
    print(*complaints, sep="\n")
    print(f"{len(pairs)} pairs, {len(commands)} compilers, {len(complaints)} complaints")
    return 1 if complaints or len(pairs) < 15 * ALONE - ALONE + 1 else 0


if __name__ == "__main__":
    sys.exit(main())
