"""GAT: layers of graph attention (core/graph_attention.py tells the layer).

    h = ELU(concat of the heads)  of every layer but the last        logits = mean of the heads of the last

Source: Veličković et al., ICLR 2018, section 3.3, transductive; dropout on the input of each layer and on alpha.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.models.dropout import dropout, feature_dropout
from mlcli.models.initialisation import glorot
from mlcli.models.products import ArcSum, HeadsProduct, Pattern, RowSoftmax, SparseMatrix, by_head, product


class GATLayer(nn.Module):
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
        self.a_source = glorot((K, F_out), F_out, 1, rng)
        self.a_target = glorot((K, F_out), F_out, 1, rng)
        self.b = nn.Parameter(torch.zeros(K * F_out if concat else F_out))
        self.concat, self.p, self.slope = concat, p, slope

    def forward(self, arcs: Pattern, x: Tensor | SparseMatrix, rng: np.random.Generator | None = None) -> Tensor:
        """(C, F_in) → (R, K·F_out), or (R, F_out) for the mean."""
        _, K, F_out = self.W.shape
        m = product(x, self.W.flatten(1)).view(-1, K, F_out)  # (C, K, F_out)
        alpha = RowSoftmax.apply(arcs, self.scores(arcs, m))  # (E, K)
        heads = HeadsProduct.apply(arcs, dropout(alpha, self.p, rng), m)  # (R, K, F_out)
        return (heads.flatten(1) if self.concat else heads.mean(1)) + self.b

    def scores(self, arcs: Pattern, m: Tensor) -> Tensor:
        """e_vu = LeakyReLU(a_source · m_u + a_target · m_v) of each arc u → v: (E, K)."""
        a = torch.cat([by_head(self.a_source), by_head(self.a_target)], dim=1)  # (K·F_out, 2·K)
        e_source, e_target = product(m.flatten(1), a).chunk(2, dim=1)  # (C, K) each
        return F.leaky_relu(ArcSum.apply(arcs, e_source, e_target[: arcs.rows]), self.slope, inplace=True)


class UniformLayer(GATLayer):
    """Attention off: there is no `a`, every e is 0, and so every alpha of v is 1 / how many v hears."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.a_source = self.a_target = None  # drawn all the same: W starts as it does with attention

    def scores(self, arcs: Pattern, m: Tensor) -> Tensor:
        """Zeros."""
        return m.new_zeros(len(arcs), m.shape[1])


class GAT(nn.Module):
    """F_in → heads × hidden → … → heads × hidden → classes, heads × hidden once less than there are layers.

    Args:
        hidden: size of a head of every layer but the last.
        output_heads: heads of the last layer, whose mean is taken.
        dropout: probability with which a cell of a layer's input, or an alpha, is dropped in training.
        slope: of LeakyReLU below zero.
        rng: draws the first weights.
    """

    layer: type[nn.Module] = GATLayer

    def __init__(
        self,
        F_in: int,
        hidden: int,
        classes: int,
        heads: int,
        output_heads: int,
        dropout: float,
        slope: float,
        rng: np.random.Generator,
        layers: int = 2,
    ) -> None:
        super().__init__()
        *sizes, size = [F_in, *[heads * hidden] * (layers - 1)]
        joined = [self.layer(F_in, heads, hidden, True, dropout, slope, rng) for F_in in sizes]
        self.layers = nn.ModuleList([*joined, self.layer(size, output_heads, classes, False, dropout, slope, rng)])
        self.dropout, self.slope = dropout, slope

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the penalty holds small: all, as in the authors' code."""
        return list(self.parameters())

    def forward(
        self, parts: Sequence[SparseMatrix], x: Tensor | SparseMatrix, rng: np.random.Generator | None = None
    ) -> Tensor:
        """Logits: (nodes read, F_in) → (nodes wanted, classes).

        Args:
            parts: of A + I, one a layer, as `receptive_field` gives them; only their arcs are used.
            rng: draws the dropout; None for none: evaluation.
        """
        *hidden, last = self.layers
        h = x
        for layer, part in zip(hidden, parts[:-1], strict=True):
            h = F.elu(layer(part.pattern, feature_dropout(h, self.dropout, rng), rng))
        return last(parts[-1].pattern, feature_dropout(h, self.dropout, rng), rng)


class UniformGAT(GAT):
    """GAT with attention off."""

    layer = UniformLayer
