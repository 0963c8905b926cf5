#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants small faults in include/, one at a time, and tells which no test sees.

usage: mutations.py [--first N] [--only WORD] [--list] [--need 54]

Each fault is one exact piece of one header and what stands there instead. The rooms named beside it are compiled, as `./run test ROOM`
does, and run. A fault is caught where that fails; it survives where all pass. Works on a copy of the source in a temporary folder, with
a build of its own (ccache helps). The exit status is 1 where fewer than --need of all 60 are caught, or a fault no longer fits its header.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Header, what stands there, what is planted, the room whose tests should see it.
FAULTS = [
    ("metrics/agreement.hpp", "in_a * in_b / (n * (n - 1))", "in_a * in_b / (n * n)", "metrics"),
    ("metrics/confusion.hpp", "recall += ratio(hits, actual);", "recall = ratio(hits, actual);", "metrics"),
    ("metrics/confusion.hpp", "counts_ += other.counts_", "counts_ = other.counts_", "metrics"),
    ("metrics/ordinal.hpp", "1 - observed * total / expected", "1 - observed / expected", "metrics"),
    ("metrics/roc.hpp", "score(a) < score(b)", "score(a) > score(b)", "metrics"),
    ("metrics/roc.hpp", "negatives_below + tied_negatives / 2", "negatives_below + tied_negatives", "metrics"),
    ("cluster/kmeans.hpp", "if (sums.rows[empty] > 0) continue;", "if (sums.rows[empty] >= 0) continue;", "cluster"),
    ("cluster/kmeans.hpp", "sums.weight[from] -= weight;", "sums.weight[from] += weight;", "cluster"),
    ("cluster/kmeans.hpp", "result.iterations < options_.max_iterations", "result.iterations <= options_.max_iterations", "cluster"),
    ("cluster/silhouette.hpp", "(next - within) / larger", "(next - within) / next", "cluster"),
    ("cluster/silhouette.hpp", "else if (size > 1)", "else if (size > 0)", "cluster"),
    ("cluster/tree.hpp", "return h < merge.height;", "return h <= merge.height;", "cluster"),
    ("cluster/tree.hpp", "size[root] += size[other];", "size[root] += 1;", "cluster"),
    ("core/random.hpp", "if (bits >= reject)", "if (bits < reject)", "core"),
    ("train/optimizer.hpp", "sums[c] += static_cast<double>(x[i + c]) * static_cast<double>(x[i + c])", "sums[c] += static_cast<double>(x[i + c])", "train"),
    ("train/schedule.hpp", "std::numbers::pi * done)) / 2", "std::numbers::pi * done))", "train"),
    ("train/schedule.hpp", "score > best + threshold", "score > best - threshold", "train"),
    ("train/schedule.hpp", "std::max(rate * factor, lowest)", "rate * factor", "train"),
    ("train/weight_average.hpp", "decay >= 0 && decay < 1", "decay >= 0 && decay <= 1", "train"),
    ("features/band_powers.hpp", "squares += taper_.back() * taper_.back();", "squares += taper_.back();", "features"),
    ("features/band_powers.hpp", "total > 0 ? inside / total : 0", "inside", "features"),
    ("features/minirocket.hpp", "(std::sqrt(5.0) + 1) / 2", "(std::sqrt(5.0) - 1) / 2", "features"),
    ("features/minirocket.hpp", "std::min(a_kernel, options.dilations)", "options.dilations", "features"),
    ("features/window_statistics.hpp", "fourths += square * square;", "fourths += square;", "features"),
    ("features/window_statistics.hpp", "steps += std::abs(u - before);", "steps += u - before;", "features"),
    ("features/window_statistics.hpp", "std::max(high - mean, mean - low)", "high - mean", "features"),
    ("evaluate/calibration.hpp", "result.accuracy += right / n;", "result.accuracy += right;", "evaluate"),
    ("evaluate/calibration.hpp", "if (slope(high) <= 0) return options.least;", "if (slope(high) > 0) return options.least;", "evaluate"),
    ("evaluate/conformal.hpp", "std::ceil(exact - 1e-9 * exact)", "std::floor(exact - 1e-9 * exact)", "evaluate"),
    ("evaluate/conformal.hpp", "result.coverage += sets(i, labels[i]) / n;", "result.coverage += 1 / n;", "evaluate"),
    ("evaluate/folds.hpp", "if (folds > most) reason = what;", "if (folds < most) reason = what;", "evaluate"),
    ("evaluate/folds.hpp", "order[a]->size() > order[b]->size()", "order[a]->size() < order[b]->size()", "evaluate"),
    ("evaluate/null_test.hpp", "static_cast<double>(1 + as_good)", "static_cast<double>(as_good)", "evaluate"),
    ("evaluate/logistic.hpp", "std::max(-margin, T(0))", "std::max(margin, T(0))", "evaluate"),
    ("evaluate/split.hpp", "share_of(options.valid / rest, n - test)", "share_of(options.valid, n - test)", "evaluate"),
    ("evaluate/feature_scale.hpp", "squares += step * (value - mean);", "squares += step * step;", "evaluate"),
    ("io/npy.hpp", "offset += stride[d];", "offset += 1;", "io"),
    ("io/npy.hpp", "header.size() & 0xff", "header.size() & 0x7f", "io"),
    ("importance/agreement.hpp", "values[a] < values[b]", "values[a] > values[b]", "importance"),
    ("importance/agreement.hpp", ">= result.within - 1e-12", "> result.within + 1e-12", "importance"),
    ("importance/agreement.hpp", "result.nearest += nearest == p;", "result.nearest += nearest != p;", "importance"),
    ("importance/faithfulness.hpp", "result[k].polarity += bag.polarity;", "result[k].polarity = bag.polarity;", "importance"),
    ("importance/groups.hpp", "static_cast<double>(off.rows() - 1)", "static_cast<double>(off.rows())", "importance"),
    ("importance/information.hpp", "if (replicates > 1) variance += between / (replicates - 1) / replicates;", "if (replicates > 1) variance += between / replicates;", "importance"),
    ("importance/shapley.hpp", "squares.array() += of_pair.array().square();", "squares.array() += of_pair.array();", "importance"),
    ("importance/student.hpp", "return t >= 0 ? tail : 1 - tail;", "return tail;", "importance"),
    ("importance/trust.hpp", "if (!(slopes_[0] > 0)) return 0;", "if (!(slopes_[0] > 0)) return most;", "importance"),
    ("importance/coalitions.hpp", "static_cast<Index>(batch_.start.size()) - 1", "static_cast<Index>(batch_.start.size()) - 2", "importance"),
    ("nn/batch_norm.hpp", "(count / (count - 1))", "T(1)", "nn"),
    ("nn/layer_norm.hpp", "variance / count + eps", "variance / count", "nn"),
    ("nn/convolution.hpp", "T(0.5) * (oldest[i] + present[i] - middle[i])", "T(0.5) * (oldest[i] + present[i] + middle[i])", "nn"),
    ("mil/pool_pass.hpp", "if (!rules.sums_to_one) shares[at(p)] /= sum;", "if (rules.sums_to_one) shares[at(p)] /= sum;", "mil"),
    ("mil/bags.hpp", "kept[m] = random.uniform() >= dropout.probability;", "kept[m] = random.uniform() < dropout.probability;", "mil"),
    ("manifold/affinities.hpp", "(x < a.size() && a[x].column <= b[y].column)", "(x < a.size() && a[x].column < b[y].column)", "manifold"),
    ("data/label_intervals.hpp", "cover.covered > best->covered", "cover.covered >= best->covered", "readers"),
    ("data/label_intervals.hpp", "best->covered >= minimum", "best->covered > minimum", "readers"),
    ("data/sliding_windows.hpp", "if (fill_window() <= allowed_)", "if (fill_window() < allowed_)", "data"),
    ("readers/resample.hpp", "timestamp >= 0 && timestamp < 60", "timestamp >= 0 && timestamp <= 60", "readers"),
    ("predict/cohort_folds.hpp", "if (round >= static_cast<Index>(folds[p].size()))", "if (round > static_cast<Index>(folds[p].size()))", "predict"),
    ("generator/signals.hpp", "wave <= 3 && options.drift > 0", "wave < 3 && options.drift > 0", "generator"),
]


