#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the vectors beside it. Versions used: numpy and scikit-learn as written to versions.txt."""
import pathlib

import numpy as np
import sklearn
from sklearn import metrics

HERE = pathlib.Path(__file__).parent


def save(name, values):
    np.savetxt(HERE / f"{name}.txt", np.atleast_1d(values), fmt="%.17g")


def study_f1(truth, predicted, classes):
    """As described in the study: one pair of lists for all classes, never cleared."""
    true_list, predicted_list, precision, recall = [], [], 0, 0
    for c in range(classes):
        for t, p in zip(truth, predicted):
            true_list.append(int(t == c))
            predicted_list.append(int(p == c))
        precision += metrics.precision_score(true_list, predicted_list, zero_division=0)
        recall += metrics.recall_score(true_list, predicted_list, zero_division=0)
    precision, recall = precision / classes, recall / classes
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def summary(truth, predicted, classes):
    macro = {"average": "macro", "zero_division": 0}
    return [
        metrics.accuracy_score(truth, predicted),
        metrics.precision_score(truth, predicted, **macro),
        metrics.recall_score(truth, predicted, **macro),
        metrics.f1_score(truth, predicted, **macro),
        study_f1(truth, predicted, classes),
    ]


rng = np.random.default_rng(2)
truth = rng.choice(5, p=[0.4, 0.3, 0.15, 0.1, 0.05], size=200)
predicted = np.where(rng.random(200) < 0.6, truth, rng.integers(4, size=200))  # 4 only where right
predicted[predicted == 4] = 2  # … and then never
rare = np.where(truth == 3, 0, truth), np.where(predicted == 3, 1, predicted)  # 3 occurs nowhere
save("truth_predicted", np.array([truth, predicted]).T)
save("summary", summary(truth, predicted, 5))
each = metrics.precision_recall_fscore_support(truth, predicted, labels=range(5), zero_division=0)
save("per_class", np.array(each[:3]).T)
save("rare_truth_predicted", np.array(rare).T)
save("rare_summary", summary(*rare, 5))

binary = rng.integers(2, size=150)
scores = np.round(binary + rng.normal(scale=1.2, size=150), 1)  # with ties
save("roc", np.array([binary, scores]).T)
save("roc_auc", metrics.roc_auc_score(binary, scores))

a = rng.integers(6, size=200)
b = np.where(rng.random(200) < 0.5, a % 4, rng.integers(4, size=200))
save("partitions", np.array([a, b]).T)
save("adjusted_rand", metrics.adjusted_rand_score(a, b))

ratings = rng.integers(7, size=180)  # self-reports, of which nobody chose the highest
reported = np.clip(ratings + rng.integers(-2, 3, size=180), 0, 6)
ratings[ratings == 6] = 5
save("ratings", np.array([ratings, reported]).T)
save("ordinal", [metrics.cohen_kappa_score(ratings, reported, weights="quadratic", labels=range(7)),
                 metrics.mean_absolute_error(ratings, reported)])
numbers = rng.normal(20, 5, size=90)
near = numbers + rng.normal(0.5, 2, size=90)
save("numbers", np.array([numbers, near]).T)
save("regression", [metrics.mean_absolute_error(numbers, near), metrics.r2_score(numbers, near)])

(HERE / "versions.txt").write_text(f"# numpy {np.__version__}, scikit-learn {sklearn.__version__}\n")
