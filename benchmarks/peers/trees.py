# SPDX-License-Identifier: MIT
"""Compares lifelog's trees with SciPy's on random grids in tenths, where distances tie and round: to the bit.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy scipy
    /tmp/peers/bin/python benchmarks/peers/trees.py --grids 10000

Single, complete and average linkage must be SciPy's, merges and heights, whatever the compiler and its flags. lifelog is
compiled anew for each of them.
"""
import argparse
import ctypes
import pathlib
import subprocess
import tempfile

import numpy as np
import scipy
from scipy.cluster.hierarchy import linkage

HERE = pathlib.Path(__file__).resolve().parent
METHODS = ("single", "complete", "average")
FLAGS = ("", "-march=native", "-march=native -ffp-contract=fast", "-march=native -ffast-math")


def compiled(compiler, flags, eigen):
    library = pathlib.Path(tempfile.mkdtemp(prefix="lifelog-trees-")) / "clustering.so"
    subprocess.run([compiler, "-std=c++20", "-O3", "-DNDEBUG", "-Wno-psabi", *flags.split(), "-shared", "-fPIC", "-I",
                    HERE.parents[1] / "include", "-isystem", eigen, HERE / "clustering.cpp", "-o", library], check=True)
    return ctypes.CDLL(str(library))


def ours(library, points, method):
    tree = np.empty((len(points) - 1, 4))
    library.linkage_float64(ctypes.c_void_p(points.ctypes.data), ctypes.c_long(points.shape[0]),
                            ctypes.c_long(points.shape[1]), METHODS.index(method), 1,
                            ctypes.c_void_p(tree.ctypes.data))
    return tree


def grid(seed):
    """3 … 40 rows of 1 … 6 columns, whole numbers below 3 … 12, in tenths: some by a product, some by a quotient."""
    random = np.random.default_rng(seed)
    shape = random.integers(3, 41), random.integers(1, 7)
    whole = random.integers(random.integers(2, 13), size=shape).astype(float)
    return whole * 0.1 if seed % 2 else whole / 10


def valid(tree):
    """Whether every cluster is merged once, and later than it was made."""
    n = len(tree) + 1
    joined = tree[:, :2].ravel()
    return len(set(joined)) == 2 * n - 2 and all((tree[:, :2] < n + np.arange(n - 1)[:, None]).ravel())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grids", type=int, default=1000)
    parser.add_argument("--compilers", default="g++,clang++")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    args = parser.parse_args()
    grids = [grid(seed) for seed in range(args.grids)]
    theirs = {method: [linkage(points, method) for points in grids] for method in METHODS}
    print(f"SciPy {scipy.__version__}, {args.grids} grids; its own trees that are none:",
          {method: sum(not valid(tree) for tree in trees) for method, trees in theirs.items()})
    for compiler in args.compilers.split(","):
        for flags in FLAGS:
            library = compiled(compiler, flags, args.eigen)
            differ = {method: sum(not np.array_equal(ours(library, points, method), tree)
                                  for points, tree in zip(grids, theirs[method])) for method in METHODS}
            print(f"{compiler} {flags or '(no flags)'}: trees that differ {differ}", flush=True)


if __name__ == "__main__":
    main()
