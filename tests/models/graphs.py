"""Random graphs for the models' tests."""

import numpy as np
from scipy import sparse

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph


def random_graph(seed: int, N: int = 29, E: int = 47, F: int = 7, C: int = 3, dense: bool = False) -> LabelledGraph:
    """Node N − 1 has no edge; the first nodes have one of each class; a tenth of the features is not zero, or all."""
    rng = np.random.default_rng(seed)
    edges = rng.integers(N - 1, size=(2, E))
    features = rng.standard_normal((N, F)) if dense else sparse.random_array((N, F), density=0.1, rng=rng).tocsr()
    labels = np.concatenate([np.arange(C), rng.integers(C, size=N - C)])
    return LabelledGraph(
        name="random",
        graph=Graph(tuple(map(str, range(N))), edges, np.ones(E), directed=seed % 2 == 1),
        features=features if dense else sparse.csr_array(features),
        labels=labels,
        classes=tuple("abcdefg"[:C]),
        train=np.arange(5),
        validation=np.arange(5, 12),
        test=np.arange(12, N),
    )
