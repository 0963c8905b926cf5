# SPDX-License-Identifier: MIT
"""Holds lifelog's figures against PyTorch's on the study's full shapes; called by run.py.

    python3 benchmarks/peers/torch_agreement.py BUILD_DIR WORK_DIR

Exchanges model files both ways, compares float32 log-probabilities and importances, float64 gradients, and twenty
full-batch losses. Prints a JSON list of {check, difference, limit, ok}.
"""
import csv
import json
import pathlib
import subprocess
import sys

import numpy
import torch
from safetensors.torch import load_file, save_file

from torch_network import CLASSES, study

MINUTES = 32


def made_up_minutes():
    generator = torch.Generator().manual_seed(3)
    inputs = {name: torch.randn((MINUTES, channels, length), generator=generator) if channels else
              70 + 8 * torch.randn((MINUTES,), generator=generator)
              for name, (channels, length) in study.STUDY_SHAPES.items()}
    return inputs, torch.arange(MINUTES) % CLASSES


def save_dataset(path, inputs, labels):
    tensors = {name: x.contiguous() for name, x in inputs.items()}
    tensors |= {"label": labels, "timestamp": 60 * torch.arange(MINUTES)}
    save_file(tensors, path, metadata={
        "format": "lifelog-dataset", "version": "1", "user": "1", "modalities": ",".join(inputs),
        "classes": ",".join(map(str, range(CLASSES)))})


def new_network(state=None):
    network = study.StudyNetwork(study.STUDY_SHAPES, CLASSES)
    if state is not None:
        network.load_state_dict(state)
    return network


class Checks:
    def __init__(self, build, work):
        self.programs, self.peers, self.work = build / "examples", build / "benchmarks" / "peers", work
        self.found = []

    def run(self, program, *arguments):
        subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def note(self, check, difference, limit):
        self.found.append({"check": check, "difference": float(torch.as_tensor(difference).detach()), "limit": limit,
                           "ok": bool(difference <= limit)})

    def outputs(self, name, network, model, inputs):
        """Log-probabilities and importances of one model file by either side."""
        logp, importance = self.work / "logp.npy", self.work / "importance.npy"
        self.run(self.programs / "modal_importance", "--model", model, "--data", self.work / "data.safetensors",
                 "--out", importance, "--logp", logp)
        with torch.inference_mode():
            ours = [torch.from_numpy(numpy.load(path)) for path in (logp, importance)]
            theirs = network.eval()(inputs)
        for what, a, b in zip(("log-probabilities", "importances"), ours, theirs):
            self.note(f"{what}, float32, model by {name} (absolute)", (a - b).abs().max(), 1e-5)

    def gradient(self, state, inputs, labels):
        network = new_network(state).double().train()
        doubles = {name: x.double() for name, x in inputs.items()}
        save_file({**{"input." + name: x for name, x in doubles.items()}, **state, "label": labels},
                  self.work / "case.safetensors")
        self.run(self.peers / "agreement", self.work / "case.safetensors", self.work / "result.safetensors")
        ours = load_file(self.work / "result.safetensors")
        logp, importance = network(doubles)
        study.focal_loss(logp, labels).backward()
        self.note("log-probabilities, float64 (absolute)", (ours["log_probabilities"] - logp).abs().max(), 1e-12)
        gradients = {name: p.grad for name, p in network.named_parameters()}
        largest = max(g.abs().max() for g in gradients.values())
        worst = max((ours["grad." + name] - g).abs().max() for name, g in gradients.items())
        self.note("gradients, float64 (relative to the largest)", worst / largest, 1e-10)

    def losses(self, state, inputs, labels, epochs=20):
        directory = self.work / "losses"
        directory.mkdir(exist_ok=True)
        self.run(self.programs / "train_mil", "--data", self.work / "data.safetensors", "--out",
                 directory / "model.safetensors", "--init", self.work / "torch.safetensors", "--no-shuffle",
                 "--split", "1,0,0", "--epochs", epochs, "--batch", MINUTES)
        with open(directory / "history.csv") as file:
            ours = [float(row["loss"]) for row in csv.DictReader(file)]
        single, double = (self.torch_losses(state, inputs, labels, epochs, precision)
                          for precision in (torch.float32, torch.float64))
        # Such steps amplify rounding: from some step on PyTorch's own two precisions part, and no third can be held
        # against either. Up to there the losses must agree.
        alike = next((i for i, (a, b) in enumerate(zip(single, double)) if abs(a - b) > 1e-4 * b), epochs)
        self.note(f"{alike} full-batch losses, until PyTorch's float32 leaves its float64 (relative)",
                  max(abs(a - b) / b for a, b in zip(ours[:alike], single)), 1e-3)
        return directory / "model.safetensors"

    @staticmethod
    def torch_losses(state, inputs, labels, epochs, precision):
        network = new_network(state).to(precision).train()
        optimizer = study.study_optimizer(network)
        inputs = {name: x.to(precision) for name, x in inputs.items()}
        return [study.training_step(network, optimizer, inputs, labels)[0].item() for _ in range(epochs)]


def main():
    build, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(3)
    inputs, labels = made_up_minutes()
    save_dataset(work / "data.safetensors", inputs, labels)
    network = new_network().train()
    for _ in range(3):  # running statistics and g move from where they start
        study.training_step(network, study.study_optimizer(network), inputs, labels)
    state = {name: value.detach().clone().contiguous() for name, value in network.state_dict().items()}
    save_file(state, work / "torch.safetensors")

    checks = Checks(build, work)
    checks.outputs("PyTorch", network, work / "torch.safetensors", inputs)
    checks.gradient(state, inputs, labels)
    trained = checks.losses(state, inputs, labels)
    checks.outputs("lifelog", new_network(load_file(trained)), trained, inputs)
    print(json.dumps(checks.found, indent=1))


if __name__ == "__main__":
    main()
