#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The standard ladder: what the pipeline finds in generated people, by how much there is to find.

    benchmarks/ladder.py                                  # seven strengths of every effect
    benchmarks/ladder.py --effects level --steps 3        # a part of it

Each rung is a cohort of its own: `synthesize`, then `pipeline`, then the measures of importance. A rung that is there
already is not done again. Prints a table in Markdown. Figures are those of held-out minutes, blocked in time.

    F1             macro F1, mean over people
    sensor AUC     how often a planted sensor comes before another, by each measure; 0.5 is chance
    groups         adjusted Rand index of the groups found and those planted; 0 is chance, 1 all right
    predictors     mean F1 of group predictors less that of everybody's
"""

import argparse
import csv
import json
import math
import pathlib
import shutil
import struct
import subprocess
import sys

EFFECTS = ["frequency", "amplitude", "rate", "level", "coupling"]
BASELINES = ["majority", "clock", "statistics", "minirocket"]
MEASURES = ["attention", "contributions", "information"]


def read_npy(path):
    """Shape and values of a float32 array."""
    raw = path.read_bytes()
    if raw[:6] != b"\x93NUMPY":
        raise ValueError(f"{path}: expected an .npy file")
    size, at = (struct.unpack("<H", raw[8:10])[0], 10) if raw[6] == 1 else (struct.unpack("<I", raw[8:12])[0], 12)
    header = raw[at : at + size].decode("latin1")
    if "'<f4'" not in header:
        raise ValueError(f"{path}: expected float32, got {header.strip()}")
    shape = [int(n) for n in header.split("(")[1].split(")")[0].split(",") if n.strip()]
    count = math.prod(shape)
    return shape, struct.unpack(f"<{count}f", raw[at + size : at + size + 4 * count])


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def auc(scores, positive):
    """Share of pairs of a positive and another in which the positive has the higher score; ties count half."""
    yes = [s for s, p in zip(scores, positive) if p]
    no = [s for s, p in zip(scores, positive) if not p]
    if not yes or not no:
        return None
    return sum((a > b) + 0.5 * (a == b) for a in yes for b in no) / (len(yes) * len(no))


def adjusted_rand(a, b):
    """Hubert & Arabie 1985; 1 where both are one group."""
    pairs = lambda counts: sum(n * (n - 1) / 2 for n in counts)
    both, left, right = {}, {}, {}
    for x, y in zip(a, b):
        both[x, y] = both.get((x, y), 0) + 1
        left[x] = left.get(x, 0) + 1
        right[y] = right.get(y, 0) + 1
    together, first, second = pairs(both.values()), pairs(left.values()), pairs(right.values())
    expected = first * second / max(pairs([len(a)]), 1)
    most = (first + second) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def sensor_scores(measure, program, out, user, threads):
    """How much each sensor matters to a person by a measure, in the order of the data set; None where it cannot be told."""
    if measure == "information":  # of all replicates together
        told = json.loads((out / "importance" / "information.json").read_text())
        person = next(one for one in told["people"] if one["user"] == user)
        return {s["sensor"]: s["bits"] for s in person["sensors"]} if "sensors" in person else None
    model, data = out / "mil" / user / "model.safetensors", out / "data" / f"{user}.safetensors"
    file = out / f"{user}.npy"
    done = subprocess.run([program, "--model", model, "--data", data, "--measure", measure, "--subset", "test",
                           "--out", file, "--quiet", "--threads", threads], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{user}, {measure}: {done.stderr.strip()}", file=sys.stderr)
        return None
    shape, values = read_npy(file)
    names = modalities_of(data)
    inner = math.prod(shape[2:])
    total = dict.fromkeys(names, 0.0)
    for n in range(shape[0]):
        for m, name in enumerate(names):
            at = (n * shape[1] + m) * inner
            own = values[at : at + inner]
            # Of contributions, how far apart a sensor sets the classes.
            total[name] += (max(own) - min(own) if inner > 1 else own[0]) / shape[0]
    return total


def modalities_of(data):
    with open(data, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        return json.loads(file.read(size))["__metadata__"]["modalities"].split(",")


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")


def climb(options, effect, strength):
    """One rung: what was found, as a row of the table."""
    folder = options.out / f"{effect}-{strength:.3f}"
    result = folder / "rung.json"
    if result.exists():
        return json.loads(result.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    programs = options.build / "examples"
    common = ["--seed", options.seed, "--threads", options.threads, "--quiet"]
    run(programs / "synthesize", "--out", folder / "raw", "--users", options.users, "--groups", options.groups, "--sessions",
        options.sessions, "--minutes", options.minutes, "--dirt", 0, "--effect", effect, "--strength", strength,
        *options.people.split(), *common)
    out = folder / "out"
    run(programs / "pipeline", "--data", folder / "raw", "--out", out, "--bins", "three", "--epochs", options.epochs,
        "--predictor-epochs", options.predictor_epochs, *common)
    truth = json.loads((folder / "raw" / "truth.json").read_text())["users"]
    metrics = json.loads((out / "metrics.json").read_text())
    row = {"effect": effect, "strength": strength, "people": metrics["people"], "network": metrics["f1"]}
    for name in BASELINES:
        row[name] = (metrics["baselines"].get(name) or {}).get("f1")
    for measure in MEASURES:
        areas = []
        for user, person in truth.items():
            scores = sensor_scores(measure, programs / "modal_importance", out, user, options.threads)
            if scores is not None:
                areas.append(auc(list(scores.values()), [name in person["planted"] for name in scores]))
        row[measure] = mean(areas)
    groups = json.loads((out / "groups" / "groups.json").read_text())
    found = {user: g for g, users in enumerate(groups["groups"] if isinstance(groups, dict) else groups)
             for user in (users["users"] if isinstance(users, dict) else users)}
    both = [user for user in truth if user in found]
    row["groups"] = adjusted_rand([found[u] for u in both], [truth[u]["group"] for u in both]) if both else None
    comparison = out / "predictors" / "comparison.json"
    if comparison.exists():
        told = json.loads(comparison.read_text())
        if told["mean_group_f1"] is not None:  # no group, no predictor of one
            row["predictors"] = told["mean_group_f1"] - told["mean_general_f1"]
    result.write_text(json.dumps(row))
    for part in ("raw", "out"):
        shutil.rmtree(folder / part)
    return row


def table(rows):
    columns = ["network", *BASELINES, *MEASURES, "groups", "predictors"]
    lines = ["| effect | strength | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for row in rows:
        cells = ["–" if row.get(c) is None else f"{row[c]:.2f}" for c in columns]
        lines.append(f"| {row['effect']} | {row['strength']:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/ladder"))
    parser.add_argument("--effects", default=",".join(EFFECTS), help="which, separated by commas")
    parser.add_argument("--steps", type=int, default=7, help="strengths from 0 to 1")
    parser.add_argument("--strengths", default="", help="strengths of your own, separated by commas")
    for name, value in {"users": 6, "groups": 2, "sessions": 2, "minutes": 120, "epochs": 100, "predictor-epochs": 50,
                        "threads": 0, "seed": 1}.items():
        parser.add_argument(f"--{name}", default=str(value))
    parser.add_argument("--people", default="--label-noise 0.05 --offsets 0.5 --drift 0.5",
                        help="further flags of synthesize")
    options = parser.parse_args()
    if options.steps < 2:
        parser.error("--steps: expected at least 2")
    strengths = [float(s) for s in options.strengths.split(",")] if options.strengths else \
        [step / (options.steps - 1) for step in range(options.steps)]
    rows = []
    for effect in options.effects.split(","):
        for strength in strengths:
            rows.append(climb(options, effect, strength))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "ladder.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
    print(table(rows))


if __name__ == "__main__":
    main()
