"""Graphs as lists of edges: an edge a line, `Ann,Bob` or `Ann,Bob,0.5`.

Nodes stand in numerical order if all their names are whole numbers, else in the order in which they first occur.
An edge that is given again is merged into the first, a node's edge to itself is left out if it is not asked for; both
are counted.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.readers.delimited import SPACES, Row, delimited
from mlcli.readers.edge_columns import EdgeColumns, find_columns
from mlcli.readers.names import NAME_WORDS, by_number, whole_numbers
from mlcli.readers.repeated_edges import tidied
from mlcli.readers.source import read_source
from mlcli.readers.tables import is_number, with_decimal_points
from mlcli.readers.wording import counted, listed, quoted


@dataclass(frozen=True, eq=False)
class EdgeListInput:
    """A graph as it stands in a file.

    Args:
        name: the file's name, for titles.
        weighted: the weights are the file's; else each is 1.
        merged: how many edges were given again.
        self_loops: how many edges of a node to itself it has.
        read: what was done to the file while reading it, a sentence each.
        features: (N, F), where the file has numbers for every node.
    """

    name: str
    graph: Graph
    weighted: bool
    merged: int
    self_loops: int
    read: tuple[str, ...]
    features: NDArray[np.float64] | None = None


def read_edges(
    path: str | Path,
    *,
    weighted: bool | None = None,
    directed: bool = False,
    delimiter: str | None = None,
    nodes: str | Path | None = None,
    loops: bool = False,
) -> EdgeListInput:
    """The graph in `path`, or on standard input if it is `-`.

    Args:
        weighted: see `find_columns`.
        directed: an edge leads from its first node to its second only; Ann,Bob and Bob,Ann are two.
        delimiter: see `delimited`.
        nodes: a file with a node's name a line; the nodes then stand in its order, also those without an edge.
        loops: keep a node's edges to itself.

    Raises:
        InputError: a file cannot be read (see `read_source`, `delimited`, `find_columns`); there is no edge; a row has
            more or fewer cells than the first; a name is empty; a weight is no number, negative or not finite; `nodes`
            lacks a node of an edge, or has one twice.
    """
    text = delimited(read_source(path), delimiter, comments="#%")
    columns = find_columns(text, weighted)
    rows, commas = with_decimal_points(text, (columns.source, columns.target))
    read = text.read + columns.read + commas
    listing = () if nodes is None else _listed(nodes)
    graph = _graph(rows, text.where, columns, listing, directed)
    if nodes is None:
        graph = with_nodes(graph)
    else:
        read += (f"{counted(len(listing), 'node')} from {Path(nodes).name}, in its order",)

    found = tidied(graph, loops)
    read += found.read
    return EdgeListInput(text.name, found.graph, columns.weight is not None, found.merged, found.self_loops, read)


def with_nodes(graph: Graph, names: tuple[str, ...] = ()) -> Graph:
    """The graph with further nodes, in numerical order if the names of all are whole numbers."""
    names = graph.names + names
    if not whole_numbers(names):
        return replace(graph, names=names)
    order = sorted(range(len(names)), key=lambda node: by_number(names[node]))
    position = np.empty(len(names), dtype=np.int64)
    position[order] = np.arange(len(names))
    return replace(graph, names=tuple(names[node] for node in order), edges=position[graph.edges])


def _graph(rows: Iterator[Row], where: str, columns: EdgeColumns, listing: tuple[str, ...], directed: bool) -> Graph:
    """Every edge as it stands; the nodes of `listing`, or if it is empty all nodes as they occur."""
    position = {name: node for node, name in enumerate(listing)}
    ends, weights = array("q"), array("d")
    at_source, at_target, at_weight, width = columns.source, columns.target, columns.weight, columns.width
    for line, cells in islice(filter(itemgetter(1), rows), 1 if columns.header else 0, None):
        if len(cells) != width:
            message = f"{counted(len(cells), 'column')} where the first line has {width}"
            raise InputError(message, f"{where}:{line}", "write an edge a line, all with as many columns")
        source, target = cells[at_source], cells[at_target]
        if not (source and target):
            empty = "target" if source else "source"
            raise InputError(f"the {empty} is empty", f"{where}:{line}", "write both names: Ann,Bob")
        ends.append(position.setdefault(source, len(position)))
        ends.append(position.setdefault(target, len(position)))
        if listing and len(position) > len(listing):
            name = next(name for name in (source, target) if position[name] >= len(listing))
            raise InputError(
                f"{quoted(name)} is not among the listed nodes", f"{where}:{line}", f"listed are {listed(listing)}"
            )
        if at_weight is not None:
            cell = cells[at_weight]
            try:
                weight = float(cell)
            except ValueError:
                weight = math.nan
            if not 0 <= weight < math.inf or "_" in cell:
                raise _weight_error(cell, f"{where}:{line}")
            weights.append(weight)
    if not ends:
        raise InputError("holds no edge", where, "write an edge a line: Ann,Bob")
    edges = np.array(ends, dtype=np.int64).reshape(-1, 2).T.copy()  # (2, E)
    return Graph(tuple(position), edges, np.array(weights) if weights else np.ones(edges.shape[1]), directed)


def _weight_error(cell: str, where: str) -> InputError:
    problem = "is not a number"
    if is_number(cell):
        problem = "is negative" if float(cell) < 0 else "is not finite"
    hint = "the third column is read as the weight; --unweighted ignores it"
    if cell.startswith("{"):
        hint = "networkx leaves these out with write_edgelist(graph, path, data=False)"
    return InputError(f"weight {quoted(cell)} {problem}", where, hint)


def _listed(path: str | Path) -> tuple[str, ...]:
    """The names in the first column of a file; spaces part no columns here."""
    text = delimited(read_source(path))
    if text.delimiter == SPACES:
        text = replace(text, delimiter="\t")
    rows = [(line, cells[0]) for line, cells in text.filled_rows()]
    if rows[0][1].lower() in (*NAME_WORDS, "nodes"):
        rows = rows[1:]
    lines: dict[str, int] = {}
    for line, name in rows:
        if name in lines:
            raise InputError(
                f"{quoted(name)} is on line {lines[name]} already", f"{text.where}:{line}", "list each node once"
            )
        lines[name] = line
    return tuple(lines)
