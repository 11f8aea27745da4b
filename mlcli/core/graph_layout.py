"""Places for the nodes of a graph, so that distances on paper are like distances along edges (stress majorisation).

    stress(X) = Σ_{i<j} w_ij (‖X_i − X_j‖ − d_ij)²        w_ij = 1 / d_ij²

Symbols: N nodes, X their places (N, 2), d_ij the fewest edges between two; unconnected parts stand apart.

Source: Gansner, Koren & North, Graph Drawing by Stress Majorization, GD 2004, equation 7.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDS = 60


def layout(edges: Int[NDArray[np.int64], "2 E"], N: int) -> Float[Array, "N 2"]:
    """Places within the unit square, the same each time: a circle, relaxed until its stress hardly falls."""
    from scipy.sparse import csgraph, csr_array  # a tenth of a second, for a drawing only

    around = 2 * np.pi * np.arange(N) / max(N, 1)
    X = np.stack([np.sin(around), np.cos(around)], axis=1)  # the first node on top
    if N < 3:
        return _in_unit_square(X)
    A = csr_array((np.ones(edges.shape[1]), (edges[0], edges[1])), shape=(N, N))
    d = csgraph.shortest_path(A, directed=False, unweighted=True)
    d = np.where(np.isfinite(d), d, d[np.isfinite(d)].max() + 1.0)
    X *= d.max() / 2
    w = np.divide(1.0, d**2, where=d > 0, out=np.zeros_like(d))
    solve = np.linalg.pinv(np.diag(w.sum(axis=1)) - w)
    for _ in range(ROUNDS):
        apart = np.linalg.norm(X[:, None] - X[None], axis=2)
        pull = np.divide(w * d, apart, where=apart > 1e-9, out=np.zeros_like(d))
        X = solve @ ((np.diag(pull.sum(axis=1)) - pull) @ X)
    return _in_unit_square(X)


def _in_unit_square(X: Array) -> Array:
    low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
    size = float((high - low).max()) if len(X) else 0.0
    return 0.5 + (X - (low + high) / 2) / (size or 1.0)
