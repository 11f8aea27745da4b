"""A sequence as the other modules pass it on: a row of values for each step.

Symbols: T steps, F values a step.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError

NOTHING = -1  # what is due where no symbol is: after the last character of a text


@dataclass(frozen=True, eq=False)
class InputSequence:
    """What a recurrent network reads, first step first.

    Args:
        name: what the user calls it, for titles.
        step_names: what each step is called (its character, its row's name), or None.
        value_names: what each value of a step is called (a character of the alphabet, a column), or None.
        read: what was done while reading, a sentence each.
        notice: what the sequence is for, a sentence each.
        marked: the steps that count most, from 1.
        number: which value of a step is the number that counts, where the others only say whether; None: all count.
        due: for each step the symbol that is to be answered then, as its place, or `NOTHING`; None: no symbols.
    """

    name: str
    values: Float[NDArray[np.float64], "T F"]
    step_names: tuple[str, ...] | None = None
    value_names: tuple[str, ...] | None = None
    read: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()
    marked: tuple[int, ...] = ()
    number: int | None = None
    due: Int[NDArray[np.int64], " T"] | None = None

    def content(self, t: int) -> str:
        """What `without` takes away: `x_3`, or `v_3`, the number alone."""
        return f"x_{t}" if self.number is None else f"v_{t}"

    def without(self, ts: Iterable[int]) -> Float[NDArray[np.float64], "T F"]:
        """The values with 0 in the place of what these steps hold.

        >>> InputSequence("", np.ones((2, 2)), number=0).without([2]).tolist()
        [[1.0, 1.0], [0.0, 1.0]]
        """
        values = self.values.copy()
        for t in ts:
            values[t - 1, slice(None) if self.number is None else self.number] = 0.0
        return values

    def first(self, T: int) -> "InputSequence":
        """Its first T steps.

        Raises:
            InputError: it has fewer.
        """
        if T > len(self.values):
            raise InputError(f"the sequence ends at step {len(self.values)}, before {T}", "--steps", "ask for fewer")
        return replace(
            self,
            values=self.values[:T],
            step_names=self.step_names and self.step_names[:T],
            marked=tuple(t for t in self.marked if t <= T),
            due=None if self.due is None else self.due[:T],
        )
