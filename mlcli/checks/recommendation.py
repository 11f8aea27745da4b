"""Scores and measures once more: dense matrices in torch, scikit-learn's cosines and NDCG, sets counted in Python."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from mlcli.core.errors import InputError
from mlcli.core.recommendation import History, row_of
from mlcli.core.recommendation_methods import Method
from mlcli.core.recommendation_ranking import Quality, Scores, rank
from mlcli.core.recommendation_reasons import Fitted
from mlcli.lesson import Check

MOST_CELLS = 50_000_000  # of a dense matrix, a row a user, a column an item: 400 MB
TOLERANCE = 1e-12  # of the largest score


def against_dense(scores: NDArray[np.float64], history: History, method: Method, fitted: Fitted | None, user: int
                  ) -> Check:  # fmt: skip
    """max |s(u, i) − the dense recomputation| over all items, for one user.

    Raises:
        InputError: there are more than `MOST_CELLS` users times items.
    """
    R = _dense(history)
    if fitted is None and method == Method.NEIGHBOURS and history.d_u[user]:
        name = "scikit-learn's cosine_similarity, dense"
        C = cosine_similarity(R.T)
        np.fill_diagonal(C, 0.0)
        again = R[user] @ C
    elif fitted is None or not history.d_u[user]:
        name, again = "column sums of the dense matrix", R.sum(axis=0)
    else:
        name, again = "torch, dense matrices", _by_torch(R, fitted, user)
    size = max(1.0, float(np.abs(again).max()))
    return Check(f"{name}: the scores of all {len(scores):,} items", float(np.abs(scores - again).max()),
                 TOLERANCE * size)  # fmt: skip


def _by_torch(R: NDArray[np.float64], fitted: Fitted, user: int) -> NDArray[np.float64]:
    if fitted.first is None:
        users, items = (torch.from_numpy(side) for side in (fitted.vectors.users, fitted.vectors.items))
        return (items @ users[user]).numpy()
    A = torch.from_numpy(R)
    d_u, d_i = (A.sum(dim=side).clamp(min=1).sqrt() for side in (1, 0))
    A = A / d_u[:, None] / d_i
    users, items = (torch.from_numpy(side) for side in (fitted.first.users, fitted.first.items))
    sums = [users, items]
    for _ in range(fitted.layers):
        users, items = A @ items, A.T @ users
        sums = [sums[0] + users, sums[1] + items]
    e_u, e_i = (side / (fitted.layers + 1) for side in sums)
    return (e_i @ e_u[user]).numpy()


def against_sklearn(method: Method, scores: Scores, history: History, quality: Quality) -> Check:
    """The largest difference among the means: NDCG by scikit-learn, recall and precision by sets."""
    k, items = quality.k, history.shape[1]
    recalls, precisions, gains = [], [], []
    for user, score in zip(quality.users.tolist(), _rows(scores, quality.users), strict=True):
        held = set(row_of(history.held_out, user).tolist())
        order = rank(score, history.seen, user, items).items
        hits = len(held & set(order[:k].tolist()))
        recalls.append(hits / len(held))
        precisions.append(hits / k)
        relevant = np.isin(order, list(held)).astype(float)
        gains.append(
            ndcg_score(relevant[None], -np.arange(len(order), dtype=float)[None], k=k) if len(order) > 1 else 1
        )
    again = [float(np.mean(values)) for values in (recalls, precisions, gains)]
    ours = [quality.recall, quality.precision, quality.NDCG]
    difference = max(abs(a - b) for a, b in zip(again, ours, strict=True))
    return Check(f"scikit-learn's ndcg_score, and sets: {method}", difference, TOLERANCE)


def _rows(scores: Scores, users: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    for user in users:
        yield scores(np.array([user]))[0]


def _dense(history: History) -> NDArray[np.float64]:
    users, items = history.shape
    if users * items > MOST_CELLS:
        raise InputError(
            f"a dense matrix of {users:,} users and {items:,} items has {users * items:,} numbers", "--check",
            f"it recomputes with dense matrices, up to {MOST_CELLS:,}",
        )  # fmt: skip
    return history.R.toarray()
