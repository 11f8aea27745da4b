"""GraphSAGE with the mean: h'_v = [W B] [mean of h_u ‖ h_v] + b; ReLU between the layers.

Source: Hamilton, Ying & Leskovec, NeurIPS 2017, algorithm 1, over all neighbours, vectors not divided by their length;
dropout on the input of each layer.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.models.dropout import feature_dropout
from mlcli.models.initialisation import glorot
from mlcli.models.products import SparseMatrix, product


class SAGELayer(nn.Module):
    """A x W + x B + b: W is for what is heard, B for the node itself."""

    def __init__(self, F_in: int, F_out: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.W = glorot((F_in, F_out), F_in, F_out, rng)
        self.B = glorot((F_in, F_out), F_in, F_out, rng)
        self.b = nn.Parameter(torch.zeros(F_out))

    def forward(self, A: SparseMatrix, x: Tensor | SparseMatrix) -> Tensor:
        """(C, F_in) → (R, F_out)."""
        R = A.pattern.rows
        if isinstance(x, Tensor) and 2 * R < len(x):  # many are read for few: A x has fewer rows than x
            return product(torch.cat([product(A, x), x[:R]], dim=1), torch.cat([self.W, self.B])) + self.b
        both = product(x, torch.cat([self.W, self.B], dim=1))  # (C, 2·F_out): x is read once
        heard, own = both.split(len(self.b), dim=1)
        return product(A, heard) + own[:R] + self.b


class SAGE(nn.Module):
    """F_in → hidden → … → hidden → classes, hidden once less than there are layers.

    Args:
        dropout: probability with which a cell of a layer's input is dropped in training.
        rng: draws the first weights.
    """

    def __init__(
        self, F_in: int, hidden: int, classes: int, dropout: float, rng: np.random.Generator, layers: int = 2
    ) -> None:
        super().__init__()
        sizes = [F_in, *[hidden] * (layers - 1), classes]
        self.layers = nn.ModuleList(SAGELayer(*size, rng) for size in pairwise(sizes))
        self.dropout = dropout

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the penalty holds small: all but the biases."""
        return [parameter for parameter in self.parameters() if parameter.ndim > 1]

    def forward(
        self, parts: Sequence[SparseMatrix], x: Tensor | SparseMatrix, rng: np.random.Generator | None = None
    ) -> Tensor:
        """Logits: (nodes read, F_in) → (nodes wanted, classes).

        Args:
            parts: of the mean adjacency, one a layer, as `receptive_field` gives them.
            rng: draws the dropout; None for none: evaluation.
        """
        *hidden, last = self.layers
        h = x
        for layer, part in zip(hidden, parts[:-1], strict=True):
            h = F.relu(layer(part, feature_dropout(h, self.dropout, rng)))
        return last(parts[-1], feature_dropout(h, self.dropout, rng))
