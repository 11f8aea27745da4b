"""Dropout: in training each cell is left out with probability p, so that no weight can rely on one alone.

Source: Srivastava et al., Dropout, JMLR 2014, in the form that scales what is kept, so that evaluation needs nothing.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function

from mlcli.models.products import SparseMatrix


def dropout(x: Tensor, p: float, rng: np.random.Generator | None) -> Tensor:
    """Each cell 0 with probability p (to 2⁻¹⁶), else x / (1 − p).

    Args:
        rng: None drops nothing: the model is being evaluated.
    """
    return x if rng is None or p == 0 else _Dropout.apply(x, p, rng)


def feature_dropout(x: Tensor | SparseMatrix, p: float, rng: np.random.Generator | None) -> Tensor | SparseMatrix:
    """Dropout of a layer's input; of a sparse one only the stored values are drawn for, a zero is zero either way."""
    return SparseMatrix(x.pattern, dropout(x.values, p, rng)) if isinstance(x, SparseMatrix) else dropout(x, p, rng)


class _Dropout(Function):
    """out = x · kept / (1 − p), and so is the gradient; `kept` is 0 or 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float, rng: np.random.Generator) -> Tensor:
        share = round((1 - p) * 65536)
        draws = rng.integers(2**64, size=(x.numel() + 3) // 4, dtype=np.uint64)  # 16 bits a cell, four cells a draw
        bits = torch.from_numpy(draws.view(np.int16)[: x.numel()]).view(x.shape)  # −32768 … 32767
        kept, ctx.scale = bits.lt_(share - 32768), 65536 / share
        ctx.save_for_backward(kept)
        return x.mul(kept).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,), (kept,) = grads, ctx.saved_tensors
        return grad.mul(kept).mul_(ctx.scale), None, None
