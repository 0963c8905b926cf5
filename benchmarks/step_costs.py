#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What each step of the study takes, beside what `pipeline --plan` says of it: jobs one after the other, one thread each.

usage: step_costs.py --pipeline build/examples/pipeline --out DIR [--people 5 20 80] [-- FLAGS OF PIPELINE]

For each number of people a line a step: MiB of data sets, minutes, seconds and MiB measured (of people's jobs the sum and the most), and
the plan's. The last line sums all up.
"""

import argparse
import json
import os
import pathlib
import subprocess
import time


def run(command):
    """Seconds, and MiB at most, of a command that must succeed."""
    begin = time.monotonic()
    with open(os.devnull, "w") as nothing:
        process = subprocess.Popen(command, stdout=nothing, stderr=subprocess.PIPE, text=True)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(map(str, command))}: {said}")
    return time.monotonic() - begin, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", type=pathlib.Path, default=pathlib.Path("build/examples/pipeline"))
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--people", type=int, nargs="+", default=[5, 20, 80])
    parser.add_argument("flags", nargs="*", default=["--sessions", "1", "--minutes", "60", "--epochs", "5", "--predictor-epochs", "20"])
    options = parser.parse_args()
    print(f"{'people':>7} {'MiB':>7} {'minutes':>8}  {'step':<12} {'jobs':>5} {'seconds':>9} {'MiB':>7} {'plan s':>9} {'plan MiB':>9}")
    for people in options.people:
        command = [options.pipeline, "--users", people, "--out", options.out / str(people), "--threads", 1, *options.flags]
        command = [str(word) for word in command]
        plan = lambda: json.loads(subprocess.check_output([*command, "--plan"]))
        total = [0.0, 0.0, 0.0, 0.0]
        for step in [job["step"] for job in plan()["jobs"] if job["person"] is None]:
            jobs = [job for job in plan()["jobs"] if job["step"] == step]  # people are known once their data are there
            took = [run([*command, "--only", ":".join(filter(None, (step, job["person"], job["replicate"])))]) for job in jobs]
            data = list((options.out / str(people) / "data").glob("*.safetensors"))
            size = sum(file.stat().st_size for file in data) / 2**20
            quality = options.out / str(people) / "data" / "quality.json"
            minutes = json.loads(quality.read_text())["total"]["kept"] if quality.exists() else 0
            cost = (sum(s for s, _ in took), max(m for _, m in took), sum(job["seconds"] for job in jobs), max(job["mib"] for job in jobs))
            print(f"{people:>7} {size:>7.0f} {minutes:>8}  {step:<12} {len(jobs):>5} {cost[0]:>9.1f} {cost[1]:>7.0f} {cost[2]:>9.0f} "
                  f"{cost[3]:>9.0f}", flush=True)
            total = [total[0] + cost[0], max(total[1], cost[1]), total[2] + cost[2], max(total[3], cost[3])]
        print(f"{people:>7} {'':>7} {'':>8}  {'all':<12} {'':>5} {total[0]:>9.1f} {total[1]:>7.0f} {total[2]:>9.0f} {total[3]:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
