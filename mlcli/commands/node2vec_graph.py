"""The graph that mlcli node2vec walks on: a file of edges, or a named one; and the classes of its nodes, if known."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.render.show import option


class Example(StrEnum):
    """Graphs that need no file."""

    KARATE = "karate"


@dataclass(frozen=True)
class Source:
    """Where the graph comes from, and how its file is read."""

    example: Example | None = option(None, "Take this in the place of a file.")
    dataset: str | None = option(None, "Or a named graph: karate, digits-graph, cora or citeseer.", metavar="NAME")
    labels: str | None = option(
        None, "The nodes' classes, Ann,chess a line, for the map and --evaluate; several are Ann,chess;go.",
        metavar="FILE",
    )  # fmt: skip
    directed: bool = option(False, "An edge leads from its first node only.")
    weighted: bool | None = option(
        None, "Whether weights count; else a file's do, the example's do not.", flags=["--weighted/--unweighted"]
    )
    delimiter: str | None = option(None, "What parts the columns, if it is not found.")


@dataclass(frozen=True, eq=False)
class Given:
    """A graph, and what is known of it.

    Args:
        of_class: (N, K), which node is of which class; None where nothing is known.
        groups: what the map calls each node's class; empty where nothing is known.
        read: what was done to the input, a sentence each.
    """

    name: str
    graph: Graph
    read: tuple[str, ...]
    of_class: NDArray[np.bool_] | None = None
    groups: tuple[str, ...] = ()


def graph_of(path: str | None, source: Source) -> Given:
    """The graph that was asked for.

    Raises:
        InputError: it was asked for twice, or not at all; an option does not go with it; see the readers.
    """
    named = [source.example and f"--example {source.example.value}", source.dataset and f"--dataset {source.dataset}"]
    asked = [text for text in (path, *named) if text]
    if len(asked) != 1:
        raise InputError("give either a file, or --dataset, or --example", hint="mlcli node2vec --example karate")
    given = _from_file(path, source) if path is not None else _named(source)
    if source.labels is None:
        return given
    from mlcli.readers.label_sets import read_label_sets

    sets = read_label_sets(source.labels, given.graph.names)
    groups = tuple(" + ".join(name for name, of in zip(sets.classes, row, strict=True) if of) or "no label"
                   for row in sets.of_node)  # fmt: skip
    notes = tuple(f"{Path(source.labels).name}: {note}" for note in sets.read)
    return replace(given, read=given.read + notes, of_class=sets.of_node, groups=groups)


def _from_file(path: str, source: Source) -> Given:
    from mlcli.readers.edge_lists import read_edges

    edges = read_edges(path, weighted=source.weighted, directed=source.directed, delimiter=source.delimiter)
    return Given(edges.name, edges.graph, edges.read)


def _named(source: Source) -> Given:
    if source.directed or source.delimiter:
        wrong = "--directed" if source.directed else "--delimiter"
        raise InputError("is for a file of edges, not for a named graph", wrong, "give a file of edges")
    if source.weighted and source.dataset not in (None, "karate"):
        raise InputError(f"the edges of {source.dataset} have no weights", "--weighted", "leave it out")
    if source.dataset in (None, "karate"):
        from mlcli.datasets.karate import karate

        club = karate(bool(source.weighted))
        found = replace(club, name="karate club", read=club.read[:1])
    else:
        from mlcli.commands.fetching import fetched
        from mlcli.datasets.labelled_graphs import load

        found = load(fetched(source.dataset))
    of_class = found.labels[:, None] == np.arange(len(found.classes))  # a label of −1 is no class
    groups = tuple(found.classes[label] if label >= 0 else "no label" for label in found.labels)
    return Given(found.name, found.graph, found.read, of_class, groups)
