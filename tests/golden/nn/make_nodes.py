# SPDX-License-Identifier: MIT
"""Writes elementwise.safetensors beside itself: nodes of networks as PyTorch evaluates and differentiates them, in float64.

    python3 tests/golden/nn/make_nodes.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0. Rerunning gives the same bytes.

elementwise: x [n]; per function <name>.y [n] and <name>.dx [n], its derivative.
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def elementwise():
    torch.manual_seed(1)
    extremes = [0.0, 1e-30, -1e-30, 1e-8, -1e-8, 2.999, -2.999, 3.001, -3.001, 40.0, -40.0, 1e4, -1e4]
    x = torch.cat([torch.tensor(extremes, dtype=torch.float64), 3 * torch.randn(52, dtype=torch.float64)])
    functions = {
        "gelu": F.gelu,
        "gelu_tanh": lambda v: F.gelu(v, approximate="tanh"),
        "silu": F.silu,
        "elu": F.elu,
        "hard_swish": F.hardswish,
        "leaky_relu": F.leaky_relu,
        "relu": F.relu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
    }
    tensors = {"x": x}
    for name, function in functions.items():
        leaf = x.clone().requires_grad_()
        y = function(leaf)
        y.sum().backward()
        tensors |= {f"{name}.y": y.detach(), f"{name}.dx": leaf.grad}
    save_file(tensors, HERE / "elementwise.safetensors")


def main():
    elementwise()


if __name__ == "__main__":
    main()
