# SPDX-License-Identifier: MIT
"""Times lifelog's MiniRocket beside aeon's: same windows, same parameters, one thread each, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy aeon
    /tmp/peers/bin/python benchmarks/peers/minirocket.py --repeats 3

Processor time, the least of the repeats, after a call that compiles aeon's. The largest difference of any feature is said
beside it: aeon lets its compiler reorder sums, so that a sample may lie on the other side of a bias now and then.

lifelog is compiled into a shared library first ($CXX or g++, -O3 -march=native) and called in this process.
"""
import argparse
import ctypes
import os
import pathlib
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from aeon.transformations.collection.convolution_based import MiniRocket  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Windows, channels, samples: a minute of a wristband's pulse wave, of its acceleration, of skin conductance.
SHAPES = ((100, 1, 3840), (100, 3, 1920), (400, 1, 240))


def library(eigen):
    path = pathlib.Path(tempfile.mkdtemp(prefix="lifelog-peers-")) / "minirocket.so"
    subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O3", "-DNDEBUG", "-march=native", "-Wno-psabi", "-shared",
                    "-fPIC", "-I", ROOT / "include", "-isystem", eigen, HERE / "minirocket.cpp", "-o", path], check=True)
    return ctypes.CDLL(str(path))


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def ours(lib, x, parameters):
    counts, channels, dilations, biases_a_kernel, biases = [np.ascontiguousarray(p) for p in parameters]
    out = np.empty((len(x), len(biases)), np.float32)
    lib.minirocket(pointer(x), *(ctypes.c_long(s) for s in x.shape), pointer(counts), pointer(channels), pointer(dilations),
                   pointer(biases_a_kernel), ctypes.c_long(len(dilations)), pointer(biases), ctypes.c_long(len(biases)), 1,
                   pointer(out))
    return out


def seconds(call):
    begin = time.process_time()
    result = call()
    return time.process_time() - begin, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kernels", type=int, default=10_000)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    arguments = parser.parse_args()
    lib = library(arguments.eigen)
    for shape in SHAPES:
        x = np.random.default_rng(0).normal(size=shape).cumsum(-1).astype(np.float32)
        rocket = MiniRocket(n_kernels=arguments.kernels, random_state=0, n_jobs=1).fit(x)
        rocket.transform(x[:2])
        mine, theirs = [], []
        for _ in range(arguments.repeats):
            spent, a = seconds(lambda: ours(lib, x, rocket.parameters))
            mine.append(spent)
            spent, b = seconds(lambda: rocket.transform(x))
            theirs.append(spent)
        print(f"{shape[0]} x {shape[1]} x {shape[2]}: lifelog {min(mine) * 1e3:.0f} ms, aeon {min(theirs) * 1e3:.0f} ms, "
              f"{min(theirs) / min(mine):.1f} x; largest difference {np.abs(a - np.asarray(b)).max():.1e}", flush=True)


if __name__ == "__main__":
    main()
