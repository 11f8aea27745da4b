"""Graphs in the formats that other programs write, GraphML, GML and JSON, read by networkx; else as an edge list.

JSON is networkx's own, node-link or adjacency, or Cytoscape's. A format says itself whether its edges have a direction.
"""

import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.readers.edge_lists import EdgeListInput, read_edges, with_nodes
from mlcli.readers.json_graphs import place_of_weight, read_json
from mlcli.readers.repeated_edges import tidied
from mlcli.readers.source import Source, read_source, utf8
from mlcli.readers.wording import counted, listed, quoted

WEIGHT_KEYS = ("weight", "value")
NAME_KEYS = ("label", "name")


def read_graph(
    path: str | Path,
    *,
    weighted: bool | None = None,
    directed: bool = False,
    delimiter: str | None = None,
    nodes: str | Path | None = None,
    loops: bool = False,
) -> EdgeListInput:
    """The graph in `path`: GraphML, GML or JSON by its suffix, else an edge list.

    Args:
        weighted, delimiter, nodes, loops: see `read_edges`; the second and third are for edge lists.
        directed: edges lead from their first node to their second only, whatever the file says.

    Raises:
        InputError: see `read_edges`; the file is not of the format that its suffix names, or has no edge.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        return read_edges(
            path, weighted=weighted, directed=directed, delimiter=delimiter, nodes=nodes, loops=loops
        )  # fmt: skip
    for option, given in (("--delimiter", delimiter), ("--nodes", nodes)):
        if given is not None:
            raise InputError(f"is for an edge list, not for {suffix}", option, f"leave {option} out")
    source = read_source(path)
    found = FORMATS[suffix](source)
    name = _names(found)
    ends = [(name[u], name[v]) for u, v in found.edges()]
    if not ends:
        raise InputError("holds no edge", source.where, "a message needs an edge to pass along")
    position = {node: i for i, node in enumerate(name.values())}
    edges = np.array([[position[u], position[v]] for u, v in ends], dtype=np.int64).T.copy()  # (2, E)
    weights, read = _weights(found, source, weighted)
    features, told = _features(found)
    graph = Graph(tuple(position), edges, weights, directed or found.is_directed())
    sorted_graph = with_nodes(graph)
    if features is not None:
        features = features[[position[node] for node in sorted_graph.names]]
    tidy = tidied(sorted_graph, loops)
    kind = "directed" if graph.directed else "undirected"
    read = (f"{suffix[1:]}, {kind}{' as asked' if directed and not found.is_directed() else ''}", *read, *told)
    is_weighted = bool(read[1:]) and "weight" in read[1]
    return EdgeListInput(source.name, tidy.graph, is_weighted, tidy.merged, tidy.self_loops, read + tidy.read, features)


def _graphml(source: Source) -> Any:
    import networkx

    return _parsed(source, "GraphML", lambda: networkx.read_graphml(io.BytesIO(source.content), force_multigraph=True))


def _gml(source: Source) -> Any:
    import networkx

    text = utf8(source)
    if not re.search(r"\bmultigraph\b", text):  # so that an edge given again is counted, not refused
        text = re.sub(r"\bgraph(\s*)\[", r"graph\1[ multigraph 1 ", text, count=1)
    label = "label" if re.search(r"\blabel\b", text) else "id"
    return _parsed(source, "GML", lambda: networkx.parse_gml(text.splitlines(), label=label))


def _json(source: Source) -> Any:
    kind, build = read_json(source)
    return _parsed(source, kind, build)


FORMATS: dict[str, Callable[[Source], Any]] = {".graphml": _graphml, ".gml": _gml, ".json": _json}


def _parsed(source: Source, kind: str, parse: Callable[[], Any]) -> Any:
    """What networkx makes of it; given a damaged file, its parsers raise almost anything."""
    try:
        return parse()
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        line = getattr(error, "position", (0, 0))[0] or _line(reason)
        where = f"{source.where}:{line}" if line else source.where
        raise InputError(f"is not {kind}: {reason}", where, "write it again, or as an edge a line: Ann,Bob") from error


def _line(reason: str) -> int:
    """The line that GML's parser names: `at (4, 1)`."""
    found = re.search(r"\((\d+), \d+\)", reason)
    return int(found[1]) if found else 0


def _names(graph: Any) -> dict[Any, str]:
    """By networkx's node: its label where each has one of its own, else what the file calls it."""
    for key in NAME_KEYS:
        labels = [data.get(key) for _, data in graph.nodes(data=True)]
        if all(isinstance(label, str) and label for label in labels) and len(set(labels)) == len(labels):
            return dict(zip(graph.nodes, labels, strict=True))
    return {node: str(node) for node in graph.nodes}


def _weights(graph: Any, source: Source, weighted: bool | None) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """(E,), and what to say of them."""
    edges = [data for _, _, data in graph.edges(data=True)]
    key = next((key for key in WEIGHT_KEYS if any(key in data for data in edges)), None)
    if key is None and weighted:
        raise InputError("its edges have no weight", source.where, f"an attribute called {' or '.join(WEIGHT_KEYS)}")
    if key is None or weighted is False:
        return np.ones(len(edges)), ()
    weights = np.ones(len(edges))
    for i, (u, v, data) in enumerate(graph.edges(data=True)):
        value = data.get(key, 1.0)
        number = float(value) if isinstance(value, int | float) else math.nan
        if not 0 <= number < math.inf:
            message = f"the {key} of the edge from {u} to {v}, {quoted(str(value))}, is no number from 0 on"
            where = place_of_weight(source, key, value) if source.name.lower().endswith(".json") else source.where
            raise InputError(message, where, "--unweighted ignores weights")
        weights[i] = number
    lacking = sum(key not in data for data in edges)
    lacks = f", {counted(lacking, 'edge')} without one: 1" if lacking else ""
    return weights, (f"the weight of an edge is its {key}{lacks}",)


def _features(graph: Any) -> tuple[NDArray[np.float64] | None, tuple[str, ...]]:
    """(N, F) from the attributes that are finite numbers on every node, and which these are."""
    nodes = [data for _, data in graph.nodes(data=True)]
    keys = [
        key for key in nodes[0] if key not in (*NAME_KEYS, "id") and all(_is_number(data.get(key)) for data in nodes)
    ]
    if not keys:
        return None, ()
    values = np.array([[float(data[key]) for key in keys] for data in nodes])
    return values, (f"x_v is the nodes' own {listed(list(map(str, keys)), most=6)}",)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
