"""PyTorch's conv2d and pooling on the same numbers, in float64."""

import numpy as np
import torch
from torch.nn import functional as F

from mlcli.core.convolution import Convolution, magnitude
from mlcli.core.pooling import Pooling
from mlcli.lesson import Check

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def against_torch(record: Convolution) -> Check:
    """max |B − conv2d(A, W, b)|; rounding grows with the number of terms and their size, and so does the tolerance."""
    A, W, b = (torch.from_numpy(np.ascontiguousarray(array)) for array in (record.A, record.W, record.b))
    over = record.over
    (top, bottom), (left, right) = over.padding
    padded = F.pad(A[None], (left, right, top, bottom), MODES[record.pad_mode])
    oracle = F.conv2d(padded, W, b, over.stride, 0, over.dilation, record.groups)[0].numpy()
    difference = float(np.abs(record.B - oracle).max())
    return Check("torch.nn.functional.conv2d", difference, 1e-12 * magnitude(record))


def pooling_against_torch(record: Pooling) -> Check:
    """max |P − max_pool2d(B)|, or avg_pool2d."""
    B = torch.from_numpy(np.ascontiguousarray(record.B))[None]
    name = f"{record.how}_pool2d"
    oracle = getattr(F, name)(B, record.over.kernel, record.over.stride)[0].numpy()
    scale = max(1.0, float(np.abs(record.B).max()))
    return Check(f"torch.nn.functional.{name}", float(np.abs(record.P - oracle).max()), 1e-12 * scale)
