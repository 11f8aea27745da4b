"""Who had what, as a bipartite graph, and what of it is held out to test on.

    R[u, i] = 1 if user u likes item i, else 0        d_u = Σ_i R[u, i],   d_i = Σ_u R[u, i]

Symbols
    U users, I items, E ratings      R  (U, I) an edge of the graph for each item that a user likes
    u, w  users   i, j  items        N(u), N(i)  who is joined to u, to i;  d_u, d_i  how many

An item is *seen* if the user rated it at all, and *liked* if the rating says so: above the middle of the scale, or at
least a bound that one names. Where there are no ratings, or all are the same, having had an item is all that is known:
it counts as liking it. What was seen is never recommended; only what was liked is learned from and tested on.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.matrices import rows_and_columns
from mlcli.core.names import position_of

Array = NDArray[np.float64]
Places = NDArray[np.int64]

LEFT_OUT, SPLIT_SEED = 2, 0  # liked items of a user to test on, and their draw, where nobody says otherwise


@dataclass(frozen=True, eq=False)
class Ratings:
    """Each user's item once, by positions in `users` and `items`.

    Args:
        value: a rating, or how often; 1 where the input says neither.
        rated: the values are ratings on a scale, so that a low one is a dislike.
        time: any unit, the later the larger; None where it is not known.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: Int[Places, " E"]
    item: Int[Places, " E"]
    value: Float[Array, " E"]
    rated: bool = False
    time: Float[Array, " E"] | None = None

    def user_position(self, name: str, where: str) -> int:
        """The position of the user called `name`.

        Raises:
            InputError: there is none; the hint gives the names most like it.
        """
        return position_of(name, self.users, "user", where)

    @property
    def shape(self) -> tuple[int, int]:
        """U, I."""
        return len(self.users), len(self.items)


@dataclass(frozen=True, eq=False)
class RatingSet:
    """Ratings as they were read, with what is known of them.

    Args:
        name: for titles: `lastfm`, `ratings.csv`.
        test: which of them are given to test on; None where the input says nothing of that.
        read: what was done to the input while reading it, a sentence each.
        like: from which value on a user likes an item; None leaves it to `taste`.
    """

    kind: ClassVar[str] = "ratings"
    name: str
    ratings: Ratings
    test: Bool[NDArray[np.bool_], " E"] | None = None
    read: tuple[str, ...] = ()
    like: float | None = None


@dataclass(frozen=True)
class Taste:
    """From which value on a rating counts as liking the item.

    Args:
        low, high: the ends of the scale as it occurs.
        bound: None where every rating counts.
        middle: the bound is the middle of the scale, and only what is above it counts.
    """

    low: float
    high: float
    bound: float | None
    middle: bool = False

    def likes(self, value: Float[Array, " E"]) -> Bool[NDArray[np.bool_], " E"]:
        """Whether each value counts."""
        if self.bound is None:
            return np.ones(len(value), dtype=bool)
        return value > self.bound if self.middle else value >= self.bound


@dataclass(frozen=True, eq=False)
class History:
    """What users had, as matrices of 0 and 1, a row a user, a column an item.

    Args:
        R: what they like, to learn from.
        seen: what they had at all, R among it; it is not recommended again.
        held_out: what they like and was held out; nothing of it is seen.
    """

    R: sparse.csr_array
    seen: sparse.csr_array
    held_out: sparse.csr_array

    @property
    def shape(self) -> tuple[int, int]:
        """U, I."""
        return rows_and_columns(self.R)

    @cached_property
    def d_u(self) -> Int[Places, " U"]:
        """How many items each user likes."""
        return np.diff(self.R.indptr).astype(np.int64)

    @cached_property
    def d_i(self) -> Int[Places, " I"]:
        """How many users like each item."""
        return np.bincount(self.R.indices, minlength=self.shape[1]).astype(np.int64)

    @cached_property
    def by_item(self) -> sparse.csr_array:
        """Rᵀ, a row an item."""
        return sparse.csr_array(self.R.T)

    def items_of(self, user: int) -> Int[Places, " n"]:
        """N(u), ascending."""
        return row_of(self.R, user)

    def disliked_by(self, user: int) -> Int[Places, " n"]:
        """What the user had and does not like, ascending."""
        return np.setdiff1d(row_of(self.seen, user), self.items_of(user))

    def users_of(self, item: int) -> Int[Places, " n"]:
        """N(i), ascending."""
        return row_of(self.by_item, item)


def taste(ratings: Ratings, bound: float | None = None) -> Taste:
    """The bound above the middle of the scale, or the one that is asked for; none where the ratings tell nothing."""
    low, high = (float(end) for end in (ratings.value.min(), ratings.value.max()))
    if bound is not None:
        return Taste(low, high, bound)
    if not ratings.rated or low == high:
        return Taste(low, high, None)
    return Taste(low, high, (low + high) / 2, middle=True)


def whole(ratings: Ratings, taste: Taste) -> History:
    """All ratings to learn from, none held out.

    Raises:
        InputError: nobody likes anything.
    """
    every = np.ones(len(ratings.user), dtype=bool)
    return _history(ratings, taste, ~every, every)


