"""A labelled graph kept as arrays, so that the next load need not parse it again.

The archive is a convenience: one that is missing, damaged or cannot be written costs time, never the answer.
"""

from pathlib import Path

import numpy as np
from scipy import sparse

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.graphs import Graph, LabelledGraph
from mlcli.files import write_whole

FORMAT = 1  # one more whenever the arrays below, or what a parser puts into them, change


def keep(graph: LabelledGraph, path: Path) -> None:
    """Write `graph`, whose features are sparse and whose edges are undirected, or leave it."""
    features = sparse.csr_array(graph.features)
    arrays = {
        "names": np.array(graph.graph.names),
        "edges": graph.graph.edges,
        "weights": graph.graph.weights,
        "data": features.data,
        "indices": features.indices,
        "indptr": features.indptr,
        "shape": np.array(features.shape),
        "labels": graph.labels,
        "classes": np.array(graph.classes),
        "train": graph.train,
        "validation": graph.validation,
        "test": graph.test,
        "read": np.array(graph.read),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda temporary: np.savez(temporary, **arrays), force=True)
    except (OSError, RequestFailed, InputError):
        pass


def kept(name: str, path: Path) -> LabelledGraph | None:
    """What `keep` wrote, or None."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        return LabelledGraph(
            name=name,
            graph=Graph(tuple(arrays["names"].tolist()), arrays["edges"], arrays["weights"]),
            features=sparse.csr_array(
                (arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"].tolist())
            ),
            labels=arrays["labels"],
            classes=tuple(arrays["classes"].tolist()),
            train=arrays["train"],
            validation=arrays["validation"],
            test=arrays["test"],
            read=tuple(arrays["read"].tolist()),
        )
    except Exception:  # a damaged archive can raise anything; the graph is then parsed anew
        return None
