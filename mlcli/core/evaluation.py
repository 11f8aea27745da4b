"""How well a classifier does on cases whose class is known: class by class, and whether it is as sure as it is right.

    precision = TP / (TP + FP)      recall = TP / (TP + FN)      F1 = 2 TP / (2 TP + FP + FN)
    sure = max_c p_c,   p = softmax(logits)                      ECE = Σ_b n_b / n · |right_b − sure_b|

A class counts the cases that are of it and were taken for it (TP), were taken for it and are not of it (FP), and are of
it and were taken for another (FN). A bin b holds the n_b cases of nearly the same sureness; right_b is the share of
them that is right.

Symbols: n cases, C classes, p probabilities (n, C).
Source: Guo, Pleiss, Sun & Weinberger, On calibration of modern neural networks, ICML 2017, for the ECE, the expected
calibration error, in ten bins of equal width.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.numerics import softmax
from mlcli.core.training_mistakes import accuracy, confusion

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The cases whose sureness lies in low < sure ≤ high: how many, how sure on average, what share of them right."""

    low: float
    high: float
    cases: int
    sure: float
    right: float


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of n cases.

    Args:
        precision, recall, F1: of each class; NaN where nothing was taken for it, or nothing is of it, or neither.
        macro_F1: the mean F1 of the classes that have one.
        bins: those that hold a case.
        most_frequent: the share that is right where all are taken for the class that most are of.
    """

    labels: Int[Integers, " n"]
    probabilities: Float[Array, "n C"]
    predicted: Int[Integers, " n"]
    confusion: Int[Integers, "C C"]
    accuracy: float
    precision: Float[Array, " C"]
    recall: Float[Array, " C"]
    F1: Float[Array, " C"]
    macro_F1: float
    bins: tuple[Bin, ...]
    ECE: float
    most_frequent: float

    @property
    def shares(self) -> Float[Array, "C C"]:
        """confusion[i, j] / Σ_j confusion[i, j]: a row that is nothing's stays 0."""
        return self.confusion / np.maximum(1, self.confusion.sum(axis=1, keepdims=True))

    @property
    def mean_sure(self) -> float:
        """Σ sure / n."""
        return float(self.probabilities.max(axis=1).mean())

    @property
    def of_own_class(self) -> Float[Array, " n"]:
        """The probability that each case's own class was given."""
        return self.probabilities[np.arange(len(self.labels)), self.labels]


@dataclass(frozen=True, eq=False)
class Case:
    """One case, as far as it can be shown.

    Args:
        name: what it is called: `picture 1,203`, a node's name, a pair of nodes.
        p: its probabilities.
        picture: (H, W), or (H, W, 3), from 0 to 1.
        neighbours: of a node how many of its neighbours are known to be of each class.
    """

    name: str
    label: int
    predicted: int
    p: Float[Array, " C"]
    picture: NDArray[np.float64] | None = None
    neighbours: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class ClassesExamined:
    """What became of a part of the data.

    Args:
        hardest: the cases whose own class was held least likely, the worst first.
        unit: what a case is, in the plural, where it is not what the data set counts.
    """

    classes: tuple[str, ...]
    judged: Judged
    hardest: tuple[Case, ...]
    unit: str = ""


def judge(labels: Int[Integers, " n"], logits: Float[Array, "n C"]) -> Judged:
    """Each case is taken for the class of its largest logit, the first of equals."""
    p = softmax(logits)
    C = logits.shape[1]
    predicted = logits.argmax(axis=1)
    counts = confusion(labels, predicted, C)
    TP, of_it, taken = np.diag(counts).astype(float), counts.sum(axis=1), counts.sum(axis=0)
    F1 = _share(2 * TP, of_it + taken)
    bins = calibration(p.max(axis=1), predicted == labels)
    return Judged(
        labels,
        p,
        predicted,
        counts,
        accuracy(labels, predicted),
        precision=_share(TP, taken),
        recall=_share(TP, of_it),
        F1=F1,
        macro_F1=float(np.nanmean(F1)),
        bins=bins,
        ECE=sum(b.cases * abs(b.right - b.sure) for b in bins) / len(labels),
        most_frequent=float(of_it.max() / len(labels)),
    )


def calibration(sure: Float[Array, " n"], right: NDArray[np.bool_], bins: int = BINS) -> tuple[Bin, ...]:
    """Bins of equal width from 0 to 1, without those that hold no case.

    >>> calibration(np.array([0.55, 0.6, 0.95]), np.array([True, False, True]))[0]
    Bin(low=0.5, high=0.6, cases=2, sure=0.575, right=0.5)
    """
    which = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    return tuple(
        Bin(b / bins, (b + 1) / bins, int(own.sum()), float(sure[own].mean()), float(right[own].mean()))
        for b in range(bins)
        if (own := which == b).any()
    )


def hardest(judged: Judged, most: int) -> Int[Integers, " m"]:
    """The places of the cases whose own class was given the least probability, the least first."""
    return np.argsort(judged.of_own_class, kind="stable")[:most]


def _share(part: Array, whole: Integers) -> Array:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
