"""A labelled graph in numbers, as the lesson of a training tells it.

Symbols: E edges.
"""

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import rows_and_columns
from mlcli.core.training import DataSummary

Integers = NDArray[np.int64]


def summarise(graph: LabelledGraph) -> DataSummary:
    """Counts of nodes, distinct edges, features, classes, and of the nodes in each part of the split."""
    arcs, weights = graph.graph.arcs(), graph.graph.weights
    weighted = ("the weights of the edges are not used: every edge counts 1",) if np.any(weights != 1) else ()
    return DataSummary(
        name=graph.name,
        unit="nodes",
        sizes={
            "nodes": len(graph.labels),
            "edges": arcs.shape[1] if graph.graph.directed else arcs.shape[1] // 2,
            "features": rows_and_columns(graph.features)[1],
            "classes": len(graph.classes),
        },
        classes=graph.classes,
        train=len(graph.train),
        validation=len(graph.validation),
        test=len(graph.test),
        facts={"directed": graph.graph.directed, "homophily": _homophily(graph.labels[arcs])},
        read=graph.read + weighted,
    )


def _homophily(ends: Int[Integers, "2 E"]) -> float | None:
    """The share of the edges between labelled nodes that join two of one class; None where there are none."""
    known = ends[:, (ends >= 0).all(axis=0)]
    return float(np.mean(known[0] == known[1])) if known.size else None
