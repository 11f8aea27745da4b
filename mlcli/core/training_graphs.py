"""A labelled graph in numbers, as the lesson of a training tells it.

Symbols: E edges, c a class.
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
        facts={"directed": graph.graph.directed, **_homophily(graph.labels[arcs])},
        read=graph.read + weighted,
    )


def _homophily(ends: Int[Integers, "2 E"]) -> dict[str, float | None]:
    """Of the edges between labelled nodes the share that join two of one class, and what it would be by chance.

    By chance: Σ_c s_c², were the ends joined at random, s_c the share of them that are of class c. None without edges.
    """
    known = ends[:, (ends >= 0).all(axis=0)]
    if not known.size:
        return {"homophily": None, "homophily by chance": None}
    shares = np.bincount(known.ravel()) / known.size
    return {
        "homophily": float(np.mean(known[0] == known[1])),
        "homophily by chance": float(shares @ shares),
    }
