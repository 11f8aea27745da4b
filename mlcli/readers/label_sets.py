"""The classes of nodes where one node may have several: a line each, or parted by ; or | in one cell."""

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.names import nearest
from mlcli.readers.delimited import delimited
from mlcli.readers.names import by_number, whole_numbers
from mlcli.readers.node_labels import UNKNOWN, find_columns
from mlcli.readers.source import read_source
from mlcli.readers.wording import counted, quoted

PARTING = re.compile(r"[;|]")


@dataclass(frozen=True, eq=False)
class LabelSets:
    """Which node is of which class.

    Args:
        classes: in numerical order if they are whole numbers, else in that of the alphabet.
        of_node: (N, K), in the order of the nodes and of the classes; a row of no class is a node without a label.
        read: what was done to the file while reading it, a sentence each.
    """

    classes: tuple[str, ...]
    of_node: NDArray[np.bool_]
    read: tuple[str, ...]


def read_label_sets(path: str | Path, nodes: tuple[str, ...]) -> LabelSets:
    """The classes in `path` of the nodes of a graph.

    Raises:
        InputError: the file cannot be read (see `read_labels`); a node is none of `nodes`; there is no class, or one.
    """
    text = delimited(read_source(path))
    position = {name: node for node, name in enumerate(nodes)}
    columns = find_columns(text, frozenset(nodes))
    pairs: list[tuple[int, str]] = []
    for line, cells in islice(text.filled_rows(), 1 if columns.header else 0, None):
        where = f"{text.where}:{line}"
        if len(cells) != columns.width:
            message = f"{counted(len(cells), 'column')} where the first line has {columns.width}"
            raise InputError(message, where, "write a node and its class a line: Ann,chess")
        if cells[0] not in position:
            near = nearest(cells[0], nodes)
            hint = f"did you mean {near[0]}?" if near else "leave the line out"
            raise InputError(f"{quoted(cells[0])} is no node of the graph", where, hint)
        labels = [label.strip() for label in PARTING.split(cells[columns.label])]
        pairs += [(position[cells[0]], label) for label in labels if label not in UNKNOWN]

    classes = {label for _, label in pairs}
    if len(classes) < 2:
        found = f"only one class: {quoted(classes.pop())}" if classes else "no class"
        raise InputError(f"holds {found}", text.where, "write a node and its class a line: Ann,chess")
    ordered = tuple(sorted(classes, key=by_number) if whole_numbers(classes) else sorted(classes))
    column = {label: place for place, label in enumerate(ordered)}
    of_node = np.zeros((len(nodes), len(ordered)), dtype=bool)
    for node, label in pairs:
        of_node[node, column[label]] = True
    read = columns.read + (() if columns.split is None else ("the split is not used here",))
    if several := int((of_node.sum(axis=1) > 1).sum()):
        read += (f"{counted(several, 'node')} of several classes",)
    if unknown := int((~of_node.any(axis=1)).sum()):
        read += (f"{counted(unknown, 'node')} without a label",)
    return LabelSets(ordered, of_node, read)
