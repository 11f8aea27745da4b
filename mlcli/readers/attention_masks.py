"""Which keys a query may see, as the user says it: a word such as `causal`, or a file of ones and zeros."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcli.core.attention import Mask
from mlcli.core.attention_masks import band, causal, padding
from mlcli.core.errors import InputError
from mlcli.readers.matrices import read_matrix

KINDS = "none, causal, padding:N, band:W or a file"


@dataclass(frozen=True, eq=False)
class MaskInput:
    """What a query may see.

    Args:
        name: for titles: `causal mask`; empty where nothing is hidden.
        mask: True where a query may see a key; None where it may see all.
        rule: what is 1, and what that means, a sentence for each of the masks that were laid over each other.
    """

    name: str = ""
    mask: Mask | None = None
    rule: tuple[str, ...] = ()


def read_mask(asked: Sequence[str], T: int, S: int, option: str = "--mask") -> MaskInput:
    """All that were asked for laid over each other: a query sees what every one of them lets it see.

    Args:
        option: by which they were asked for, for errors.

    Raises:
        InputError: a word that is none of `KINDS`, a number that is none, or a file that cannot be read as a matrix
            (see `read_matrix`), holds other things than 0 and 1, or is not T × S (a single row is for every query).
    """
    try:
        masks = [_mask(text, T, S) for text in asked if text != "none"]
    except InputError as error:
        raise InputError(error.message, option if error.where == "--mask" else error.where, error.hint) from error
    if not masks:
        return MaskInput()
    together = np.logical_and.reduce([mask for _, mask, _ in masks])
    return MaskInput(
        " and ".join(name for name, _, _ in masks) + " mask", together, tuple(rule for _, _, rule in masks)
    )


def _mask(text: str, T: int, S: int) -> tuple[str, Mask, str]:
    kind, colon, number = text.partition(":")
    match kind:
        case "causal" if not colon:
            return text, causal(T, S), "Causal: mask[t][s] = 1 where s ≤ t; no query sees what comes after it."
        case "padding":
            n = _count(number, text)
            rule = (
                f"Padding: mask[t][s] = 1 where s < {S} − {n}; the last {n} keys only fill up, and nobody hears them."
            )
            return text, padding(T, S, n), rule
        case "band":
            width = _count(number, text)
            rule = f"Band: mask[t][s] = 1 where |t − s| ≤ {width}; a query sees its neighbourhood only."
            return text, band(T, S, width), rule
    return Path(text).name, _from_file(text, T, S), "From the file: 1 where a query may see a key."


def _count(number: str, text: str) -> int:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InputError(f'"{text}" needs a whole number after the colon', "--mask", f"one of {KINDS}")
    return int(number)


def _from_file(path: str, T: int, S: int) -> Mask:
    if path != "-" and "." not in path and not Path(path).exists():
        raise InputError(f'"{path}" is no mask and no file', "--mask", f"one of {KINDS}")
    values = read_matrix(path).values
    size = "×".join(map(str, values.shape))
    if values.shape not in ((T, S), (1, S)):
        hint = f"{T} rows of {S} ones and zeros, a row for each query; or a single row for all of them"
        raise InputError(f"the mask is {size}, but there are {T} queries and {S} keys", path, hint)
    if not np.isin(values, (0, 1)).all():
        t, s = np.argwhere(~np.isin(values, (0, 1)))[0]
        raise InputError(
            f"row {t + 1}, column {s + 1} holds {values[t, s]:g}", path, "1 where a query may see a key, else 0"
        )
    return np.broadcast_to(values == 1, (T, S)).copy()
