"""ViT: a picture as a text of patches, read by the Transformer's encoder; `mlcli.core.vit` is the same mathematics.

Source: Dosovitskiy et al., An Image is Worth 16×16 Words, ICLR 2021, equations 1 to 4; with relu for gelu.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.core.transformer_weights import ENCODER, draw_stack
from mlcli.models.dropout import dropout
from mlcli.models.transformer import Stack

Rng = np.random.Generator


class ViT(nn.Module):
    """(C, H, W) → (H/P)·(W/P) patches and the class token → classes.

    Args:
        shape: C, H, W of the pictures; what is left over at the right and below, if P does not divide it, is cut off.
        P: rows and columns of a patch.
        H: heads.
        dropped: probability with which a cell of a sublayer's output is dropped in training.
        rng: draws the first weights.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        P: int,
        d_model: int,
        d_ff: int,
        L: int,
        H: int,
        classes: int,
        dropped: float,
        rng: Rng,
    ) -> None:
        super().__init__()
        C, height, width = shape
        self.P, self.dropped = P, dropped
        N, cells = (height // P) * (width // P), C * P * P

        def drawn(shape: tuple[int, ...], deviation: float) -> nn.Parameter:
            return nn.Parameter(torch.from_numpy(deviation * rng.standard_normal(shape)).float())

        self.W_E, self.b_E = drawn((cells, d_model), cells**-0.5), nn.Parameter(torch.zeros(d_model))
        self.class_token = drawn((d_model,), 1.0)
        self.positions = drawn(
            (N + 1, d_model), 1.0
        )  # as large as the patches: ViT's 0.02 needs more steps to tell them apart
        self.encoder = Stack(ENCODER, draw_stack(ENCODER, d_model, d_ff, L, True, rng), H, dropped)
        self.W, self.b = drawn((d_model, classes), d_model**-0.5), nn.Parameter(torch.zeros(classes))

    @classmethod
    def of(cls, own: Any, shape: tuple[int, int, int], classes: int, rng: Rng) -> "ViT":
        """As the settings of `train vit` say."""
        return cls(shape, own.patch, own.d_model, own.d_ff, own.layers, own.heads, classes, own.dropout, rng)

    def forward(self, x: Tensor, rng: Rng | None = None) -> Tensor:
        """Logits: (B, C, H, W), from 0 to 1 → (B, classes), read off the class token."""
        E = self._patches(2 * x - 1) @ self.W_E + self.b_E  # (B, N, d_model)
        first = self.class_token.expand(len(x), 1, -1)
        X = torch.cat([first, E], dim=1) + self.positions
        return self.encoder(dropout(X, self.dropped, rng), None, False, rng)[:, 0] @ self.W + self.b

    def _patches(self, A: Tensor) -> Tensor:
        """(B, N, C·P·P)."""
        cut = A.unfold(2, self.P, self.P).unfold(3, self.P, self.P)  # (B, C, rows, columns, P, P)
        return cut.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
