"""Vectors of users and items fitted to what users like: a step of Adam for each batch of triples (u, i, j).

    L = −1/B Σ log σ(s_ui − s_uj) + λ/2 · 1/B Σ (‖e_u⁰‖² + ‖e_i⁰‖² + ‖e_j⁰‖²)

Source: Rendle et al., BPR, UAI 2009. Triples are drawn as in the code of LightGCN's authors: u of all users alike, i of
what u likes, j of all that u is not known to like.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import RequestFailed
from mlcli.core.matrices import rows_and_columns
from mlcli.core.recommendation_methods import BPRSettings
from mlcli.core.recommendation_vectors import Vectors
from mlcli.models.lightgcn import LightGCN

Places = NDArray[np.int64]


class Triples:
    """Draws (u, i, j). Who likes nothing or everything is not drawn: nothing is to be told apart."""

    def __init__(self, R: sparse.csr_array, rng: np.random.Generator) -> None:
        self._d, self._first, self._liked = np.diff(R.indptr), R.indptr.astype(np.int64), R.indices.astype(np.int64)
        self._items, self._rng = rows_and_columns(R)[1], rng
        self._users = np.flatnonzero((self._d > 0) & (self._d < self._items))
        self._keys = np.repeat(np.arange(len(self._d)), self._d) * self._items + self._liked  # ascending

    def draw(self, n: int) -> Places:
        """(3, n): a row each of users, liked items, other items."""
        rng = self._rng
        u = rng.choice(self._users, n)
        i: Places = self._liked[self._first[u] + (rng.random(n) * self._d[u]).astype(np.int64)]
        j = rng.integers(self._items, size=n)
        again = np.flatnonzero(self._likes(u, j))
        while len(again):
            j[again] = rng.integers(self._items, size=len(again))
            again = again[self._likes(u[again], j[again])]
        return np.stack([u, i, j])

    def _likes(self, u: Places, j: Places) -> NDArray[np.bool_]:
        keys = u * self._items + j
        return self._keys[np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)] == keys


def new_model(R: sparse.csr_array, dimensions: int, layers: int, rng: np.random.Generator) -> LightGCN:
    """The vectors before training."""
    E = rng.normal(0, LightGCN.FIRST_SPREAD, (sum(rows_and_columns(R)), dimensions))
    return LightGCN(R, E, layers)


def fit(model: LightGCN, R: sparse.csr_array, settings: BPRSettings, rng: np.random.Generator) -> Iterator[float]:
    """The mean loss of each epoch as it ends; an epoch draws as many triples as R has edges.

    Raises:
        RequestFailed: the loss is not finite.
    """
    triples = Triples(R, rng)
    adam = torch.optim.Adam(model.parameters(), lr=settings.lr, fused=True)
    for epoch in range(1, settings.epochs + 1):
        losses = []
        for batch in torch.from_numpy(triples.draw(R.nnz)).split(settings.batch, dim=1):
            adam.zero_grad()
            loss = model.loss(batch, settings.decay)
            loss.backward()
            adam.step()
            losses.append(loss.detach())
        mean = float(torch.stack(losses).mean())
        if not np.isfinite(mean):
            raise RequestFailed(
                f"training diverged: the loss is not finite in epoch {epoch}", hint="try a smaller --lr"
            )
        yield mean


def first_vectors(model: LightGCN) -> Vectors:
    """e⁰ of all users and items, what is learned."""
    E: NDArray[Any] = model.E.detach().numpy().astype(np.float64)
    return Vectors(E[: model.users], E[model.users :])
