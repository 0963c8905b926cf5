# SPDX-License-Identifier: MIT
"""Writes elementwise, over_time, layer_norm, grouped, batch_norm, strided and strided_over_time.safetensors beside itself: nodes of networks as PyTorch evaluates and differentiates them, in float64.

    python3 tests/golden/nn/make_nodes.py

Made with Python 3.11, torch 2.13.0 (CPU), safetensors 0.8.0. Rerunning gives the same bytes.

elementwise: x [n]; per function <name>.y [n] and <name>.dx [n], its derivative.

over_time: a network `signal | concat(max, mean, last) | head`, its tensors by their names. For series n of three: x<n>
[2, length], features<n> [15], y<n> [3], upstream<n> [3]; gradient.<tensor>: the derivative of Σ_n upstream<n> · y<n>.

layer_norm: a signal `conv | layer_norm | tanh | conv`, its tensors by their names; x [2, 50], y and upstream [3, 50], dx [2, 50];
gradient.<tensor>: the derivative of Σ upstream · y.

grouped: the same of `grouped conv | tanh | depthwise conv | conv without bias`, x and dx [4, 60], y [3, 60].

batch_norm: the same of `conv | batch norm | tanh | grouped conv | batch norm`, both norms in eval().

strided: the same of `conv, stride 2 | batch norm | tanh | sum(conv, stride 3 | tanh, conv of one tap, stride 3) | grouped conv, stride 2 |
conv`, x and dx [4, 101], y [3, 9], the norm in eval().

strided_over_time: as over_time, its first convolution of stride 3 and its second of stride 2.
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


def causal(conv, x):
    """conv over x, zeros before time 0."""
    return conv(F.pad(x, ((conv.kernel_size[0] - 1) * conv.dilation[0], 0)))


def add_state(tensors, prefix, module):
    for name, value in module.named_parameters():
        tensors[f"{prefix}.{name}"] = value.detach()
        tensors[f"gradient.{prefix}.{name}"] = value.grad
    for name, value in module.named_buffers():
        tensors[f"{prefix}.{name}"] = value


def over_time(name, strides):
    torch.manual_seed(2)
    first = torch.nn.Conv1d(2, 4, 3, dilation=2, stride=strides[0], dtype=torch.float64)
    second = torch.nn.Conv1d(4, 5, 2, dilation=3, stride=strides[1], dtype=torch.float64)
    head = torch.nn.Linear(15, 3, dtype=torch.float64)
    tensors = {}
    for n, length in enumerate([3, 40, 1300]):
        x, upstream = torch.randn(2, length, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
        y = causal(second, F.gelu(causal(first, x)))
        features = torch.cat([y.amax(-1), y.mean(-1), y[..., -1]])
        out = head(features)
        (out * upstream).sum().backward()
        tensors |= {f"x{n}": x, f"features{n}": features.detach(), f"y{n}": out.detach(), f"upstream{n}": upstream}
    add_state(tensors, "signal.0", first)
    add_state(tensors, "signal.2", second)
    add_state(tensors, "head", head)
    save_file(tensors, HERE / f"{name}.safetensors")


def save_signal(name, channels, modules, signal):
    """signal: from [channels, time] to [3, time], by `modules`, which stand at their places in the chain."""
    x = torch.randn(*channels, dtype=torch.float64, requires_grad=True)
    y = signal(x)
    upstream = torch.randn_like(y)
    (y * upstream).sum().backward()
    tensors = {"x": x.detach(), "y": y.detach(), "upstream": upstream, "dx": x.grad}
    for place, module in modules.items():
        add_state(tensors, place, module)
    save_file(tensors, HERE / f"{name}.safetensors")


def layer_norm():
    torch.manual_seed(3)
    first = torch.nn.Conv1d(2, 5, 3, dilation=2, dtype=torch.float64)
    norm = torch.nn.LayerNorm(5, dtype=torch.float64)
    second = torch.nn.Conv1d(5, 3, 2, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.normal_()
    save_signal("layer_norm", (2, 50), {"0": first, "1": norm, "3": second},
                lambda x: causal(second, torch.tanh(norm(causal(first, x).T).T)))


def grouped():
    torch.manual_seed(4)
    first = torch.nn.Conv1d(4, 6, 3, dilation=2, groups=2, dtype=torch.float64)
    second = torch.nn.Conv1d(6, 6, 4, dilation=5, groups=6, dtype=torch.float64)
    third = torch.nn.Conv1d(6, 3, 2, bias=False, dtype=torch.float64)
    save_signal("grouped", (4, 60), {"0": first, "2": second, "3": third},
                lambda x: causal(third, causal(second, torch.tanh(causal(first, x)))))


def batch_norm():
    torch.manual_seed(5)
    first = torch.nn.Conv1d(2, 6, 3, dilation=2, dtype=torch.float64)
    second = torch.nn.Conv1d(6, 3, 2, groups=3, dtype=torch.float64)
    norms = [torch.nn.BatchNorm1d(channels, dtype=torch.float64).eval() for channels in (6, 3)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(-2, 2)
            norm.bias.normal_()
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.1, 3)
    save_signal("batch_norm", (2, 60), {"0": first, "1": norms[0], "3": second, "4": norms[1]},
                lambda x: norms[1](causal(second, torch.tanh(norms[0](causal(first, x)[None]))))[0])


def strided():
    torch.manual_seed(6)
    first = torch.nn.Conv1d(4, 6, 5, stride=2, dilation=3, dtype=torch.float64)
    left = torch.nn.Conv1d(6, 6, 4, stride=3, dtype=torch.float64)
    right = torch.nn.Conv1d(6, 6, 1, stride=3, dtype=torch.float64)
    norm = torch.nn.BatchNorm1d(6, dtype=torch.float64).eval()
    grouped_one = torch.nn.Conv1d(6, 4, 3, stride=2, groups=2, dtype=torch.float64)
    last = torch.nn.Conv1d(4, 3, 2, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.uniform_(-2, 2)
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.1, 3)

    def signal(x):
        x = torch.tanh(norm(causal(first, x)[None])[0])
        x = torch.tanh(causal(left, x)) + causal(right, x)
        return causal(last, causal(grouped_one, x))

    save_signal("strided", (4, 101), {"0": first, "1": norm, "3.left.0": left, "3.right": right, "4": grouped_one,
                                      "5": last}, signal)


def main():
    elementwise()
    over_time("over_time", (1, 1))
    layer_norm()
    grouped()
    batch_norm()
    strided()
    over_time("strided_over_time", (3, 2))


if __name__ == "__main__":
    main()
