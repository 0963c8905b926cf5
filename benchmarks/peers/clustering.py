# SPDX-License-Identifier: MIT
"""Times lifelog's clustering beside scikit-learn, faiss, fastcluster and SciPy: same rows, same starts, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy scipy scikit-learn faiss-cpu fastcluster
    /tmp/peers/bin/python benchmarks/peers/clustering.py --json clustering.json
    /tmp/peers/bin/python benchmarks/peers/clustering.py --only ward --repeats 5
    /tmp/peers/bin/python benchmarks/peers/clustering.py --growth --plots docs
    OMP_WAIT_POLICY=active /tmp/peers/bin/python benchmarks/peers/clustering.py --threads 2

Every program gets one thread. What is compared is processor time of the process (least of the repeats; the median
is in the JSON too), so that neighbours on the machine weigh less; within a repeat the programs take turns. Each line
also says what the work came to (inertia, sum of heights, mean silhouette): equal or better, or the times mean
nothing. `--threads` times lifelog alone with more threads, by the clock.

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
from timing import elapsed  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
warnings.filterwarnings("ignore")


class Ours:
    def __init__(self, eigen):
        library = pathlib.Path(tempfile.mkdtemp(prefix="lifelog-peers-")) / "clustering.so"
        subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O3", "-DNDEBUG", "-march=native", "-Wno-psabi",
                        "-fopenmp", "-DLIFELOG_USE_OPENMP", "-shared", "-fPIC", "-I", ROOT / "include", "-isystem",
                        eigen, HERE / "clustering.cpp", "-o", library], check=True)
        self.library = ctypes.CDLL(str(library))
        for name in ("silhouette_float32", "silhouette_float64"):
            getattr(self.library, name).restype = ctypes.c_double

    @staticmethod
    def rows(points):
        return (ctypes.c_void_p(points.ctypes.data), ctypes.c_long(points.shape[0]), ctypes.c_long(points.shape[1]))

    def kmeans(self, points, start, iterations=300, tolerance=1e-4, search=0, threads=1):
        labels = np.empty(len(points), np.int32)
        inertia = ctypes.c_double()
        start = np.ascontiguousarray(start, float)
        call = getattr(self.library, f"kmeans_{points.dtype}")
        ran = call(*self.rows(points), ctypes.c_void_p(start.ctypes.data), len(start), iterations,
                   ctypes.c_double(tolerance), search, threads, ctypes.c_void_p(labels.ctypes.data),
                   ctypes.byref(inertia))
        return {"inertia": inertia.value, "iterations": ran, "labels": labels}

    def ward(self, points, threads=1):
        linkage = np.empty((len(points) - 1, 4))
        self.library.ward_float64(*self.rows(points), threads, ctypes.c_void_p(linkage.ctypes.data))
        return linkage

    def silhouette(self, points, labels, threads=1):
        labels = np.ascontiguousarray(labels, np.int32)
        call = getattr(self.library, f"silhouette_{points.dtype}")
        return call(*self.rows(points), ctypes.c_void_p(labels.ctypes.data), threads)


# --- data -------------------------------------------------------------------------------------------------------------

def balls(n, d, groups, seed, dtype):
    """Overlapping balls: centres standard normal, rows half as wide around them."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(groups, d))
    return (centres[random.integers(groups, size=n)] + 0.5 * random.normal(size=(n, d))).astype(dtype)


def uniform(n, d, groups, seed, dtype):
    return np.random.default_rng(seed).random((n, d)).astype(dtype)


DATA = {"balls": balls, "uniform": uniform}


def starts(points, k, count):
    return [points[np.random.default_rng(s).choice(len(points), k, replace=False)] for s in range(count)]


# --- work -------------------------------------------------------------------------------------------------------------

def sklearn_kmeans(points, start, iterations, tolerance, algorithm="lloyd"):
    from sklearn.cluster import KMeans
    fit = KMeans(len(start), init=start, n_init=1, max_iter=iterations, tol=tolerance, algorithm=algorithm).fit(points)
    return {"inertia": float(fit.inertia_), "iterations": fit.n_iter_}


