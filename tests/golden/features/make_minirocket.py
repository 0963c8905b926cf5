#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes minirocket_*.txt beside it: aeon's fitted parameters and its transform. Versions used: as written beside them."""
import importlib.metadata
import pathlib

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket

HERE = pathlib.Path(__file__).parent


def save(name, values):
    np.savetxt(HERE / f"minirocket_{name}.txt", np.atleast_2d(values), fmt="%.9g")


def case(name, shape, kernels, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).cumsum(-1).astype(np.float32)
    x[1] = np.round(x[1])
    x = x.round(4).astype(np.float32)
    rocket = MiniRocket(n_kernels=kernels, random_state=seed).fit(x)
    counts, channels, dilations, features, biases = rocket.parameters
    save(f"{name}_windows", x.reshape(-1, shape[-1]))
    save(f"{name}_channel_counts", counts)
    save(f"{name}_channels", channels)
    save(f"{name}_dilations", np.array([dilations, features]))
    save(f"{name}_biases", biases)
    save(f"{name}_features", rocket.transform(x))


case("one", (4, 1, 50), 500, 1)
case("many", (3, 4, 40), 336, 2)
# Dilations of other lengths: length, features, then dilations and features a kernel of each.
rows = []
for length, kernels in ((9, 84), (10, 10000), (16, 500), (57, 10000), (240, 3000), (1786, 10000), (3840, 10000), (4097, 84 * 40)):
    x = np.zeros((1, 1, length), np.float32)
    _, _, dilations, features, _ = MiniRocket(n_kernels=kernels, random_state=0).fit(x).parameters
    row = np.full(66, -1)
    row[:2] = length, kernels
    row[2 : 2 + len(dilations)] = dilations
    row[34 : 34 + len(features)] = features
    rows.append(row)
save("dilations", rows)
versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "numba", "aeon"))
(HERE / "minirocket_versions.txt").write_text(f"# {versions}\n")
