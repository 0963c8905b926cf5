# SPDX-License-Identifier: MIT
"""How many more minutes `preprocess --allow-missing` keeps, and how well states are told with them.

    /tmp/peers/bin/python benchmarks/allow_missing.py BUILD [--dirt 0.02,0.05,0.1,0.2] [--people 3] [--layout empatica --in TREE --labels FILE]

Of generated people, by how dirty their recordings are, or of a tree of recordings. Everybody's minutes of a class are cut into four
blocks in time, as by missing_sensors.py; each is held out in turn. One network is trained on complete minutes alone, one on all minutes
that are kept. Prints the macro F1 of all people's held-out minutes: of the complete ones, which both ways can be judged by, and of all.
Needs numpy and safetensors.
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np

from missing_sensors import FOLDS, Person, macro_f1


class DirtyPerson(Person):
    def __init__(self, build, file, options):
        super().__init__(build, file, options)
        present = self.tensors.get("present")
        self.complete = np.ones(len(self.truth), bool) if present is None else present.all(axis=1)

    def predict(self, folder, fold, complete_only, rate, seed):
        """[held-out minutes] classes, by a network trained on complete minutes or on all."""
        parts = self.parts[fold].copy()
        if complete_only:
            parts[(parts != "test") & ~self.complete] = "none"
        model = self.train(folder, parts, rate, seed)
        return self.told(folder, model, self.file)[self.parts[fold] == "test"]


def preprocess(build, out, layout, source, more):
    """The data sets that are written."""
    subprocess.run([build / "examples/preprocess", "--layout", layout, "--in", source, "--out", out, "--rules", "sensible", "--quiet",
                    *more], check=True, stdout=subprocess.DEVNULL)
    return sorted(out.glob("*.safetensors"))


def row_of(build, folder, name, source, options):
    more = ["--labels", options.labels] if options.labels else []
    files = preprocess(build, folder / "kept", options.layout, source, [*more, "--allow-missing"])
    people = [DirtyPerson(build, file, options) for file in files]
    complete = sum(int(person.complete.sum()) for person in people)
    kept = sum(len(person.truth) for person in people)
    scores = []
    for rate in (0.0, options.rate):
        for complete_only in (True, False):
            if complete_only and rate > 0:
                continue
            of_complete, of_all = [], []
            for seed in range(1, options.seeds + 1):
                rows = []
                for person in people:
                    for fold in range(FOLDS):
                        held_out = person.parts[fold] == "test"
                        told = person.predict(folder, fold, complete_only, rate, seed)
                        rows += zip(person.classes[person.truth[held_out]], told, person.complete[held_out])
                truth, told, whole = (np.array(column) for column in zip(*rows))
                of_complete.append(macro_f1(truth[whole], told[whole]))
                of_all.append(macro_f1(truth, told))
            scores += [np.mean(of_complete), np.mean(of_all)]
    print(f"{name:>10}{complete:>10}{kept:>8}" + "".join(f"{score:>10.3f}" for score in scores), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--dirt", default="0.02,0.05,0.1,0.2")
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--minutes", type=int, default=60, help="of a recording; there are two a person")
    parser.add_argument("--rate", type=float, default=0.3, help="sensor dropout of the last pair of columns")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--layout", default="etri")
    parser.add_argument("--in", dest="tree", type=pathlib.Path, help="recordings; without, people are generated")
    parser.add_argument("--labels")
    options = parser.parse_args()
    print(f"{'':>10}{'':>10}{'':>8}{'trained on complete':>20}{'on all kept':>20}{f'on all, dropout {options.rate}':>20}")
    print(f"{'dirt':>10}{'complete':>10}{'kept':>8}" + f"{'complete':>10}{'all':>10}" * 3, flush=True)
    if options.tree:
        with tempfile.TemporaryDirectory() as folder:
            row_of(options.build, pathlib.Path(folder), "recorded", options.tree, options)
        return
    for dirt in options.dirt.split(","):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            subprocess.run([options.build / "examples/synthesize", "--out", folder / "raw", "--users", str(options.people), "--groups",
                            str(options.people), "--sessions", "2", "--minutes", str(options.minutes), "--dirt", dirt, "--strength",
                            "0.67", "--label-noise", "0.05", "--offsets", "0.5", "--drift", "0.5", "--quiet"], check=True)
            row_of(options.build, folder, dirt, folder / "raw", options)


if __name__ == "__main__":
    main()
