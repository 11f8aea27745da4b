"""The odd one out of a set, in torch and batched; `mlcli.core.set_anomaly` is the same mathematics."""

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.core.transformer_weights import ENCODER, draw_stack
from mlcli.models.dropout import dropout
from mlcli.models.transformer import Stack

Rng = np.random.Generator

SPREAD = 2.0  # pixels are mostly small: so wide drawn, W_E gives vectors about as long as those of the layers


class OddOneOut(nn.Module):
    """(B, N, pixels) → a score for each picture of each set (B, N); an encoder without positions.

    Args:
        pixels: of a picture, from 0 to 1.
        H: heads.
        dropped: probability with which a cell is dropped in training.
        rng: draws the first weights.
    """

    def __init__(self, pixels: int, d_model: int, d_ff: int, L: int, H: int, dropped: float, rng: Rng) -> None:
        super().__init__()
        self.dropped = dropped
        W_E, w = rng.standard_normal((pixels, d_model)), rng.standard_normal(d_model)
        self.W_E = nn.Parameter(torch.from_numpy(SPREAD * W_E / np.sqrt(pixels)).float())
        self.b_E = nn.Parameter(torch.zeros(d_model))
        self.encoder = Stack(ENCODER, draw_stack(ENCODER, d_model, d_ff, L, True, rng), H, dropped)
        self.w = nn.Parameter(torch.from_numpy(w / np.sqrt(d_model)).float())

    def forward(self, x: Tensor, rng: Rng | None = None) -> Tensor:
        """Scores, before the softmax."""
        X = dropout(x @ self.W_E + self.b_E, self.dropped, rng)
        return self.encoder(X, None, False, rng) @ self.w
