"""GCN: layers of graph convolution, logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂ (core/propagation.py tells the layer).

Source: Kipf & Welling, ICLR 2017, equation 9, with biases; dropout on the input of each layer.
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


class GCNLayer(nn.Module):
    """Â X W + b."""

    def __init__(self, F_in: int, F_out: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.W = glorot((F_in, F_out), F_in, F_out, rng)
        self.b = nn.Parameter(torch.zeros(F_out))

    def forward(self, A: SparseMatrix, x: Tensor | SparseMatrix) -> Tensor:
        """(C, F_in) → (R, F_out)."""
        return product(A, product(x, self.W)) + self.b


class GCN(nn.Module):
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
        self.layers = nn.ModuleList(GCNLayer(*size, rng) for size in pairwise(sizes))
        self.dropout = dropout

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the penalty holds small: the first layer's W, of however many, as in the authors' code."""
        return [self.layers[0].W]  # type: ignore[list-item]

    def forward(
        self, parts: Sequence[SparseMatrix], x: Tensor | SparseMatrix, rng: np.random.Generator | None = None
    ) -> Tensor:
        """Logits: (nodes read, F_in) → (nodes wanted, classes).

        Args:
            parts: of Â, one a layer, as `receptive_field` gives them.
            rng: draws the dropout; None for none: evaluation.
        """
        *hidden, last = self.layers
        h = x
        for layer, part in zip(hidden, parts[:-1], strict=True):
            h = F.relu(layer(part, feature_dropout(h, self.dropout, rng)))
        return last(parts[-1], feature_dropout(h, self.dropout, rng))
