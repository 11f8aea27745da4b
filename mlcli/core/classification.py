"""Can a node's classes be read off its vector? A linear classifier a class, fitted to some nodes, asked about others.

    L(w, b) = ½ ‖w‖² + Σ log(1 + exp(−y (w · x + b)))        y = 1 where the node is of the class, −1 where not

A node with c classes is given the c of highest w · x + b: how many it has is known, which is not.

Symbols
    X  vectors of the nodes, (N, D)    Y  which node is of which class, (N, K), true or false
    W  a row w for each class, (K, D)  b  a number for each class, not held small by the ½ ‖w‖²
    F1 = 2 TP / (2 TP + FP + FN): micro sums TP, FP, FN over the classes first; macro is the mean of the classes' own F1

Source: the protocol of Perozzi, Al-Rfou, Skiena, DeepWalk, 2014, section 5, which node2vec's paper takes over.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import sigmoid

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]

SHARES = tuple(tenth / 10 for tenth in range(1, 10))
MOST_STEPS, SETTLED = 100, 1e-10  # of Newton's method: at most so many, until no coefficient's gradient is above this


@dataclass(frozen=True, eq=False)
class Classification:
    """F1 for each share of the nodes to learn from (S), and each repeat with other nodes (R).

    Args:
        nodes: how many have a class.
        most_classes: the most that one node has; 1 is single-label.
    """

    shares: tuple[float, ...]
    micro: Float[Array, "S R"]
    macro: Float[Array, "S R"]
    nodes: int
    classes: int
    most_classes: int

    @property
    def rows(self) -> list[tuple[float, float, float | None, float, float | None]]:
        """For each share: it, mean and standard deviation of micro, then of macro F1 over the repeats."""
        parts = zip(self.shares, self.micro, self.macro, strict=True)
        return [(share, *mean_and_spread(micro), *mean_and_spread(macro)) for share, micro, macro in parts]


def mean_and_spread(values: Float[Array, " R"]) -> tuple[float, float | None]:
    """The mean and the standard deviation of a sample; of one value there is none."""
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None


def classify(
    X: Float[NDArray[np.floating], "N D"],
    Y: Bool[Truth, "N K"],
    repeats: int,
    rng: np.random.Generator,
    shares: tuple[float, ...] = SHARES,
    progress: Callable[[int], object] = lambda done: None,
) -> Classification:
    """Learn from a share of the nodes that have a class, drawn anew each time, and test on all others.

    Raises:
        InputError: see `refuse_few`.
    """
    refuse_few(Y)
    labelled = np.flatnonzero(Y.any(axis=1))
    X, Y = X[labelled].astype(np.float64), Y[labelled]
    n, (nodes, K) = Y.sum(axis=1), Y.shape
    micro, macro = np.zeros((2, len(shares), repeats))
    for r in range(repeats):
        order = rng.permutation(nodes)
        for s, share in enumerate(shares):
            cut = min(max(round(share * nodes), 1), nodes - 1)
            known, asked = order[:cut], order[cut:]
            W, b = logistic_regression(X[known], Y[known])
            given = highest(X[asked] @ W.T + b, n[asked])
            micro[s, r], macro[s, r] = f1(Y[asked], given)
            progress(r * len(shares) + s + 1)
    return Classification(shares, micro, macro, nodes, K, int(n.max()))


def refuse_few(Y: Bool[Truth, "N K"]) -> None:
    """What there is nothing to learn from.

    Raises:
        InputError: too few nodes have a class, or all have the same.
    """
    Y = Y[Y.any(axis=1)]
    if len(Y) < 10 or (Y.all(axis=0) | ~Y.any(axis=0)).all():
        what = f"{len(Y)} labelled node{'s' * (len(Y) != 1)}" if len(Y) < 10 else "only one class"
        raise InputError(f"{what}: that is too few", "--evaluate", "it takes ten nodes and two classes")


def logistic_regression(
    X: Float[Array, "N D"], Y: Bool[Truth, "N K"], C: float = 1.0
) -> tuple[Float[Array, "K D"], Float[Array, " K"]]:
    """W and b at the least ½ ‖w‖² + C Σ log(1 + exp(−y (w · x + b))), each class against the rest, by Newton's method.

    A class that all or none of the nodes are of has W = 0 and b = ±∞.
    """
    (N, D), K = X.shape, Y.shape[1]
    A = np.hstack([X, np.ones((N, 1))])  # (N, D + 1)
    held = np.append(np.ones(D), 0.0)  # b is free
    W = np.zeros((K, D + 1))
    none, every = ~Y.any(axis=0), Y.all(axis=0)
    W[none, D], W[every, D] = -np.inf, np.inf
    for k in np.flatnonzero(~none & ~every):
        W[k] = _newton(A, Y[:, k], held, C)
    return W[:, :D], W[:, D]


def _newton(A: Array, y: Truth, held: Array, C: float) -> Array:
    w = np.zeros(A.shape[1])
    sign = np.where(y, -1.0, 1.0)

    def loss(w: Array) -> float:
        return float(0.5 * held @ w**2 + C * np.logaddexp(0.0, sign * (A @ w)).sum())

    now = loss(w)
    for _ in range(MOST_STEPS):
        p = sigmoid(A @ w)
        gradient = C * A.T @ (p - y) + held * w
        if np.abs(gradient).max() <= SETTLED * len(A):
            break
        curvature = (A * (C * p * (1 - p))[:, None]).T @ A + np.diag(held)
        curvature[-1, -1] += 1e-12  # where every p is 0 or 1
        step = np.linalg.solve(curvature, gradient)
        for halving in range(30):
            tried = w - step * 0.5**halving
            if (then := loss(tried)) <= now:
                break
        else:
            break  # no lower: rounding is all that is left
        w, now = tried, then
    return w


def highest(scores: Float[Array, "N K"], n: Int[NDArray[np.int64], " N"]) -> Bool[Truth, "N K"]:
    """The n[i] classes of the highest scores in row i; equal ones in the order of the classes.

    >>> highest(np.array([[0.3, 0.9, 0.5]]), np.array([2])).tolist()
    [[False, True, True]]
    """
    place = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    return place < n[:, None]


def f1(Y: Bool[Truth, "N K"], given: Bool[Truth, "N K"]) -> tuple[float, float]:
    """F1 micro and macro; a class that no node has or is given is left out of the mean.

    >>> f1(np.array([[True, False], [True, False]]), np.array([[True, False], [False, True]]))
    (0.5, 0.3333333333333333)
    """
    right, sizes = (Y & given).sum(axis=0), Y.sum(axis=0) + given.sum(axis=0)  # TP, 2 TP + FP + FN of each class
    there = sizes > 0
    return float(2 * right.sum() / sizes.sum()), float((2 * right[there] / sizes[there]).mean())
