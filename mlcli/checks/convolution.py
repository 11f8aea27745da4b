"""PyTorch's conv2d on the same numbers, in float64."""

import numpy as np
import torch

from mlcli.core.convolution import Convolution
from mlcli.lesson import Check


def against_torch(record: Convolution) -> Check:
    """max |B − conv2d(A, W, b)|; rounding grows with the number of terms and their size, and so does the tolerance."""
    A, W, b = (torch.from_numpy(np.ascontiguousarray(array)) for array in (record.A, record.W, record.b))
    oracle = torch.nn.functional.conv2d(A[None], W, b, record.stride, record.padding, record.dilation)[0].numpy()
    scale = max(1.0, float(np.abs(record.W).sum(axis=(1, 2, 3)).max() * np.abs(record.A).max()))
    return Check("torch.nn.functional.conv2d", float(np.abs(record.B - oracle).max()), 1e-12 * scale)
