#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs rooms' tests as other machines would: 32 bits, ARM, and one that has the highest byte of a number first.

usage: other_machines.py [--only MACHINE]… [--rooms core io metrics]

Debian's cross compilers compile them, without vector instructions or threads of ours, and QEMU runs them (`./run deps emulators`
installs both). A machine whose compiler is missing is skipped, and said. The last line is "N passed, N failed, N skipped"; the exit
status is 1 when anything failed.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Name: compiler with flags, what runs the program.
MACHINES = {
    "i386": (["i686-linux-gnu-g++", "-msse2", "-mfpmath=sse"], []),
    "aarch64": (["aarch64-linux-gnu-g++"], ["qemu-aarch64"]),
    "armhf": (["arm-linux-gnueabihf-g++"], ["qemu-arm"]),
    "s390x": (["s390x-linux-gnu-g++"], ["qemu-s390x"]),
}
HEADERS = "eigen3/Eigen", "xtensor", "xtl", "nlohmann", "boost"


def works(machine):
    compiler, emulator = MACHINES[machine]
    if emulator and not shutil.which(emulator[0]):
        return False
    probe = subprocess.run([*compiler, "-x", "c++", "-", "-static", "-o", "/dev/null"], input="#include <vector>\nint main() {}",
                           capture_output=True, text=True) if shutil.which(compiler[0]) else None
    return probe is not None and probe.returncode == 0


def sources_of(room):
    """The room's files, a unit of compilation for all of them."""
    names = re.findall(r"'(test_\w+\.cpp)'", (ROOT / "tests" / room / "meson.build").read_text())
    return "".join(f'#include "{ROOT}/tests/{room}/{name}"\n' for name in names)


def run_room(machine, room, folder):
    compiler, emulator = MACHINES[machine]
    main = ('#define BOOST_TEST_MODULE lifelog\n#include <boost/test/included/unit_test.hpp>\n'
            f'#include "{ROOT}/tests/support/paths.cpp"\n')
    (folder / "room.cpp").write_text(main + sources_of(room))
    program = folder / "room"
    made = subprocess.run(
        [*compiler, "-std=c++20", "-O1", "-static", "-w", f"-I{folder}/include", f"-I{ROOT}/include", f"-I{ROOT}/tests",
         f'-DLIFELOG_GOLDEN="{ROOT}/tests/golden"', f'-DLIFELOG_PROGRAMS="{folder}"', f'-DLIFELOG_E4_DATA="{folder}"',
         str(folder / "room.cpp"), "-o", str(program)], capture_output=True, text=True)
    if made.returncode:
        return False, made.stderr[-3000:]
    done = subprocess.run([*emulator, str(program), "--color_output=no"], capture_output=True, text=True)
    return done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=MACHINES)
    parser.add_argument("--rooms", nargs="+", default=["core", "io", "metrics"])
    flags = parser.parse_args()
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        # Headers of libraries alone: those of this machine's C library are for this machine.
        (folder / "include").mkdir()
        for header in HEADERS:
            (folder / "include" / header.split("/")[-1]).symlink_to(f"/usr/include/{header}")
        for machine in flags.only or MACHINES:
            if not works(machine):
                print(f"{machine}: skipped, no {MACHINES[machine][0][0]} or no emulator", flush=True)
                skipped += 1
                continue
            for room in flags.rooms:
                holds, said = run_room(machine, room, folder)
                passed, failed = passed + holds, failed + (not holds)
                print(f"{machine}: {room} {'passed' if holds else 'failed:'}", "" if holds else said, flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
