"""What a trained model makes of one input: classes with their probabilities, a link, items, a number, symbols, a text.

    classes  p = softmax(logits)        link  σ(e_u · e_v)        text  c_{t+1} ~ softmax(o_t / τ)

Symbols: τ the temperature: below 1 the likely becomes likelier, at 0 the likeliest is always taken; C classes, T steps.
Source: the models themselves; temperature as in Ackley, Hinton & Sejnowski, 1985.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.numerics import softmax
from mlcli.core.recommendation_ranking import Ranking

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Given:
    """An input as the user gave it.

    Args:
        name: what was typed; of a file its name without the folder.
        values: what was read from the file of that name, where the input is one.
        read: what was done to it, a sentence each.
    """

    name: str
    values: NDArray[np.float64] | None = None
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asking:
    """How it is asked: items of a ranking, characters of a text, how boldly these are drawn, and from which seed."""

    top: int = 10
    length: int = 200
    temperature: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Neighbour:
    """A node beside the one asked about: its class where that is known, and what it is taken for."""

    name: str
    label: int | None
    predicted: int
    p: float


@dataclass(frozen=True, eq=False)
class ClassPrediction:
    """The classes' probabilities.

    Args:
        label: the class that the input is known to have; None where it is not known.
        part: which part of the data it is of: train, validation, test; empty for none.
        picture: what was looked at: (H, W) or (H, W, 3), from 0 to 1.
        neighbours: of a node; None for what has none.
    """

    given: Given
    classes: tuple[str, ...]
    logits: Float[Array, " C"]
    probabilities: Float[Array, " C"]
    label: int | None = None
    part: str = ""
    picture: NDArray[np.float64] | None = None
    neighbours: tuple[Neighbour, ...] | None = None

    @property
    def order(self) -> list[int]:
        """Positions of the classes, the likeliest first."""
        return np.argsort(-self.logits, kind="stable").tolist()

    @property
    def predicted(self) -> int:
        """The likeliest class."""
        return self.order[0]


@dataclass(frozen=True, eq=False)
class LinkPrediction:
    """Whether an edge joins two nodes.

    Args:
        products: e_u ∘ e_v, whose sum is s.
        part: which part of the edges it is of; empty where there is none.
        likelier: nodes that u is not joined to and that score higher with it than v; in all.
    """

    given: Given
    u: str
    v: str
    e_u: Float[Array, " D"]
    e_v: Float[Array, " D"]
    products: Float[Array, " D"]
    s: float
    p: float
    part: str
    likelier: int
    others: int


@dataclass(frozen=True, eq=False)
class RankingPrediction:
    """The items that come first for a user, and which of them were held out."""

    given: Given
    ranking: Ranking
    items: tuple[str, ...]
    held_out: tuple[bool, ...]
    liked: tuple[str, ...]
    likes: int


@dataclass(frozen=True, eq=False)
class NumberPrediction:
    """A number after the last step, and what would have been answered after each step before.

    Args:
        so_far: the sum of the values marked so far, at each step.
        due: the sum that is asked for; None where not two steps are marked.
        error: the run's mean squared error on its test part.
    """

    given: Given
    x: Float[Array, "T 2"]
    o: Float[Array, " T"]
    so_far: Float[Array, " T"]
    due: float | None


@dataclass(frozen=True, eq=False)
class PlacesPrediction:
    """An answer symbol by symbol.

    Args:
        p: the probability of each symbol that was chosen.
        instead: the second likeliest, and its probability.
        due: the answer that the rule gives.
        rule: in words.
    """

    given: Given
    x: tuple[str, ...]
    y: tuple[str, ...]
    p: Float[Array, " T"]
    instead: tuple[str, ...]
    p_instead: Float[Array, " T"]
    due: tuple[str, ...]
    rule: str


@dataclass(frozen=True)
class Drawn:
    """One character as it was drawn: it, its probability, and the likeliest with theirs."""

    character: str
    p: float
    likeliest: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class TextPrediction:
    """How a text goes on.

    Args:
        drawn: the characters in order.
        bits: what a character of the beginning cost, after its first; None for a single one.
    """

    given: Given
    temperature: float
    seed: int
    drawn: tuple[Drawn, ...]
    bits: float | None

    @property
    def text(self) -> str:
        """All that was drawn."""
        return "".join(one.character for one in self.drawn)


Prediction = ClassPrediction | LinkPrediction | RankingPrediction | NumberPrediction | PlacesPrediction | TextPrediction


def draw(logits: Float[Array, " C"], temperature: float, rng: np.random.Generator) -> tuple[int, Float[Array, " C"]]:
    """A class drawn from softmax(logits / τ), and these probabilities; at τ = 0 the likeliest, the first of equals.

    >>> draw(np.array([0.0, 2.0, 1.0]), 0.0, np.random.default_rng(0))[0]
    1
    """
    if temperature == 0:
        p = np.zeros(len(logits))
        p[int(logits.argmax())] = 1.0
    else:
        p = softmax(logits / temperature)
    return int(rng.choice(len(p), p=p)), p
