"""MLP: h_k = ReLU(h_{k−1} W_k + b_k), and logits = h W + b from the last: nothing but the case's own numbers.

Dropout on the input of each layer.
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


class DenseLayer(nn.Module):
    """x W + b."""

    def __init__(self, F_in: int, F_out: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.W = glorot((F_in, F_out), F_in, F_out, rng)
        self.b = nn.Parameter(torch.zeros(F_out))

    def forward(self, x: Tensor | SparseMatrix) -> Tensor:
        """(B, F_in) → (B, F_out)."""
        return product(x, self.W) + self.b


class MLP(nn.Module):
    """sizes[0] → sizes[1] → … → sizes[−1].

    Args:
        dropout: probability with which a cell of a layer's input is dropped in training.
        rng: draws the first weights.
    """

    def __init__(self, sizes: Sequence[int], dropout: float, rng: np.random.Generator) -> None:
        super().__init__()
        self.layers = nn.ModuleList([DenseLayer(F_in, F_out, rng) for F_in, F_out in pairwise(sizes)])
        self.dropout = dropout

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the penalty holds small: the first layer's W, as of GCN."""
        return [self.layers[0].W]  # type: ignore[list-item]

    def forward(self, x: Tensor | SparseMatrix, rng: np.random.Generator | None = None) -> Tensor:
        """Logits: (B, sizes[0]) → (B, sizes[−1]).

        Args:
            rng: draws the dropout; None for none: evaluation.
        """
        *hidden, last = self.layers
        for layer in hidden:
            x = F.relu(layer(feature_dropout(x, self.dropout, rng)))
        return last(feature_dropout(x, self.dropout, rng))
