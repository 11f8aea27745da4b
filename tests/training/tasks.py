"""A task of a few lines, as the guide in training/task.py says: a line through points, in batches, scored downwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.training import SQUARED_ERROR, DataSummary
from mlcli.models.dropout import dropout
from mlcli.training.digests import digest_of_arrays
from mlcli.training.settings import Settings, setting
from mlcli.training.task import Loss, Measured, Part, Rng, Task, shuffled


@dataclass(frozen=True)
class LineSettings(Settings):
    """y = w · x + b."""

    model: ClassVar[str] = "line"
    formulas: ClassVar[tuple[str, ...]] = ("y = w · x + b, {batch} points a step",)

    lr: float = setting(0.05, "Learning rate.")
    epochs: int = setting(7, "Epochs at most.")
    batch: int = setting(5, "Points a step.")
    dropout: float = setting(0.1, "Share of x that is dropped.")


@dataclass(frozen=True, eq=False)
class Points:
    """(N, F) and (N,)."""

    kind: ClassVar[str] = "points"
    name: str
    x: Tensor
    y: Tensor


def points(N: int = 23, F_in: int = 3, seed: int = 1) -> Points:
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.standard_normal((N, F_in))).float()
    return Points("points", x, x @ torch.tensor([1.0, -2.0, 0.5]) + 3)


class Line(nn.Module):
    """w · x + b."""

    def __init__(self, F_in: int, p: float, rng: Rng) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.from_numpy(rng.standard_normal((F_in, 1))).float())
        self.b = nn.Parameter(torch.zeros(1))
        self.p = p

    def forward(self, x: Tensor, rng: Rng | None = None) -> Tensor:
        return (dropout(x, self.p, rng) @ self.w + self.b)[:, 0]


class LineTask(Task):
    """Least squares."""

    score = SQUARED_ERROR
    loss_formula = "1/{train} Σ (y − ŷ)²"

    def __init__(self, data: Points, settings: LineSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.steps = -(-len(data.x) // settings.batch)

    def summary(self) -> DataSummary:
        N = len(self.data.x)
        return DataSummary("points", "points", {"points": N}, (), N, N, N)

    def digest(self) -> str:
        return digest_of_arrays((self.data.x.numpy(), self.data.y.numpy()), ())

    def network(self, rng: Rng) -> Line:
        return Line(self.data.x.shape[1], self.settings.dropout, rng)

    def batches(self, rng: Rng) -> Iterable[Tensor]:
        return shuffled(len(self.data.x), self.settings.batch, rng)

    def loss(self, network: nn.Module, batch: Tensor, rng: Rng) -> Loss:
        error = F.mse_loss(network(self.data.x[batch], rng), self.data.y[batch])
        return Loss(error, error.item(), len(batch))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        error = F.mse_loss(network(self.data.x), self.data.y).item()
        return Measured(error, error, more={"root": error**0.5})
