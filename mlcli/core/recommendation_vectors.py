"""Recommending by vectors: a score is a dot product, and vectors are fitted so that what is liked scores high.

    matrix factorisation   s(u, i) = e_u · e_i
    LightGCN               e_u^(k+1) = Σ_i 1/√(d_u d_i) e_i^k   over N(u);   e_i^(k+1) likewise over N(i)
                           e = 1/(K + 1) Σ_k e^k,   s(u, i) = e_u · e_i

Symbols
    e   a vector of D numbers, e^0 the one that is learned     K  layers: how far vectors travel along edges
    Â   the normalised adjacency: 1/√(d_u d_i) at each edge    P  1/(K + 1) Σ_k Â^k, so that e = P e^0

Source: He et al., LightGCN, SIGIR 2020, equations 3, 4 and 8. How they are learned: `recommendation_update`. Matrix
factorisation is LightGCN without a layer: K = 0, P = I.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.recommendation import History

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Vectors:
    """A row for each user, and one for each item."""

    users: Float[Array, "U D"]
    items: Float[Array, "I D"]


@dataclass(frozen=True, eq=False)
class Propagated:
    """One layer for all nodes at once: Â e^k, and the running mean's sum."""

    k: int
    users: Float[Array, "U D"]
    items: Float[Array, "I D"]


@dataclass(frozen=True, eq=False)
class Messages:
    """One layer at one user: what it hears from each item that it likes.

    Args:
        coefficients: 1/√(d_u d_i).
        vectors: e_i^k.
        products: coefficient · vector; `out` is their sum, e_u^(k+1).
    """

    user: int
    k: int
    d_u: int
    items: Int[Places, " n"]
    degrees: Int[Places, " n"]
    coefficients: Float[Array, " n"]
    vectors: Float[Array, "n D"]
    products: Float[Array, "n D"]
    out: Float[Array, " D"]


@dataclass(frozen=True, eq=False)
class Mixed:
    """A node's layers and their mean: e = 1/(K + 1) Σ_k e^k."""

    layers: Float[Array, "K1 D"]
    mean: Float[Array, " D"]


@dataclass(frozen=True, eq=False)
class Dot:
    """s(u, i) = Σ_d e_u[d] e_i[d]."""

    user: int
    item: int
    e_u: Float[Array, " D"]
    e_i: Float[Array, " D"]
    products: Float[Array, " D"]
    score: float

    @property
    def table(self) -> Float[Array, "3 D"]:
        """e_u, e_i and their products below each other."""
        return np.stack([self.e_u, self.e_i, self.products])


@dataclass(frozen=True, eq=False)
class Terms:
    """Those products of a dot product that are largest in size, and what the others add up to."""

    places: Int[Places, " n"]
    of_user: Float[Array, " n"]
    of_item: Float[Array, " n"]
    products: Float[Array, " n"]
    sum: float
    others: int
    others_sum: float


@dataclass(frozen=True, eq=False)
class Speakers:
    """s(u, i) = Σ_v P[u, v] (e_v^0 · e_i) over the nodes v that u hears: itself, items, other users.

    Args:
        own: the share of u's own vector.
        items, users: those v whose share is largest, and their shares; u itself is not among `users`.
        other_items, other_users: what all others add up to.
    """

    own: float
    items: Int[Places, " n"]
    item_shares: Float[Array, " n"]
    other_items: float
    users: Int[Places, " m"]
    user_shares: Float[Array, " m"]
    other_users: float
    score: float


@dataclass(frozen=True, eq=False)
class Alike:
    """Whose vectors point most the way of one's own: positions, and cosines, the largest first."""

    others: Int[Places, " n"]
    cosines: Float[Array, " n"]


def normalised(R: sparse.csr_array) -> sparse.csr_array:
    """1/√(d_u d_i) at each edge: (U, I), the upper right part of Â."""
    d_u, d_i = np.diff(R.indptr), np.bincount(R.indices)
    user = np.repeat(np.arange(len(d_u)), d_u)
    return sparse.csr_array((1 / np.sqrt(d_u[user] * d_i[R.indices]), R.indices, R.indptr), shape=R.shape)


def adjacency(R: sparse.csr_array) -> sparse.csr_array:
    """Â, users first: (U + I, U + I), symmetric."""
    S = normalised(R)
    A = sparse.csr_array(sparse.block_array([[None, S], [S.T, None]]))
    A.sort_indices()
    return A


def propagate(R: sparse.csr_array, first: Vectors, layers: int) -> Iterator[Propagated]:
    """e^0, then e_u^(k+1) = Σ_i e_i^k / √(d_u d_i) and e_i^(k+1) = Σ_u e_u^k / √(d_u d_i), a layer a turn."""
    S = normalised(R)
    users, items = first.users.astype(np.float64), first.items.astype(np.float64)
    for k in range(layers + 1):
        yield Propagated(k, users, items)
        users, items = S @ items, S.T @ users


