"""Why an item comes up, in the graph: the ways from a user to it over an item both have and another user.

    u – j – w – i      j in N(u), w in N(j) and N(i)      weight = 1/√(d_u d_j) · 1/√(d_j d_w) · 1/√(d_w d_i)

Symbols: as in `recommendation`. The weights of all ways from u to i sum to (Â³)[u, i], Â the normalised adjacency.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.recommendation import History

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Paths:
    """Ways of three edges, the heaviest first.

    Args:
        items, users: j and w of each.
        degrees: d_u, d_j, d_w, d_i of the first; empty where there is none.
        count: how many ways there are; items, users and weights hold the first of them, `others` are left.
        total: the weight of all, `others_total` of those left.
        through: how many users w are on them.
    """

    user: int
    item: int
    items: Int[Places, " n"]
    users: Int[Places, " n"]
    weights: Float[Array, " n"]
    degrees: tuple[int, ...]
    count: int
    total: float
    others: int
    others_total: float
    through: int


def paths(history: History, user: int, item: int, most: int) -> Paths:
    """The `most` heaviest ways u – j – w – i; of equal ones those over the first j, then the first w."""
    d_u, d_i = history.d_u, history.d_i
    who = history.users_of(item)
    who = who[who != user]
    j = history.items_of(user)
    j = j[j != item]
    over = history.R[who][:, j].tocoo()  # an entry for each w who has both
    w, j = who[over.row], j[over.col]
    weights = 1 / (np.sqrt(d_u[user]) * d_i[j] * d_u[w] * np.sqrt(d_i[item]))
    order = np.lexsort((w, j, -weights))
    degrees = (d_u[user], d_i[j[order[0]]], d_u[w[order[0]]], d_i[item]) if len(order) else ()
    first, rest = order[:most], order[most:]
    return Paths(
        user, item, j[first], w[first], weights[first], tuple(map(int, degrees)), len(w), float(weights.sum()),
        len(rest), float(weights[rest].sum()), len(np.unique(w)),
    )  # fmt: skip
