"""A graph with what is known of its nodes: their features, their classes, and which of them may be learned from.

Symbols: N nodes, F features a node.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph
from mlcli.core.matrices import Matrix, row_normalised, rows_and_columns


@dataclass(frozen=True, eq=False)
class LabelledGraph:
    """A graph whose nodes are to be classified, with the nodes that may be learned from.

    Args:
        name: as the user asked for it: `cora`, `edges.csv`.
        features: (N, F) float64, dense or CSR.
        labels: (N,) int64, −1 where unknown.
        classes: the classes' names; a label is a position in them.
        train, validation, test: positions of nodes, disjoint, ascending.
        read: what was done to the input while reading it, a sentence each.
        divided: a model reads each row of features divided by the sum of its sizes, as is done with counts of words;
            off where they are published to be read as they are.
    """

    kind: ClassVar[str] = "node classification"
    name: str
    graph: Graph
    features: Matrix
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    read: tuple[str, ...] = ()
    divided: bool = True

    def x(self) -> Matrix:
        """(N, F), the features as a model reads them."""
        return row_normalised(self.features) if self.divided else self.features

    @property
    def division(self) -> str:
        """What becomes of the features, in words; nothing where they stay as they are."""
        if not self.divided:
            return ""
        alone = ": a single one becomes 1 or −1, and tells little" if rows_and_columns(self.features)[1] == 1 else ""
        return f"each node's features are divided by the sum of their sizes{alone}"
