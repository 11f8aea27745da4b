"""Sequences and the answers to them, to learn to translate one into the other.

    reverse  y_t = x_{T−1−t}        sort  y_0 ≤ y_1 ≤ …, the same symbols        copy  y_t = x_t

Symbols
    N  sequences     T  symbols of a sequence     x, y  sequence and answer, numbers of symbols, from 0
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Rule = Literal["reverse", "sort", "copy"]
Integers = NDArray[np.int64]

DIGITS = tuple("0123456789")


@dataclass(frozen=True, eq=False)
class SequencePairs:
    """A data set whose answers follow from a rule, so that any part of a sequence has one too.

    Args:
        name: the rule.
        symbols: what the numbers stand for.
        train, validation, test: which sequences are in each part.
    """

    kind: ClassVar[str] = "sequence to sequence"

    name: Rule
    symbols: tuple[str, ...]
    x: Int[Integers, "N T"]
    train: Int[Integers, " n_train"]
    validation: Int[Integers, " n_validation"]
    test: Int[Integers, " n_test"]


def answer(rule: Rule, x: Int[Integers, "N T"]) -> Int[Integers, "N T"]:
    """y of each x.

    >>> [answer(rule, np.array([[3, 1, 4]])).tolist() for rule in ("reverse", "sort", "copy")]
    [[[4, 1, 3]], [[1, 3, 4]], [[3, 1, 4]]]
    """
    match rule:
        case "reverse":
            return x[:, ::-1].copy()
        case "sort":
            return np.sort(x, axis=1)
        case "copy":
            return x.copy()