def faiss_kmeans(points, start, iterations):
    import faiss
    k = len(start)
    # Without this faiss trains on a sample of 256 rows a centre.
    fit = faiss.Kmeans(points.shape[1], k, niter=iterations, max_points_per_centroid=len(points),
                       min_points_per_centroid=1)
    fit.train(points, init_centroids=np.ascontiguousarray(start, np.float32))
    distances, _ = fit.index.search(points, 1)
    return {"inertia": float(distances.sum()), "iterations": iterations}


def summed(fits):
    return {"objective": float(sum(f["inertia"] for f in fits)), "iterations": int(sum(f["iterations"] for f in fits))}


def kmeans_work(ours, points, k, runs, iterations, fixed):
    """`fixed`: exactly `iterations` rounds, as faiss runs; else scikit-learn's tolerance."""
    given = starts(points, k, runs)
    tolerance = 0.0 if fixed else 1e-4
    work = {
        "lifelog": lambda: summed([ours.kmeans(points, s, iterations, tolerance) for s in given]),
        "lifelog all distances": lambda: summed([ours.kmeans(points, s, iterations, tolerance, 1) for s in given]),
        "lifelog bounds": lambda: summed([ours.kmeans(points, s, iterations, tolerance, 2) for s in given]),
        "scikit-learn lloyd": lambda: summed([sklearn_kmeans(points, s, iterations, tolerance) for s in given]),
    }
    if len(points) < 500_000:  # a bound a row and centre: too slow and too large beyond
        work["scikit-learn elkan"] = lambda: summed([sklearn_kmeans(points, s, iterations, tolerance, "elkan")
                                                     for s in given])
    if fixed and points.dtype == np.float32:
        work["faiss"] = lambda: summed([faiss_kmeans(points, s, iterations) for s in given])
    return work, lambda threads: [ours.kmeans(points, s, iterations, tolerance, 0, threads) for s in given]


def ward_work(ours, points, with_scipy):
    import fastcluster
    from scipy.cluster.hierarchy import linkage
    work = {
        "lifelog": lambda: {"objective": float(ours.ward(points)[:, 2].sum())},
        "fastcluster linkage_vector": lambda: {
            "objective": float(fastcluster.linkage_vector(points, "ward")[:, 2].sum())},
    }
    if with_scipy:
        work["SciPy linkage"] = lambda: {"objective": float(linkage(points, "ward")[:, 2].sum())}
    return work, lambda threads: ours.ward(points, threads)


def silhouette_work(ours, points, k):
    from sklearn.metrics import silhouette_score
    labels = ours.kmeans(points, points[:k])["labels"]
    work = {
        "lifelog": lambda: {"objective": ours.silhouette(points, labels)},
        "scikit-learn": lambda: {"objective": float(silhouette_score(points, labels))},
    }
    return work, lambda threads: ours.silhouette(points, labels, threads)


def catalogue(ours):
    f32, f64 = np.float32, np.float64
    for kind, make in DATA.items():
        for dtype in (f32, f64):
            name = f"{kind}, {np.dtype(dtype).name}"
            yield f"k-means 11,745 x 9, k = 5, 10 starts ({name})", lambda m=make, t=dtype: kmeans_work(
                ours, m(11745, 9, 5, 0, t), 5, 10, 300, False)
            yield f"k-means 100,000 x 9, k = 50 ({name})", lambda m=make, t=dtype: kmeans_work(
                ours, m(100_000, 9, 50, 1, t), 50, 1, 300, False)
        yield f"k-means 1,000,000 x 9, k = 100, 20 iterations ({kind}, float32)", lambda m=make: kmeans_work(
            ours, m(1_000_000, 9, 100, 2, f32), 100, 1, 20, True)
        yield f"k-means 50,000 x 128, k = 64, 20 iterations ({kind}, float32)", lambda m=make: kmeans_work(
            ours, m(50_000, 128, 64, 3, f32), 64, 1, 20, True)
        yield f"ward 11,745 x 9 ({kind}, float64)", lambda m=make: ward_work(ours, m(11745, 9, 5, 0, f64), True)
        yield f"ward 50,000 x 9 ({kind}, float64)", lambda m=make: ward_work(ours, m(50_000, 9, 5, 0, f64), False)
        for dtype in (f32, f64):
            yield f"silhouette 11,745 x 9, 5 clusters ({kind}, {np.dtype(dtype).name})", \
                lambda m=make, t=dtype: silhouette_work(ours, m(11745, 9, 5, 0, t), 5)


