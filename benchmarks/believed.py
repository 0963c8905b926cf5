#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `pipeline` says of generated people of whom the truth is known: one line a cohort.

usage: believed.py --pipeline build/examples/pipeline --out DIR [--strength 1 0.5 0.2 0] [--seeds 1 2 3] [-- FLAGS OF PIPELINE]

  AUC         how well a measure ranks planted above other sensors, of everybody's sensors together (needs truth.json)
  identified  people with a sensor that is identified, and sensors identified that were not planted
  covered     share of sensors whose interval leaves room for the truth's sign: above 0 of planted ones, 0 or below of others
  k, ARI      groups, and their adjusted Rand index against the planted ones
"""
import argparse
import array
import json
import pathlib
import subprocess
import sys
import time
from math import comb


def auc(positive, negative):
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    return sum(pairs) / len(pairs) if pairs else float("nan")


def adjusted_rand(a, b):
    pairs = lambda counts: sum(comb(n, 2) for n in counts)
    count = lambda values: [values.count(v) for v in set(values)]
    both, of_a, of_b, total = pairs(count(list(zip(a, b)))), pairs(count(a)), pairs(count(b)), comb(len(a), 2)
    expected = of_a * of_b / total if total else 0
    most = (of_a + of_b) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def attention_of(out, user, sensors):
    data = (out / "importance" / f"{user}.npy").read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    values = array.array("f", data[start:])
    rows = len(values) // sensors
    return [sum(values[r * sensors + m] for r in range(rows)) / rows for m in range(sensors)]


def judge(out):
    information = json.loads((out / "importance" / "information.json").read_text())
    truth = json.loads((out / "raw" / "truth.json").read_text())["users"]
    sensors = information["sensors"]
    scores = {"information": ([], []), "attention": ([], [])}
    people = wrong = planted_found = covered = asked = 0
    for person in information["people"]:
        if "sensors" not in person:
            continue
        own = truth[person["user"]]["planted"]
        attention = attention_of(out, person["user"], len(sensors))
        people += person["identified"]
        for m, sensor in enumerate(person["sensors"]):
            planted = sensor["sensor"] in own
            scores["information"][not planted].append(sensor["bits"])
            scores["attention"][not planted].append(attention[m])
            covered += sensor["high"] > 0 if planted else sensor["low"] <= 0
            asked += 1
            wrong += sensor["identified"] and not planted
            planted_found += sensor["identified"] and planted
    groups = information["groups"]
    found = [p["nearest"] for p in groups.get("people", [])]
    planted = [truth[p["user"]]["group"] for p in groups.get("people", [])]
    cohort = information["cohort"]
    return {"auc_information": auc(*scores["information"]), "auc_attention": auc(*scores["attention"]),
            "bits": cohort.get("total", {}).get("bits"), "people_identified": people, "planted_identified": planted_found,
            "others_identified": wrong, "covered": covered / max(asked, 1), "cohort_identified": cohort["identified"],
            "agreement": cohort.get("agreement"), "k": groups["k"], "p": groups.get("p"),
            "ari": adjusted_rand(found, planted) if found else None}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", default="build/examples/pipeline")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--strength", nargs="+", default=["1", "0.5", "0.2", "0"])
    parser.add_argument("--seeds", nargs="+", default=["1"])
    parser.add_argument("flags", nargs="*")
    options = parser.parse_args()
    for strength in options.strength:
        for seed in options.seeds:
            out = options.out / f"{strength}-{seed}"
            begin = time.time()
            run = subprocess.run([options.pipeline, "--out", out, "--strength", strength, "--seed", seed, *options.flags],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(run.stderr)
            line = {"strength": strength, "seed": seed, "seconds": round(time.time() - begin, 1), **judge(out)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
