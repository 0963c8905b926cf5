#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the vectors beside it. Versions used: numpy, scipy and scikit-learn as written to versions.txt."""
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

HERE = pathlib.Path(__file__).parent


def save(name, values):
    np.savetxt(HERE / f"{name}.txt", np.atleast_1d(values), fmt="%.17g")


def kmeans(name, points, start, tol):
    fit = KMeans(len(start), init=start, n_init=1, tol=tol, algorithm="lloyd").fit(points)
    save(f"{name}_start", start)
    save(f"{name}_labels", fit.labels_)
    save(f"{name}_centres", fit.cluster_centers_)
    save(f"{name}_inertia_iterations", [fit.inertia_, fit.n_iter_])


def first_appearance(labels):
    names = {}
    return [names.setdefault(label, len(names)) for label in labels]


rng = np.random.default_rng(1)
middles = rng.normal(scale=2, size=(6, 5))
points = middles[rng.integers(6, size=150)] + rng.normal(size=(150, 5))
save("points", points)
kmeans("kmeans", points, points[:6], 1e-4)
kmeans("kmeans_strict", points, points[10:18], 0)
# The last two centres get no row at first.
kmeans("kmeans_empty", points, np.vstack([points[:4], [[50] * 5], [[60] * 5]]), 1e-4)

tree = linkage(points, "ward")
save("ward_linkage", tree)
save("ward_cut", np.array([first_appearance(fcluster(tree, k, "maxclust")) for k in (2, 5, 9)]).T)
save("ward_cut_height", first_appearance(fcluster(tree, 6.0, "distance")))

# A grid with every point of its left half twice: distances tie everywhere, and some are 0.
grid = np.array([[x, y] for x in range(6) for y in range(5)], float)
tied = np.vstack([grid, grid[:15]])
save("tied_points", tied)
save("tied_linkage", linkage(tied, "ward"))
for method in ("single", "complete", "average"):
    save(f"{method}_linkage", linkage(points, method))
    save(f"tied_{method}_linkage", linkage(tied, method))
# Ties without end: 200 rows on 64 places.
crowd = np.random.default_rng(2).integers(4, size=(200, 3)).astype(float)
save("crowd_points", crowd)
for method in ("single", "complete", "average", "ward"):
    save(f"crowd_{method}_linkage", linkage(crowd, method))

# Sets of rows in tenths, where distances are equal but for rounding; column 0 is the set. (benchmarks/peers/trees.py
# compares many more.)
tenths = [np.array([[3, 0, 0], [0, 0, 1], [2, 0, 2]]) * 0.1]
random = np.random.default_rng(3)
tenths += [random.integers(2 + i % 5, size=(5 + i % 8, 3)) / 10 for i in range(24)]
save("tenths_points", np.vstack([np.insert(rows, 0, i, axis=1) for i, rows in enumerate(tenths)]))
for method in ("single", "complete", "average"):
    save(f"tenths_{method}_linkage",
         np.vstack([np.insert(linkage(rows, method)[:, :3], 0, i, axis=1) for i, rows in enumerate(tenths)]))

labels = rng.integers(4, size=150)
labels[labels == 0] = 1
labels[17] = 7  # alone
save("silhouette_labels", labels)
save("silhouette_samples", silhouette_samples(points, labels))

(HERE / "versions.txt").write_text(
    f"# numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}\n"
)
