"""Skip-gram with negative sampling as matrix products over whole walks, many walks at a time, by torch on a CPU.

    S = X [Y Z]ᵀ      E = weight ∘ (σ(S) − label)      ∂X = E [Y Z]      ∂[Y Z] = Eᵀ X

The objective is that of `mlcli.core.skipgram`, in expectation. There each centre draws a radius, and each of its pairs
k negatives. Here one product scores every centre against every node of its walk, weighted by its probability to stand
within the radius, and against K negatives drawn for the walk, weighted so that a centre meets as many as there; one
that is the context itself does not count against it.

Symbols
    X  input vectors of a walk's P centres       label   1 for a node of the walk, 0 for a negative
    Y  output vectors of its C contexts          weight  (P, C + K), how often a pair is met
    Z  output vectors of the K negatives         N nodes, D dimensions, B walks a batch, k negatives a pair

Rows that stand for one node are summed, and the node steps by η / √(1 + (g / CAP)²), g the root mean square gradient
that it has met so far. For most nodes that is plain descent, as in word2vec; hubs, of which a batch holds hundreds, are
slowed. Sums go in a fixed order: the bits do not depend on the number of threads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from mlcli.core.skipgram import NOISE_POWER, Embedding
from mlcli.models.products import bag

RATE, LAST_RATE = 0.03, 1e-4  # η at the start and at the end
CAP = 1.5
SPREAD = 4.0  # inputs start between ±SPREAD / D
DRAWN = 32  # K
BATCH, LEAST_BATCHES = 128, 200  # walks at most; batches at least, so that small graphs make enough steps
ALIKE = 32  # batches whose walks are put in order of length, where walks end early
PIECE = 128  # centres that are scored together; longer walks are cut
LEAST_PAIRS = 1e-9  # stands for no pairs in a quotient

Places = NDArray[np.int64]
Gradient = tuple[Tensor, Tensor]  # nodes, and for each of them a row


def fit(
    walks: NDArray[np.int32],
    visits: Places,
    *,
    dimensions: int,
    window: int,
    negative: int,
    epochs: int,
    seed: int,
    workers: int = 1,
    kind: torch.dtype | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> Embedding:
    """See `mlcli.models.skipgram.fit`; the same bits whatever the number of workers.

    Args:
        kind: of the numbers in the products, `fastest_kind` if None; sums and vectors are float32.
    """
    kind = kind or fastest_kind()
    N, rng = len(visits), np.random.default_rng(seed)
    pieces, margin = cut(walks, window)
    start = (2 * torch.from_numpy(rng.random((N, dimensions), np.float32)) - 1) * (SPREAD / dimensions)
    inputs, outputs = Table(start, kind), Table(torch.zeros(N, dimensions), kind)
    batch = int(np.clip(len(pieces) // LEAST_BATCHES, 1, BATCH))
    scorer = Scorer(batch, pieces.shape[1], margin, window, negative, dimensions, kind)
    noise = np.cumsum(visits**NOISE_POWER)
    done, total, visited = 0, epochs * len(pieces), 0
    with _threads(workers):
        for _ in range(epochs):
            for contexts in _batches(pieces, batch, margin, rng):
                rate = RATE + (LAST_RATE - RATE) * done / total
                negatives = np.searchsorted(noise, rng.random((len(contexts), DRAWN)) * noise[-1], side="right")
                there = np.where(contexts < 0, N, contexts).astype(np.int64)
                of_inputs, of_outputs = scorer.gradients(inputs, outputs, there, negatives)
                inputs.descend(*of_inputs, rate)
                outputs.descend(*of_outputs, rate)
                done += len(contexts)
                visited += int((contexts[:, margin : contexts.shape[1] - margin] >= 0).sum())
                progress(visited)
    name = f"torch {torch.__version__}, products in {str(kind).removeprefix('torch.')}"
    return Embedding(inputs.rows(), -outputs.rows(), name)


def fastest_kind() -> torch.dtype:
    """bfloat16 where the processor multiplies it, else float32: by what it says of itself, so that runs repeat."""
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.bfloat16 if any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else torch.float32


class Table:
    """A vector for each of N nodes, and a row of zeros, number N, that stands for what is missing and stays zero.

    Args:
        kind: of `factors`, the copy of the vectors that is multiplied.
    """

    def __init__(self, vectors: Tensor, kind: torch.dtype) -> None:
        self.vectors = torch.cat([vectors, vectors.new_zeros(1, vectors.shape[1])])
        self.factors = self.vectors if kind == vectors.dtype else self.vectors.to(kind)
        self.squares, self.steps = self.vectors.new_zeros(2, len(self.vectors))  # Σ g² of a node, over how many batches

    def rows(self) -> NDArray[np.float32]:
        """Without the row of zeros."""
        return self.vectors[:-1].numpy().copy()

    def descend(self, nodes: Tensor, gradients: Tensor, rate: float) -> None:
        """A step for each node that is there, down the sum of its gradients."""
        order = stable_order(nodes.numpy())
        each, counts = torch.unique_consecutive(nodes[order], return_counts=True)
        if each[-1] == len(self.vectors) - 1:  # what is missing stands last
            each, counts = each[:-1], counts[:-1]
        ends = torch.zeros(len(each) + 1, dtype=torch.int64)
        torch.cumsum(counts, 0, out=ends[1:])
        total = bag(gradients, order[: ends[-1]], ends).to(self.vectors.dtype)
        norms = torch.linalg.vector_norm(total, dim=1)
        squares = self.squares[each].addcmul_(norms, norms, value=1 / total.shape[1])
        steps = self.steps[each].add_(1)
        self.squares[each], self.steps[each] = squares, steps
        scale = (squares / steps).mul_(CAP**-2).add_(1).rsqrt_().mul_(-rate)
        moved = self.vectors.index_select(0, each).addcmul_(total, scale[:, None])
        _write(self.vectors, each, moved)
        if self.factors is not self.vectors:
            _write(self.factors, each, moved.to(self.factors.dtype))


class Scorer:
    """The products of a batch, in buffers that are made once: fresh memory costs more than what is done in it."""

    def __init__(self, batch: int, C: int, margin: int, window: int, negative: int, D: int, kind: torch.dtype) -> None:
        self.margin, self.D, self.share = margin, D, negative / DRAWN
        P = C - 2 * margin
        apart = (torch.arange(P)[:, None] + margin - torch.arange(C)).abs().double()
        near = ((window + 1 - apart) / window).clamp(0, 1) * (apart > 0)  # (P, C), P(apart ≤ r), r from 1 … window
        self.near = near.to(torch.promote_types(kind, torch.float32))
        self.weight = self.near.to(kind)
        self.X, self.dX = torch.empty(2, batch * P * D, dtype=kind)
        self.YZ, self.dYZ = torch.empty(2, batch * (C + DRAWN) * D, dtype=kind)
        self.S = torch.empty(batch * P * (C + DRAWN), dtype=kind)

    def gradients(
        self, inputs: Table, outputs: Table, contexts: Places, negatives: Places
    ) -> tuple[Gradient, Gradient]:
        """Those of the inputs, and those of the outputs; rows of a node that stands more than once are apart.

        Args:
            outputs: minus the output vectors, so that σ(S) is what the score of a context lacks.
            contexts: (B, C), N where there is none.
            negatives: (B, K).
        """
        (B, C), K, D = contexts.shape, DRAWN, self.D
        P = C - 2 * self.margin
        centres = torch.from_numpy(contexts[:, self.margin : self.margin + P].ravel())
        others = torch.from_numpy(np.hstack([contexts, negatives]).ravel())
        X, dX = (_shaped(buffer, B, P, D) for buffer in (self.X, self.dX))
        YZ, dYZ = (_shaped(buffer, B, C + K, D) for buffer in (self.YZ, self.dYZ))
        torch.index_select(inputs.factors, 0, centres, out=X.view(-1, D))
        torch.index_select(outputs.factors, 0, others, out=YZ.view(-1, D))
        YZ[:, C:].neg_()
        S = torch.bmm(X, YZ.transpose(1, 2), out=_shaped(self.S, B, P, C + K))
        S.sigmoid_()  # 1 − σ(x · y) of a context, σ(x · z) of a negative
        S[:, :, :C].mul_(self.weight[:P, :C])
        self._weigh_negatives(S[:, :, C:], contexts, negatives, len(inputs.vectors) - 1)
        torch.bmm(S, YZ, out=dX)
        torch.bmm(S.transpose(1, 2), X, out=dYZ)
        dYZ[:, C:].neg_()
        return (centres, dX.view(-1, D)), (others, dYZ.view(-1, D))

    def _weigh_negatives(self, S: Tensor, contexts: Places, negatives: Places, missing: int) -> None:
        """S[i, z] times (k / K) Σ_j weight[i, j] over the contexts j that are there and are not z."""
        (B, C), P = contexts.shape, S.shape[1]
        near = self.near[:P, :C]
        pairs = near.sum(1)[None]  # (1, P), how many a centre is in
        if (absent := contexts == missing).any():
            pairs = torch.from_numpy(~absent).to(near.dtype) @ near.t()  # (B, P)
        S.mul_((pairs * self.share).to(S.dtype)[:, :, None])
        same = np.flatnonzero(negatives[:, :, None] == contexts[:, None, :])  # few places of (B, K, C)
        if len(same):
            drawn, j = np.divmod(same, C)
            first = np.flatnonzero(np.diff(drawn, prepend=-1))
            met = bag(near.t(), torch.from_numpy(j), torch.from_numpy(np.append(first, len(j))))  # (·, P)
            b, z = (torch.from_numpy(part) for part in np.divmod(drawn[first], DRAWN))
            left = 1 - met / pairs.expand(B, -1)[b].clamp_min(LEAST_PAIRS)
            S[b, :, z] *= left.to(S.dtype)


def cut(walks: NDArray[np.int32], window: int) -> tuple[NDArray[np.int32], int]:
    """The walks; long ones in pieces of PIECE centres with `window` more nodes on both sides; how many more."""
    L = walks.shape[1]
    if L <= PIECE + 2 * window:
        return walks, 0
    padded = np.pad(walks, ((0, 0), (window, window + -L % PIECE)), constant_values=-1)
    pieces = sliding_window_view(padded, PIECE + 2 * window, axis=1)[:, ::PIECE]
    return pieces[pieces[:, :, window] >= 0], window  # those that have a centre


def stable_order(nodes: Places) -> Tensor:
    """Positions by node, those of one node in their order: NumPy sorts 16-bit keys by radix, ten times faster."""
    order = np.argsort(nodes.astype(np.uint16), kind="stable")
    if nodes.max() > 0xFFFF:
        order = order[np.argsort((nodes[order] >> 16).astype(np.uint16), kind="stable")]
    return torch.from_numpy(order)


def _batches(
    pieces: NDArray[np.int32], batch: int, margin: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int32]]:
    """All pieces in a new order; where walks ended early, those of like length together, and cut to the longest."""
    order = rng.permutation(len(pieces))
    ended = margin == 0 and bool((pieces[:, -1] < 0).any())
    for low in range(0, len(order), ALIKE * batch):
        some = order[low : low + ALIKE * batch]
        lengths = (pieces[some] >= 0).sum(axis=1) if ended else np.full(len(some), pieces.shape[1])
        by_length = np.argsort(lengths, kind="stable")
        for start in range(0, len(some), batch):
            part = by_length[start : start + batch]
            yield pieces[some[part], : lengths[part[-1]]]


def _write(rows: Tensor, each: Tensor, values: Tensor) -> None:
    """rows[each] = values, by NumPy, which is two to five times faster; to it bfloat16 is 16 bits."""
    if rows.dtype == torch.bfloat16:
        rows, values = rows.view(torch.int16), values.view(torch.int16)
    rows.numpy()[each.numpy()] = values.numpy()


def _shaped(buffer: Tensor, *shape: int) -> Tensor:
    return buffer[: int(np.prod(shape))].view(shape)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
