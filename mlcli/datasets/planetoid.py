"""Cora, CiteSeer, PubMed as the Planetoid files hold them: words, citations, classes, the split that papers report on.

Symbols: N papers, F words, L papers to train on.

Eight files a data set. `allx`, `ally` are the first papers' words and one-hot classes, `tx`, `ty` those of the
test papers, whose positions `test.index` gives in the same order; `graph` lists each paper's neighbours. The
first L papers, those of `x`, are trained on, the next 500 validate.

Source: Yang, Cohen, Salakhutdinov 2016 (arXiv:1603.08861). The class names are those of the papers' first
publication (Sen et al. 2008), in the files' order: the number of papers in each class tells which is which.
"""

import io
import pickle  # noqa: TID251
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets.storage import damaged

CLASSES = {
    "cora": (
        "Theory",
        "Reinforcement Learning",
        "Genetic Algorithms",
        "Neural Networks",
        "Probabilistic Methods",
        "Case Based",
        "Rule Learning",
    ),
    "citeseer": ("AI", "ML", "IR", "DB", "Agents", "HCI"),
    "pubmed": ("Diabetes Mellitus, Experimental", "Diabetes Mellitus Type 1", "Diabetes Mellitus Type 2"),
}
VALIDATION = 500


def parse(name: str, contents: Mapping[str, bytes]) -> LabelledGraph:
    """The graph from the bytes of its files.

    Args:
        contents: by path: `planetoid/ind.cora.allx`.

    Raises:
        RequestFailed: see `unpickle`.
    """
    paths = {key: f"planetoid/ind.{name}.{key}" for key in ("allx", "ally", "tx", "ty", "y", "graph", "test.index")}
    test = np.array(contents[paths.pop("test.index")].split(), dtype=np.int64)
    part = {key: unpickle(contents[path], path) for key, path in paths.items()}
    known = len(part["ally"])  # the first papers: all but the test's
    N, F = int(test.max()) + 1, part["allx"].matrix.shape[1]

    rows = np.concatenate([np.arange(known), test])  # the paper that each row of allx over tx belongs to
    words = sparse.coo_array(sparse.vstack([part["allx"].matrix, part["tx"].matrix]))
    features = sparse.csr_array((words.data, (rows[words.row], words.col)), shape=(N, F))  # (N, F)
    labels = np.full(N, -1)
    labels[rows] = np.concatenate([part["ally"], part["ty"]]).argmax(axis=1)

    edges, links = _distinct(part["graph"])
    read = [links]
    missing = np.setdiff1d(np.arange(N), rows)
    if missing.size:
        kept = np.isin(edges, missing).any(axis=0).sum()
        read.append(
            f"{missing.size} papers stand in the citations but not in the files of words and classes: they keep their "
            f"{kept} edges, have no words and no class, and are in no part of the split"
        )
    L = len(part["y"])
    return LabelledGraph(
        name=name,
        graph=Graph(tuple(str(node) for node in range(N)), edges, np.ones(edges.shape[1])),
        features=features,
        labels=labels,
        classes=CLASSES[name],
        train=np.arange(L),
        validation=np.arange(L, L + VALIDATION),
        test=np.sort(test),
        read=tuple(read),
    )


def _distinct(neighbours: Mapping[int, list[int]]) -> tuple[NDArray[np.int64], str]:
    """Each edge once, smaller end first; and what was left out. Each link stands in the lists of both its ends."""
    source = np.repeat(np.fromiter(neighbours, np.int64), [len(ends) for ends in neighbours.values()])
    target = np.array([end for ends in neighbours.values() for end in ends], dtype=np.int64)
    pairs = np.sort([source, target], axis=0)  # (2, twice the links)
    loops = pairs[0] == pairs[1]
    edges = np.unique(pairs[:, ~loops], axis=1)  # (2, E)
    links, circles = pairs.shape[1] // 2, int(loops.sum()) // 2
    repeats = links - circles - edges.shape[1]
    return edges, (
        f"{links:,} links are listed; {repeats} repeat another and {circles} join a paper to itself: "
        f"{edges.shape[1]:,} distinct undirected edges remain"
    )


class _Words:
    """Stands in for the pickled csr_matrix, whose own class in SciPy changes with the years."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        cells = state["data"].astype(np.float64), state["indices"], state["indptr"]
        self.matrix = sparse.csr_array(cells, shape=state["_shape"])


ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],  # its module moves between versions
    ("scipy.sparse.csr", "csr_matrix"): _Words,
    ("collections", "defaultdict"): defaultdict,
    ("__builtin__", "list"): list,
}


class _Unpickler(pickle.Unpickler):
    """Opens the pickles of Python 2 that Planetoid is made of, and builds nothing that is not in ALLOWED."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"asks for {module}.{name} on being opened, which no graph needs")
        return ALLOWED[module, name]


def unpickle(content: bytes, where: str) -> Any:
    """The object in a Planetoid file.

    Raises:
        RequestFailed: it asks for a name that is not in ALLOWED, or is damaged.
    """
    try:
        return _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise damaged(str(error), where) from error
    except Exception as error:  # a damaged pickle can raise anything
        raise damaged("is cut off or damaged", where) from error
