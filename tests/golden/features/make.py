#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the vectors beside it. Versions used: as written to versions.txt."""
import pathlib

import numpy as np
import scipy
from scipy import signal, stats

HERE = pathlib.Path(__file__).parent
RATE = 8.0
BANDS = [(0, 0.5), (0.5, 1), (1, 2), (2, 4), (0.3, 3.1)]


def save(name, values):
    np.savetxt(HERE / f"{name}.txt", np.atleast_2d(values), fmt="%.17g")


def statistics(x):
    t = np.flatnonzero(np.isfinite(x))
    v = x[t]
    both = np.isfinite(x[1:]) & np.isfinite(x[:-1])
    steps = np.abs(np.diff(x))[both]
    side = x > v.mean()
    quantiles = np.quantile(v, [0.05, 0.25, 0.5, 0.75, 0.95])
    return [v.mean(), len(v) / len(x), v.std(), v.min(), *quantiles, v.max(), stats.skew(v), stats.kurtosis(v),
            np.polyfit(t / RATE, v, 1)[0], steps.mean(), np.mean((side[1:] != side[:-1])[both])]


def bands(x):
    there = np.isfinite(x)
    x = np.interp(np.arange(len(x)), np.flatnonzero(there), x[there])
    # The least of 8, 9, 10, 12, 15 times powers of two.
    size = min(b * 2**k for b in (8, 9, 10, 12, 15) for k in range(1, 20) if b * 2**k >= len(x))
    window = signal.get_window("hann", len(x))
    spectrum = np.abs(np.fft.rfft((x - x.mean()) * window, size)) ** 2 / (window**2).sum() / size
    spectrum[1:-1] *= 2
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    inside = [spectrum[(frequency >= low) & ((frequency < high) | (high == RATE / 2))].sum() for low, high in BANDS]
    return [*np.log10(inside), *(np.array(inside) / spectrum.sum())]


def periodogram_agrees(x):
    """The scaling is that of scipy, where nothing is padded."""
    _, density = signal.periodogram(x, RATE, "hann")
    window = signal.get_window("hann", len(x))
    spectrum = np.abs(np.fft.rfft((x - x.mean()) * window)) ** 2 / (window**2).sum() / len(x)
    spectrum[1:-1] *= 2
    assert np.allclose(spectrum[1:], density[1:] * RATE / len(x))


rng = np.random.default_rng(17)
n, channels, length = 7, 2, 57
x = rng.normal(size=(n, channels, length)).cumsum(-1) + 50 * np.arange(1, channels + 1)[:, None]
x[2] += 3 * np.sin(np.arange(length) * 2 * np.pi * 1.3 / RATE)
x[3, 0] = np.round(x[3, 0])
x = x.astype(np.float32)
x[4, 1, :5] = np.nan
x[4, 1, 20:23] = np.inf
x[5, 0, 50:] = np.nan
x[6, :, ::3] = np.nan
periodogram_agrees(rng.normal(size=64))
save("windows", x.reshape(n * channels, length))
save("statistics", [statistics(np.where(np.isfinite(row), row, np.nan).astype(float)) for row in x.reshape(-1, length)])
save("bands", [bands(row.astype(float)) for row in x.reshape(-1, length)])
(HERE / "versions.txt").write_text(f"# numpy {np.__version__}, scipy {scipy.__version__}\n")
