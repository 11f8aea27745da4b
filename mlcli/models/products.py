"""The products that graph models are made of, in the form that is fast on a CPU.

Three things make it fast; all else is the textbook. `embedding_bag` with weights *is* the product of a sparse and a
dense matrix, several times faster than torch's own, and adds each row's terms in the order of its columns, so the
bits do not depend on how many threads work. Its backward pass is the same product with the transpose, sorted once.
Dropout reads 16 random bits a cell, where torch's own draws cost more than the products they guard.

Symbols: S a sparse matrix of R rows and C columns with E non-zeros; K heads, each with its own values at these places.
For a graph, row v and column u are the arc u → v: S x sums over the arcs into each node, Sᵀ x over those out of it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

from mlcli.core.matrices import rows_and_columns
from mlcli.models.bags import bag

BLOCK = 16384  # arcs worked on at a time where each needs a row from either end: the rows stay in the processor's cache
SUMMED = ((1024, 65536), (256, 256))  # rows that one thread sums over, of so many at least


class _Unkept:
    """A context that keeps nothing."""

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Not."""


class Formula(Function):
    """An operation and its gradient.

    Where no gradient will be asked for it goes without autograd's books, which cost more than a small product.
    """

    @classmethod
    def apply(cls, *inputs: Any) -> Tensor:
        """The value, for `backward` to start from if an input wants its gradient."""
        if torch.is_grad_enabled() and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
            return super(Function, cls).apply(*inputs)  # type: ignore[attr-defined]  # past what functorch wants to know
        return cls.forward(_Unkept(), *inputs)


class Pattern:
    """Where S has its non-zeros, by row for S x; and, once it is asked for, sorted by column for Sᵀ x."""

    def __init__(self, S: sparse.csr_array) -> None:
        self.rows, self.columns = rows_and_columns(S)
        self.column, self.offsets = _index(S.indices), _index(S.indptr)

    def sort_now(self) -> None:
        """Once for all processes that are forked from this one."""
        _ = self.turned_row, self.turned_offsets

    @cached_property
    def row(self) -> Tensor:
        """Of each non-zero."""
        return torch.repeat_interleave(torch.arange(self.rows, dtype=torch.int32), self.offsets.diff())

    @cached_property
    def turn(self) -> Tensor:
        """The non-zeros by column."""
        return _index(np.argsort(self.column.numpy(), kind="stable"))

    @cached_property
    def turned_row(self) -> Tensor:
        """The row of each, by column."""
        return self.row.index_select(0, self.turn)

    @cached_property
    def turned_offsets(self) -> Tensor:
        """Where each column starts, and where the last one ends."""
        return _index(np.concatenate([[0], np.cumsum(np.bincount(self.column.numpy(), minlength=self.columns))]))

    @cached_property
    def each(self) -> Tensor:
        """0, 1, …"""
        return torch.arange(len(self), dtype=torch.int32)

    def __len__(self) -> int:
        """E."""
        return len(self.column)


def _index(x: NDArray[Any]) -> Tensor:
    return torch.from_numpy(x.astype(np.int32))


def row_sum(pattern: Pattern, x: Tensor) -> Tensor:
    """sum[v] = Σ x[e] over the non-zeros of row v: (E, K) → (R, K)."""
    return bag(x, pattern.each, pattern.offsets)


def column_sum(pattern: Pattern, x: Tensor) -> Tensor:
    """sum[u] = Σ x[e] over the non-zeros of column u: (E, K) → (C, K)."""
    return bag(x, pattern.turn, pattern.turned_offsets)


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """S: `values` (E,) at the places of `pattern`; they are constants, no gradient reaches them."""

    pattern: Pattern
    values: Tensor

    @classmethod
    def of(cls, S: sparse.csr_array, dtype: torch.dtype = torch.float32) -> "SparseMatrix":
        """The same matrix, for products."""
        return cls(Pattern(S), torch.from_numpy(S.data).to(dtype))

    @cached_property
    def turned_values(self) -> Tensor:
        """The values sorted by column."""
        return self.values.index_select(0, self.pattern.turn)


