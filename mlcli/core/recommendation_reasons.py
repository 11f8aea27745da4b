"""Why these items: for each which of the user's own speak for it, and which other users; for one of them every number.

Symbols: u the user, i a recommended item, j in N(u), w in N(i); e vectors. See `recommendation_neighbours` and
`recommendation_vectors` for the numbers themselves.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.recommendation import History
from mlcli.core.recommendation_methods import Method
from mlcli.core.recommendation_neighbours import NeighbourScore, neighbour_score, users_in_common
from mlcli.core.recommendation_paths import Paths, paths
from mlcli.core.recommendation_ranking import Ranking
from mlcli.core.recommendation_update import Update, update
from mlcli.core.recommendation_vectors import (
    Dot,
    Messages,
    Mixed,
    Speakers,
    Vectors,
    dot,
    items_alike,
    messages,
    mixed,
    speakers,
    users_alike,
)

Array = NDArray[np.float64]
Places = NDArray[np.int64]

MOST_PATHS, MOST_SPEAKERS = 6, 4


@dataclass(frozen=True, eq=False)
class Reason:
    """What speaks for one item: those of the user's items that are most like it, the most alike of those who like it.

    Args:
        cosines, user_cosines: of what is liked, or of the vectors where there are any.
        liked_by: d_i.
        held_out: the user likes it, and it was held out.
    """

    item: int
    score: float
    items: Int[Places, " n"]
    cosines: Float[Array, " n"]
    users: Int[Places, " m"]
    user_cosines: Float[Array, " m"]
    liked_by: int
    held_out: bool


@dataclass(frozen=True, eq=False)
class Fitted:
    """The vectors of a method that has some: scores are dot products of `vectors`, cosines are those of `alike`.

    Args:
        first: e⁰, where vectors are mixed over layers; `layers` says how often.
        losses: of each epoch, where there were epochs.
        engine: what fitted them to walks, in words.
    """

    vectors: Vectors
    alike: Vectors
    first: Vectors | None = None
    layers: int = 0
    decay: float = 0.0
    losses: tuple[float, ...] = ()
    engine: str = ""


@dataclass(frozen=True, eq=False)
class Trace:
    """How the score of one item comes about; what the method does not have is None.

    Args:
        likers: N(i).
    """

    item: int
    likers: Int[Places, " n"]
    paths: Paths
    sum: NeighbourScore | None = None
    messages: Messages | None = None
    mixed: Mixed | None = None
    dot: Dot | None = None
    speakers: Speakers | None = None
    update: Update | None = None
    losses: tuple[float, ...] = ()
    engine: str = ""


def reasons(history: History, ranking: Ranking, fitted: Fitted | None, most: int = 2) -> tuple[Reason, ...]:
    """For each ranked item the `most` items and users that speak for it."""
    told = []
    for item, score in zip(ranking.items.tolist(), ranking.scores.tolist(), strict=True):
        if fitted is None:
            own = neighbour_score(history, ranking.user, item)
            others = users_in_common(history, ranking.user, item, most)
            items, cosines, users, user_cosines = own.items, own.cosines, others.users, others.cosines
        else:
            own = items_alike(history, fitted.alike, ranking.user, item, most)
            others = users_alike(history, fitted.alike, ranking.user, item, most)
            items, cosines, users, user_cosines = own.others, own.cosines, others.others, others.cosines
        held_out = bool(history.held_out[ranking.user, item])
        told.append(
            Reason(item, score, items[:most], cosines[:most], users, user_cosines, int(history.d_i[item]), held_out)
        )
    return tuple(told)


def trace(history: History, ranking: Ranking, method: Method, fitted: Fitted | None, seed: int) -> Trace:
    """Every number behind the score of the item that comes first.

    Args:
        seed: draws the item of the update that the user is not known to like.
    """
    user, item = ranking.user, int(ranking.items[0])
    likers, ways = history.users_of(item), paths(history, user, item, MOST_PATHS)
    if fitted is None:
        return Trace(item, likers, ways, neighbour_score(history, user, item) if method == Method.NEIGHBOURS else None)
    score = dot(fitted.vectors, user, item)
    if fitted.first is None:
        return Trace(item, likers, ways, dot=score, engine=fitted.engine)
    first, layers = fitted.first, fitted.layers
    if not layers:
        return Trace(item, likers, ways, dot=score, update=_update(history, fitted, user, seed), losses=fitted.losses)
    return Trace(
        item,
        likers,
        ways,
        messages=messages(history, first, user),
        mixed=mixed(history.R, first, layers, user),
        dot=score,
        speakers=speakers(history, first, layers, user, item, MOST_SPEAKERS),
        losses=fitted.losses,
    )


def _update(history: History, fitted: Fitted, user: int, seed: int) -> Update:
    liked = history.items_of(user)
    others = np.setdiff1d(np.arange(history.shape[1]), liked)
    rng = np.random.default_rng([seed, 2])
    return update(fitted.vectors, user, int(rng.choice(liked)), int(rng.choice(others)), fitted.decay)
