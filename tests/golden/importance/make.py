# SPDX-License-Identifier: MIT
"""Makes shapley.safetensors beside this file: Shapley values by shap.

    worth   [64, 3]  what each coalition of six players is worth, coalition s being row s (bit i: player i), three outcomes
    values  [6, 3]   Shapley values of the players, by shap's exact explainer
"""
import pathlib

import numpy as np
import safetensors.numpy
import shap

HERE = pathlib.Path(__file__).parent
players, outcomes = 6, 3
worth = np.random.default_rng(4).normal(size=(2**players, outcomes)) + np.arange(2**players)[:, None] * 0.05


def play(there):
    return worth[(there.astype(int) << np.arange(players)).sum(axis=1)]


explainer = shap.explainers.Exact(play, shap.maskers.Independent(np.zeros((1, players))))
values = explainer(np.ones((1, players))).values[0]
assert np.allclose(values.sum(axis=0), worth[-1] - worth[0])
safetensors.numpy.save_file({"worth": worth, "values": np.ascontiguousarray(values)}, HERE / "shapley.safetensors")
(HERE / "versions.txt").write_text(f"numpy {np.__version__}\nshap {shap.__version__}\n")
