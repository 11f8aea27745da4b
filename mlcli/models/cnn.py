"""CNN: twice convolution, ReLU, max pooling; then two dense layers (core/convolution.py tells the convolution).

Source: the order of layers is that of LeNet-5 (LeCun et al., Proc. IEEE 1998, figure 2), with ReLU for tanh, maxima
for means, small kernels, padded so that pictures of 8×8 pixels are not eaten up, and dropout before the dense layers.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.models.dropout import dropout
from mlcli.models.initialisation import glorot
from mlcli.models.mlp import DenseLayer

POOL = 2  # rows and columns of which the largest is kept


class ConvolutionLayer(nn.Module):
    """B = W * A + b, as many rows and columns as A has: (B, C_in, H, W) → (B, C_out, H, W).

    Args:
        k: rows and columns of the kernel, an odd number.
    """

    def __init__(self, C_in: int, C_out: int, k: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.W = glorot((C_out, C_in, k, k), C_in * k * k, C_out * k * k, rng)
        self.b = nn.Parameter(torch.zeros(C_out))

    def forward(self, x: Tensor) -> Tensor:
        """With zeros around x."""
        return F.conv2d(x, self.W, self.b, padding=self.W.shape[-1] // 2)


class CNN(nn.Module):
    """(C, H, W) → channels × H/2 × W/2 → 2·channels × H/4 × W/4 → hidden → classes.

    Args:
        shape: C, H, W of the pictures.
        kernel: rows and columns of the kernels, an odd number.
        dropout: probability with which a cell of a dense layer's input is dropped in training.
        rng: draws the first weights.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        channels: int,
        kernel: int,
        hidden: int,
        classes: int,
        dropout: float,
        rng: np.random.Generator,
    ) -> None:
        super().__init__()
        C, H, W = shape
        cells = 2 * channels * (H // POOL // POOL) * (W // POOL // POOL)
        first = ConvolutionLayer(C, channels, kernel, rng)
        second = ConvolutionLayer(channels, 2 * channels, kernel, rng)
        self.layers = nn.ModuleList([first, second, DenseLayer(cells, hidden, rng), DenseLayer(hidden, classes, rng)])
        self.dropout = dropout

    def forward(self, x: Tensor, rng: np.random.Generator | None = None) -> Tensor:
        """Logits: (B, C, H, W) → (B, classes).

        Args:
            rng: draws the dropout; None for none: evaluation.
        """
        first, second, dense, last = self.layers
        for layer in (first, second):
            x = F.max_pool2d(F.relu(layer(x)), POOL)
        h = F.relu(dense(dropout(x.flatten(1), self.dropout, rng)))
        return last(dropout(h, self.dropout, rng))
