#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What must hold of the evaluation of networks, tried on generated people. Takes hours; a part of it: --cohorts 5.

    no effect      p < 0.05 in at most 5 % of the people at strength 0
    effect         p < 0.05 in at least 90 % at strength 1
    sets           90 % sets hold the class of 90 +- 3 % of the minutes
    calibration    expected calibration error at most 0.05 at the validation minutes' temperature
    clock          sensors that tell the time and nothing else: high shuffled, at chance blocked

Each cohort is one person. `tests/evaluate/test_generated_people.cpp` tries the same of a logistic regression.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")


def evaluate(options, seed, people, evaluation):
    """metrics.json of one generated person."""
    programs = options.build / "examples"
    common = ["--seed", seed, "--threads", options.threads, "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(programs / "synthesize", "--out", folder / "raw", "--users", 1, "--groups", 1, "--sessions", options.sessions,
            "--minutes", options.minutes, "--dirt", 0, *people, *common)
        run(programs / "preprocess", "--in", folder / "raw", "--out", folder / "data", "--threads", options.threads, "--quiet")
        run(programs / "train_mil", "--data", next((folder / "data").glob("*.safetensors")), "--out", folder / "m" / "model.safetensors",
            "--epochs", options.epochs, *evaluation, *common)
        return json.loads((folder / "m" / "metrics.json").read_text())


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    for name, value in {"cohorts": 100, "sessions": 3, "minutes": 60, "epochs": 60, "nulls": 20, "threads": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    cohorts = range(1, options.cohorts + 1)
    blocked, held = ["--evaluate", "blocked"], []

    def tell(name, value, holds):
        held.append(holds)
        print(f"{name}: {value}, {'holds' if holds else 'DOES NOT HOLD'}", flush=True)

    nulls = [*blocked, "--null", options.nulls]
    for strength, wanted in ((0, lambda s: s <= 0.05), (1, lambda s: s >= 0.9)):
        share = mean(evaluate(options, seed, ["--strength", strength], nulls)["p_value"] < 0.05 for seed in cohorts)
        tell(f"strength {strength}: p < 0.05 in", f"{100 * share:.0f} % of {options.cohorts}", wanted(share))
    found = [evaluate(options, seed, ["--strength", 0.7, "--label-noise", 0.15], blocked)["calibration"] for seed in cohorts]
    coverage = mean(one["conformal"]["coverage"] for one in found)
    tell("90 % sets hold", f"{100 * coverage:.1f} %", 0.87 <= coverage <= 0.93)
    error = mean(one["after"]["ece"] for one in found)
    tell("calibration error", f"{mean(one['before']['ece'] for one in found):.3f}, scaled {error:.3f}", error <= 0.05)
    clock = [evaluate(options, seed, ["--strength", 0, "--clock", 1, "--persistence", 2], blocked) for seed in cohorts]
    shuffled, by_blocks = mean(one["leak"]["shuffled"]["f1"] for one in clock), mean(one["f1"] for one in clock)
    tell("clock", f"F1 {shuffled:.2f} shuffled, {by_blocks:.2f} blocked", shuffled > 0.5 and by_blocks < 0.3)
    raise SystemExit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
