"""How it is told where X comes from: a text, vectors from a file, positions, a picture in patches."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.patches import PatchEmbedding, names
from mlcli.core.positions import Distance, Positioned
from mlcli.lesson import Figure, Picture, Step, Table, Tensor

DRAWN = "embeddings from N(0, 1)"
PATCHES_SHOWN = 2
PIXELS_ACROSS = 24  # up to which a picture is drawn larger than it is


@dataclass(frozen=True, eq=False)
class Origin:
    """What the user gave, as it is told.

    Args:
        source: what they call it.
        queries, keys: what each of them is called.
        steps: up to X, or to Q, K and V where these were given.
        drawn: what was drawn at random, but for the weights; empty for nothing.
        read: what the reader did, a sentence each.
        repeated: the names of the queries that are the same token.
        grid: rows and columns of patches, where the tokens are a picture's.
        seed: None where nothing is drawn at random.
    """

    source: str
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    steps: tuple[Step, ...]
    drawn: str = ""
    read: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    grid: tuple[int, int] | None = None
    seed: int | None = None


def text_steps(
    E: NDArray[np.float64], tokens: tuple[str, ...], positioned: Positioned | None, near: tuple[Distance, ...]
) -> tuple[Step, ...]:
    """The embeddings; with positions, what is added to them."""
    if positioned is None:
        return (
            Step("X", "X, the embeddings: numbers for each token", "X[t] = the embedding of token t",
                 (rows("X", E, tokens),)),
        )  # fmt: skip
    places = tuple(f"t={t}" for t in range(len(tokens)))
    return (
        Step("E", "E, the embeddings: numbers for each token", "E[t] = the embedding of token t",
             (rows("E", E, tokens),)),
        Step("P", "P, the positions: a pattern of waves for each place",
             "P[t][2i] = sin(t / 10000^(2i/d_model)),  P[t][2i+1] = cos(t / 10000^(2i/d_model))",
             (rows("P", positioned.P, places), _near(near)),
             "A spread of 0: how alike two places are depends on their distance only, wherever they are. Fast waves in "
             "the first columns tell neighbours apart, slow ones in the last far places; with few columns, the waves "
             "soon come round again."),
        Step("X", "X: what stands there, and where", "X = E + P", (rows("X", positioned.X, tokens),)),
    )  # fmt: skip


def context_step(C: NDArray[np.float64], tokens: tuple[str, ...], positioned: bool) -> Step:
    """The other text's embeddings."""
    with_positions = " + its positions" if positioned else ""
    return Step("C", "C, the context: the text that is looked at", f"C[s] = the embedding of token s{with_positions}",
                (replace(rows("C", C, tokens), axes=("s", "d")),))  # fmt: skip


def picture_steps(embedding: PatchEmbedding) -> tuple[Step, ...]:
    """The picture, its patches, the projection, the class token and the positions."""
    labels = names(embedding)
    C, H, W = embedding.A.shape
    N, P = len(embedding.patches), embedding.P
    middle = N // 2 + embedding.columns // 2
    shown = list(dict.fromkeys([0, min(middle, N - 1)]))[:PATCHES_SHOWN]
    return (
        Step("A", f"A, the picture: {embedding.rows} × {embedding.columns} patches of {P} × {P} pixels",
             f"patch_n = A[:, r·{P} : (r+1)·{P}, c·{P} : (c+1)·{P}],  n = {embedding.columns} r + c:  "
             f"{H}·{W} / {P}² = {N}",
             (drawn("A", embedding.A), *(drawn(f"patch {labels[n + 1]}", embedding.patches[n]) for n in shown))),
        Step("flat", f"flat: each patch laid out as {C * P * P} numbers",
             f"flat[n] = patch_n, channel by channel and row by row: {C}·{P}·{P} = {C * P * P}",
             (rows("flat", embedding.flat, labels[1:]),)),
        Step("E", "E, the patches' embeddings: one projection for all of them", "E = flat W_E",
             (Tensor("W_E", embedding.W_E, ("p", "d"), sign="flat ×"),
              replace(rows("E", embedding.E, labels[1:]), sign="=")),
             f"The same numbers as a convolution of A with {embedding.W_E.shape[1]} kernels of {P} × {P}, stride {P}."),
        Step("X", f"X: a class token before the patches, {N} + 1 = {N + 1} tokens, and a position for each",
             "X = [class; E] + positions",
             (Tensor("class", embedding.class_token, ("d",)), rows("positions", embedding.positions, labels),
              rows("X", embedding.X, labels)),
             "After training, what comes out at the class token stands for the whole picture."),
    )  # fmt: skip


def rows(name: str, values: NDArray, labels: tuple[str, ...]) -> Tensor:
    """A row for each token."""
    return Tensor(name, values, ("t", "d"), (labels, None))


def _near(near: tuple[Distance, ...]) -> Table:
    return Table(
        "P[t] · P[t+k], how alike places k apart are",
        ("k", "P[t] · P[t+k]", "spread over t"),
        tuple((d.k, d.similarity, d.spread) for d in near),
    )


def drawn(name: str, values: NDArray[np.float64]) -> Figure:
    """A picture from −1 to 1: (C, H, W), grey or in colour."""
    return Picture(name, np.moveaxis(values, 0, -1) if len(values) == 3 else values[0], -1.0, 1.0)
