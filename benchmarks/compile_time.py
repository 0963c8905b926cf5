# SPDX-License-Identifier: MIT
"""Measures what compiling against the library takes, work by work.

    python3 benchmarks/compile_time.py [--cxx g++] [--repeats 3] [--only training]
    python3 benchmarks/compile_time.py --record benchmarks/compile_time.json
    python3 benchmarks/compile_time.py --check benchmarks/compile_time.json

Prints processor time (the least of the repeats) and the compiler's peak memory. Since machines differ, each time is also given in
units of what the front end takes for Eigen and the standard library in the same run; that and the memory are what --record writes,
and --check fails where a work takes more than twice as much. What does is measured again, beside a unit of its own, so that
another's burst on a busy machine is not taken for ours.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

UNIT = """\
#include <Eigen/Core>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <vector>
int main() {}
"""


def readme_example():
    return re.search(r"^```cpp\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)[1]


# Name: what it is, its text, and flags.
WORKS = {
    "nothing": ("lifelog.hpp with nothing used", "#include <lifelog/lifelog.hpp>\nint main() {}\n", ["-O2"]),
    "training": ("a file that trains the study's network", '#include "compile_probe.cpp"\n', ["-O2"]),
    "readme": ("README's example", readme_example(), ["-O2"]),
    "header": ("the header that includes most but lifelog.hpp, front end alone", "#include <lifelog/predict/instances.hpp>\n",
               ["-fsyntax-only"]),
}


def eigen_flags():
    found = subprocess.run(["pkg-config", "--cflags", "eigen3"], capture_output=True, text=True)
    return shlex.split(found.stdout) if found.returncode == 0 else ["-I/usr/include/eigen3"]


def measure(cxx, text, flags, directory):
    """Seconds of processor time and MiB."""
    source = pathlib.Path(directory) / "work.cpp"
    source.write_text(text)
    command = [*shlex.split(cxx), "-std=c++20", *flags, f"-I{ROOT / 'include'}", f"-I{HERE}", *eigen_flags(), "-c",
               str(source), "-o", f"{directory}/work.o"]
    child = subprocess.Popen(command, env={**os.environ, "CCACHE_DISABLE": "1"})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("compile_time: compilation failed: " + shlex.join(command))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", default="", help="works with this in their names")
    parser.add_argument("--record", type=pathlib.Path, help="write what was measured here")
    parser.add_argument("--check", type=pathlib.Path, help="fail above twice what stands here")
    options = parser.parse_args()
    failed = False
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        def least(text, flags):
            return [min(one) for one in zip(*(measure(options.cxx, text, flags, directory)
                                              for _ in range(options.repeats)))]

        def measured(text, flags):
            unit = least(UNIT, ["-fsyntax-only"])[0]
            seconds, mib = least(text, flags)
            return unit, seconds, {"units": round(seconds / unit, 2), "mib": round(mib)}

        recorded = json.loads(options.check.read_text()) if options.check else {}
        for name, (words, text, flags) in WORKS.items():
            if options.only not in name or (options.check and name not in recorded):
                continue
            for _ in range(3 if options.check else 1):
                unit, seconds, found[name] = measured(text, flags)
                print(f"compile_time: {options.cxx}: {words}: {seconds:.1f} s, {seconds / unit:.1f} units of {unit:.2f} s, "
                      f"{found[name]['mib']} MiB", flush=True)
                above = [f"expected at most twice {limit} {of}, got {found[name][of]}"
                         for of, limit in recorded.get(name, {}).items() if found[name][of] > 2 * limit]
                if not above:
                    break
            for complaint in above:
                print(f"compile_time: {words}: {complaint}")
                failed = True
    if options.record:
        options.record.write_text(json.dumps(found, indent=1) + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
