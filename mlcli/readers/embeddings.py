"""Vectors of tokens from a file: as word2vec, GloVe and `mlcli node2vec --out` write them, or a CSV of them.

Such a file may hold a million words: only the lines of those that are asked for are turned into numbers.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.source import read_source
from mlcli.readers.tables import is_number, to_number
from mlcli.readers.wording import counted, listed, quoted


@dataclass(frozen=True, eq=False)
class EmbeddingInput:
    """A vector for each token that was asked for.

    Args:
        values: (T, d_model) float64.
        read: what was done while reading, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    read: tuple[str, ...]


def read_embeddings(path: str | Path, tokens: tuple[str, ...]) -> EmbeddingInput:
    """A row for each token, from the lines `token number number …`, parted by spaces, tabs or commas.

    The first line of a token counts. A header is skipped: word2vec's two whole numbers, or a line of words.

    Raises:
        InputError: the file cannot be read (see `read_source`); it lacks a token; a vector is longer or shorter than
            the others, or holds something that is no finite number.
    """
    source = read_source(path)
    first = source.content.partition(b"\n")[0]
    delimiter = next((mark for mark in (b"\t", b",") if mark in first), b" ")
    wanted, likely = set(tokens), {token.casefold() for token in tokens}
    found: dict[str, NDArray[np.float64]] = {}
    similar: dict[str, str] = {}
    for number, line in enumerate(io.BytesIO(source.content), start=1):
        token = line.partition(delimiter)[0].decode("utf-8", "replace").strip("\r\n").removeprefix("\ufeff")
        if token.startswith('"') and delimiter == b",":
            token = _cells(line, delimiter)[0]
        if token in wanted and token not in found:
            cells = _cells(line, delimiter)[1:]
            if number > 1 or not _is_header(token, cells):
                found[token] = _vector(cells, f"{source.where}:{number}", found)
        elif token.casefold() in likely:
            similar[token.casefold()] = token
    missing = list(dict.fromkeys(token for token in tokens if token not in found))
    if missing:
        near = [similar[token.casefold()] for token in missing if token.casefold() in similar]
        hint = f"it has {quoted(near[0])}" if near else "leave them out, or leave --embeddings out to have them drawn"
        message = f"has no vector for {counted(len(missing), 'token')}: {listed([quoted(m) for m in missing])}"
        raise InputError(message, source.where, hint)
    values = np.stack([found[token] for token in tokens])
    return EmbeddingInput(source.name, values, (f"{source.name}: vectors of {values.shape[1]} numbers",))


def _cells(line: bytes, delimiter: bytes) -> list[str]:
    text = line.decode("utf-8", "replace").strip("\r\n").removeprefix("\ufeff")
    if delimiter == b" ":
        return text.rstrip().split(" ")
    return next(csv.reader([text], delimiter=delimiter.decode()), [""])


def _is_header(token: str, cells: list[str]) -> bool:
    """`3000000 300`, or a line without a number."""
    return (token.isdigit() and len(cells) == 1 and cells[0].isdigit()) or not any(map(is_number, cells))


def _vector(cells: list[str], where: str, others: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    if not cells:
        raise InputError("holds a token without numbers", where, "write its numbers behind it")
    vector = np.array([to_number(cell, where, f"column {i}") for i, cell in enumerate(cells, start=2)])
    width = len(next(iter(others.values()), vector))
    if len(vector) != width:
        message = f"{counted(len(vector), 'number')} where the token before has {width}"
        raise InputError(message, where, "every token needs as many")
    return vector
