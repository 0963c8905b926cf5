# SPDX-License-Identifier: MIT
"""Times lifelog's t-SNE beside openTSNE, scikit-learn and FIt-SNE, and judges all maps by one measure.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy scikit-learn openTSNE
    /tmp/peers/bin/python benchmarks/peers/embedding.py --json embedding.json
    /tmp/peers/bin/python benchmarks/peers/embedding.py --only digits --repeats 3
    /tmp/peers/bin/python benchmarks/peers/embedding.py --only people --threads 2
    /tmp/peers/bin/python benchmarks/peers/embedding.py --growth --svg docs/growth-embedding.svg
    /tmp/peers/bin/python benchmarks/peers/embedding.py --sweep tests/golden/manifold/sweep.txt
    /tmp/peers/bin/python benchmarks/peers/embedding.py --sweep large.txt --rows 2000,5000,20000

1000 iterations, perplexity 30, exaggeration 12 at first, a PCA start, one thread each; everything counts, from
rows to map. What is compared is processor time of the process (least of the repeats), so that neighbours on the
machine weigh less; within a repeat the programs take turns. Maps are judged by lifelog's `map_quality`: KL divergence
over all pairs in double, the share of 10 nearest neighbours kept, trustworthiness at 10. `--threads` times lifelog
alone with more threads, by the clock. FIt-SNE takes part when `import fitsne` works.

lifelog is compiled into a shared library first ($CXX or g++, -O3 -march=native) and called in this process.
"""
import argparse
import ctypes
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

import growth_plot  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ITERATIONS, EARLY, PERPLEXITY = 1000, 250, 30
warnings.filterwarnings("ignore")


class Ours:
    def __init__(self, eigen):
        library = pathlib.Path(tempfile.mkdtemp(prefix="lifelog-peers-")) / "embedding.so"
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O3", "-DNDEBUG", "-march=native", "-Wno-psabi",
                        "-fopenmp", "-DLIFELOG_USE_OPENMP", "-shared", "-fPIC", "-I", ROOT / "include", "-isystem",
                        eigen, HERE / "embedding.cpp", "-o", library], check=True)
        self.library = ctypes.CDLL(str(library))

    @staticmethod
    def rows(points):
        return (ctypes.c_void_p(points.ctypes.data), ctypes.c_long(points.shape[0]), ctypes.c_long(points.shape[1]))

    def embed(self, points, repulsion=0, threads=1):
        map_ = np.empty((len(points), 2))
        self.library.embed(*self.rows(points), ctypes.c_double(PERPLEXITY), ITERATIONS, repulsion, threads,
                           ctypes.c_void_p(map_.ctypes.data))
        return map_

    def sweep_set(self, kind, n, d, seed):
        points = np.empty((n, d))
        self.library.sweep_set(kind, ctypes.c_long(n), ctypes.c_long(d), ctypes.c_uint64(seed),
                               ctypes.c_void_p(points.ctypes.data))
        return points

    def sweep_embed(self, points):
        map_, iterations = np.empty((len(points), 2)), ctypes.c_int()
        status = self.library.sweep_embed(*self.rows(points), ctypes.byref(iterations), ctypes.c_void_p(map_.ctypes.data))
        return map_, f"{iterations.value}, {('all', 'converged', 'stopped', 'diverged')[status]}"

    def sweep_judge(self, points, map_):
        map_ = np.ascontiguousarray(map_, float)
        self.library.sweep_judge.restype = ctypes.c_double
        return self.library.sweep_judge(*self.rows(points), ctypes.c_void_p(map_.ctypes.data))

    def judge(self, points, map_):
        map_ = np.ascontiguousarray(map_, float)
        measures = np.empty(3)
        self.library.judge(*self.rows(points), ctypes.c_void_p(map_.ctypes.data), ctypes.c_double(PERPLEXITY), 10,
                           ctypes.c_void_p(measures.ctypes.data))
        return dict(zip(("kl", "preserved", "trustworthiness"), measures.tolist()))


# --- data -------------------------------------------------------------------------------------------------------------

def digits():
    from sklearn.datasets import load_digits
    return np.ascontiguousarray(load_digits().data, np.float32)


