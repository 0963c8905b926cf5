#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the vectors beside it. Versions used: numpy, scipy and scikit-learn as written to versions.txt."""
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.optimize import brentq
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.neighbors import NearestNeighbors
from scipy.spatial.distance import squareform

HERE = pathlib.Path(__file__).parent


def save(name, values):
    np.savetxt(HERE / f"{name}.txt", np.atleast_1d(values), fmt="%.17g")


def row(d, perplexity):
    def gaussian(log_beta):
        p = np.exp(-np.exp(log_beta) * (d - d.min()))
        return p / p.sum()

    def excess(log_beta):
        p = gaussian(log_beta)
        return -(p[p > 0] * np.log(p[p > 0])).sum() - np.log(perplexity)

    return gaussian(brentq(excess, -30, 30, xtol=1e-14, rtol=1e-15))


def joint(points, perplexity, k):
    n = len(points)
    squared = cdist(points, points, "sqeuclidean")
    np.fill_diagonal(squared, np.inf)
    conditional = np.zeros((n, n))
    for i in range(n):
        near = np.argsort(squared[i], kind="stable")[:k]
        conditional[i, near] = row(squared[i, near], perplexity)
    return (conditional + conditional.T) / (2 * n)


def kl_and_gradient(p, y):
    q = 1 / (1 + cdist(y, y, "sqeuclidean"))
    np.fill_diagonal(q, 0)
    pq = p - q / q.sum()
    gradient = 4 * ((pq * q)[:, :, None] * (y[:, None] - y[None])).sum(1)
    some = p > 0
    return (p[some] * np.log(p[some] / (q / q.sum())[some])).sum(), gradient


rng = np.random.default_rng(3)
points = rng.normal(size=(50, 4)) * [1, 2, 0.5, 1] + 3 * rng.integers(2, size=(50, 1))
save("points", points)
p = joint(points, 6, 18)
save("joint", p)
every = joint(points, 6, 49)
circulating = squareform(_joint_probabilities(cdist(points, points, "sqeuclidean"), 6, 0))
assert np.abs(every - circulating).max() < 1e-4 * every.max()  # theirs is solved to 1e-5 in float
save("joint_all", every)

y = rng.normal(size=(50, 2)) * 3
kl, gradient = kl_and_gradient(p, y)
save("map", y)
save("kl", kl)
save("gradient", gradient)

wide = rng.normal(size=(40, 30)) * np.r_[5, 3, np.full(28, 0.5)] + 100
pca = PCA(2, svd_solver="full").fit(wide)
flip = np.sign(pca.components_[range(2), np.abs(pca.components_).argmax(1)])
save("pca_points", wide)
save("pca_scores", pca.transform(wide) * flip)


def preservation(x, y, k):
    near = [NearestNeighbors(n_neighbors=k).fit(z).kneighbors(return_distance=False) for z in (x, y)]
    return np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(*near)])


# Of a map that is neither good nor hopeless.
y = points[:, :2] + rng.normal(size=(50, 2))
save("rough_map", y)
save("quality", [kl_and_gradient(p, y)[0], preservation(points, y, 5), trustworthiness(points, y, n_neighbors=5)])


def ten_steps(p, y, exaggeration, rate, momentum):
    y = y - y.mean(0)
    step, gain = np.zeros_like(y), np.ones_like(y)
    for t in range(10):
        slope = kl_and_gradient(exaggeration ** (1 - t / 10) * p, y)[1]
        gain = np.maximum(0.01, np.where(step * slope < 0, gain + 0.2, gain * 0.8))
        step = momentum * step - rate * gain * slope
        y = y + step
        y -= y.mean(0)
    return y


start = rng.normal(size=(50, 2)) * 1e-4
save("start", start)
save("ten_steps", ten_steps(p, start, 12, 50, 0.5))
save("ten_steps_rough", ten_steps(p, points[:, :2] * 2, 1, 50, 0.8))

(HERE / "versions.txt").write_text(
    f"# numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}\n"
)
