"""What gnn-propagate reads: a graph, what is known of its nodes, and the classes of these."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.graph_summary import summarise_graph
from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.node_features import degrees, one_hot, random_features
from mlcli.datasets.graphs import ExampleGraph, hexagon, karate_club, ring, slide, star, toy, two_triangles
from mlcli.lessons.propagation import Given
from mlcli.readers.graph_files import read_graph
from mlcli.readers.matrices import read_matrix
from mlcli.readers.node_features import read_features
from mlcli.render.show import option

DRAWN_FEATURES = 2
WORDS = ("degree", "one-hot", "random")


class Example(StrEnum):
    """Graphs that need no file."""

    SLIDE = "slide"
    TOY = "toy"
    KARATE = "karate"
    RING = "ring"
    STAR = "star"
    HEXAGON = "hexagon"
    TRIANGLES = "triangles"


EXAMPLES = {
    Example.SLIDE: slide,
    Example.TOY: toy,
    Example.RING: ring,
    Example.STAR: star,
    Example.HEXAGON: hexagon,
    Example.TRIANGLES: two_triangles,
}


@dataclass(frozen=True)
class Source:
    """The graph: a file, an example or a named data set; and what is known of its nodes."""

    example: Example | None = option(None, "Take this in the place of a file.")
    dataset: str | None = option(
        None, "Or a data set: karate, digits-graph, cora, citeseer, pubmed, ogbn-arxiv.", metavar="NAME"
    )
    features: str | None = option(None, "A row of numbers a node; or degree, one-hot, random.", metavar="FILE")
    labels: str | None = option(None, "A class for each node of your own graph.", metavar="FILE")
    nodes: Path | None = option(None, "Every node, a name a line: also those without an edge.", metavar="FILE")
    directed: bool = option(False, "Ann,Bob is a message from Ann to Bob only.")
    weighted: bool | None = option(
        None, "Whether weights of edges count; else a file's do, karate's do not.", flags=["--weighted/--unweighted"]
    )
    loops: bool = option(False, "A node's edge to itself is a message to itself; else it is left out.")
    delimiter: str | None = option(None, "What parts the columns, if it is not found.")


@dataclass(frozen=True, eq=False)
class Input:
    """All that was read.

    Args:
        arcs, weight: see `Graph.messages`.
        x: (N, F) features.
        drawn: the features are random.
        labelled: the same graph with its classes, where these are known.
    """

    given: Given
    arcs: NDArray[np.int64]
    weight: NDArray[np.float64]
    x: NDArray[np.float64] | sparse.csr_array
    drawn: bool
    labelled: LabelledGraph | None

    @property
    def N(self) -> int:
        """How many nodes."""
        return len(self.given.graph.names)


def read_input(path: str | None, source: Source, rng: np.random.Generator, seed: int) -> Input:
    """The graph, its messages and its features."""
    found, labelled = _graph(path, source, seed)
    x, said = _features(source.features, found, labelled, rng)
    graph = found.graph
    given = Given(found.name, graph, summarise_graph(graph), found.read + said, found.groups)
    return Input(given, *graph.messages(source.loops), x, source.features == "random", labelled)


def _graph(path: str | None, source: Source, seed: int) -> tuple[ExampleGraph, LabelledGraph | None]:
    if sum(given is not None for given in (path, source.example, source.dataset)) != 1:
        raise InputError("give either a file or --example or --dataset", hint="mlcli gnn-propagate --example slide")
    if path is None:
        for name in ("nodes", "delimiter", "labels", "loops"):
            if getattr(source, name) not in (None, False):
                raise InputError(
                    "goes with a file, not with an example or a data set", f"--{name}", f"leave --{name} out"
                )
        if source.weighted and "karate" not in (source.dataset, source.example):
            raise InputError("its edges have no weights", "--weighted", "leave it out")
    if source.dataset is not None:
        return _dataset(source.dataset, source)
    if source.example is not None:
        weighted = source.example == Example.KARATE and bool(source.weighted)
        found = karate_club(weighted) if source.example == Example.KARATE else EXAMPLES[source.example]()
        return replace(found, graph=replace(found.graph, directed=source.directed)), None
    if source.labels is not None:
        return _labelled(str(path), source, seed)
    read = read_graph(
        str(path), weighted=source.weighted, directed=source.directed, delimiter=source.delimiter, nodes=source.nodes,
        loops=source.loops,
    )  # fmt: skip
    return ExampleGraph(read.name, read.graph, read.features, read.read), None


def _dataset(name: str, source: Source) -> tuple[ExampleGraph, LabelledGraph]:
    from mlcli.commands.fetching import fetched
    from mlcli.datasets.karate import karate
    from mlcli.datasets.labelled_graphs import load

    graph = karate(weighted=True) if name == "karate" and source.weighted else load(fetched(name))
    return _with_classes(replace(graph, graph=replace(graph.graph, directed=source.directed)))


def _labelled(path: str, source: Source, seed: int) -> tuple[ExampleGraph, LabelledGraph]:
    from mlcli.readers.labelled_graphs import read

    if source.nodes or source.loops:
        unfit = "nodes" if source.nodes else "loops"
        raise InputError("does not go with --labels, which names the nodes too", f"--{unfit}", f"leave --{unfit} out")
    features = None if source.features in WORDS else source.features
    graph = read(
        path, features, str(source.labels), seed,
        weighted=source.weighted, directed=source.directed, delimiter=source.delimiter,
    )  # fmt: skip
    return _with_classes(graph)


def _with_classes(labelled: LabelledGraph) -> tuple[ExampleGraph, LabelledGraph]:
    groups = tuple("?" if label < 0 else labelled.classes[label] for label in labelled.labels.tolist())
    return ExampleGraph(labelled.name, labelled.graph, None, labelled.read, groups), labelled


def _features(
    asked: str | None, found: ExampleGraph, labelled: LabelledGraph | None, rng: np.random.Generator
) -> tuple[NDArray[np.float64] | sparse.csr_array, tuple[str, ...]]:
    """(N, F), and what to say of them."""
    graph: Graph = found.graph
    N = len(graph.names)
    match asked:
        case "degree":
            return degrees(graph.arcs(), N), ("x_v is the degree, |N(v)|",)
        case "one-hot":
            return one_hot(N), ("x_v is one-hot: 1 at the node's own place",)
        case "random":
            return random_features(N, DRAWN_FEATURES, rng), ("x_v is drawn from −1 to 1, rounded to one decimal",)
        case _ if labelled is not None:
            return labelled.x(), (f"{labelled.division}, as for training",) if labelled.divided else ()
        case None if found.features is not None:
            return found.features, ()
        case None:
            return degrees(graph.arcs(), N), ("no features are given: x_v is the degree, |N(v)|",)
        case _ if asked.lower().endswith(".npy"):
            return _rows(asked, N), (f"{Path(asked).name}: features in the order of the nodes",)
    known = read_features(asked, graph.names)
    row = {name: i for i, name in enumerate(known.names)}
    name = Path(asked).name
    return known.values[[row[node] for node in graph.names]], tuple(f"{name}: {note}" for note in known.read)


def _rows(path: str, N: int) -> NDArray[np.float64]:
    values = read_matrix(path).values
    if values.ndim != 2 or len(values) != N:
        size = "×".join(map(str, values.shape))
        raise InputError(f"is {size} where {N:,} rows fit, one a node", path, "give each node one row")
    return values
