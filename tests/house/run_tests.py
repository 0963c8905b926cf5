#!/usr/bin/env python3
"""Runs the tests of a compiled build directory and counts their cases.

usage: run_tests.py MESON BUILD_DIR

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


def main():
    meson, build = sys.argv[1:]
    log = pathlib.Path(build, "meson-logs", "testlog.json")
    # What an earlier run left must not be counted for this one.
    for stale in [log, *pathlib.Path(build, "tests").glob("*.report.xml")]:
        stale.unlink(missing_ok=True)
    environment = dict(os.environ)
    if not sys.stdout.isatty():
        environment.setdefault("BOOST_TEST_COLOR_OUTPUT", "no")
    status = subprocess.run([meson, "test", "-C", build, "--no-rebuild", "--print-errorlogs"],
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
