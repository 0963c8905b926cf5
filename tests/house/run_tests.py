#!/usr/bin/env python3
"""Runs the tests of a compiled build directory and counts their cases.

usage: run_tests.py MESON BUILD_DIR [ROOM…]             all tests, or those of some rooms
       run_tests.py MESON BUILD_DIR --targets ROOM…     prints what has to be compiled for them, one a line

The tests of a room are the one of its name and those whose names begin with it: nn and nn_refused. House's own, which are true of the
library as a whole, are house and house_*; any of them may be named by itself.

The last line reads `N passed, N failed` (`, N skipped` when there are any); the exit status is 1 unless something
passed and nothing failed. A Boost.Test program counts by the cases of its report; one that leaves no report, or fails
without a failed case (it crashed, or ran out of time), counts as one failure more. Any other test counts as one.
"""

import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

SINK = "--report_sink="


def boost_counts(report, succeeded):
    """Passed, failed and skipped cases of one Boost.Test program."""
    try:
        suite = xml.parse(report).getroot()[0].attrib
        passed = int(suite["test_cases_passed"])  # those with warnings included
        failed = int(suite["test_cases_failed"]) + int(suite["test_cases_timed_out"])  # aborted ones included
        skipped = int(suite["test_cases_skipped"])
    except (OSError, xml.ParseError, IndexError, KeyError, ValueError):
        return 0, 1, 0
    if not succeeded and failed == 0 or passed + failed + skipped == 0:
        failed += 1
    return passed, failed, skipped


def counts(test):
    """Passed, failed and skipped cases of one line of Meson's testlog.json."""
    succeeded = test["result"] in ("OK", "EXPECTEDFAIL")
    sinks = [word[len(SINK):] for word in test["command"] if word.startswith(SINK)]
    if sinks:
        return boost_counts(sinks[0], succeeded)
    if test["result"] == "SKIP":
        return 0, 0, 1
    return (1, 0, 0) if succeeded else (0, 1, 0)


def introspected(meson, build, what):
    return json.loads(subprocess.run([meson, "introspect", f"--{what}", build], capture_output=True, text=True, check=True).stdout)


def tests_of(meson, build, rooms):
    """Meson's description of the rooms' tests."""
    tests = introspected(meson, build, "tests")
    for room in rooms:
        if not any(belongs(test["name"], room) for test in tests):
            sys.exit(f"test: expected one of {', '.join(sorted({test['name'] for test in tests}))}, got '{room}'")
    return [test for test in tests if any(belongs(test["name"], room) for room in rooms)]


def belongs(name, room):
    return name == room or name.startswith(room + "_")


def targets_of(meson, build, rooms):
    """Ninja's targets that the rooms' tests run; those of the programs' tests run all programs."""
    wanted = {target for test in tests_of(meson, build, rooms) for target in test["depends"]}
    files = [pathlib.Path(file).relative_to(pathlib.Path(build).resolve()) for target in introspected(meson, build, "targets")
             if target["id"] in wanted or ("examples" in rooms and target["type"] == "executable"
                                           and pathlib.Path(target["filename"][0]).parent.name == "examples")
             for file in target["filename"]]
    if "house_alone" in [test["name"] for test in tests_of(meson, build, rooms)]:
        files.append(pathlib.Path("tests/house/libheaders_alone.a"))
    return sorted(map(str, files))


def main():
    meson, build, *rooms = sys.argv[1:]
    if rooms[:1] == ["--targets"]:
        print("\n".join(targets_of(meson, build, rooms[1:])))
        return 0
    log = pathlib.Path(build, "meson-logs", "testlog.json")
    # What an earlier run left must not be counted for this one.
    for stale in [log, *pathlib.Path(build, "tests").glob("*.report.xml")]:
        stale.unlink(missing_ok=True)
    environment = dict(os.environ)
    if not sys.stdout.isatty():
        environment.setdefault("BOOST_TEST_COLOR_OUTPUT", "no")
    names = [test["name"] for test in tests_of(meson, build, rooms)] if rooms else []
    status = subprocess.run([meson, "test", "-C", build, "--no-rebuild", "--print-errorlogs", *names],
                            env=environment).returncode
    lines = log.read_text().splitlines() if log.exists() else []
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *(counts(json.loads(line)) for line in lines)))
    if status and not failed:
        print(f"meson test ended with status {status}")
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
