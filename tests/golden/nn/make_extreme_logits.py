# SPDX-License-Identifier: MIT
"""Writes extreme_logits.safetensors beside itself, from PyTorch and mpmath.

    python3 tests/golden/nn/make_extreme_logits.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0, mpmath 1.3.0. Rerunning gives the same bytes.

For `float` and `double`: <type>.logits [n,3], up to the largest numbers of the type, and <type>.label [n]. Per gamma in
0 0.5 2, the gradient of each row's own focal loss in its logits: <type>.gamma<g>.torch [n,3], by autograd in that type
(NaN where the formula as written gives that), and <type>.gamma<g>.exact [n,3], from the formula in 700 digits, F64.
"""
import pathlib

import mpmath
import torch
from safetensors.torch import save_file

import study_network as study

HERE = pathlib.Path(__file__).parent
GAMMAS = [0, 0.5, 2]


def rows(dtype):
    most = torch.finfo(dtype).max
    big, tiny = most * 0.88, torch.finfo(dtype).tiny
    numbers = [0.0, 40.0, -120.0, 1e6, tiny, big, -big, most, -most]
    logits = [[a, b, c] for a in numbers for b in (-1.0, 800.0, big, most, -most) for c in (0.0, -most)]
    labels = [i % 3 for i in range(len(logits))]
    return torch.tensor(logits, dtype=dtype), torch.tensor(labels)


def exact_gradient(logits, label, gamma):
    with mpmath.workdps(700):
        gamma = mpmath.mpf(gamma)
        z = [mpmath.mpf(value) for value in logits]
        most = max(z)
        weights = [mpmath.exp(value - most) if value - most > -1e4 else mpmath.mpf(0) for value in z]
        total = mpmath.fsum(weights)
        p = [w / total for w in weights]
        log_p = z[label] - most - mpmath.log(total)
        rest = mpmath.fsum(w for i, w in enumerate(weights) if i != label) / total
        bend = gamma * rest ** (gamma - 1) * p[label] * log_p if gamma and rest else 0
        by_log_p = -(rest**gamma - bend) if rest or gamma == 0 else mpmath.mpf(0)
        return [float(by_log_p * ((j == label) - p[j])) for j in range(len(z))]


def main():
    tensors = {}
    for name, dtype in (("float", torch.float32), ("double", torch.float64)):
        logits, labels = rows(dtype)
        tensors |= {f"{name}.logits": logits, f"{name}.label": labels}
        for gamma in GAMMAS:
            by_torch = []
            for row, label in zip(logits, labels):
                z = row[None].clone().requires_grad_()
                study.focal_loss(torch.log_softmax(z, 1), label[None], gamma).backward()
                by_torch.append(z.grad[0])
            tensors[f"{name}.gamma{gamma}.torch"] = torch.stack(by_torch)
            exact = [exact_gradient(row, label, gamma) for row, label in zip(logits.double().tolist(), labels.tolist())]
            tensors[f"{name}.gamma{gamma}.exact"] = torch.tensor(exact, dtype=torch.float64)
            got, right = tensors[f"{name}.gamma{gamma}.torch"].double(), tensors[f"{name}.gamma{gamma}.exact"]
            both = got.isfinite()
            assert right.isfinite().all()
            print(name, gamma, "finite in PyTorch:", both.float().mean().item(), "off by",
                  (got - right)[both].abs().max().item())
    save_file(tensors, HERE / "extreme_logits.safetensors", metadata={"made_by": "make_extreme_logits.py"})


if __name__ == "__main__":
    main()
