"""A labelled graph kept as arrays, so that the next load need not parse it again.

The archive is a convenience: one that is missing, damaged or cannot be written costs time, never the answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import Matrix
from mlcli.files import write_whole

FORMAT = 2  # one more whenever the arrays below, or what a parser puts into them, change


def keep(graph: LabelledGraph, path: Path) -> None:
    """Write `graph`, whose edges are undirected, or leave it."""
    arrays = {
        "names": np.array(graph.graph.names),
        "edges": graph.graph.edges,
        "weights": graph.graph.weights,
        **_arrays(graph.features),
        "labels": graph.labels,
        "classes": np.array(graph.classes),
        "train": graph.train,
        "validation": graph.validation,
        "test": graph.test,
        "read": np.array(graph.read),
        "divided": np.array(graph.divided),
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
            features=_features(arrays),
            labels=arrays["labels"],
            classes=tuple(arrays["classes"].tolist()),
            train=arrays["train"],
            validation=arrays["validation"],
            test=arrays["test"],
            read=tuple(arrays["read"].tolist()),
            divided=bool(arrays["divided"]),
        )
    except Exception:  # a damaged archive can raise anything; the graph is then parsed anew
        return None


def _arrays(features: Matrix) -> dict[str, NDArray[Any]]:
    if isinstance(features, np.ndarray):
        return {"features": features}
    return {
        "data": features.data,
        "indices": features.indices,
        "indptr": features.indptr,
        "shape": np.array(features.shape),
    }


def _features(arrays: Mapping[str, NDArray[Any]]) -> Matrix:
    if "features" in arrays:
        return arrays["features"]
    cells = arrays["data"], arrays["indices"], arrays["indptr"]
    return sparse.csr_array(cells, shape=tuple(arrays["shape"].tolist()))
