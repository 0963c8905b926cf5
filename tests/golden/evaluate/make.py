#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the vectors beside it. Versions used: as written to versions.txt."""
import importlib.metadata
import pathlib
import types

import numpy as np
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores.sets import aps
from mapie.metrics.calibration import expected_calibration_error
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import brier_score_loss, log_loss

HERE = pathlib.Path(__file__).parent
ALPHAS = np.logspace(-3, 3, 10)


def save(name, values):
    np.savetxt(HERE / f"{name}.txt", np.atleast_2d(values), fmt="%.17g")


def ridge(name, x, y):
    model = RidgeClassifierCV(alphas=ALPHAS, store_cv_results=True).fit(x, y)
    errors = np.asarray(model.cv_results_).reshape(-1, len(ALPHAS)).mean(0)
    save(f"{name}_ridge", np.column_stack([np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)]))
    save(f"{name}_ridge_alpha", [model.alpha_, *errors])


def logistic(name, x, y, c):
    model = LogisticRegression(C=c, tol=1e-12, max_iter=100000).fit(x, y)
    save(f"{name}_logistic", np.column_stack([np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)]))
    save(f"{name}_logistic_log_p", model.predict_log_proba(x))


def case(name, n, features, classes, seed, c):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, features)) * rng.uniform(0.5, 3, features) + rng.normal(size=features)
    y = np.argmax(x[:, :classes] + rng.normal(size=(n, classes)), 1)
    y[:classes] = np.arange(classes)
    x = x.round(6)
    save(f"{name}_x", x)
    save(f"{name}_y", y)
    ridge(name, x, y)
    logistic(name, x, y, c)


case("tall", 60, 5, 3, 1, 1.0)
case("wide", 20, 35, 4, 2, 0.1)
case("two", 40, 6, 2, 3, 2.0)


def calibration():
    rng = np.random.default_rng(4)
    n, classes = 150, 4
    y = rng.integers(classes, size=n)
    logits = 3 * (np.eye(classes)[y] * rng.uniform(0, 1.5, (n, 1)) + rng.normal(size=(n, classes)))
    log_p = (logits - logsumexp(logits, axis=1, keepdims=True)).round(9)
    save("calibration_log_p", log_p)
    save("calibration_y", y)
    p = np.exp(log_p) / np.exp(log_p).sum(1, keepdims=True)
    found = minimize_scalar(lambda t: log_loss(y, softmax(log_p / t, axis=1)), bounds=(0.05, 20), method="bounded",
                            options={"xatol": 1e-10})
    before, after = ([log_loss(y, q), brier_score_loss(y, q, scale_by_half=False),
                      expected_calibration_error((q.argmax(1) == y).astype(int), q.max(1), num_bins=16)]  # MAPIE counts edges: 15 bins
                     for q in (p, softmax(log_p / found.x, axis=1)))
    save("calibration_scores", [found.x, *before, *after])
    conformal(p, y)


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities that are its input."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.fitted_ = True
        return self

    def predict_proba(self, x):
        return x / x.sum(1, keepdims=True)

    def predict(self, x):
        return x.argmax(1)


def conformal(p, y):
    half = len(y) // 2
    for score in ("lac", "aps"):
        # MAPIE takes random shares off the scores that it calibrates by; none here.
        aps.check_random_state = lambda _: types.SimpleNamespace(uniform=lambda size: np.zeros(size))
        mapie = SplitConformalClassifier(Given().fit(p, y), confidence_level=[0.8, 0.9], conformity_score=score,
                                         prefit=True).conformalize(p[:half], y[:half])
        _, sets = mapie.predict_set(p[half:], **({} if score == "lac" else
                                    {"conformity_score_params": {"include_last_label": False}}))
        save(f"conformal_{score}", np.hstack([sets[:, :, 0], sets[:, :, 1]]).astype(int))


calibration()
versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-learn", "mapie"))
(HERE / "versions.txt").write_text(f"# {versions}\n")
