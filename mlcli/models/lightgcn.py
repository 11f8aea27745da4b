"""LightGCN: the mean of a vector with those around it, the nearer the more (core/recommendation_vectors.py tells it).

The whole graph is passed over once a batch, as bags, and so is the way back, as Â is symmetric. Rows are added up in
the order of the batch, so the bits do not depend on how many threads work.

Source: He et al., SIGIR 2020, equations 8 and 15.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.matrices import rows_and_columns
from mlcli.core.recommendation_vectors import adjacency
from mlcli.models.bags import bag
from mlcli.models.products import Formula, Rows, SparseMatrix


class LightGCN(nn.Module):
    """(U + I, D) vectors E, users first.

    Args:
        R: who likes what, (U, I).
        E: the vectors before training; their type is that of all that is computed.
        layers: K; with 0 a vector is left as it is: matrix factorisation.
    """

    FIRST_SPREAD: ClassVar[float] = 0.1  # standard deviation of the vectors before training

    def __init__(self, R: sparse.csr_array, E: NDArray[Any], layers: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.R, self.users, self.layers = R, rows_and_columns(R)[0], layers
        self.A = SparseMatrix.of(adjacency(R), dtype)
        self.E = nn.Parameter(torch.from_numpy(np.asarray(E)).to(dtype))

    def forward(self) -> Tensor:
        """P E = 1/(K + 1) Σ_k Â^k E."""
        return _Mean.apply(self.E, self.A, self.layers) if self.layers else self.E

    def loss(self, triples: Tensor, decay: float) -> Tensor:
        """−1/B Σ log σ(s_ui − s_uj) + decay/2 · 1/B Σ (‖e_u⁰‖² + ‖e_i⁰‖² + ‖e_j⁰‖²).

        Args:
            triples: (3, B) positions of u, i, j; items counted from 0.
        """
        nodes = torch.cat([triples[0], triples[1] + self.users, triples[2] + self.users])
        e_u, e_i, e_j = Rows.apply(self(), nodes).chunk(3)
        x = (e_u * (e_i - e_j)).sum(1)
        times = torch.bincount(nodes, minlength=len(self.E)).to(self.E.dtype)
        penalty = decay / 2 * (times @ self.E.square().sum(1))
        return F.softplus(-x).mean() + penalty / triples.shape[1]


class _Mean(Formula):
    """out = P E;  ∂E = P ∂out, as with Â also P is symmetric."""

    @staticmethod
    def forward(ctx: Any, E: Tensor, A: SparseMatrix, layers: int) -> Tensor:
        ctx.A, ctx.layers = A, layers
        return _mean(A, E, layers)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return _mean(ctx.A, grads[0], ctx.layers), None, None


def _mean(A: SparseMatrix, x: Tensor, layers: int) -> Tensor:
    """1/(K + 1) (x + Â (x + Â (x + …)))."""
    out = x
    for _ in range(layers):
        out = bag(out, A.pattern.column, A.pattern.offsets, A.values).add_(x)
    return out.div_(layers + 1)
