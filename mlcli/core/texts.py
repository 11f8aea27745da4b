"""A text as a model of language sees it: each character a number, its place in the alphabet.

    bits per character = −1/n Σ_t log2 p(c_t | c_1 … c_{t−1})     perplexity = 2^bits

A model that knows only how often each character occurs has p(c_t) = (count(c_t) + 1) / (n + A), counted where it was
trained. One that knows nothing needs log2 A bits.

Symbols: n characters, A of them distinct; c_t the t-th.
Source: Shannon, Prediction and entropy of printed English, 1951; a count more for each: Laplace's rule.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Integers = NDArray[np.int64]

TRAINING, VALIDATION = 0.9, 0.95  # where these parts end


@dataclass(frozen=True, eq=False)
class Text:
    """What is to be read, character by character.

    Args:
        read: what was done while reading, a sentence each.
    """

    kind: ClassVar[str] = "text"
    name: str
    text: str = field(repr=False)
    read: tuple[str, ...] = ()

    @cached_property
    def alphabet(self) -> str:
        """Its characters, each once, sorted.

        >>> Text("", "noon").alphabet
        'no'
        """
        return "".join(sorted(set(self.text)))

    @cached_property
    def parts(self) -> tuple[Int[Integers, " n1"], Int[Integers, " n2"], Int[Integers, " n3"]]:
        """To train on, to know when to stop, to test: the first 90 % of the text, the next 5 %, the last 5 %."""
        n = len(self.text)
        train, validation, test = np.split(
            places(self.text, self.alphabet), [round(TRAINING * n), round(VALIDATION * n)]
        )
        return train, validation, test


def places(text: str, alphabet: str) -> Int[Integers, " n"]:
    """Of each character its place in the alphabet, which is sorted and has them all.

    >>> places("noon", "no").tolist()
    [0, 1, 1, 0]
    """
    codes = [np.frombuffer(part.encode("utf-32-le", "surrogatepass"), np.uint32) for part in (text, alphabet)]
    return np.searchsorted(codes[1], codes[0])


def bits_by_frequency(train: Int[Integers, " n"], test: Int[Integers, " m"], A: int) -> float:
    """Bits a character of `test` costs one that knows only how often each occurs in `train`.

    >>> bits_by_frequency(np.array([0, 1]), np.array([1, 0, 0]), 2)
    1.0
    """
    p = (np.bincount(train, minlength=A) + 1) / (len(train) + A)
    return float(-np.log2(p[test]).mean())