# --- timing -----------------------------------------------------------------------------------------------------------

def in_turns(work, repeats, warm=True):
    """Processor seconds of every program, taking turns; if `warm`, after a call of each that is not counted."""
    result = {name: {"seconds": []} for name in work}
    for turn in range(repeats + warm):
        for name, call in work.items():
            begin = time.process_time()
            came_to = call()
            if turn >= warm:
                result[name]["seconds"].append(time.process_time() - begin)
            result[name].update(came_to)
    for entry in result.values():
        entry["least"], entry["median"] = min(entry["seconds"]), statistics.median(entry["seconds"])
    return result


def show(title, result):
    print(f"\n{title}", flush=True)
    ours = result["lifelog"]["least"]
    for name, entry in result.items():
        iterations = f"{entry['iterations']:>6} iterations" if "iterations" in entry else ""
        print(f"  {name:<28}{entry['least'] * 1e3:>12.2f} ms {entry['least'] / ours:>8.2f} x "
              f"{entry['objective']:>18.8g} {iterations}", flush=True)


GROWTH = {  # title: sizes, scalar, programs of points
    "k-means": ("k-means, k = 10, 20 iterations", (1000, 10_000, 100_000, 1_000_000), np.float32),
    "ward": ("Ward", (1000, 3162, 10_000, 31_623, 100_000), np.float64),
    "silhouette": ("silhouette, 5 clusters", (1000, 3162, 10_000, 31_623, 100_000), np.float32),
}


def growing(ours, name):
    """Programs that take points alone."""
    import fastcluster
    from scipy.cluster.hierarchy import linkage
    from sklearn.metrics import silhouette_score
    return {
        "k-means": {
            "lifelog": lambda p: ours.kmeans(p, p[:10], 20, 0.0),
            "scikit-learn": lambda p: sklearn_kmeans(p, p[:10], 20, 0.0),
            "faiss": lambda p: faiss_kmeans(p, p[:10], 20)},
        "ward": {
            "lifelog": lambda p: ours.ward(p),
            "fastcluster": lambda p: fastcluster.linkage_vector(p, "ward"),
            "SciPy": lambda p: linkage(p, "ward")},
        "silhouette": {
            "lifelog": lambda p: ours.silhouette(p, np.arange(len(p)) % 5),
            "scikit-learn": lambda p: silhouette_score(p, np.arange(len(p)) % 5)},
    }[name]


def growth(ours, repeats, patience, only, folder):
    """Seconds against n, the exponent of the straight line through the logarithms, and a picture of each. A program
    whose last size took so long that the next would take more than `patience` seconds is left out from there on."""
    table = {}
    for name, (title, sizes, dtype) in GROWTH.items():
        if only not in name:
            continue
        programs = growing(ours, name)
        times = {program: {} for program in programs}
        for before, n in zip((None,) + sizes, sizes):
            points = balls(n, 9, 10, 4, dtype)
            able = {p: call for p, call in programs.items()
                    if before is None or times[p].get(before, patience) * (n / before) ** 2 <= patience
                    and not (p == "SciPy" and n > 20_000)}  # n(n - 1)/2 distances
            small = n < 30_000
            result = in_turns({p: lambda c=call: (c(points), {})[1] for p, call in able.items()},
                              repeats if small else 1, warm=small)
            for program, entry in result.items():
                times[program][n] = entry["least"]
        print(f"\n{title}")
        exponents = {}
        for program, by_size in times.items():
            exponents[program] = np.polyfit(np.log(list(by_size)), np.log(list(by_size.values())), 1)[0]
            print(f"  {program:<16}" + "".join(f"{n:>10,}: {t * 1e3:9.2f} ms" for n, t in by_size.items())
                  + f"   exponent {exponents[program]:.2f}", flush=True)
        table[title] = {p: {"seconds": times[p], "exponent": exponents[p]} for p in times}
        if folder:
            (folder / f"growth-{name}.svg").write_text(plot(title, times, exponents))
    return table


