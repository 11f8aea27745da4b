"""What a trained classifier takes for what.

    accuracy = right / all        confusion[i, j] = cases of class i taken for class j

Symbols: C classes; a case is a node, an image, a sequence: whatever has one class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def accuracy(labels: Integers, predicted: Integers) -> float:
    """right / all.

    >>> accuracy(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]))
    0.75
    """
    return float(np.mean(labels == predicted))


def confusion(labels: Integers, predicted: Integers, classes: int) -> Int[Integers, "C C"]:
    """confusion[i, j] = number of cases of class i taken for class j.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class ClassResult:
    """What became of the test cases of one class.

    Args:
        accuracy: right / cases; None without test cases.
        taken: the wrong class that most of them were taken for, `times` of them; None where all are right.
    """

    label: int
    cases: int
    right: int
    accuracy: float | None
    taken: int | None
    times: int


def by_class(confusion: Int[Integers, "C C"]) -> list[ClassResult]:
    """A row of the confusion each; of equal mistakes the first.

    >>> by_class(np.array([[3, 1], [0, 0]]))[0]
    ClassResult(label=0, cases=4, right=3, accuracy=0.75, taken=1, times=1)
    """
    mistakes = confusion - np.diag(np.diag(confusion))
    results = []
    for label, row in enumerate(confusion):
        cases, right = int(row.sum()), int(row[label])
        taken = int(np.argmax(mistakes[label]))
        times = int(mistakes[label, taken])
        share = right / cases if cases else None
        results.append(ClassResult(label, cases, right, share, taken if times else None, times))
    return results


def worst(results: Sequence[ClassResult]) -> ClassResult | None:
    """The class with the mistake made most often, the first of equals; None where there is no mistake."""
    found = max(results, key=lambda result: result.times)
    return found if found.times else None
