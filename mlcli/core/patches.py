"""A picture as a text: cut into square patches, each laid out flat and projected to a token, as ViT does.

    patch_n = A[:, r·P : (r+1)·P, c·P : (c+1)·P]      E[n] = flat(patch_n) W_E + b_E      X = [class; E] + positions

Symbols
    A  the picture, from −1 (black) to 1 (white)  (C, H, W)     P  side of a patch
    n  a patch, N = (H/P)·(W/P) of them, row by row             W_E  (C·P·P, d_model)
    class  a token that is no patch, whose output stands for the whole picture  (d_model,)

Projecting each patch is a convolution with kernels of P × P and stride P.

Source: Dosovitskiy et al., An Image is Worth 16×16 Words, ICLR 2021, equation 1. Class token and positions are learned
there; here they are drawn: the positions small, as at the start of training, the class token as embeddings are.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]

POSITION_DEVIATION = 0.02
MOST_WEIGHTS = 2**26  # of W_E: 512 MiB


@dataclass(frozen=True, eq=False)
class PatchEmbedding:
    """A picture's way to tokens.

    Args:
        A: the picture as it is cut, from −1 to 1.
        rows, columns: of patches.
    """

    A: Float[Array, "C H W"]
    P: int
    rows: int
    columns: int
    patches: Float[Array, "N C P P"]
    flat: Float[Array, "N CPP"]
    W_E: Float[Array, "CPP d_model"]
    E: Float[Array, "N d_model"]
    class_token: Float[Array, " d_model"]
    positions: Float[Array, "N1 d_model"]
    X: Float[Array, "N1 d_model"]


def embed_patches(
    picture: Float[Array, "C H W"], P: int, d_model: int, seed: int | np.random.Generator
) -> PatchEmbedding:
    """X = [class; flat(patch_n) W_E] + positions;  W_E ~ N(0, 1 / (C·P·P)), b_E = 0.

    Args:
        picture: from 0 to 1; what is left over at the right and below, if P does not divide it, is cut off.

    Raises:
        InputError: there is not a single whole patch; W_E would have more than `MOST_WEIGHTS` numbers.
    """
    C, H, W = picture.shape
    rows, columns = H // P, W // P
    if rows == 0 or columns == 0:
        raise InputError(f"a patch of {P}×{P} does not fit into {H}×{W} pixels", "--patch", f"at most {min(H, W)}")
    if C * P * P * d_model > MOST_WEIGHTS:
        message = f"a patch of {P}×{P} and {d_model:,} numbers a token need {C * P * P * d_model:,} weights"
        raise InputError(message, "--patch", f"at most {MOST_WEIGHTS:,}: use smaller patches")
    rng = np.random.default_rng(seed)
    A = 2 * picture[:, : rows * P, : columns * P] - 1  # (C, H, W)
    patches = cut(A, P)
    flat = patches.reshape(len(patches), -1)  # (N, C·P·P)
    W_E = rng.standard_normal((C * P * P, d_model)) / np.sqrt(C * P * P)
    E = flat @ W_E  # (N, d_model)
    class_token = rng.standard_normal(d_model)
    positions = POSITION_DEVIATION * rng.standard_normal((len(E) + 1, d_model))
    X = np.vstack([class_token, E]) + positions  # (N + 1, d_model)
    return PatchEmbedding(A, P, rows, columns, patches, flat, W_E, E, class_token, positions, X)


def cut(A: Float[Array, "C H W"], P: int) -> Float[Array, "N C P P"]:
    """Row by row; what is left over at the right and below, if P does not divide it, is cut off."""
    C, H, W = A.shape
    rows, columns = H // P, W // P
    whole = A[:, : rows * P, : columns * P].reshape(C, rows, P, columns, P)
    return whole.transpose(1, 3, 0, 2, 4).reshape(-1, C, P, P)


def names(embedding: PatchEmbedding) -> tuple[str, ...]:
    """What each token is called: class, then each patch's row and column."""
    return ("class", *(f"{r},{c}" for r in range(embedding.rows) for c in range(embedding.columns)))


def on_grid(weights: Float[Array, " N1"], rows: int, columns: int) -> Float[Array, "rows columns"]:
    """A row of weights over all tokens, where its patches lie in the picture; that of the class token is left out."""
    return weights[1:].reshape(rows, columns)
