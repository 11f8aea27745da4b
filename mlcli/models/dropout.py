"""Dropout: in training each cell is left out with probability p, so that no weight can rely on one alone.

Source: Srivastava et al., Dropout, JMLR 2014, in the form that scales what is kept, so that evaluation needs nothing.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mlcli.models.products import Formula, SparseMatrix
from mlcli.models.shared_draws import to_draw

PART = 1 << 17  # cells worked on at a time


def dropout(x: Tensor, p: float, rng: np.random.Generator | None, axis: int = 0) -> Tensor:
    """Each cell 0 with probability p (to 2⁻¹⁶), else x / (1 − p).

    Args:
        rng: None drops nothing: the model is being evaluated.
        axis: of the cases of the batch.
    """
    return x if rng is None or p == 0 else _Dropout.apply(x, p, rng, axis)


def feature_dropout(x: Tensor | SparseMatrix, p: float, rng: np.random.Generator | None) -> Tensor | SparseMatrix:
    """Dropout of a layer's input; of a sparse one only the stored values are drawn for, a zero is zero either way."""
    return SparseMatrix(x.pattern, dropout(x.values, p, rng)) if isinstance(x, SparseMatrix) else dropout(x, p, rng)


class _Dropout(Formula):
    """out = x · kept / (1 − p), and so is the gradient; `kept` is 0 or 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float, rng: np.random.Generator, axis: int) -> Tensor:
        share = round((1 - p) * 65536)
        kept, ctx.scale = _bits(x.shape, rng, axis).lt_(share - 32768).to(x.device), 65536 / share
        ctx.save_for_backward(kept)
        return _masked(x, kept, ctx.scale)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (grad,), (kept,) = grads, ctx.saved_tensors
        return _masked(grad, kept, ctx.scale), None, None, None


def _masked(x: Tensor, kept: Tensor, scale: float) -> Tensor:
    """x · kept · scale, a part at a time: what comes between stays in the processor's cache."""
    if x.numel() <= PART or not (x.is_cpu and x.is_contiguous() and kept.is_contiguous()):
        return x.mul(kept).mul_(scale)
    out = torch.empty_like(x)
    for part in zip(*(t.view(-1).split(PART) for t in (out, x, kept)), strict=True):
        part[0].copy_(part[2]).mul_(part[1]).mul_(scale)
    return out


def _bits(shape: torch.Size, rng: np.random.Generator, axis: int) -> Tensor:
    """−32768 … 32767 for each cell."""
    cases, own = to_draw(rng, shape[axis])
    shape = torch.Size((*shape[:axis], cases, *shape[axis + 1 :]))
    cells = shape.numel()
    draws = rng.integers(2**64, size=(cells + 3) // 4, dtype=np.uint64)  # 16 bits a cell, four cells a draw
    return torch.from_numpy(draws.view(np.int16)[:cells]).view(shape)[(slice(None),) * axis + (own,)]
