"""How well a network answers sequences: with a number, symbol by symbol, or with the next character of a text.

    adding           mean squared error = Σ (o − y)² / n,  by how many steps the first number had to be remembered
    symbol by symbol exact = the share of answers whose T places are all right;  right_t the share right at place t
    text             bits_t = −log2 p(c_t | c_1 … c_{t−1}),  bits per character = Σ bits_t / n,  perplexity = 2^bits

Symbols: n sequences (of a text n characters), T places; o what is answered, y what is due.
Source: as `sequence_problems`, `sequence_pairs` and `texts`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

GROUPS = 8  # of sequences by their wait


@dataclass(frozen=True)
class SumCase:
    """A sequence of the adding problem: the steps and values that were marked, the sum, the answer."""

    steps: tuple[int, ...]
    values: tuple[float, ...]
    y: float
    o: float


@dataclass(frozen=True, eq=False)
class NumbersExamined:
    """Answers that are numbers.

    Args:
        error: mean squared.
        blind: that of the trivial answer.
        y, o: what is due and what is answered.
        waits: steps from the first marked number to the end: the mean of each of the groups, the shortest first.
        by_wait: the mean squared error of each group.
        hardest: the largest errors, the largest first.
    """

    error: float
    blind: float
    y: Float[Array, " n"]
    o: Float[Array, " n"]
    waits: Float[Array, " g"]
    by_wait: Float[Array, " g"]
    hardest: tuple[SumCase, ...]

    @property
    def longest_to_shortest(self) -> float:
        """The error after the longest waits over that after the shortest."""
        return float(self.by_wait[-1] / self.by_wait[0]) if self.by_wait[0] else 1.0


@dataclass(frozen=True)
class PlacesCase:
    """A sequence, the answer that is due, and the one that was given."""

    x: tuple[str, ...]
    due: tuple[str, ...]
    answered: tuple[str, ...]

    @property
    def right(self) -> int:
        """At how many places."""
        return sum(due == answered for due, answered in zip(self.due, self.answered, strict=True))


@dataclass(frozen=True, eq=False)
class PlacesExamined:
    """Answers symbol by symbol.

    Args:
        exact: the share of answers that are right at every place.
        by_place: the share that is right at each place.
        hardest: the answers with the fewest right places, the worst first.
    """

    cases: int
    exact: float
    by_place: Float[Array, " T"]
    hardest: tuple[PlacesCase, ...]


@dataclass(frozen=True)
class CharacterBits:
    """Of one character of the alphabet: how often it occurs, what it costs on average, how often it was foreseen."""

    character: str
    cases: int
    bits: float
    right: float


@dataclass(frozen=True)
class TextCase:
    """A character that was held unlikely: the text before it, itself, the likeliest in its place."""

    before: str
    character: str
    p: float
    instead: str
    p_instead: float


@dataclass(frozen=True, eq=False)
class TextExamined:
    """A text, character by character.

    Args:
        bits: a character, on average.
        by_frequency: that of one who knows only how often each character occurs.
        right: the share of characters that were the likeliest.
        characters: the most frequent first.
        hardest: the characters that cost most, the dearest first.
    """

    cases: int
    bits: float
    by_frequency: float
    right: float
    characters: tuple[CharacterBits, ...]
    hardest: tuple[TextCase, ...]


def examine_sums(x: Float[Array, "n T 2"], y: Float[Array, " n"], o: Float[Array, " n"], blind: float,
                 most: int) -> NumbersExamined:  # fmt: skip
    """Of the adding problem: x_t = (v_t, m_t)."""
    n, T, _ = x.shape
    squared = (o - y) ** 2
    wait = T - 1 - x[:, :, 1].argmax(axis=1)
    groups = np.array_split(np.argsort(wait, kind="stable"), min(GROUPS, n))
    cases = []
    for i in np.argsort(-squared, kind="stable")[:most]:
        steps = np.flatnonzero(x[i, :, 1])
        cases.append(SumCase(tuple((steps + 1).tolist()), tuple(x[i, steps, 0].tolist()), float(y[i]), float(o[i])))
    return NumbersExamined(
        float(squared.mean()), blind, y, o, np.array([wait[group].mean() for group in groups]),
        np.array([squared[group].mean() for group in groups]), tuple(cases),
    )  # fmt: skip


def examine_places(
    x: Int[Integers, "n _"],
    due: Int[Integers, "n T"],
    answered: Int[Integers, "n T"],
    symbols: tuple[str, ...],
    most: int,
) -> PlacesExamined:
    """Of answers that are given symbol by symbol.

    Args:
        symbols: what the numbers stand for.
    """
    same: Bool[NDArray[np.bool_], "n T"] = due == answered
    order = np.argsort(same.sum(axis=1), kind="stable")[:most]
    spelled = [[tuple(symbols[s] for s in row[i]) for row in (x, due, answered)] for i in order]
    cases = (PlacesCase(*three) for three in spelled)
    return PlacesExamined(len(due), float(same.all(axis=1).mean()), same.mean(axis=0), tuple(cases))


def examine_text(
    c: Int[Integers, " n"], p: Float[Array, "n A"], before: list[str], alphabet: str, by_frequency: float, most: int
) -> TextExamined:
    """Of a text whose characters were each foretold from those before it.

    Args:
        c: the characters, as places in the alphabet.
        p: the probabilities of all characters, for each of them.
        before: the last few characters before each.
    """
    own = p[np.arange(len(c)), c]
    bits, likeliest = -np.log2(own), p.argmax(axis=1)
    right = likeliest == c
    characters = [
        CharacterBits(alphabet[a], int(at.sum()), float(bits[at].mean()), float(right[at].mean()))
        for a in range(len(alphabet))
        if (at := c == a).any()
    ]
    cases = tuple(
        TextCase(before[t], alphabet[c[t]], float(own[t]), alphabet[likeliest[t]], float(p[t, likeliest[t]]))
        for t in np.argsort(own, kind="stable")[:most]
    )
    most_frequent = tuple(sorted(characters, key=lambda one: -one.cases))
    return TextExamined(len(c), float(bits.mean()), by_frequency, float(right.mean()), most_frequent, cases)
