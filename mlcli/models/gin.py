"""GIN: s_v = (1 + ε) h_v + Σ_u h_u,  h'_v = ReLU(s_v W + b) W_2 + b_2; ReLU between the layers.

Source: Xu, Hu, Leskovec & Jegelka, How Powerful are Graph Neural Networks?, ICLR 2019, equation 4.1, ε learned from 0
and a network of two layers; dropout on the input of each layer.
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


class GINLayer(nn.Module):
    """W is taken before the sum, which is the same and sums shorter rows."""

    def __init__(self, F_in: int, hidden: int, F_out: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(()))
        self.W = glorot((F_in, hidden), F_in, hidden, rng)
        self.b = nn.Parameter(torch.zeros(hidden))
        self.W_2 = glorot((hidden, F_out), hidden, F_out, rng)
        self.b_2 = nn.Parameter(torch.zeros(F_out))

    def forward(self, A: SparseMatrix, x: Tensor | SparseMatrix) -> Tensor:
        """(C, F_in) → (R, F_out)."""
        m = product(x, self.W)  # (C, hidden)
        s = product(A, m) + (1 + self.eps) * m[: A.pattern.rows]  # (R, hidden)
        return product(F.relu(s + self.b), self.W_2) + self.b_2


class GIN(nn.Module):
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
        self.layers = nn.ModuleList(GINLayer(F_in, hidden, F_out, rng) for F_in, F_out in pairwise(sizes))
        self.dropout = dropout

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the penalty holds small: all but the biases and ε."""
        return [parameter for parameter in self.parameters() if parameter.ndim > 1]

    def forward(
        self, parts: Sequence[SparseMatrix], x: Tensor | SparseMatrix, rng: np.random.Generator | None = None
    ) -> Tensor:
        """Logits: (nodes read, F_in) → (nodes wanted, classes).

        Args:
            parts: of the adjacency, one a layer, as `receptive_field` gives them.
            rng: draws the dropout; None for none: evaluation.
        """
        *hidden, last = self.layers
        h = x
        for layer, part in zip(hidden, parts[:-1], strict=True):
            h = F.relu(layer(part, feature_dropout(h, self.dropout, rng)))
        return last(parts[-1], feature_dropout(h, self.dropout, rng))
