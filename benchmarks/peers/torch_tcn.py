# SPDX-License-Identifier: MIT
"""The temporal convolutional network of tcn.cpp in PyTorch.

    python3 benchmarks/peers/torch_tcn.py BATCH   prints the KiB by which a training step raises this process's peak
"""
import pathlib
import sys

import torch

CHANNELS, LENGTH, CLASSES = 3, 4096, 4


class Block(torch.nn.Module):
    def __init__(self, inputs, dilation):
        super().__init__()
        self.pad = torch.nn.ConstantPad1d((6 * dilation, 0), 0.0)
        self.first = torch.nn.Conv1d(inputs, 64, 7, dilation=dilation)
        self.second = torch.nn.Conv1d(64, 64, 7, dilation=dilation)
        self.shortcut = torch.nn.Conv1d(inputs, 64, 1) if inputs != 64 else torch.nn.Identity()

    def forward(self, x):
        y = torch.relu(self.first(self.pad(x)))
        return torch.relu(self.second(self.pad(y))) + self.shortcut(x)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.Sequential(*[Block(CHANNELS if level == 0 else 64, 2**level) for level in range(8)])
        self.head = torch.nn.Linear(64, CLASSES)

    def forward(self, x):
        return self.head(self.blocks(x).amax(dim=2))


def forward(batch):
    network, inputs = Network().eval(), torch.randn(batch, CHANNELS, LENGTH)

    def step():
        with torch.inference_mode():
            network(inputs).argmax(dim=1)
    return step


def training(batch):
    network, inputs, labels = Network(), torch.randn(batch, CHANNELS, LENGTH), torch.arange(batch) % CLASSES
    optimizer = torch.optim.AdamW(network.parameters())

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), labels).backward()
        optimizer.step()
    return step


def peak_kib():
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    training(1)()  # what a first step loads is no memory of the network's
    work = training(int(sys.argv[1]))
    before = peak_kib()
    work()
    print(peak_kib() - before)
