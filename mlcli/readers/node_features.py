"""What is known of each node: a row of numbers a node."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.delimited import Delimited, delimited
from mlcli.readers.names import NAME_WORDS
from mlcli.readers.source import read_source
from mlcli.readers.tables import is_number, table, with_decimal_points
from mlcli.readers.wording import counted, listed, quoted


@dataclass(frozen=True, eq=False)
class NodeFeatures:
    """Rows of numbers, and whose they are.

    Args:
        names: a node's name for each row.
        values: (rows, F) float64, all finite.
        read: what was done to the file while reading it, a sentence each.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    read: tuple[str, ...]


def read_features(path: str | Path, nodes: tuple[str, ...]) -> NodeFeatures:
    """The features in `path`, at least one row for each of `nodes`.

    The first column is the nodes' names if a header calls it so, if it has words, or if its values differ from each
    other and every node is among them. Otherwise the rows are taken in the order of `nodes`.

    Raises:
        InputError: the file cannot be read (see `read_source`, `delimited`, `table`); it has names and no numbers; a
            node has none or two rows; without names, there are more or fewer rows than nodes.
    """
    text = delimited(read_source(path))
    named = _has_names(text, nodes)
    rows, commas = with_decimal_points(text, (0,) if named else ())
    found = table(filter(lambda row: row[1], rows), text.where, named)
    read = text.read + commas
    if found.row_names is None:
        if len(found.values) != len(nodes):
            hint = "a first column with the nodes' names, called node, allows any order"
            message = f"{counted(len(found.values), 'row')} of features for {counted(len(nodes), 'node')}"
            raise InputError(message, text.where, hint)
        return NodeFeatures(nodes, found.values, (*read, f"features in the order of the nodes: {listed(nodes)}"))

    if found.values.shape[1] == 0:
        raise InputError("has names but no features", text.where, "write a row a node: name, number, number, …")
    lines: dict[str, int] = {}
    for line, name in zip(found.lines, found.row_names, strict=True):
        if name in lines:
            message = f"{quoted(name)} has features on line {lines[name]} already"
            raise InputError(message, f"{text.where}:{line}", "give each node one row")
        lines[name] = line
    missing = [quoted(name) for name in nodes if name not in lines]
    if missing:
        message = f"no features for {counted(len(missing), 'node')} of the graph: {listed(missing)}"
        raise InputError(message, text.where, "add a row for each, or check how the names are spelled")
    return NodeFeatures(found.row_names, found.values, read)


def _has_names(text: Delimited, nodes: tuple[str, ...]) -> bool:
    first = [cells[0] for _, cells in text.filled_rows()]
    if first[0].lower() in NAME_WORDS or not all(map(is_number, first[1:])):
        return True
    below_header = set(first[1:])
    return (len(below_header) == len(first) - 1 and below_header.issuperset(nodes)) or (
        len(set(first)) == len(first) and set(first).issuperset(nodes)
    )