class Rows(Formula):
    """out[n] = x[index[n]];  ∂x[r] = Σ ∂out[n] over the n with index[n] = r, in the order of n."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor) -> Tensor:
        ctx.index, ctx.rows = index, len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        order = torch.argsort(ctx.index, stable=True)
        ends = torch.bincount(ctx.index, minlength=ctx.rows).cumsum(0)
        return bag(grads[0], order, F.pad(ends, (1, 0))), None


def product(x: Tensor | SparseMatrix, W: Tensor) -> Tensor:
    """x W."""
    if not torch.is_grad_enabled():
        return bag(W, x.pattern.column, x.pattern.offsets, x.values) if isinstance(x, SparseMatrix) else x @ W
    return (_SparseProduct if isinstance(x, SparseMatrix) else _DenseProduct).apply(x, W)


class _DenseProduct(Formula):
    """out = x W;  ∂x = ∂out Wᵀ,  ∂W = xᵀ ∂out."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor) -> Tensor:
        ctx.save_for_backward(x, W)
        return F.linear(x, W.t().contiguous())  # with few columns twice as fast as x @ W

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor]:
        (grad,), (x, W) = grads, ctx.saved_tensors
        x, grad = x.to(W.dtype), grad.to(W.dtype)  # in mixed precision they have 16 bits
        return grad @ W.t() if ctx.needs_input_grad[0] else None, _sum_over_rows(x, grad)


def _sum_over_rows(x: Tensor, grad: Tensor) -> Tensor:
    """xᵀ grad, summed by parts: a long sum BLAS splits among its threads, and the bits would tell."""
    total = x.new_zeros(x.shape[1], grad.shape[1])
    for rows, least in SUMMED:
        whole = len(x) - len(x) % rows
        if whole >= least:
            parts = [t[:whole].view(-1, rows, t.shape[1]) for t in (x, grad)]
            total += torch.bmm(parts[0].transpose(1, 2), parts[1]).sum(0)
            x, grad = x[whole:], grad[whole:]
    return total.addmm_(x.t(), grad)


class _SparseProduct(Formula):
    """out = S W;  ∂W = Sᵀ ∂out."""

    @staticmethod
    def forward(ctx: Any, S: SparseMatrix, W: Tensor) -> Tensor:
        ctx.S = S
        return bag(W, S.pattern.column, S.pattern.offsets, S.values)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor | None]:
        (grad,) = grads
        if not ctx.needs_input_grad[1]:
            return None, None
        S = ctx.S
        return None, bag(grad, S.pattern.turned_row, S.pattern.turned_offsets, S.turned_values)


class ArcSum(Formula):
    """score[u → v] = source[u] + target[v]: (C, K), (R, K) → (E, K)."""

    @staticmethod
    def forward(ctx: Any, pattern: Pattern, source: Tensor, target: Tensor) -> Tensor:
        ctx.pattern = pattern
        return source.index_select(0, pattern.column).add_(target.index_select(0, pattern.row))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, Tensor]:
        (grad,) = grads
        return None, column_sum(ctx.pattern, grad), row_sum(ctx.pattern, grad)


def by_head(a: Tensor) -> Tensor:
    """(K, F) → (K·F, K), the matrix by which rows of K heads, side by side, give each head's product with its a."""
    return torch.diag_embed(a.t(), dim1=0, dim2=2).flatten(0, 1)


def _dot(pairs: Tensor, a: Tensor, out: Tensor) -> None:
    """out[e, k] = pairs[e, k] · a[k]; changes `pairs`."""
    if len(a) > 1:
        torch.mm(pairs.flatten(1), by_head(a), out=out)  # a quarter of what multiplying and adding up takes
    else:  # a product with a single column BLAS splits among its threads, and the bits would tell
        torch.sum(pairs.mul_(a), dim=2, out=out)


