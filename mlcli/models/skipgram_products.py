"""Skip-gram with negative sampling as matrix products over pieces of walks, many at a time, by torch on a CPU.

    S = Y Xᵀ    E = near ∘ (σ(S) − 1)    T = Z Xᵀ    F = met ∘ σ(T)    ∂X = Eᵀ Y + Fᵀ Z    ∂Y = E X    ∂Z = F X

The objective is that of `mlcli.core.skipgram`, in expectation. There each centre draws a radius, and each of its pairs
k negatives. Here one product scores every centre of a piece against every node around it, weighted by its probability
to stand within the radius; another scores the centres of G pieces, from walks that have nothing to do with each other,
against K negatives drawn for them, weighted so that a centre meets as many as there. A negative that is the context
itself does not count against it.

Symbols
    X  input vectors of a piece's P centres            near  (C, P), how often a centre and a context are a pair
    Y  output vectors of its C contexts                met   (K, G P), how often a centre meets a negative
    Z  output vectors of the K negatives of G pieces   N nodes, D dimensions, B pieces a batch, k negatives a pair

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
from mlcli.models.bags import bag

RATE, LAST_RATE = 0.026, 1e-4  # η at the start and at the end
MET, LONGER = 210, 1.25  # where a node is met less often than MET, η starts higher, LONGER times at most
CAP = 1.5
SPREAD = 1.75  # inputs start between ±SPREAD / D
DRAWN, SHARING, FEWEST = 32, 40, 2  # K, how many centres share them, about, and how many pieces at least
BATCHES, MOST_CENTRES = 200, 2**19  # of an epoch, and in one of them: where walks are many, more batches
PER_PIECE, LEAST_PIECE, MOST_PIECE = 20, 10, 40  # a node's visits over P: the fewer there are, the finer its steps
BLOCK = 10_000  # centres that are scored together: what is between the products stays in the processor's cache
ROWS = 4096  # nodes that step together
LEAST_PAIRS = 1e-9  # stands for no pairs in a quotient

Nodes = NDArray[np.int32]
Places = NDArray[np.int64]
Gradient = tuple[Nodes, Tensor]  # nodes, and for each of them a row


def fit(
    walks: Nodes,
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
    pieces = Pieces(walks, window, int(np.clip(visits.mean() / PER_PIECE, LEAST_PIECE, MOST_PIECE)))
    start = (2 * torch.from_numpy(rng.random((N, dimensions), np.float32)) - 1) * (SPREAD / dimensions)
    inputs, outputs = Table(start, kind), Table(torch.zeros(N, dimensions), kind)
    G = max(SHARING // pieces.P, FEWEST)
    batch = G * int(np.clip(len(pieces) // (G * BATCHES), 1, max(MOST_CENTRES // (G * pieces.P), 1)))
    scorer = Scorer(batch, G, pieces.P, pieces.margin, window, negative, dimensions, kind)
    noise = visits**NOISE_POWER
    noise /= noise.sum()
    first_rate = RATE * min(max(MET / visits.mean(), 1.0) ** 0.5, LONGER)
    done, total, visited = 0, epochs * len(pieces), 0
    with _threads(workers):
        for _ in range(epochs):
            for contexts in pieces.batches(batch, rng):
                rate = first_rate + (LAST_RATE - first_rate) * done / total
                groups = -(-len(contexts) // G)
                there = np.full((groups * G, contexts.shape[1]), N, np.int32)
                np.copyto(there[: len(contexts)], contexts, where=contexts >= 0)
                negatives = draw_nodes(noise, groups, rng)
                of_inputs, of_outputs = scorer.gradients(inputs, outputs, there, negatives)
                inputs.descend(*of_inputs, rate)
                outputs.descend(*of_outputs, rate)
                done += len(contexts)
                visited += int((contexts[:, pieces.margin : pieces.margin + pieces.P] >= 0).sum())
                progress(visited)
    name = f"torch {torch.__version__}, products in {str(kind).removeprefix('torch.')}"
    return Embedding(inputs.rows(), -outputs.rows(), name)


def fastest_kind() -> torch.dtype:
    """bfloat16 where the processor multiplies it, else float32: by what it says of itself, so that runs repeat."""
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.bfloat16 if any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else torch.float32


class Pieces:
    """Walks in pieces of P centres, with `margin` nodes more on both sides, as far as a window goes; −1 for none.

    Args:
        most: of P; a walk's pieces are of one length.
    """

    def __init__(self, walks: Nodes, window: int, most: int) -> None:
        L = walks.shape[1]
        self.walks, self.margin = walks, min(window, L - 1)
        self.each = -(-L // most)  # pieces of a walk
        self.P = -(-L // self.each)
        self.with_centre = np.flatnonzero(walks[:, :: self.P] >= 0)

    def __len__(self) -> int:
        """How many have a centre."""
        return len(self.with_centre)

    def batches(self, B: int, rng: np.random.Generator) -> Iterator[Nodes]:
        """All pieces in a new order, B at a time: (B, margin + P + margin)."""
        order = rng.permutation(self.with_centre)
        for low in range(0, len(order), B):
            walk, piece = np.divmod(order[low : low + B], self.each)
            padded = np.full((len(walk), self.margin + self.each * self.P + self.margin), -1, np.int32)
            padded[:, self.margin : self.margin + self.walks.shape[1]] = self.walks[walk]
            views = sliding_window_view(padded, self.P + 2 * self.margin, axis=1)
            yield views[np.arange(len(walk)), piece * self.P]


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

    def descend(self, nodes: Nodes, gradients: Tensor, rate: float) -> None:
        """A step for each node that is there, down the sum of its gradients.

        All nodes are gone through, ROWS at a time: those that are not there have a sum of zero.
        """
        N, D = len(self.vectors) - 1, self.vectors.shape[1]
        order, met = stable_order(nodes), np.bincount(nodes, minlength=N)
        ends = torch.from_numpy(np.concatenate([[0], np.cumsum(met)]))
        there = torch.from_numpy(met > 0)
        for low in range(0, N, ROWS):
            some = slice(low, min(low + ROWS, N))
            bounds = ends[low : some.stop + 1]
            total = bag(gradients, order[bounds[0] : bounds[-1]], bounds - bounds[0]).to(self.vectors.dtype)  # (·, D)
            norms = torch.linalg.vector_norm(total, dim=1)
            squares = self.squares[some].addcmul_(norms, norms, value=1 / D)
            steps = self.steps[some].add_(there[some])
            scale = (squares / steps.clamp_min(1)).mul_(CAP**-2).add_(1).rsqrt_().mul_(-rate)
            self.vectors[some].addcmul_(total, scale[:, None])
            if self.factors is not self.vectors:
                self.factors[some] = self.vectors[some]


class Scorer:
    """The products of a batch, in buffers that are made once: fresh memory costs more than what is done in it.

    Args:
        batch: B at most, a multiple of G.
    """

    def __init__(
        self, batch: int, G: int, P: int, margin: int, window: int, negative: int, D: int, kind: torch.dtype
    ) -> None:
        self.margin, self.share = margin, negative / DRAWN
        C, K, groups = P + 2 * margin, DRAWN, batch // G
        apart = (torch.arange(C)[:, None] - torch.arange(P) - margin).abs().double()
        near = ((window + 1 - apart) / window).clamp(0, 1) * (apart > 0)  # (C, P), P(apart ≤ r), r from 1 … window
        self.near, self.weight = near.to(torch.promote_types(kind, torch.float32)), near.to(kind)
        g = -(-groups // max(round(batch * P / BLOCK), 1))  # groups that are scored together
        self.X, self.Y, self.Z = (torch.empty(g, rows, D, dtype=kind) for rows in (G * P, G * C, K))
        self.S, self.T = torch.empty(g * G, C, P, dtype=kind), torch.empty(g, K, G * P, dtype=kind)
        self.dX = torch.empty(groups, G * P, D, dtype=kind)
        self.dYZ = torch.empty(groups * (G * C + K), D, dtype=kind)

    def gradients(self, inputs: Table, outputs: Table, contexts: Nodes, negatives: Nodes) -> tuple[Gradient, Gradient]:
        """Those of the inputs, and those of the outputs; rows of a node that stands more than once are apart.

        Args:
            outputs: minus the output vectors, so that σ(S) is what the score of a context lacks.
            contexts: (B, C), N where there is none.
            negatives: (B / G, K).
        """
        groups, (size, _, D) = len(negatives), self.X.shape
        contexts = contexts.reshape(groups, -1, contexts.shape[1])  # (B / G, G, C)
        centres = np.ascontiguousarray(contexts[:, :, self.margin : self.margin + len(self.near[0])])  # (B / G, G, P)
        dX, dYZ = self.dX[:groups], self.dYZ[: contexts.size + negatives.size]
        dY, dZ = dYZ[: contexts.size].view(groups, -1, D), dYZ[contexts.size :].view(groups, -1, D)
        for low in range(0, groups, size):
            some = slice(low, low + size)
            X = _gather(inputs, centres[some], self.X)
            Y, Z = _gather(outputs, contexts[some], self.Y), _gather(outputs, negatives[some], self.Z)
            S, T = self.S[: len(X) * contexts.shape[1]], self.T[: len(X)]
            x, y, dx, dy = (rows.view(len(S), -1, D) for rows in (X, Y, dX[some], dY[some]))  # a piece each
            torch.bmm(y, x.transpose(1, 2), out=S)
            torch.baddbmm(T, Z, X.transpose(1, 2), beta=0, alpha=-1, out=T)
            S.sigmoid_().mul_(self.weight)  # 1 − σ(x · y)
            T.sigmoid_()  # σ(x · z)
            self._weigh(T, contexts[some], negatives[some], len(inputs.vectors) - 1)
            torch.bmm(S, x, out=dy)
            torch.bmm(T, X, out=dZ[some])
            torch.bmm(S.transpose(1, 2), y, out=dx)
            dX[some].baddbmm_(T.transpose(1, 2), Z)
        others = np.concatenate([contexts.ravel(), negatives.ravel()])
        return (centres.ravel(), dX.view(-1, D)), (others, dYZ)

    def _weigh(self, T: Tensor, contexts: Nodes, negatives: Nodes, missing: int) -> None:
        """T[·, z, i] times − (k / K) Σ_j near[j, i] over the contexts j that are there and are not z."""
        (_, G, C), K, P = contexts.shape, DRAWN, self.near.shape[1]
        pairs = torch.from_numpy(contexts != missing).to(self.near.dtype) @ self.near  # (g, G, P), how many of a centre
        T.mul_((pairs * -self.share).to(T.dtype).view(-1, 1, G * P))
        same = equal_places(negatives, contexts.reshape(-1, G * C))  # few places of (g, K, G, C)
        if len(same):
            row, j = np.divmod(same, C)
            first = np.flatnonzero(np.diff(row, prepend=-1))
            row = row[first]  # of (g, K, G)
            met = bag(self.near, torch.from_numpy(j), torch.from_numpy(np.append(first, len(j))))  # (·, P)
            piece = torch.from_numpy(row // (K * G) * G + row % G)
            left = 1 - met / pairs.view(-1, P)[piece].clamp_min(LEAST_PAIRS)
            T.view(-1, P)[torch.from_numpy(row)] *= left.to(T.dtype)


def draw_nodes(noise: NDArray[np.float64], rows: int, rng: np.random.Generator) -> Nodes:
    """(rows, K) nodes by their noise: how often each comes, then in which order, faster than one after the other."""
    times = rng.multinomial(rows * DRAWN, noise)
    return rng.permutation(np.repeat(np.arange(len(noise), dtype=np.int32), times)).reshape(rows, DRAWN)


def equal_places(a: Nodes, b: Nodes) -> Places:
    """Flat places of (g, K, C) where a[g, k] is b[g, c]; by their last 16 bits first, which are compared sooner."""
    alike = np.flatnonzero(a.astype(np.uint16)[:, :, None] == b.astype(np.uint16)[:, None, :])
    row, c = np.divmod(alike, b.shape[1])
    return alike[a.ravel()[row] == b[row // a.shape[1], c]]


def stable_order(nodes: Nodes) -> Tensor:
    """Positions by node, those of one node in their order: NumPy sorts 16-bit keys by radix, ten times faster."""
    order = np.argsort(nodes.astype(np.uint16), kind="stable")
    if nodes.max() > 0xFFFF:
        order = order[np.argsort((nodes[order] >> 16).astype(np.uint16), kind="stable")]
    return torch.from_numpy(order)


def _gather(table: Table, nodes: Nodes, buffer: Tensor) -> Tensor:
    """The factors of these nodes, in the buffer: (g, …) → (g, ·, D)."""
    rows = buffer[: len(nodes)]
    torch.index_select(table.factors, 0, torch.from_numpy(nodes).view(-1), out=rows.view(-1, rows.shape[2]))
    return rows


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
