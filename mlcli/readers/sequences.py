"""A sequence as the learner gives it: a matrix whose rows are steps, or a text."""

from pathlib import Path

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.sequences import NOTHING, InputSequence
from mlcli.core.texts import places
from mlcli.readers.matrices import read_matrix

LONGEST_TITLE = 24
NAMES = {" ": "space", "\n": "newline", "\t": "tab"}


def read_sequence(path: str | Path) -> InputSequence:
    """The matrix in `path`, a step for each row; names of rows and columns are those of steps and values.

    Raises:
        InputError: see `read_matrix`; or it is a stack of matrices.
    """
    matrix = read_matrix(path)
    if matrix.values.ndim > 2:
        raise InputError(
            f"holds {len(matrix.values)} matrices", str(path), "give a single one: its rows are the steps of a sequence"
        )
    read = matrix.read
    if len(matrix.values) == 1:
        read += ("a row is a step, so this is one step only; a value a step is a column",)
    return InputSequence(matrix.name, matrix.values, matrix.row_names, matrix.column_names, read)


def spell(text: str, alphabet: str | None = None) -> InputSequence:
    """A step for each character, one-hot: 1 at its place in the alphabet, 0 elsewhere; due is the next character.

    >>> spell("noon").values.tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]

    Args:
        alphabet: sorted; None: that of this text.

    Raises:
        InputError: the text is empty, or holds a character that is not in the alphabet.
    """
    if not text:
        raise InputError("holds no character", "--text", "mlcli rnn-unroll --text hello")
    alphabet = "".join(sorted(set(text))) if alphabet is None else alphabet
    unknown = next((character for character in text if character not in alphabet), None)
    names = tuple(NAMES.get(character, character) for character in alphabet)
    if unknown is not None:
        message = f'"{unknown}" is not in the alphabet that was learned'
        raise InputError(message, "--text", f"its {len(alphabet)} characters are {' '.join(names)}")
    read = places(text, alphabet)
    return InputSequence(
        name=f'"{text}"' if len(text) <= LONGEST_TITLE else f'"{text[: LONGEST_TITLE - 1]}…"',
        values=np.eye(len(alphabet))[read],
        step_names=tuple(names[place] for place in read),
        value_names=names,
        read=(f"alphabet {' '.join(names)}: each character is a 1 at its place in it, 0 elsewhere",),
        due=np.append(read[1:], NOTHING),
    )
