"""Problems that ask for a memory: sequences drawn at random, with the right answer and what answering blindly costs.

    adding   x_t = (v_t, m_t)    v_t from U(0, 1); m_t is 1 at one step of each half, else 0
             y = Σ_t m_t v_t     the sum of the two marked values, to be told after the last step
             always answering 1 has the mean squared error E (1 − y)² = Var v + Var v' = 1/12 + 1/12 = 1/6

    copy     10 symbols of a_0 … a_7, T − 1 blanks a_8, the sign a_9, 10 blanks: T + 20 steps
             T + 10 blanks are to be answered, then the 10 symbols
             without a memory each of the 8 is as likely: 10 ln 8 / (T + 20) nats a step

Symbols: N sequences, T their length (of copy: how long the symbols are to be kept), S = T + 20.
Source: Hochreiter and Schmidhuber 1997, both in the form of Arjovsky, Shah and Bengio, ICML 2016, section 4.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Rng = np.random.Generator

KEPT, SYMBOLS = 10, 8  # of copy: how many are to be kept, of how many kinds
BLANK, SIGN = 8, 9


@dataclass(frozen=True, eq=False)
class Sums:
    """Sequences of numbers and marks, each with the sum that is asked for."""

    x: Float[Array, "N T 2"]
    y: Float[Array, " N"]


@dataclass(frozen=True, eq=False)
class Copies:
    """Sequences of symbols, and what is to be answered at each step."""

    x: Int[Integers, "N S"]
    y: Int[Integers, "N S"]


@dataclass(frozen=True)
class Adding:
    """The adding problem."""

    kind: ClassVar[str] = "sequence regression"
    name: str = "adding"

    def draw(self, N: int, T: int, rng: Rng) -> Sums:
        """N sequences of T steps.

        >>> drawn = Adding().draw(3, 7, np.random.default_rng(0))
        >>> bool(np.allclose((drawn.x[:, :, 0] * drawn.x[:, :, 1]).sum(1), drawn.y))
        True

        Raises:
            InputError: T is below 2.
        """
        if T < 2:
            raise InputError("the adding problem needs at least 2 steps", "--length", "--length 20")
        each = np.arange(N)
        first, second = rng.integers(T // 2, size=N), rng.integers(T // 2, T, size=N)
        x = np.stack([rng.uniform(size=(N, T)), np.zeros((N, T))], axis=2)  # (N, T, 2)
        x[each, first, 1] = x[each, second, 1] = 1
        return Sums(x, x[each, first, 0] + x[each, second, 0])

    def blind(self, T: int) -> float:
        """Mean squared error of always answering 1, whatever T."""
        return 1 / 6


@dataclass(frozen=True)
class Copying:
    """The copy memory problem."""

    kind: ClassVar[str] = "sequence labelling"
    name: str = "copy-memory"

    def draw(self, N: int, T: int, rng: Rng) -> Copies:
        """N sequences of T + 20 steps.

        >>> drawn = Copying().draw(1, 3, np.random.default_rng(0))
        >>> "".join(map(str, drawn.x[0])), "".join(map(str, drawn.y[0]))
        ('65422000168898888888888', '88888888888886542200016')
        """
        return copy(rng.integers(SYMBOLS, size=(N, KEPT)), T)

    def blind(self, T: int) -> float:
        """Cross-entropy in nats a step, without a memory.

        >>> round(Copying().blind(20), 4)
        0.5199
        """
        return KEPT * math.log(SYMBOLS) / (T + 2 * KEPT)


def copy(symbols: Int[Integers, "N _"], T: int) -> Copies:
    """The copy memory problem of these symbols, kept for T steps.

    >>> copy(np.array([[6, 5, 4, 2, 2, 0, 0, 0, 1, 6]]), 2).x[0].tolist()
    [6, 5, 4, 2, 2, 0, 0, 0, 1, 6, 8, 9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]
    """
    blanks = np.full((len(symbols), T + KEPT), BLANK)
    x = np.concatenate([symbols, blanks], axis=1)  # (N, T + 20)
    x[:, KEPT + T - 1] = SIGN
    return Copies(x, np.concatenate([blanks, symbols], axis=1))
