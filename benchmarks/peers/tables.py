# SPDX-License-Identifier: MIT
"""Times reading one table of many people beside pandas, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy pandas
    /tmp/peers/bin/python benchmarks/peers/tables.py [--megabytes 200] [--repeats 5]

The table is as phones write them: device_id,timestamp (ms),x,y,z. Processor time of each process, least of the repeats; pandas
reads the same columns, to the same sums. The table is read once before anything is timed. Once more with its rows mixed:
lifelog then sorts them by person into temporary files first.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def write_table(path, megabytes, mixed):
    random = np.random.default_rng(1)
    rows = int(megabytes * 1e6 / 50)
    people = [f"phone-{i:04d}" for i in range(50)]
    per = rows // len(people)
    blocks = []
    for who in people:
        t = 1644228000000 + 20 * np.arange(per)
        x, y, z = (random.normal(size=(3, per)) * [[3], [9], [5]]).round(4)
        blocks.append([f"{who},{a},{b},{c},{d}\n" for a, b, c, d in zip(t.tolist(), x.tolist(), y.tolist(), z.tolist())])
    with open(path, "w") as out:
        out.write("device_id,timestamp,x,y,z\n")
        if mixed:
            for row in zip(*blocks):
                out.writelines(row)
        else:
            for block in blocks:
                out.writelines(block)
    return path.stat().st_size / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--program", help="tables.cpp compiled already")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lifelog-tables-"))
    program = options.program or folder / "tables"
    if not options.program:
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O3", "-DNDEBUG", "-march=native", "-Wno-psabi", "-I",
                        HERE.parents[1] / "include", "-isystem", options.eigen, HERE / "tables.cpp", "-o", program],
                       check=True)
    for mixed in (False, True):
        table = folder / "table.csv"
        size = write_table(table, options.megabytes, mixed)
        table.read_bytes()
        ours, theirs = [], []
        for turn in range(options.repeats):
            done = subprocess.run([program, table, folder / f"sorted{turn}"], capture_output=True, text=True, check=True)
            finding, reading, people, total = done.stdout.split()
            ours.append((float(finding) + float(reading), float(finding)))
            subprocess.run(["rm", "-rf", folder / f"sorted{turn}"], check=True)
            begin = time.process_time()
            frame = pd.read_csv(table)
            groups = dict(tuple(frame.groupby("device_id")))
            theirs.append(time.process_time() - begin)
        expected = sum(group[["x", "y", "z"]].to_numpy().sum() + (group["timestamp"] - 1644228000000).sum() / 1e3
                       for group in groups.values())
        best, finding = min(ours)
        print(f"{'mixed' if mixed else 'sorted'}: {size:.0f} MB, {people} people: lifelog {size / best:.0f} MB/s "
              f"({size / finding:.0f} MB/s to find people), pandas {size / min(theirs):.1f} MB/s, "
              f"{min(theirs) / best:.1f} times; sums {float(total):.6g} and {expected:.6g}", flush=True)


if __name__ == "__main__":
    main()
