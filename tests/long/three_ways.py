#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One cohort, written in three ways, each through `pipeline` to a report: an Empatica E4's folders, the same in one zip of zips, and
plain tables with ISO times that `sensors.json` describes.

usage: three_ways.py --build BUILD [--data FOLDER] [--keep DIR] [-- FLAGS OF PIPELINE]

FOLDER holds labels.csv (user, start, end, label) and recordings/PERSON/{ACC,BVP,EDA,TEMP,HR}.csv. Folders and archive must give the
same files to the byte but for the paths they name; tables the same minutes, labels and sensor values, and from them the same networks and all that follows. Skipped where FOLDER is not there.
"""

import argparse
import datetime
import filecmp
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Name of the file, columns, scale, unit, what a window is.
SENSORS = {
    "e4Acc": ("ACC", ["x", "y", "z"], 1 / 64, "g", {"as": "cut", "length": 1920}),
    "e4Bvp": ("BVP", ["bvp"], 1, "nW", {"as": "cut", "length": 3840}),
    "e4Eda": ("EDA", ["eda"], 1, "uS", {"as": "cut", "length": 240}),
    "e4Hr": ("HR", ["hr"], 1, "beats/min", {"as": "mean"}),
    "e4Temp": ("TEMP", ["temp"], 1, "degC", {"as": "cut", "length": 240}),
}
RATES = {"ACC": 32, "BVP": 64, "EDA": 4, "TEMP": 4, "HR": 1}


def zip_of_zips(recordings, to):
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as outer:
        for person in sorted(recordings.iterdir()):
            inner = pathlib.Path(folder) / f"{person.name}.zip"
            with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(person.glob("*.csv")):
                    archive.write(file, file.name)
            outer.write(inner, inner.name)


def tables(recordings, labels, to):
    for person in sorted(recordings.iterdir()):
        (to / person.name).mkdir(parents=True)
        for name, (stem, columns, *_) in SENSORS.items():
            lines = (person / f"{stem}.csv").read_text().replace(" ", "").split()
            first, step = round(float(lines[0].split(",")[0]) * 10**6), 10**6 // RATES[stem]
            with open(to / person.name / f"{name}.csv", "w", encoding="utf-8") as table:
                print("time", *columns, sep=",", file=table)
                for i, values in enumerate(lines[2:]):
                    at = datetime.datetime.fromtimestamp((first + i * step) // 10**6, datetime.timezone.utc)
                    print(f"{at:%Y-%m-%dT%H:%M:%S}.{(first + i * step) % 10**6:06}Z", values, sep=",", file=table)
    shutil.copy(labels, to / "labels.csv")
    description = {
        "window": 60,
        "sensors": [{"name": name, "files": f"{{person}}/{name}.csv", "time": {"column": "time", "unit": "iso"}, "columns": columns,
                     "scale": scale, "unit": unit, "rate": RATES[stem], "window": window}
                    for name, (stem, columns, scale, unit, window) in SENSORS.items()],
        "labels": {"files": "labels.csv", "person_column": "user", "start": {"column": "start", "unit": "s"},
                   "end": {"column": "end", "unit": "s"}, "column": "label", "cover": 1},
    }
    (to.parent / "sensors.json").write_text(json.dumps(description, indent=1))


def tensors(file):
    """{name: its bytes} of a safetensors file."""
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], entry["shape"], content[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]])
            for name, entry in header.items()}


def differing(a, b):
    """Paths below both folders whose contents differ, or that only one has."""
    names = sorted({str(p.relative_to(top)) for top in (a, b) for p in top.rglob("*") if p.is_file()})
    return [name for name in names if not ((a / name).is_file() and (b / name).is_file() and filecmp.cmp(a / name, b / name, shallow=False))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared/data/stress-predict")
    parser.add_argument("--keep", type=pathlib.Path, help="the folder to work in, kept")
    parser.add_argument("flags", nargs="*", default=["--epochs", "5", "--seeds", "1"])
    options = parser.parse_args()
    pipeline = options.build.resolve() / "examples/pipeline"
    if not options.data.is_dir():
        print(f"three ways: skipped, no {options.data}")
        return 0
    recordings, labels = options.data / "recordings", options.data / "labels.csv"
    failed = []

    def holds(what, is_so):
        print(f"{what}: {'holds' if is_so else 'DOES NOT HOLD'}", flush=True)
        if not is_so:
            failed.append(what)

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        zip_of_zips(recordings, folder / "cohort.zip")
        tables(recordings, labels, folder / "tables")
        for name, flags in {"folders": ["--layout", "empatica", "--data", recordings, "--labels", labels],
                            "zips": ["--layout", "empatica", "--data", folder / "cohort.zip", "--labels", labels],
                            "tables": ["--layout", "table", "--sensors", folder / "sensors.json", "--data", folder / "tables"]}.items():
            out = folder / f"of_{name}"
            done = subprocess.run([pipeline, "--out", out, "--quiet", *flags, *options.flags])
            holds(f"{name} come to a report", done.returncode == 0 and (out / "report/index.html").is_file())
        if failed:
            return 1
        one, zips, other = (folder / f"of_{name}" for name in ("folders", "zips", "tables"))
        apart = differing(one, zips)
        print("folders and zips differ in:", *apart)
        holds("folders and zips give the same data sets, networks, importances and maps",
              not [name for name in apart if name.endswith((".safetensors", ".npy", ".csv"))])
        apart = [name for name in differing(one, other) if not name.startswith("data/") and name.endswith((".safetensors", ".npy", ".csv"))]
        holds("tables give the same networks, importances and maps", not apart)
        if apart:
            print("  not the same:", *apart)
        people = sorted(p.name for p in recordings.iterdir())
        files = sorted(p.relative_to(one) for p in one.rglob("*.safetensors"))
        of_people = [f for f in files if f.parent.name == "data" and f.stem in people]
        holds("there are data sets of everybody", len(of_people) == len(people))
        for file in of_people:
            left, right = tensors(one / file), tensors(other / file)
            apart = [name for name in left if left[name] != right.get(name)]
            holds(f"tables give {file.stem} the same tensors", not apart and set(left) == set(right))
            if apart:
                print("  not the same:", *apart)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
