"""GATv2: graph attention in which LeakyReLU stands before `a`, so that whom a node listens to depends on the node.

    e_vu = a · LeakyReLU(W h_u + W_target h_v)        all else as in models/gat.py

Source: Brody, Alon & Yahav, ICLR 2022, equation 7; its one matrix on h_v ‖ h_u is two here, W_target and W.
"""

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.models.dropout import dropout
from mlcli.models.gat import GAT
from mlcli.models.initialisation import glorot
from mlcli.models.products import HeadsProduct, PairScore, Pattern, RowSoftmax, SparseMatrix, product


class GATv2Layer(nn.Module):
    """h'_v = Σ_u alpha_vu W h_u in each of K heads, joined as they are (`concat`) or as their mean, plus b.

    Args:
        p: probability with which an alpha is dropped in training.
        slope: of LeakyReLU below zero.
    """

    def __init__(
        self, F_in: int, K: int, F_out: int, concat: bool, p: float, slope: float, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self.W = glorot((F_in, K, F_out), F_in, F_out, rng)
        self.W_target = glorot((F_in, K, F_out), F_in, F_out, rng)
        self.a = glorot((K, F_out), F_out, 1, rng)
        self.b = nn.Parameter(torch.zeros(K * F_out if concat else F_out))
        self.concat, self.p, self.slope = concat, p, slope

    def forward(self, arcs: Pattern, x: Tensor | SparseMatrix, rng: np.random.Generator | None = None) -> Tensor:
        """(C, F_in) → (R, K·F_out), or (R, F_out) for the mean."""
        K, F_out = self.a.shape
        both = product(x, torch.cat([self.W.flatten(1), self.W_target.flatten(1)], dim=1))  # (C, 2·K·F_out)
        m, m_target = (half.reshape(-1, K, F_out) for half in both.chunk(2, dim=1))
        e = PairScore.apply(arcs, m, m_target[: arcs.rows], self.a, self.slope)  # (E, K)
        alpha = RowSoftmax.apply(arcs, e)  # (E, K)
        heads = HeadsProduct.apply(arcs, dropout(alpha, self.p, rng), m)  # (R, K, F_out)
        return (heads.flatten(1) if self.concat else heads.mean(1)) + self.b


class GATv2(GAT):
    """F_in → heads × hidden → … → classes, as GAT is."""

    layer = GATv2Layer
