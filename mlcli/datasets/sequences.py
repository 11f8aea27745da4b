"""Short sequences that need no file."""

from string import ascii_lowercase

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.sequence_problems import Adding
from mlcli.core.sequences import InputSequence

PERIOD = 12  # steps of one turn of the sine


def adding(T: int, seed: int) -> InputSequence:
    """(T, 2): a number from U(0, 1) and a mark, which is 1 once in the first half and once in the second.

    The task (Hochreiter and Schmidhuber 1997) is to answer with the sum of the two marked numbers after the last step.

    Raises:
        InputError: T is below 2.
    """
    if T < 2:
        raise InputError("the adding problem needs at least 2 steps", "--steps", "--steps 20")
    rng = np.random.default_rng([seed, T])  # not the stream of the weights, which begins at the same seed
    [values] = Adding().draw(1, T, rng).x
    first, second = np.flatnonzero(values[:, 1]) + 1
    return InputSequence(
        f"adding problem, {T} steps",
        values,
        value_names=("value", "mark"),
        notice=(
            f"The task: after the last step, answer with the sum of the values of x_{first} and x_{second}. "
            "The weights here are drawn, not trained.",
        ),
    )


def sine(T: int) -> InputSequence:
    """(T, 1): sin(2π (t − 1) / PERIOD)."""
    values = np.sin(2 * np.pi * np.arange(T) / PERIOD)
    return InputSequence(f"sine, {T} steps", values[:, None], value_names=("sine",))


def letters(T: int) -> str:
    """The first T letters of the alphabet, which begins again after z."""
    return "".join(ascii_lowercase[t % len(ascii_lowercase)] for t in range(T))
