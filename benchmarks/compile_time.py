# SPDX-License-Identifier: MIT
"""Measures what compiling a program that trains the study's network takes.

    python3 benchmarks/compile_time.py [--cxx g++] [--flags=-O2]

Prints wall time, processor time and the compiler's peak memory. Processor time is the figure to compare on a machine
that others use too.
"""
import argparse
import os
import pathlib
import resource
import shlex
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def eigen_flags():
    found = subprocess.run(["pkg-config", "--cflags", "eigen3"], capture_output=True, text=True)
    return shlex.split(found.stdout) if found.returncode == 0 else ["-I/usr/include/eigen3"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-O2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        command = [options.cxx, "-std=c++20", *shlex.split(options.flags), f"-I{HERE.parent / 'include'}",
                   *eigen_flags(), "-c", str(HERE / "compile_probe.cpp"), "-o", f"{directory}/probe.o"]
        start = time.monotonic()
        if subprocess.run(command).returncode != 0:
            sys.exit("compile_time: compilation failed: " + shlex.join(command))
        wall = time.monotonic() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"compile_time: {options.cxx} {options.flags}: {wall:.1f} s wall, {usage.ru_utime + usage.ru_stime:.1f} s "
          f"processor, {usage.ru_maxrss / 1024:.0f} MiB peak")


if __name__ == "__main__":
    main()
