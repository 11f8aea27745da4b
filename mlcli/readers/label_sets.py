"""The classes of nodes where one node may have several: a line each, or parted by ; or | in one cell."""

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.delimited import delimited
from mlcli.readers.names import by_number, whole_numbers
from mlcli.readers.node_labels import UNKNOWN, find_columns, left_out, refuse_few_classes
from mlcli.readers.source import read_source
from mlcli.readers.wording import counted

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
    """The classes in `path` of the nodes of a graph; what it says of others is left out, and told.

    Raises:
        InputError: the file cannot be read (see `read_labels`); it names none of `nodes`; there is no class, or one.
    """
    text = delimited(read_source(path))
    position = {name: node for node, name in enumerate(nodes)}
    columns = find_columns(text, frozenset(nodes))
    pairs: list[tuple[int, str]] = []
    strangers: dict[str, None] = {}
    common = False
    for line, cells in islice(text.filled_rows(), 1 if columns.header else 0, None):
        where = f"{text.where}:{line}"
        if len(cells) != columns.width:
            message = f"{counted(len(cells), 'column')} where the first line has {columns.width}"
            raise InputError(message, where, "write a node and its class a line: Ann,chess")
        if cells[0] not in position:
            strangers[cells[0]] = None
            continue
        common = True
        labels = [label.strip() for label in PARTING.split(cells[columns.label])]
        pairs += [(position[cells[0]], label) for label in labels if label not in UNKNOWN]

    if strangers and not common:
        raise InputError("names no node of the graph", text.where, "check how the nodes are called")
    classes = {label for _, label in pairs}
    refuse_few_classes(classes, text.where)
    ordered = tuple(sorted(classes, key=by_number) if whole_numbers(classes) else sorted(classes))
    column = {label: place for place, label in enumerate(ordered)}
    of_node = np.zeros((len(nodes), len(ordered)), dtype=bool)
    for node, label in pairs:
        of_node[node, column[label]] = True
    read = columns.read + (() if columns.split is None else ("the split is not used here",))
    if strangers:
        read += (left_out(list(strangers), "no edge", nodes),)
    if several := int((of_node.sum(axis=1) > 1).sum()):
        read += (f"{counted(several, 'node')} of several classes",)
    if unknown := int((~of_node.any(axis=1)).sum()):
        read += (f"{counted(unknown, 'node')} without a label",)
    return LabelSets(ordered, of_node, read)
