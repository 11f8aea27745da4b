"""Several processes that train one network together, on one machine or on several.

Every process holds the whole network and draws the same batches. Each finds the gradients of its share of the cases,
and all take the same step along their mean:

    ∇L = Σ_r n_r ∇L_r / Σ_r n_r,   n_r the cases of process r

That is the gradient of the whole batch: the network becomes what one process would have made of it, but for the order
in which numbers are added. A launcher starts the processes and tells each its number:

    python -m torch.distributed.run --nproc-per-node 2 -m mlcli train cnn

The sums travel by torch.distributed, over gloo.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import distributed, nn

from mlcli.core.errors import InputError
from mlcli.models.shared_draws import SharedGenerator
from mlcli.training.devices import precision
from mlcli.training.task import Loss, Rng, Task


@dataclass(frozen=True)
class Ranks:
    """This process, number `rank` of `size`."""

    rank: int = 0
    size: int = 1

    def share(self, cases: int) -> slice:
        """Which of a batch's cases are this process's; where there are fewer cases than processes, all have all."""
        if cases < self.size:
            return slice(0, cases)
        return slice(cases * self.rank // self.size, cases * (self.rank + 1) // self.size)

    def backward(self, task: Task, network: nn.Module, batch: Any, rng: Rng) -> Loss:
        """Leave in the network the gradients of a batch's loss, and return the loss: of the whole batch, not a share.

        Args:
            rng: draws the dropout.
        """
        if self.size == 1:
            with precision(task.device.type, task.mixed_precision):
                found = task.loss(network, batch, rng)
            found.loss.backward()
            return found
        own, cases = task.share(batch, self.share)
        part = self.share(cases)
        with precision(task.device.type, task.mixed_precision):
            found = task.loss(network, own, SharedGenerator(rng, part.start, part.stop, cases))
        found.loss.backward()
        mean = _mean(found, list(network.parameters()))
        return mean if cases >= self.size else replace(mean, cases=found.cases)  # all had all: none counts twice

    def refuse(self, task: Task) -> None:
        """
        Raises:
            InputError: a step sees all of the data at once, so that there is nothing to share.
        """
        if self.size > 1 and not task.case_axes:
            raise InputError(
                f"a step of {task.settings.model} sees all of {task.data.name} at once: {self.size} processes have "
                "nothing to share", hint="leave out the launcher; --runs 2 trains two seeds side by side",
            )  # fmt: skip


ALONE = Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """This process among those of its launcher; alone if none has started it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    distributed.init_process_group("gloo")
    try:
        yield Ranks(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()


def _mean(found: Loss, weights: Sequence[nn.Parameter]) -> Loss:
    """Of all processes, each weighted by its cases: gradients, loss and score."""
    gradients = [torch.zeros_like(W) if W.grad is None else W.grad for W in weights]
    sums = torch.cat([gradient.flatten() for gradient in gradients]) * found.cases
    own = torch.tensor([found.loss.item(), found.score, 1.0], dtype=torch.float64, device=sums.device) * found.cases
    distributed.all_reduce(sums)
    distributed.all_reduce(own)
    loss, score, cases = own.tolist()
    for W, gradient in zip(weights, sums.div_(cases).split([W.numel() for W in weights]), strict=True):
        W.grad = gradient.view_as(W)
    return Loss(torch.tensor(loss / cases), score / cases, int(cases))
