# SPDX-License-Identifier: MIT
"""digits.npy: the first 1,000 of scikit-learn's `load_digits` (handwritten digits of 8 × 8 pixels, 0…16; UCI, Alpaydin and Kaynak 1998),
uint8 [1000, 65]: the pixels, and the digit.

    python tests/golden/mil/make_digits.py     # scikit-learn 1.9.1, NumPy 2
"""
import pathlib

import numpy as np
from sklearn.datasets import load_digits

data = load_digits()
rows = np.column_stack([data.data, data.target])[:1000].astype(np.uint8)
np.save(pathlib.Path(__file__).parent / "digits.npy", rows)
