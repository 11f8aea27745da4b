"""A learner's own graph whose nodes are to be classified: edges, features and labels, a file each."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.readers.edge_lists import read_edges, with_nodes
from mlcli.readers.node_features import read_features
from mlcli.readers.node_labels import NodeLabels, left_out, read_labels
from mlcli.readers.splits import Split, split
from mlcli.readers.wording import counted, listed


def read(
    edges: str | Path,
    features: str | Path | None,
    labels: str | Path,
    seed: int = 0,
    *,
    weighted: bool | None = None,
    directed: bool = False,
    delimiter: str | None = None,
) -> LabelledGraph:
    """The graph in `edges` with a row of `features` and a label from `labels` for its nodes.

    A node that only the features or the labels name is one without edges; but where others have features, one that has
    neither is left out.

    Args:
        features: None gives every node a feature of its own (one-hot).
        seed: draws the split, where `labels` does not say it.
        weighted, directed, delimiter: see `read_edges`.

    Raises:
        InputError: see `read_edges`, `read_features`, `read_labels`, `split`; `labels` names no node of the graph;
            its own split has a class without a node to train on, or validates or tests nothing.
    """
    listed_edges = read_edges(edges, weighted=weighted, directed=directed, delimiter=delimiter)
    graph = listed_edges.graph
    notes = [f"{listed_edges.name}: {note}" for note in listed_edges.read]

    rows = None if features is None else read_features(features, graph.names)
    known = frozenset(graph.names if rows is None else rows.names)
    told = read_labels(labels, known)
    if known.isdisjoint(told.labels):
        raise InputError(f"names no node of {listed_edges.name}", told.where, "check how the nodes are called")
    strangers = [name for name in told.labels if name not in known]
    if rows is not None and strangers:
        told = told.without(frozenset(strangers))

    linked = frozenset(graph.names)
    others = tuple(name for name in (told.labels if rows is None else rows.names) if name not in linked)
    graph = with_nodes(graph, others)
    position = {name: node for node, name in enumerate(graph.names)}
    N = len(position)
    if rows is None:
        values = sparse.csr_array(sparse.eye_array(N))  # (N, N)
        notes.append("no features: every node is given one of its own (one-hot)")
    else:
        values = np.empty((N, rows.values.shape[1]))
        values[[position[name] for name in rows.names]] = rows.values  # (N, F)
        notes += [f"{Path(str(features)).name}: {note}" for note in rows.read]
    notes += [f"{Path(labels).name}: {note}" for note in told.read]
    if rows is not None and strangers:
        notes.append(f"{Path(labels).name}: {left_out(strangers, 'neither edge nor features', rows.names)}")
    if others:
        notes.append(f"{counted(len(others), 'node')} without edges: {listed(others)}")

    label_of = {name: label for label, name in enumerate(told.classes)}
    y = np.full(N, -1)
    for name, label in told.labels.items():
        if label is not None:
            y[position[name]] = label_of[label]
    if unknown := int((y < 0).sum()):
        notes.append(f"{counted(unknown, 'node')} without a label: part of the graph, not of the split")
    if told.parts is None:
        (train, validation, test), rule = split(y, told.classes, seed, told.where)
        notes.append(rule)
    else:
        train, validation, test = _split_as_told(told, position, y)
    return LabelledGraph(listed_edges.name, graph, values, y, told.classes, train, validation, test, tuple(notes))


def _split_as_told(told: NodeLabels, position: dict[str, int], y: NDArray[np.int64]) -> Split:
    parts = told.parts or {}
    nodes = {part: sorted(position[name] for name in parts if parts[name] == part) for part in ("train", "val", "test")}
    for part, members in nodes.items():
        if not members:
            raise InputError(
                f"no node is marked {part}", told.where, "mark some, or leave the split out to have it drawn"
            )
    for label, name in enumerate(told.classes):
        if label not in y[nodes["train"]]:
            raise InputError(f"no node of the class {name} is marked train", told.where, "mark one of them")
    train, validation, test = (np.array(members, dtype=np.int64) for members in nodes.values())
    return train, validation, test
