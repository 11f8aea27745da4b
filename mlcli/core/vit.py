"""A trained ViT at work: the picture's patches and a class token go through the encoder; the class token answers.

    X = [class; flat(patch_n) W_E + b_E] + positions      logits = encoder(X)_0 W + b

Symbols
    A  the picture, from −1 to 1  (C, H, W)     P  side of a patch     N  patches
    W_E (C·P·P, d_model)     positions (N + 1, d_model)     W (d_model, classes)

Source: Dosovitskiy et al., An Image is Worth 16×16 Words, ICLR 2021, equations 1 to 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.numerics import softmax
from mlcli.core.patches import cut
from mlcli.core.transformer import Stack, stack
from mlcli.core.transformer_weights import ENCODER, stack_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sight:
    """One picture, seen.

    Args:
        A: the picture, from −1 to 1.
        X: the tokens, class first.
    """

    A: Float[Array, "C H W"]
    patches: Float[Array, "N C P P"]
    flat: Float[Array, "N CPP"]
    X: Float[Array, "N1 d_model"]
    encoder: Stack
    logits: Float[Array, " classes"]
    probabilities: Float[Array, " classes"]


def see(picture: Float[Array, "C H W"], weights: Mapping[str, NDArray[Any]], P: int, H: int) -> Sight:
    """What the weights, by name, make of a picture from 0 to 1, with H heads."""
    own = {name: array.astype(np.float64) for name, array in weights.items()}
    A = 2 * picture - 1
    patches = cut(A, P)
    flat = patches.reshape(len(patches), -1)  # (N, C·P·P)
    X = np.vstack([own["class_token"], flat @ own["W_E"] + own["b_E"]]) + own["positions"]  # (N + 1, d_model)
    encoder = stack(X, stack_of(own, "encoder", ENCODER), H)
    logits = encoder.out[0] @ own["W"] + own["b"]  # (classes,)
    return Sight(A, patches, flat, X, encoder, logits, softmax(logits))
