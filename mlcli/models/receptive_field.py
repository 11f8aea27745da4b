"""What some nodes' outputs depend on: their neighbours, and theirs, as many steps away as the model has layers.

A loss over 140 of Cora's 2,708 nodes sees the outputs of 140, the hidden vectors of 644 and the features of 1,664: it
and its gradients are the same when the rest is not computed at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation import normalised_adjacency
from mlcli.models.adjacency import Adjacency
from mlcli.models.products import SparseMatrix
from mlcli.models.sampling import sampled_field

MOST_DENSE = 0.1  # share of non-zeros up to which features are kept sparse


@dataclass(frozen=True, eq=False)
class Field:
    """All that a model reads to classify some nodes.

    Args:
        parts: of Â, one a layer, first to last.
        x: features of the nodes read, one row each.
        labels: of the nodes wanted.
    """

    parts: tuple[SparseMatrix, ...]
    x: Tensor | SparseMatrix
    labels: Tensor


@dataclass(frozen=True, eq=False)
class Inputs:
    """A labelled graph as a model reads it, for each purpose only as much of it as that needs.

    Args:
        A: A[v, u] belongs to the arc u → v; every node has its loop.
        X: the features.
        layers: of the model.
    """

    graph: LabelledGraph
    A: sparse.csr_array
    X: Tensor | sparse.csr_array
    layers: int
    dtype: torch.dtype

    @cached_property
    def train(self) -> Field:
        """What the nodes to train on depend on."""
        field = self._field(self.graph.train)
        for S in (*field.parts, field.x):
            if isinstance(S, SparseMatrix):
                S.pattern.sort_now()
        return field

    @cached_property
    def validation(self) -> Field:
        """What the validation nodes depend on."""
        return self._field(self.graph.validation)

    @cached_property
    def test(self) -> Field:
        """What the test nodes depend on."""
        return self._field(self.graph.test)

    @cached_property
    def every(self) -> Field:
        """All."""
        everybody = np.arange(len(self.graph.labels))
        return self._of(everybody, *receptive_field(self.A, everybody, self.layers))

    def sampled(self, wanted: NDArray[np.int64], fanout: Sequence[int], seed: int) -> Field:
        """Some of what these nodes depend on, as `sampled_field` draws it."""
        return self._of(wanted, *sampled_field(self.A, wanted, fanout, seed))

    def _field(self, wanted: NDArray[np.int64]) -> Field:
        if len(wanted) == len(self.graph.labels):
            return self.every
        return self._of(wanted, *receptive_field(self.A, wanted, self.layers))

    def _of(self, wanted: NDArray[np.int64], nodes: NDArray[np.int64], parts: Sequence[sparse.csr_array]) -> Field:
        ready = {id(part): SparseMatrix.of(part, self.dtype) for part in parts}
        if isinstance(self.X, Tensor):
            whole = len(nodes) == len(self.X) and np.array_equal(nodes, np.arange(len(nodes)))
            x = self.X if whole else self.X.index_select(0, torch.from_numpy(nodes))
        else:
            x = SparseMatrix.of(self.X[nodes], self.dtype)
        return Field(tuple(ready[id(part)] for part in parts), x, torch.from_numpy(self.graph.labels[wanted]))


def inputs(
    graph: LabelledGraph,
    layers: int = 2,
    dtype: torch.dtype = torch.float32,
    adjacency: Adjacency = normalised_adjacency,
) -> Inputs:
    """Whom each node hears, and the features as a model reads them."""
    A = adjacency(graph.graph.arcs(), len(graph.labels))
    return Inputs(graph, A, _features(graph, dtype), layers, dtype)


def receptive_field(
    A: sparse.csr_array, wanted: NDArray[np.int64], layers: int
) -> tuple[NDArray[np.int64], list[sparse.csr_array]]:
    """The nodes whose features the outputs of `wanted` depend on, and for each layer, first to last, its part of A.

    The columns of a part are the nodes that its layer reads; its rows are those that the layer gives, which come first
    among the columns. The next layer reads them; the last one gives `wanted`.

    Args:
        A: A[v, u] belongs to the arc u → v; every node has its loop.
    """
    nodes, parts = wanted, []
    for _ in range(layers):
        if parts and parts[0].shape[0] == parts[0].shape[1]:  # no node was added, so none will be: the same part again
            parts.insert(0, parts[0])
            continue
        rows, read = A[nodes], np.zeros(len(A.indptr) - 1, dtype=bool)
        read[rows.indices] = True
        read[nodes] = False
        nodes = np.concatenate([nodes, np.flatnonzero(read)])
        parts.insert(0, rows[:, nodes].sorted_indices())
    return nodes, parts


def _features(graph: LabelledGraph, dtype: torch.dtype) -> Tensor | sparse.csr_array:
    X = graph.x()
    rows, columns = rows_and_columns(X)
    stored = X.nnz if isinstance(X, sparse.csr_array) else np.count_nonzero(X)
    if stored <= MOST_DENSE * rows * columns:
        return sparse.csr_array(X)
    return torch.from_numpy(X if isinstance(X, np.ndarray) else X.toarray()).to(dtype)
