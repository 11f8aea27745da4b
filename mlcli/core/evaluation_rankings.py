"""How well items are recommended, user by user: those who like much beside those who like little, and who gets nothing.

    recall@k = hits / n        NDCG@k = DCG / IDCG        precision@k = hits / k, all as in `recommendation_ranking`

Symbols: d_u how many items a user is known to like; n how many were held out; k places; r the rank, from 1.
Source: as `recommendation_ranking`; all unseen items are ranked, none left out by a draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.recommendation import History, row_of
from mlcli.core.recommendation_ranking import Chance, Quality, Scores, by_chance, quality

GROUPS = 4  # of users by d_u, at most


@dataclass(frozen=True)
class UserGroup:
    """Users who like about as much: fewest and most known likes, how many they are, their mean measures."""

    fewest: int
    most: int
    users: int
    recall: float
    NDCG: float


@dataclass(frozen=True)
class UserCase:
    """A user of whom nothing that was held out came first: the held-out item that came nearest, and its rank."""

    user: str
    liked: int
    held_out: int
    item: str
    rank: int
    unseen: int


@dataclass(frozen=True, eq=False)
class RankingExamined:
    """Measures over all users of whom something was held out.

    Args:
        groups: by d_u, the least first.
        missed: how many users have no hit.
        hardest: of these the ones whose nearest held-out item stands lowest, the lowest first.
    """

    quality: Quality
    chance: Chance
    groups: tuple[UserGroup, ...]
    missed: int
    hardest: tuple[UserCase, ...]


def examine_ranking(
    scores: Scores, history: History, users: tuple[str, ...], items: tuple[str, ...], k: int, most: int
) -> RankingExamined:
    """Of what was held out in `history`."""
    found = quality(scores, history, k)
    d_u = history.d_u[found.users]
    most_of = np.unique([part[-1] for part in np.array_split(np.sort(d_u), min(GROUPS, len(d_u)))])  # of each group
    group = np.searchsorted(most_of, d_u)  # who like equally much stay together
    groups = tuple(
        UserGroup(int(d_u[own].min()), int(d_u[own].max()), len(own), float(found.recalls[own].mean()),
                  float(found.NDCGs[own].mean()))
        for own in (np.flatnonzero(group == g) for g in range(len(most_of)))
    )  # fmt: skip
    missed = found.users[found.recalls == 0]
    cases = [_nearest(scores(missed[i : i + 1])[0], history, int(missed[i]), users, items) for i in range(len(missed))]
    cases.sort(key=lambda case: -case.rank)
    return RankingExamined(found, by_chance(history, k), groups, len(missed), tuple(cases[:most]))


def _nearest(
    scores: NDArray[np.float64], history: History, user: int, users: tuple[str, ...], items: tuple[str, ...]
) -> UserCase:
    held, seen = row_of(history.held_out, user), row_of(history.seen, user)
    unseen = np.setdiff1d(np.arange(len(scores)), seen)
    order = unseen[np.argsort(-scores[unseen], kind="stable")]
    ranks = np.flatnonzero(np.isin(order, held))
    return UserCase(
        users[user], int(history.d_u[user]), len(held), items[order[ranks[0]]], int(ranks[0]) + 1, len(unseen)
    )
