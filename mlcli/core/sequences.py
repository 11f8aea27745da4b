"""A sequence as the other modules pass it on: a row of values for each step.

Symbols: T steps, F values a step.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError


@dataclass(frozen=True, eq=False)
class InputSequence:
    """What a recurrent network reads, first step first.

    Args:
        name: what the user calls it, for titles.
        step_names: what each step is called (its character, its row's name), or None.
        value_names: what each value of a step is called (a character of the alphabet, a column), or None.
        read: what was done while reading, a sentence each.
        notice: what the sequence is for, a sentence each.
    """

    name: str
    values: Float[NDArray[np.float64], "T F"]
    step_names: tuple[str, ...] | None = None
    value_names: tuple[str, ...] | None = None
    read: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()

    def first(self, T: int) -> "InputSequence":
        """Its first T steps.

        Raises:
            InputError: it has fewer.
        """
        if T > len(self.values):
            raise InputError(f"the sequence ends at step {len(self.values)}, before {T}", "--steps", "ask for fewer")
        return replace(self, values=self.values[:T], step_names=self.step_names and self.step_names[:T])