def mean_over_layers(R: sparse.csr_array, first: Vectors, layers: int) -> Vectors:
    """e = 1/(K + 1) Σ_k e^k for every node."""
    turns = list(propagate(R, first, layers))
    return Vectors(np.mean([turn.users for turn in turns], axis=0), np.mean([turn.items for turn in turns], axis=0))


def messages(history: History, first: Vectors, user: int) -> Messages:
    """The first layer at one user: e_u^1 = Σ_i 1/√(d_u d_i) e_i^0."""
    i = history.items_of(user)
    d_u, d = int(history.d_u[user]), history.d_i[i]
    coefficients = 1 / np.sqrt(d_u * d)  # (n,)
    vectors = first.items[i].astype(np.float64)  # (n, D)
    products = coefficients[:, None] * vectors
    return Messages(user, 0, d_u, i, d, coefficients, vectors, products, products.sum(axis=0))


def mixed(R: sparse.csr_array, first: Vectors, layers: int, user: int) -> Mixed:
    """e_u^0 … e_u^K and their mean."""
    rows = np.stack([turn.users[user] for turn in propagate(R, first, layers)])  # (K + 1, D)
    return Mixed(rows, rows.mean(axis=0))


def dot(vectors: Vectors, user: int, item: int) -> Dot:
    """s(u, i) = e_u · e_i, product by product."""
    e_u, e_i = vectors.users[user].astype(np.float64), vectors.items[item].astype(np.float64)
    products = e_u * e_i
    return Dot(user, item, e_u, e_i, products, float(products.sum()))


def largest_terms(dot: Dot, most: int) -> Terms:
    """The `most` products that are largest in size."""
    order = np.argsort(-np.abs(dot.products), kind="stable")
    first, rest = order[:most], order[most:]
    products = dot.products[first]
    return Terms(
        first, dot.e_u[first], dot.e_i[first], products, float(products.sum()), len(rest),
        float(dot.products[rest].sum()),
    )  # fmt: skip


def speakers(history: History, first: Vectors, layers: int, user: int, item: int, most: int) -> Speakers:
    """s(u, i) = Σ_v P[u, v] (e_v^0 · e_i): how much of the score each node in reach of u brings."""
    S = normalised(history.R)
    at_users, at_items = map(np.zeros, history.shape)  # row u of Â^k
    at_users[user] = 1.0
    P_users, P_items = at_users.copy(), at_items.copy()
    for _ in range(layers):
        at_users, at_items = S @ at_items, S.T @ at_users
        P_users, P_items = P_users + at_users, P_items + at_items
    e_i = mean_over_layers(history.R, first, layers).items[item]
    share_u = P_users / (layers + 1) * (first.users.astype(np.float64) @ e_i)
    share_i = P_items / (layers + 1) * (first.items.astype(np.float64) @ e_i)
    own = float(share_u[user])
    share_u[user] = 0.0
    top_i, top_u = (np.argsort(-share, kind="stable")[:most] for share in (share_i, share_u))
    top_i, top_u = top_i[share_i[top_i] > 0], top_u[share_u[top_u] > 0]
    others = (float(share.sum() - share[top].sum()) for share, top in ((share_i, top_i), (share_u, top_u)))
    other_items, other_users = others
    score = own + float(share_i.sum()) + float(share_u.sum())
    return Speakers(own, top_i, share_i[top_i], other_items, top_u, share_u[top_u], other_users, score)


def most_alike(X: Float[NDArray[np.floating], "N D"], own: Float[NDArray[np.floating], " D"], among: Places,
               most: int) -> Alike:  # fmt: skip
    """cos(a, b) = a · b / (‖a‖ ‖b‖) of one's own vector with the rows `among`; only those above 0."""
    rows, own = X[among].astype(np.float64), own.astype(np.float64)
    sizes = np.linalg.norm(rows, axis=1) * np.linalg.norm(own)
    cosines = rows @ own / np.where(sizes == 0, 1.0, sizes)
    order = np.argsort(-cosines, kind="stable")[:most]
    order = order[cosines[order] > 0]
    return Alike(among[order], cosines[order])


def items_alike(history: History, vectors: Vectors, user: int, item: int, most: int) -> Alike:
    """Of the items that u likes, those whose vectors are most like that of `item`."""
    return most_alike(vectors.items, vectors.items[item], history.items_of(user), most)


def users_alike(history: History, vectors: Vectors, user: int, item: int, most: int) -> Alike:
    """Of the users who like `item`, those whose vectors are most like u's."""
    who = history.users_of(item)
    return most_alike(vectors.users, vectors.users[user], who[who != user], most)
