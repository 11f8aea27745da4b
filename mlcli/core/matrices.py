"""Matrices, dense or sparse: what the code that takes either asks of them.

Symbols: X a matrix of N rows, one a node, and F columns.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float64] | sparse.csr_array


def row_normalised(X: Matrix) -> Matrix:
    """X[n, f] / Σ_f |X[n, f]|; a row of zeros stays as it is."""
    sums = np.asarray(abs(X).sum(axis=1))
    scale = 1.0 / np.where(sums == 0, 1.0, sums)
    if isinstance(X, np.ndarray):
        return X * scale[:, None]
    return sparse.csr_array(X.multiply(scale[:, None]))


def rows_and_columns(X: Matrix) -> tuple[int, int]:
    """X.shape, which SciPy does not annotate."""
    return cast(tuple[int, int], X.shape)