def run(command, directory):
    return subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def copy_source(to):
    for name in ("include", "examples", "tests", "docs", "benchmarks", "cmake", "packaging"):
        shutil.copytree(ROOT / name, to / name)
    for name in ("meson.build", "meson_options.txt", "README.md", "LICENSE", "run", "CHANGELOG.md", "CMakeLists.txt"):
        shutil.copy2(ROOT / name, to / name)


def caught(source, header, right, wrong, room):
    """What sees the fault: "compiler", "test", or nothing."""
    path = source / "include/lifelog" / header
    text = path.read_text()
    path.write_text(text.replace(right, wrong, 1))
    try:
        if run(["ninja", "-C", "build", f"tests/test_{room}"], source):
            return "compiler"
        return "test" if run(["timeout", "600", f"build/tests/test_{room}"], source) else None
    finally:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=int, default=len(FAULTS))
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--need", type=int, default=54)
    options = parser.parse_args()
    bad = [f"{h}: '{right}' is not there" for h, right, _, _ in FAULTS if right not in (ROOT / "include/lifelog" / h).read_text()]
    if bad:
        sys.exit("\n".join(bad))
    wanted = [fault for fault in FAULTS if options.only in fault[0]][:options.first]
    if options.list:
        for header, right, wrong, room in wanted:
            print(f"{header}: {right} -> {wrong} ({room})")
        return 0
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source"
        source.mkdir()
        copy_source(source)
        if run(["meson", "setup", "build", "--buildtype=release", "-Dcpp_args=-march=native"], source):
            sys.exit("meson setup failed")
        for number, (header, right, wrong, room) in enumerate(wanted, 1):
            begin = time.monotonic()
            by = caught(source, header, right, wrong, room)
            print(f"{number} of {len(wanted)}: {header}: {right} -> {wrong}: {'SURVIVES' if by is None else 'caught by ' + by} "
                  f"({time.monotonic() - begin:.0f} s)", flush=True)
            if by is None:
                survivors.append(header)
    print(f"{len(wanted) - len(survivors)} of {len(wanted)} caught")
    return 1 if len(wanted) == len(FAULTS) and len(wanted) - len(survivors) < options.need else 0


if __name__ == "__main__":
    sys.exit(main())