def plot(title, times, exponents):
    """Logarithms of seconds against those of rows, as an SVG."""
    width, height, left, top, right, bottom = 560, 360, 64, 40, 150, 48
    sizes = sorted({n for by_size in times.values() for n in by_size})
    seconds = [t for by_size in times.values() for t in by_size.values()]
    low, high = np.floor(np.log10(min(seconds))), np.ceil(np.log10(max(seconds)))
    first, last = np.log10(sizes[0]), np.log10(sizes[-1])

    def x(n):
        return left + (np.log10(n) - first) / (last - first) * (width - left - right)

    def y(t):
        return height - bottom - (np.log10(t) - low) / (high - low) * (height - top - bottom)

    def unit(t):
        return f"{t:g} s" if t >= 1 else f"{t * 1e3:g} ms" if t >= 1e-3 else f"{t * 1e6:g} µs"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<text x="{left}" y="20" font-size="14">{title}: processor time against rows</text>']
    for power in range(int(low), int(high) + 1):
        at = y(10.0 ** power)
        parts.append(f'<path d="M{left} {at:.1f}H{width - right}" stroke="#ddd"/>'
                     f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{unit(10.0 ** power)}</text>')
    for power in range(int(np.ceil(first)), int(last) + 1):
        at = x(10.0 ** power)
        parts.append(f'<path d="M{at:.1f} {top}V{height - bottom}" stroke="#ddd"/>'
                     f'<text x="{at:.1f}" y="{height - bottom + 18}" text-anchor="middle">{10 ** power:,}</text>')
    for (program, by_size), colour in zip(times.items(), ("#0b6", "#c33", "#36c")):
        points = " ".join(f"{x(n):.1f},{y(t):.1f}" for n, t in by_size.items())
        end = list(by_size.items())[-1]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(n):.1f}" cy="{y(t):.1f}" r="3" fill="{colour}"/>' for n, t in by_size.items()]
        parts.append(f'<text x="{x(end[0]) + 8:.1f}" y="{y(end[1]) + 4:.1f}" fill="{colour}">{program}, '
                     f'n^{exponents[program]:.2f}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="run only what has this in its title")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, help="time lifelog alone with 1 and this many threads, by the clock")
    parser.add_argument("--growth", action="store_true", help="seconds against the number of rows instead")
    parser.add_argument("--plots", type=pathlib.Path, help="with --growth: folder for a picture of each")
    parser.add_argument("--patience", type=float, default=180, help="with --growth: seconds for a program at one size")
    parser.add_argument("--json", type=pathlib.Path, help="write everything here")
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    arguments = parser.parse_args()
    ours = Ours(arguments.eigen)
    report = {"machine": platform.processor() or platform.machine(), "python": sys.version, "work": {}}
    if arguments.growth:
        report["growth"] = growth(ours, arguments.repeats, arguments.patience, arguments.only, arguments.plots)
    for title, prepare in catalogue(ours) if not arguments.growth else ():
        if arguments.only not in title:
            continue
        work, threaded = prepare()
        if arguments.threads:
            one, more = (elapsed(threaded, t, arguments.repeats) for t in (1, arguments.threads))
            report["work"][title] = {"1": one, str(arguments.threads): more}
            print(f"{title}: {one * 1e3:.2f} ms, with {arguments.threads} threads {more * 1e3:.2f} ms, "
                  f"{one / more:.2f} x", flush=True)
        else:
            report["work"][title] = result = in_turns(work, arguments.repeats)
            show(title, result)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
