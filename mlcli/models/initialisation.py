"""What weights are before training."""

import math

import numpy as np
import torch
from torch import nn


def glorot(shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator) -> nn.Parameter:
    """Uniform in ±√(6 / (fan_in + fan_out)), so that a layer keeps the variance (Glorot & Bengio, AISTATS 2010)."""
    limit = math.sqrt(6 / (fan_in + fan_out))
    return nn.Parameter(torch.from_numpy(rng.uniform(-limit, limit, shape)).float())
