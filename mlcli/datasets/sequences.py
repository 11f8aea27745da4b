"""Short sequences that need no file."""

from string import ascii_lowercase

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.sequence_problems import BLANK, KEPT, SIGN, Adding, Copying
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
        notice=(f"The task: after the last step, answer with the sum of the values of x_{first} and x_{second}.",),
        marked=(int(first), int(second)),
        number=0,
    )


def copying(T: int, seed: int) -> InputSequence:
    """(T, 10): 10 symbols of 0 … 7, blanks, the sign, 10 blanks; each a 1 at its place, 0 elsewhere.

    The task (Hochreiter and Schmidhuber 1997) is to answer with blanks, and in the last 10 steps with the 10 symbols.

    Raises:
        InputError: T is below 21.
    """
    least = 2 * KEPT + 1
    if T < least:
        message = f"copy memory needs at least {least} steps: {KEPT} to keep, the sign, {KEPT} to answer in"
        raise InputError(message, "--steps", f"--steps {least + 9}")
    drawn = Copying().draw(1, T - 2 * KEPT, np.random.default_rng([seed, T]))
    names = (*map(str, range(BLANK)), "blank", "sign")
    return InputSequence(
        f"copy memory, {T} steps",
        np.eye(SIGN + 1)[drawn.x[0]],
        tuple(names[symbol] for symbol in drawn.x[0]),
        names,
        notice=(f"The task: keep the first {KEPT} symbols, and answer with them in the last {KEPT} steps.",),
        marked=tuple(range(1, KEPT + 1)),
        due=drawn.y[0],
    )


def sine(T: int) -> InputSequence:
    """(T, 1): sin(2π (t − 1) / PERIOD)."""
    values = np.sin(2 * np.pi * np.arange(T) / PERIOD)
    return InputSequence(f"sine, {T} steps", values[:, None], value_names=("sine",))


def letters(T: int) -> str:
    """The first T letters of the alphabet, which begins again after z."""
    return "".join(ascii_lowercase[t % len(ascii_lowercase)] for t in range(T))
