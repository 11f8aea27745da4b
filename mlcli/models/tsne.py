"""The vectors on a plane by t-SNE (van der Maaten & Hinton 2008), as scikit-learn computes it."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError

PERPLEXITY, MOST = 30.0, 20_000  # neighbours that count as near; nodes, as time grows faster than they do


def perplexity(N: int) -> float:
    """PERPLEXITY, or a third of the other nodes where there are few."""
    return min(PERPLEXITY, (N - 1) / 3)


def refuse_many(N: int) -> None:
    """Called before the work starts.

    Raises:
        InputError: more nodes than t-SNE draws in a reasonable time, or fewer than have a shape.
    """
    if not 5 <= N <= MOST:
        raise InputError(f"t-SNE draws from 5 up to {MOST:,} nodes, not {N:,}", "--map", "--map pca draws any number")


def tsne(X: NDArray[np.floating], seed: int) -> NDArray[np.float64]:
    """(N, 2): what is alike is near; distances between groups, and the axes, mean nothing."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    refuse_many(len(X))
    drawn = TSNE(perplexity=perplexity(len(X)), init="pca", random_state=seed, n_jobs=1)
    with threadpool_limits(1):  # threads would sum in varying orders
        return drawn.fit_transform(X.astype(np.float64)).astype(np.float64)
