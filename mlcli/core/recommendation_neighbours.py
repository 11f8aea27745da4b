"""Recommending by counting: what most users like, and what is liked by those who like what you like.

    popularity   s(i) = d_i
    neighbours   s(u, i) = Σ_j cos(i, j)  over the j in N(u)        cos(i, j) = n_ij / √(d_i d_j)

Symbols: N(u) the items that u likes; d_i how many users like i, n_ij how many like both i and j; R as in
`recommendation`: n_ij = (Rᵀ R)[i, j], and cos is that of two columns of R.

Source: Sarwar et al., Item-based Collaborative Filtering, WWW 2001, with cosines of what is liked, and all items as
neighbours. A user who likes nothing has no N(u): what is popular is all there is to say.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.matrices import rows_and_columns
from mlcli.core.recommendation import History

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NeighbourScore:
    """s(u, i) as its sum, the largest terms first; j without a user in common add nothing and are left out.

    Args:
        items: the j of N(u) with n_ij above 0.
        common: n_ij, `degrees` d_j, `coefficients` 1/√(d_i d_j), so that cos = n_ij · coefficient.
    """

    user: int
    item: int
    d_i: int
    items: Int[Places, " n"]
    common: Int[Places, " n"]
    degrees: Int[Places, " n"]
    coefficients: Float[Array, " n"]
    cosines: Float[Array, " n"]
    score: float


@dataclass(frozen=True, eq=False)
class UsersInCommon:
    """Other users, how many items each likes that u likes too, and the cosine; the most alike first."""

    users: Int[Places, " n"]
    common: Int[Places, " n"]
    cosines: Float[Array, " n"]


def popularity(history: History, users: Int[Places, " n"]) -> Float[Array, "n I"]:
    """s(i) = d_i, the same for each user."""
    return np.tile(history.d_i.astype(np.float64), (len(users), 1))


def cosines(R: sparse.csr_array) -> sparse.csr_array:
    """cos(i, j) = n_ij / √(d_i d_j) for i ≠ j; 0 where nobody likes both."""
    d_i = np.bincount(R.indices, minlength=rows_and_columns(R)[1])
    scale = 1 / np.sqrt(np.maximum(d_i, 1))
    n = sparse.coo_array(R.T @ R)  # (I, I)
    apart = n.row != n.col
    i, j = n.row[apart], n.col[apart]
    C = sparse.csr_array((n.data[apart] * (scale[i] * scale[j]), (i, j)), shape=n.shape)
    C.sort_indices()
    return C


def neighbours(history: History, C: sparse.csr_array, users: Int[Places, " n"]) -> Float[Array, "n I"]:
    """s(u, i) = Σ_j cos(i, j); for a user who likes nothing s(i) = d_i."""
    scores = (history.R[users] @ C).toarray()  # (n, I)
    return with_popularity(scores, history, users)


def with_popularity(scores: Float[Array, "n I"], history: History, users: Int[Places, " n"]) -> Float[Array, "n I"]:
    """The scores, those of users who like nothing replaced by s(i) = d_i."""
    without = history.d_u[users] == 0
    if without.any():
        scores[without] = popularity(history, users[without])
    return scores


def users_in_common(history: History, user: int, item: int, most: int) -> UsersInCommon:
    """Of the users w who like the item, those most like u by n_uw / √(d_u d_w), the cosine of two rows of R."""
    d = history.d_u
    w = history.users_of(item)
    w = w[w != user]
    common = np.asarray(history.R[w][:, history.items_of(user)].sum(axis=1), dtype=np.int64).reshape(-1)  # n_uw
    cos = common / np.sqrt(np.maximum(d[user] * d[w], 1))
    order = np.argsort(-cos, kind="stable")[:most]
    order = order[common[order] > 0]
    return UsersInCommon(w[order], common[order], cos[order])


def neighbour_score(history: History, user: int, item: int) -> NeighbourScore:
    """s(u, i) = Σ_j n_ij / √(d_i d_j), term by term."""
    d = history.d_i
    who = history.users_of(item)  # N(i)
    j = history.items_of(user)  # N(u)
    common = np.asarray(history.R[who][:, j].sum(axis=0), dtype=np.int64).reshape(-1)  # n_ij
    j, common = j[common > 0], common[common > 0]
    coefficients = 1 / np.sqrt(d[item] * d[j])
    cos = common * coefficients
    order = np.argsort(-cos, kind="stable")
    j, common, coefficients, cos = (x[order] for x in (j, common, coefficients, cos))
    return NeighbourScore(user, item, int(d[item]), j, common, d[j], coefficients, cos, float(cos.sum()))


def sum_in_parts(terms: Float[Array, " n"], most: int) -> tuple[float, float]:
    """Σ of the first `most` terms, and Σ of the others."""
    return float(terms[:most].sum()), float(terms[most:].sum())