def people(n=11745, count=20, groups=5, seed=0):
    """Shares of nine modalities that sum to one: people of a group are alike, a person has four states, each lasting a
    quarter of an hour at a time."""
    random = np.random.default_rng(seed)
    centres = 0.8 * random.normal(size=(groups, 9))
    rows = []
    for person in range(count):
        minutes = n // count + (person < n % count)
        states = centres[person % groups] + 0.5 * random.normal(size=9) + 0.35 * random.normal(size=(4, 9))
        state = np.repeat(random.integers(4, size=minutes // 15 + 1), 15)[:minutes]
        scores = np.exp(states[state] + 0.12 * random.normal(size=(minutes, 9)))
        rows.append(scores / scores.sum(1, keepdims=True))
    return np.concatenate(rows).astype(np.float32)


def mixture(n=70_000, d=50, balls=50, seed=1):
    """Overlapping balls: centres standard normal, rows half as wide around them."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(balls, d))
    return (centres[random.integers(balls, size=n)] + 0.5 * random.normal(size=(n, d))).astype(np.float32)


DATA = {"digits 1,797 x 64": digits, "people 11,745 x 9": people, "mixture 70,000 x 50": mixture}


# --- programs ---------------------------------------------------------------------------------------------------------

def open_tsne(points, method):
    from openTSNE import TSNE
    return np.asarray(TSNE(perplexity=PERPLEXITY, n_iter=ITERATIONS - EARLY, early_exaggeration_iter=EARLY,
                           early_exaggeration=12, initialization="pca", negative_gradient_method=method, n_jobs=1,
                           random_state=0).fit(points))


def scikit_learn(points):
    from sklearn.manifold import TSNE
    return TSNE(perplexity=PERPLEXITY, max_iter=ITERATIONS, init="pca", random_state=0, n_jobs=1).fit_transform(points)


def fit_sne(points):
    from fitsne import FItSNE
    start = points.astype(float) - points.mean(0)
    start = start @ np.linalg.svd(start, full_matrices=False)[2][:2].T
    return FItSNE(points.astype(float), perplexity=PERPLEXITY, max_iter=ITERATIONS, stop_early_exag_iter=EARLY,
                  early_exag_coeff=12, learning_rate=max(200, len(points) / 12), initialization=start * (1e-4 / start[:, 0].std()),
                  nthreads=1, rand_seed=1)


def programs(ours):
    result = {
        "lifelog": ours.embed,
        "openTSNE FFT": lambda p: open_tsne(p, "fft"),
        "openTSNE Barnes-Hut": lambda p: open_tsne(p, "bh"),
        "scikit-learn": scikit_learn,
    }
    try:
        import fitsne  # noqa: F401
        result["FIt-SNE"] = fit_sne
    except ImportError:
        pass
    return result


# --- timing -----------------------------------------------------------------------------------------------------------

def timed(call, points):
    begin = time.process_time()
    map_ = call(points)
    return time.process_time() - begin, map_


def in_turns(ours, calls, points, repeats):
    result = {name: {"seconds": []} for name in calls}
    for repeat in range(repeats):
        for name, call in calls.items():
            seconds, map_ = timed(call, points)
            result[name]["seconds"].append(seconds)
            if repeat == 0:
                result[name].update(ours.judge(points, map_))
    for entry in result.values():
        entry["least"], entry["median"] = min(entry["seconds"]), statistics.median(entry["seconds"])
    return result


def show(title, result):
    print(f"\n{title}\n  {'':<22}{'seconds':>10}{'ratio':>8}{'KL':>10}{'kept':>9}{'trust':>9}", flush=True)
    first = next(iter(result.values()))["least"]
    for name, entry in result.items():
        print(f"  {name:<22}{entry['least']:>10.2f}{entry['least'] / first:>8.2f}{entry['kl']:>10.4f}"
              f"{entry['preserved']:>9.4f}{entry['trustworthiness']:>9.4f}", flush=True)


def growth(ours, calls, sizes, longest):
    """Seconds against n; who is expected to take more than `longest` for the next size leaves."""
    table = {name: {} for name in calls}
    for n in sizes:
        points = mixture(n)
        for name, call in calls.items():
            times = table[name]
            if times and list(times.values())[-1] * n / list(times)[-1] > longest:
                continue
            times[n] = timed(call, points)[0]
            print(f"  {name:<22}{n:>9,}{times[n]:>10.2f} s", flush=True)
    for name, times in table.items():
        print(f"  {name:<22} exponent {growth_plot.exponent(times):.2f}" if len(times) > 1 else "", flush=True)
    return table


# --- a sweep over kinds of data ---------------------------------------------------------------------------------------

KINDS = "normal uniform dirichlet walk blobs duplicates line far scaled heavy counts pulses".split()
SMALL = {100: 2, 150: 6, 200: 50, 300: 3, 500: 6, 700: 20, 1000: 10}
LARGE = {2000: (2, 5, 50), 5000: (3, 10, 100), 20000: (3, 9, 30)}


def sweep_sets(rows):
    """(kind, n, d, seed) of every set with these numbers of rows, as the golden file has them."""
    for s, (n, d) in enumerate([*SMALL.items(), *LARGE.items()]):
        for kind in range(len(KINDS)) if n in rows else ():
            step = (kind + s) % 3
            if n in SMALL:
                yield kind, n, (d, max(2, d // 2), min(100, 2 * d))[step], 1 + s * 12 + kind
            else:
                s_large = s - len(SMALL)
                yield kind, n, d[(kind + s_large) % 3], 1000 + s_large * 12 + kind


def sweep(ours, rows, path, only):
    """All programs by their defaults. The others get columns less their means: some of them lose data far from 0."""
    import openTSNE
    import sklearn
    from openTSNE import TSNE
    from sklearn.manifold import TSNE as ScikitTSNE

    def extent(map_):
        return float(np.ptp(np.asarray(map_, float), axis=0).max())

    lines = [f"# kind n d seed, KL and extent by scikit-learn {sklearn.__version__}, by openTSNE {openTSNE.__version__} "
             "(benchmarks/peers/embedding.py --sweep)"]
    for kind, n, d, seed in sweep_sets(rows):
        if only not in KINDS[kind]:
            continue
        points = ours.sweep_set(kind, n, d, seed)
        centred = points - points.mean(0)
        maps = [ScikitTSNE(random_state=0, n_jobs=1).fit_transform(centred),
                np.asarray(TSNE(n_iter=ITERATIONS - EARLY, random_state=0, n_jobs=1).fit(centred))]
        others = [(ours.sweep_judge(points, map_), extent(map_)) for map_ in maps]
        map_, end = ours.sweep_embed(points)
        kl, best = ours.sweep_judge(points, map_), min(others)
        print(f"{KINDS[kind]:<11}{n:>6} x {d:<4}" + "".join(f"{k:>9.4f}{e:>8.1f}" for k, e in (*others, (kl, extent(map_))))
              + f"{kl / best[0]:>8.3f}  {end}", flush=True)
        lines.append(f"{kind} {n} {d} {seed} " + " ".join(f"{k:.6g} {e:.4g}" for k, e in others))
        path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only data with this in its title")
    parser.add_argument("--programs", default="", help="only programs with one of these (commas between) in their names")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, help="time lifelog alone with 1 and this many threads, by the clock")
    parser.add_argument("--growth", action="store_true", help="seconds against the number of rows instead")
    parser.add_argument("--sweep", type=pathlib.Path, help="judge many kinds of data, and write the others' figures here")
    parser.add_argument("--rows", default=",".join(map(str, SMALL)), help="numbers of rows, for --sweep")
    parser.add_argument("--sizes", default="1000,3162,10000,31623,100000", help="rows, for --growth")
    parser.add_argument("--longest", type=float, default=900, help="seconds a program may take, for --growth")
    parser.add_argument("--json", type=pathlib.Path, help="write everything here")
    parser.add_argument("--svg", type=pathlib.Path, help="write the picture of --growth here")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    arguments = parser.parse_args()
    ours = Ours(arguments.eigen)
    if arguments.sweep:
        return sweep(ours, {int(n) for n in arguments.rows.split(",")}, arguments.sweep, arguments.only)
    calls = {name: call for name, call in programs(ours).items()
             if name == "lifelog" or any(part in name for part in arguments.programs.split(","))}
    report = {"machine": platform.processor() or platform.machine(), "python": sys.version, "work": {}}
    warm = digits()[:200]
    for call in calls.values() if not arguments.threads else ():
        call(warm)
    if arguments.growth:
        sizes = [int(size) for size in arguments.sizes.split(",")]
        report["growth"] = growth(ours, calls, sizes, arguments.longest)
        if arguments.svg:
            arguments.svg.write_text(growth_plot.svg("t-SNE, 1000 iterations, one thread", report["growth"]))
    for title, make in DATA.items() if not arguments.growth else ():
        if arguments.only not in title:
            continue
        points = make()
        if arguments.threads:
            clock = {}
            for threads in (1, arguments.threads) * arguments.repeats:
                begin = time.perf_counter()
                ours.embed(points, threads=threads)
                clock.setdefault(threads, []).append(time.perf_counter() - begin)
            one, more = (min(clock[t]) for t in (1, arguments.threads))
            report["work"][title] = {str(t): times for t, times in clock.items()}
            print(f"{title}: {one:.2f} s, with {arguments.threads} threads {more:.2f} s, {one / more:.2f} x", flush=True)
        else:
            report["work"][title] = result = in_turns(ours, calls, points, arguments.repeats)
            show(title, result)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
