"""What the tasks of the recurrent networks share: the network, and inputs that `--check` runs through core as well."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mlcli.models.recurrent import Recurrent
from mlcli.training.task import Rng, Task


class RecurrentTask(Task):
    """A recurrent network reads a sequence and answers.

    Args:
        last_only: it answers after the last step only.
    """

    last_only: ClassVar[bool] = False
    on_gpu = True

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """Values a step, and how many are answered."""

    @abstractmethod
    def example(self) -> Tensor:
        """A few sequences of the test part as the network reads them: (T, B, F_in)."""

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """Its states and gates."""
        return (f"mlcli rnn-unroll{self.unrolled(given)} --weights {run}",)

    def unrolled(self, given: str | None) -> str:
        """How `rnn-unroll` is given an input: none draws one."""
        return ""

    def network(self, rng: Rng) -> Recurrent:
        """Of the size that the data asks for."""
        given = self.settings
        F_in, outputs = self.sizes
        return Recurrent(
            given.model, F_in, given.hidden, given.layers, outputs, given.gate_biases, given.dropout, rng
        )  # fmt: skip


def one_hot(places: Tensor, kinds: int) -> Tensor:
    """(…,) → (…, kinds): 1 at its place, 0 elsewhere."""
    return F.one_hot(places, kinds).to(torch.float32)
