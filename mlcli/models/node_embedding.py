"""A table of vectors, scored by dot products (core/node_embedding.py).

s(u, v) = e_u · e_v
"""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.models.products import Rows


class NodeEmbedding(nn.Module):
    """(N, D) vectors E.

    Args:
        rng: draws them.
    """

    FIRST_SPREAD: ClassVar[float] = 0.1  # standard deviation before training

    def __init__(self, nodes: int, dimensions: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.E = nn.Parameter(torch.from_numpy(rng.normal(0, self.FIRST_SPREAD, (nodes, dimensions))).float())

    def forward(self, ends: Tensor) -> Tensor:
        """Scores of pairs: (2, P) → (P,)."""
        e_u, e_v = Rows.apply(self.E, ends.flatten()).chunk(2)
        return (e_u * e_v).sum(1)
