# SPDX-License-Identifier: MIT
"""How well states are told when a sensor is missing, by networks trained with and without sensor dropout.

    /tmp/peers/bin/python benchmarks/missing_sensors.py BUILD DATA… [--rates 0,0.3] [--seeds 2] [--epochs 300]

DATA: data sets that `preprocess` wrote (.safetensors), a person each. Everybody's minutes of a class are cut into four blocks in time;
each block is held out in turn, and the block after it chooses the epoch. Of the minutes held out one sensor at a time is marked as not
recorded. Prints the macro F1 of all people's minutes, and the mean over sensors; "majority" is what guessing the class that is most
frequent in training gets. Needs numpy and safetensors.
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

FOLDS = 4


def load(file):
    with safe_open(file, "numpy") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata()


def fold_parts(label, fold):
    """train, valid or test for each minute, in the order of time."""
    parts = np.full(len(label), "train", dtype=object)
    for one in np.unique(label):
        blocks = np.array_split(np.flatnonzero(label == one), FOLDS)
        parts[blocks[fold]] = "test"
        parts[blocks[(fold + 1) % FOLDS]] = "valid"
    return parts


def macro_f1(truth, predicted):
    scores = []
    for one in np.unique(truth):
        hit = np.sum((truth == one) & (predicted == one))
        scores.append(2 * hit / (np.sum(truth == one) + np.sum(predicted == one)))
    return np.mean(scores)


class Person:
    def __init__(self, build, file, options):
        self.programs, self.file, self.options = build / "examples", file, options
        self.tensors, self.metadata = load(file)
        self.sensors = self.metadata["modalities"].split(",")
        order = np.argsort(self.tensors["timestamp"])
        self.truth = self.tensors["label"]
        self.classes = np.array(self.metadata["classes"].split(","))  # people may have had different ones
        self.parts = [np.empty(len(order), dtype=object) for _ in range(FOLDS)]
        for fold in range(FOLDS):
            self.parts[fold][order] = fold_parts(self.truth[order], fold)

    def run(self, program, *flags):
        subprocess.run([self.programs / program, *map(str, flags), "--quiet"], check=True, stdout=subprocess.DEVNULL)

    def train(self, folder, parts, rate, seed):
        """A model of the minutes that are in some parts: train, valid, test."""
        split, model = folder / "split.csv", folder / "model.safetensors"
        split.write_text("user,timestamp,part\n" + "".join(
            f"{self.metadata['user']},{t},{part}\n" for t, part in zip(self.tensors["timestamp"], parts) if part != "none"))
        self.run("train_mil", "--data", self.file, "--out", model, "--split-file", split, "--sensor-dropout", rate, "--seed", seed,
                 "--epochs", self.options.epochs)
        return model

    def told(self, folder, model, data):
        """[minutes] the classes that a model tells."""
        self.run("modal_importance", "--model", model, "--data", data, "--out", folder / "importance.npy", "--subset", "all",
                 "--logp", folder / "logp.npy")
        return self.classes[np.load(folder / "logp.npy").argmax(axis=1)]

    def predictions(self, folder, fold, rate, seed):
        """Of the minutes held out: their truth, and what is predicted without each sensor; first with all."""
        held_out = self.parts[fold] == "test"
        model = self.train(folder, self.parts[fold], rate, seed)
        predicted = []
        for missing in [None, *range(len(self.sensors))]:
            data = folder / "data.safetensors"
            present = self.tensors.get("present", np.ones((len(self.truth), len(self.sensors)), np.uint8)).copy()
            if missing is not None:
                present[:, missing] = 0
            alone = present.sum(axis=1) == 0  # a minute without a sensor is no bag
            present[alone] = 1
            save_file({**self.tensors, "present": present}, data, self.metadata)
            predicted.append(self.told(folder, model, data)[held_out])
        train = self.truth[self.parts[fold] == "train"]
        return self.classes[self.truth[held_out]], predicted, np.full(held_out.sum(), self.classes[np.bincount(train).argmax()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path, nargs="+")
    parser.add_argument("--rates", default="0,0.3")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=300)
    options = parser.parse_args()
    people = [Person(options.build, file, options) for file in options.data]
    sensors = people[0].sensors
    print(f"{'dropout':>8}{'majority':>10}{'all':>8}" + "".join(f"{'−' + sensor:>10}" for sensor in sensors) + f"{'mean':>8}")
    for rate in map(float, options.rates.split(",")):
        rows = []
        for seed in range(1, options.seeds + 1):
            truth, guessed, predicted = [], [], [[] for _ in range(len(sensors) + 1)]
            for person in people:
                for fold in range(FOLDS):
                    with tempfile.TemporaryDirectory() as folder:
                        own, all_predicted, majority = person.predictions(pathlib.Path(folder), fold, rate, seed)
                    truth.append(own)
                    guessed.append(majority)
                    for to, what in zip(predicted, all_predicted):
                        to.append(what)
            truth = np.concatenate(truth)
            rows.append([macro_f1(truth, np.concatenate(guessed)), *(macro_f1(truth, np.concatenate(p)) for p in predicted)])
        means = np.mean(rows, axis=0)
        print(f"{rate:>8}{means[0]:>10.3f}{means[1]:>8.3f}" + "".join(f"{f1:>10.3f}" for f1 in means[2:]) +
              f"{means[2:].mean():>8.3f}", flush=True)


if __name__ == "__main__":
    main()
