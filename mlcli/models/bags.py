"""Sums of bags of rows: the one loop that products with sparse matrices and sums by group are made of."""

import torch
from torch import Tensor


def bag(rows: Tensor, index: Tensor, offsets: Tensor, weights: Tensor | None = None) -> Tensor:
    """out[i] = Σ weights[e] · rows[index[e]] over the e from offsets[i] up to offsets[i + 1]; 0 if there are none."""
    rows = rows.detach().contiguous()
    return torch.embedding_bag(rows, index, offsets, False, 0, False, weights, True)[0]  # 0 is "sum"; ends included
