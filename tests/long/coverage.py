#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines of include/ the tests run, by clang++ and LLVM's tools (`./run deps coverage`).

usage: coverage.py [--build DIR] [--rooms core nn …] [--lines FILE] [--need 95]

Compiles the tests and the example programs that they call with clang's coverage, runs them, and prints a table: lines that were
compiled, and those that ran, a line for each room and each header below --need percent. A line of a template counts as run where any
instance of it did. --lines also tells the numbers of lines that never ran, of headers whose path has FILE in it. Exit status 1: fewer than --need
percent in all, or a test failed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The house's tests compile headers and read text; they run nothing of include/.
ROOMS = ["core", "nn", "train", "mil", "features", "importance", "evaluate", "cluster", "manifold", "metrics", "data", "readers", "generator",
         "predict", "io", "examples"]


def build(folder, rooms):
    """The instrumented programs: tests, and the examples that these call."""
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(folder), str(ROOT), "--buildtype=plain", "-Doptimization=1",
                        "-Dcpp_args=-march=native -fprofile-instr-generate -fcoverage-mapping",
                        "-Dcpp_link_args=-fprofile-instr-generate"],
                       check=True, env={**os.environ, "CXX": "clang++"}, stdout=subprocess.DEVNULL)
    targets = json.loads(subprocess.run(["meson", "introspect", "--targets", str(folder)], check=True, capture_output=True,
                                        text=True).stdout)
    examples = [pathlib.Path(target["filename"][0]).relative_to(folder) for target in targets
                if target["type"] == "executable" and pathlib.Path(target["filename"][0]).parent.name == "examples"]
    tests = [pathlib.Path(f"tests/test_{room}") for room in rooms]
    wanted = tests + (examples if "examples" in rooms else [])
    subprocess.run(["ninja", "-C", str(folder), *map(str, wanted)], check=True)
    return tests, wanted


def lines_of(file):
    """{line: how often it ran} of the lines that hold code, from llvm-cov's segments (line, column, count, has count, begins, gap)."""
    counts = {}
    segments = file["segments"]
    for at, (line, _, count, has_count, begins, *gap) in enumerate(segments):
        following = segments[at + 1][0] if at + 1 < len(segments) else line
        if has_count and begins and not (gap and gap[0]):
            counts[line] = max(counts.get(line, 0), count)
        if has_count and not (gap and gap[0]):
            for inner in range(line + 1, following):
                counts[inner] = max(counts.get(inner, 0), count)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="kept and used again; a temporary one else")
    parser.add_argument("--rooms", nargs="+", default=ROOMS, choices=ROOMS)
    parser.add_argument("--lines", metavar="FILE")
    parser.add_argument("--need", type=float, default=95)
    options = parser.parse_args()
    for tool in ("clang++", "llvm-profdata", "llvm-cov"):
        if not shutil.which(tool):
            print(f"coverage: skipped, no {tool} (./run deps coverage)")
            return 0
    os.environ["LLVM_PROFILE_FILE"] = os.devnull  # of what runs while all is set up
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.build or pathlib.Path(temporary) / "build").resolve()
        tests, programs = build(folder, options.rooms)
        profiles = pathlib.Path(temporary) / "profiles"
        failed = []
        for test in tests:
            print(f"{test.name} runs", flush=True)
            done = subprocess.run([folder / test, "--log_level=error"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                  env={**os.environ, "LLVM_PROFILE_FILE": f"{profiles}/%m.profraw"})
            if done.returncode:
                failed.append(test.name)
        merged = pathlib.Path(temporary) / "merged"
        subprocess.run(["llvm-profdata", "merge", "-sparse", *map(str, profiles.glob("*.profraw")), "-o", str(merged)], check=True)
        objects = [f"-object={folder / program}" for program in programs[1:]]
        exported = subprocess.run(["llvm-cov", "export", f"-instr-profile={merged}", str(folder / programs[0]), *objects,
                                   "--skip-functions"], check=True, stdout=subprocess.PIPE, text=True)
    headers = {}
    for file in json.loads(exported.stdout)["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve()
        if path.is_relative_to(ROOT / "include/lifelog"):
            headers[path.relative_to(ROOT / "include/lifelog")] = lines_of(file)
    rooms = {}
    for path, counts in headers.items():
        room = rooms.setdefault(path.parts[0], [0, 0])
        room[0] += len(counts)
        room[1] += sum(count > 0 for count in counts.values())
    print(f"{'':<52}{'lines':>8}{'run':>8}{'%':>8}")

    def row(name, lines, run):
        print(f"{name:<52}{lines:>8}{run:>8}{100 * run / max(lines, 1):>8.1f}")

    for room, (lines, run) in sorted(rooms.items()):
        row(room, lines, run)
        for path, counts in sorted(headers.items()):
            ran = sum(count > 0 for count in counts.values())
            if path.parts[0] == room and 100 * ran < options.need * len(counts):
                row(f"  {path}", len(counts), ran)
            never = sorted(line for line, count in counts.items() if count == 0)
            if path.parts[0] == room and never and options.lines and options.lines in str(path):
                print(f"    {path} never ran:", *never)
    lines, run = (sum(room[i] for room in rooms.values()) for i in (0, 1))
    row("all", lines, run)
    for name in failed:
        print(f"{name} failed")
    return 1 if failed or 100 * run < options.need * lines else 0


if __name__ == "__main__":
    sys.exit(main())