class PairScore(Formula):
    """score[u → v, k] = a[k] · LeakyReLU(source[u, k] + target[v, k]): (C, K, F), (R, K, F), (K, F) → (E, K).

    The sums of the pairs, F numbers an arc, are never held for more than BLOCK arcs on the way there; on the way back
    they are worked out again.
    """

    @staticmethod
    def forward(ctx: Any, pattern: Pattern, source: Tensor, target: Tensor, a: Tensor, slope: float) -> Tensor:
        ctx.pattern, ctx.slope = pattern, slope
        ctx.save_for_backward(source, target, a)
        score = source.new_empty(len(pattern), len(a))
        for start in range(0, len(pattern), BLOCK):
            arcs = slice(start, start + BLOCK)
            pairs = F.leaky_relu_(_pairs(pattern, source, target, arcs), slope)
            _dot(pairs, a, score[arcs])
        return score

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, Tensor, Tensor, None]:
        (grad,), pattern = grads, ctx.pattern
        source, target, a = ctx.saved_tensors
        grad_pairs, grad_a = source.new_empty(len(pattern), *a.shape), torch.zeros_like(a)
        for start in range(0, len(pattern), BLOCK):
            arcs = slice(start, start + BLOCK)
            pairs, weight = _pairs(pattern, source, target, arcs), grad[arcs, :, None]
            torch.mul(torch.where(pairs > 0, a, ctx.slope * a), weight, out=grad_pairs[arcs])
            grad_a += F.leaky_relu_(pairs, ctx.slope).mul_(weight).sum(0)
        flat = grad_pairs.flatten(1)
        of_source, of_target = column_sum(pattern, flat), row_sum(pattern, flat)
        return None, of_source.view(-1, *a.shape), of_target.view(-1, *a.shape), grad_a, None


def _pairs(pattern: Pattern, source: Tensor, target: Tensor, arcs: slice) -> Tensor:
    """source[u] + target[v] for each of these arcs u → v."""
    return source.index_select(0, pattern.column[arcs]).add_(target.index_select(0, pattern.row[arcs]))


class RowSoftmax(Formula):
    """alpha[e] = exp(e) / Σ exp over the row's non-zeros: (E, K) → (E, K)."""

    @staticmethod
    def forward(ctx: Any, pattern: Pattern, e: Tensor) -> Tensor:
        alpha = e.sub(e.max()).exp_()
        total = row_sum(pattern, alpha)
        if total.min() < torch.finfo(e.dtype).tiny ** 0.5:  # of a row far below the largest of all too little is left:
            own = torch.segment_reduce(e, "max", offsets=pattern.offsets.long(), axis=0)  # take off each row's own
            alpha = e.sub(own.index_select(0, pattern.row)).exp_()
            total = row_sum(pattern, alpha)
        alpha.div_(total.index_select(0, pattern.row))
        ctx.pattern = pattern
        ctx.save_for_backward(alpha)
        return alpha

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        (grad,) = grads
        (alpha,) = ctx.saved_tensors
        weighted = grad * alpha
        return None, weighted.sub_(row_sum(ctx.pattern, weighted).index_select(0, ctx.pattern.row).mul_(alpha))


class HeadsProduct(Formula):
    """out[v, k] = Σ_u alpha[u → v, k] m[u, k]: (E, K), (C, K, F) → (R, K, F).

    ∂alpha[u → v, k] = ∂out[v, k] · m[u, k];  ∂m[u, k] = Σ_v alpha[u → v, k] ∂out[v, k].
    """

    @staticmethod
    def forward(ctx: Any, pattern: Pattern, alpha: Tensor, m: Tensor) -> Tensor:
        ctx.pattern = pattern
        ctx.save_for_backward(alpha, m)
        return _each_head(m, pattern.column, pattern.offsets, alpha)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, Tensor]:
        (grad,) = grads
        pattern, (alpha, m) = ctx.pattern, ctx.saved_tensors
        turned = alpha.index_select(0, pattern.turn)
        grad_m = _each_head(grad, pattern.turned_row, pattern.turned_offsets, turned)
        grad_alpha, ones = torch.empty_like(alpha), m.new_ones(m.shape[1:])
        for start in range(0, len(pattern), BLOCK):
            arcs = slice(start, start + BLOCK)
            pairs = grad.index_select(0, pattern.row[arcs]).mul_(m.index_select(0, pattern.column[arcs]))
            _dot(pairs, ones, grad_alpha[arcs])
        return None, grad_alpha, grad_m


def _each_head(m: Tensor, index: Tensor, offsets: Tensor, alpha: Tensor) -> Tensor:
    """out[i, k] = Σ alpha[e, k] m[index[e], k]: a bag a head, since a bag wants a row's numbers side by side."""
    by_head = alpha.new_empty(alpha.shape[::-1])
    for start in range(0, len(alpha), BLOCK):  # all in one go would be read slowly, and by a single thread
        by_head[:, start : start + BLOCK] = alpha[start : start + BLOCK].t()
    heads = zip(m.transpose(0, 1).contiguous(), by_head, strict=True)
    return torch.stack([bag(rows, index, offsets, own) for rows, own in heads], dim=1)
