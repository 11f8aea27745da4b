"""Which unseen items come first, and how good that order is where something was held out.

    recall@k = hits / n        precision@k = hits / k        DCG = Σ_r hit_r / log₂(r + 1)        NDCG@k = DCG / IDCG

Symbols
    k      how many items are recommended     r      rank, from 1
    hit_r  1 if the item at rank r was held out, else 0;  hits = Σ hit_r
    n      how many items of the user were held out
    IDCG   the largest DCG there can be: min(k, n) hits at the first ranks

Source: Järvelin & Kekäläinen, 2002, with hits of 0 and 1; averaged over users as He et al., LightGCN, 2020. All unseen
items are ranked, none of them left out by a draw. Of equal scores the item that stands first in the input comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.recommendation import History, row_of

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Scores = Callable[[Places], Array]  # users (n,) → a score for each of them and each item (n, I)

USERS_AT_ONCE = 256  # whose scores for all items are held at a time


@dataclass(frozen=True, eq=False)
class Ranking:
    """The unseen items of one user that come first.

    Args:
        items: fewer than k if fewer are unseen.
        unseen: how many items were ranked.
    """

    user: int
    items: Int[Places, " n"]
    scores: Float[Array, " n"]
    unseen: int


@dataclass(frozen=True, eq=False)
class Gain:
    """NDCG@k of one user, worked out.

    Args:
        items: ranks 1 … k.
        n: how many items were held out.
        discounts: 1 / log₂(r + 1).
        gains, ideal_gains: the discounts where there is a hit, and at the first min(k, n) ranks.
    """

    user: int
    k: int
    items: Int[Places, " k"]
    hits: Int[Places, " k"]
    n: int
    discounts: Float[Array, " k"]
    gains: Float[Array, " k"]
    ideal_gains: Float[Array, " k"]
    DCG: float
    IDCG: float
    NDCG: float
    recall: float
    precision: float


@dataclass(frozen=True, eq=False)
class Quality:
    """Means over the users of whom something was held out.

    Args:
        users: who they are.
        coverage: the share of all items that is recommended to at least one of them.
    """

    k: int
    users: Int[Places, " n"]
    recalls: Float[Array, " n"]
    precisions: Float[Array, " n"]
    NDCGs: Float[Array, " n"]
    recall: float
    precision: float
    NDCG: float
    coverage: float


@dataclass(frozen=True)
class Chance:
    """The expected values of a random order."""

    recall: float
    precision: float
    NDCG: float


def rank(scores: Float[Array, " I"], seen: sparse.csr_array, user: int, k: int) -> Ranking:
    """The k unseen items of the highest score; of equal ones the first in the input."""
    open_to = np.ones(len(scores), dtype=bool)
    open_to[row_of(seen, user)] = False
    unseen = np.flatnonzero(open_to)
    first = unseen[np.argsort(-scores[unseen], kind="stable")[:k]]
    return Ranking(user, first, scores[first], len(unseen))


def rank_all(scores: Scores, history: History, users: Int[Places, " n"], k: int) -> Int[Places, "n K"]:
    """The first k unseen items of each user, −1 where there are no more."""
    tops = [np.empty((0, min(k, history.shape[1])), dtype=np.int64)]
    for low in range(0, len(users), USERS_AT_ONCE):
        some = users[low : low + USERS_AT_ONCE]
        tops.append(_first(scores(some), history.seen[some], k))
    return np.concatenate(tops)


def _first(scores: Float[Array, "n I"], seen: sparse.csr_array, k: int) -> Int[Places, "n K"]:
    """Row by row; only what reaches the k-th largest score is sorted."""
    k = min(k, scores.shape[1])
    row = np.repeat(np.arange(len(scores)), np.diff(seen.indptr))
    scores = scores.copy()
    scores[row, seen.indices] = -np.inf
    bound = np.partition(scores, -k, axis=1)[:, -k, None]
    row, item = np.nonzero(scores >= bound)  # items ascend in each row
    order = np.lexsort((item, -scores[row, item], row))
    row, item = row[order], item[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(scores)))[row]
    item[np.isneginf(scores[row, item])] = -1
    top = np.full((len(scores), k), -1, dtype=np.int64)
    top[row[place < k], place[place < k]] = item[place < k]
    return top


def gain(ranking: Ranking, history: History, k: int) -> Gain:
    """NDCG@k = (Σ_r hit_r / log₂(r + 1)) / IDCG, of one user with its ranking."""
    held = row_of(history.held_out, ranking.user)
    items = ranking.items[:k]
    hits = np.isin(items, held).astype(np.int64)  # (k,)
    r = np.arange(1, len(items) + 1)
    discounts = 1 / np.log2(r + 1)  # (k,)
    gains = hits * discounts  # (k,)
    n = len(held)
    ideal_gains = (r <= n) * discounts  # (k,)
    DCG, IDCG = float(gains.sum()), float(ideal_gains.sum())
    return Gain(
        ranking.user, k, items, hits, n, discounts, gains, ideal_gains, DCG, IDCG, DCG / IDCG,
        float(hits.sum() / n), float(hits.sum() / k),
    )  # fmt: skip


def quality(scores: Scores, history: History, k: int) -> Quality:
    """The means of recall@k, precision@k and NDCG@k over all users of whom something was held out; coverage."""
    n = np.diff(history.held_out.indptr)
    users = np.flatnonzero(n).astype(np.int64)
    n = n[users]
    top = rank_all(scores, history, users, k)  # (n, K)
    hits = _are_held_out(history, users, top)
    discounts = 1 / np.log2(np.arange(top.shape[1]) + 2)
    IDCG = discounts.cumsum()[np.minimum(n, top.shape[1]) - 1]
    recalls = hits.sum(axis=1) / n
    precisions = hits.sum(axis=1) / k
    NDCGs = (hits * discounts).sum(axis=1) / IDCG
    return Quality(
        k, users, recalls, precisions, NDCGs, float(recalls.mean()), float(precisions.mean()), float(NDCGs.mean()),
        len(np.unique(top[top >= 0])) / history.shape[1],
    )  # fmt: skip


def _are_held_out(
    history: History, users: Int[Places, " n"], top: Int[Places, "n K"]
) -> Bool[NDArray[np.bool_], "n K"]:
    """Whether each recommended item was held out from its user."""
    user = np.repeat(np.arange(history.shape[0]), np.diff(history.held_out.indptr))
    held = user * history.shape[1] + history.held_out.indices
    return np.isin(users[:, None] * history.shape[1] + top, held) & (top >= 0)


def by_chance(history: History, k: int) -> Chance:
    """What a ranking in random order is expected to reach: each unseen item is as likely at each rank."""
    n = np.diff(history.held_out.indptr)
    users = np.flatnonzero(n)
    n = n[users]
    unseen = history.shape[1] - np.diff(history.seen.indptr)[users]
    shown = np.minimum(k, unseen)
    discounts = (1 / np.log2(np.arange(history.shape[1]) + 2)).cumsum()
    recall = float((shown / unseen).mean())
    precision = float((shown * n / unseen).mean() / k)
    return Chance(
        recall, precision, float((n / unseen * discounts[shown - 1] / discounts[np.minimum(n, shown) - 1]).mean())
    )