def leave_out(ratings: Ratings, taste: Taste, n: int, seed: int, latest: bool = False) -> History:
    """Of each user who likes more than n items, n of them are held out: drawn at random, or the latest.

    Raises:
        InputError: no user likes more than n items; the latest are asked for and no time is known.
    """
    if n < 1:
        raise InputError(f"must be at least 1, not {n}", "--leave-out", "such as 2")
    if latest and ratings.time is None:
        raise InputError("there are no timestamps to tell the latest by", "--latest", "leave it out to draw at random")
    drawn = np.random.default_rng([seed, 1]).random(len(ratings.user))
    order_by = drawn if ratings.time is None or not latest else ratings.time
    liked = np.flatnonzero(taste.likes(ratings.value))
    held = np.zeros(len(ratings.user), dtype=bool)
    held[liked[_last_of_each(ratings.user[liked], order_by[liked], n)]] = True
    if len(liked) and not held.any():
        message = f"no user likes more than {n} item{'s' * (n != 1)}, so that {n} could be held out"
        raise InputError(message, "--leave-out", "hold out fewer, or lower the bound with --like")
    return _history(ratings, taste, held, ~held)


def given(ratings: Ratings, taste: Taste, test: Bool[NDArray[np.bool_], " E"]) -> History:
    """The rows marked as `test` are held out if the user likes them, and left out if not.

    Raises:
        InputError: nobody likes anything to learn from, or to test on.
    """
    held = taste.likes(ratings.value) & test
    if not held.any():
        raise InputError("holds nothing that a user likes", "--test", "give rows that count, or lower --like")
    return _history(ratings, taste, held, ~test)


def split(data: RatingSet, seed: int, n: int = LEFT_OUT, latest: bool = False) -> tuple[History, str]:
    """What the input gives to test on is held out, else n liked items of each user; and a sentence on it.

    Raises:
        InputError: see `given` and `leave_out`.
    """
    ratings, likes = data.ratings, taste(data.ratings, data.like)
    if data.test is not None:
        history = given(ratings, likes, data.test)
        return history, f"the {history.held_out.nnz:,} liked items that are given to test on"
    history = leave_out(ratings, likes, n, seed, latest)
    how = "the latest" if latest else f"drawn with seed {seed}"
    items = f"{n} liked item{'s' * (n != 1)}"
    return history, f"{items} of each user who likes more than {n}, {how}: {history.held_out.nnz:,}"


def hold_back(history: History, n: int, seed: int) -> History:
    """A part of what is learned from to validate on: n items of each user who likes more than n, drawn at random.

    Raises:
        InputError: no user likes more than n items.
    """
    user = np.repeat(np.arange(history.shape[0]), history.d_u)
    held = _last_of_each(user, np.random.default_rng([seed, 3]).random(len(user)), n)
    if not len(held):
        raise InputError(
            f"no user likes more than {n} items, so that {n} could be held out", "--validation", "1 is least"
        )
    kept = history.R.tocoo()
    back = sparse.csr_array((np.ones(len(held)), (kept.row[held], kept.col[held])), shape=history.shape)
    back.sort_indices()
    return History(_without(history.R, back), _without(history.seen, back), back)


def _without(R: sparse.csr_array, less: sparse.csr_array) -> sparse.csr_array:
    left = sparse.csr_array(R - less)
    left.eliminate_zeros()
    left.sort_indices()
    return left


def _last_of_each(user: Int[Places, " n"], order_by: Float[Array, " n"], n: int) -> Int[Places, " m"]:
    """Positions of the last n of each user who has more than n."""
    order = np.lexsort((np.arange(len(user)), order_by, user))  # a user's rows together, the last last
    sorted_user = user[order]
    counts = np.bincount(sorted_user)
    from_the_end = np.cumsum(counts)[sorted_user] - np.arange(len(order))  # 1 for a user's last
    return np.sort(order[(from_the_end <= n) & (counts[sorted_user] > n)])


def _history(
    ratings: Ratings, taste: Taste, held: Bool[NDArray[np.bool_], " E"], learned: Bool[NDArray[np.bool_], " E"]
) -> History:
    liked = taste.likes(ratings.value) & learned
    if not liked.any():
        bound = (
            "" if taste.bound is None else f": no value is {'above' if taste.middle else 'at least'} {taste.bound:g}"
        )
        raise InputError(f"no user likes anything{bound}", "--like", f"the largest value is {taste.high:g}")

    def matrix(rows: Bool[NDArray[np.bool_], " E"]) -> sparse.csr_array:
        places = (ratings.user[rows], ratings.item[rows])
        R = sparse.csr_array((np.ones(int(rows.sum())), places), shape=ratings.shape)
        R.sort_indices()
        return R

    return History(matrix(liked), matrix(learned), matrix(held))


def row_of(R: sparse.csr_array, row: int) -> Int[Places, " n"]:
    """The columns in which a row has its non-zeros, ascending.

    >>> row_of(sparse.csr_array(np.array([[0.0, 1.0, 1.0]])), 0).tolist()
    [1, 2]
    """
    return R.indices[R.indptr[row] : R.indptr[row + 1]].astype(np.int64)
