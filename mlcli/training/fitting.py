"""The training loop: one run of any task from one seed.

Each epoch: for each batch, gradients of its loss and one step of the optimiser; then the validation part, by which
the stopping rule says whether these weights are the best so far and whether it was the last epoch.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from mlcli.core.errors import RequestFailed
from mlcli.core.training import Epoch, Run, Weights
from mlcli.training.memory import keep_freed_memory
from mlcli.training.optimisers import Optimiser
from mlcli.training.task import Mean, Measured, Part, Task, set_weights, weights_of


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run and the weights it leaves."""

    run: Run
    weights: Weights


class Fitting:
    """A run in progress.

    Args:
        seed: of the first weights and all that is drawn later; the order of the batches has a stream of its own.
    """

    def __init__(self, task: Task, seed: int) -> None:
        keep_freed_memory()
        torch.manual_seed(seed)  # for layers of torch's own that draw; ours draw from `rng`
        self.task, self.seed, self.rng = task, seed, np.random.default_rng(seed)
        (self.order,) = self.rng.spawn(1)
        self.network = task.network(self.rng).to(task.device)
        self.optimiser = Optimiser(
            self.network, task.settings, task.decayed(self.network), task.steps * task.settings.epochs
        )
        self.rule, self.epochs = task.stopping_rule(), list[Epoch]()
        self.step = 0  # steps done, of all epochs
        self.kept, self.weights = 0, weights_of(self.network)
        self.stopped = f"all {task.settings.epochs:,} epochs were done"

    def run(self) -> Iterator[Epoch]:
        """The epochs, each as it ends.

        Raises:
            RequestFailed: the loss is not finite.
        """
        while len(self.epochs) < self.task.settings.epochs:
            train = self._train()
            validation = self._evaluate("validation")
            epoch = Epoch(len(self.epochs) + 1, *train, validation.loss, validation.score)
            self._refuse_infinite(epoch.validation_loss)
            self.epochs.append(epoch)
            judgement = self.rule.judge(epoch)
            if judgement.keep:
                self.kept, self.weights = epoch.epoch, weights_of(self.network)
            yield epoch
            if judgement.stop:
                self.stopped = self.rule.reason
                return

    def _train(self) -> tuple[float, float]:
        """Mean loss and score over the epoch's batches, each as it was before its step."""
        loss, score = Mean(), Mean()
        self.network.train()
        for batch in self.task.batches(self.order):
            self.optimiser.torch.zero_grad()
            found = self.task.loss(self.network, batch, self.rng)
            value = found.loss.item()
            self._refuse_infinite(value)
            found.loss.backward()
            self.optimiser.step(self.step)
            self.step += 1
            loss.add(value, found.cases)
            score.add(found.score, found.cases)
        return loss.value, score.value

    def _evaluate(self, part: Part) -> Measured:
        self.network.eval()
        with torch.no_grad():
            return self.task.evaluate(self.network, part)

    def _refuse_infinite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise RequestFailed(
                f"training diverged: the loss is not finite in epoch {len(self.epochs) + 1}", hint="try a smaller --lr"
            )

    def outcome(self) -> Outcome:
        """The weights kept, measured on every part."""
        set_weights(self.network, self.weights)
        train, validation, test = (self._evaluate(part) for part in ("train", "validation", "test"))
        run = Run(
            self.seed, tuple(self.epochs), self.kept, self.stopped,
            train.score, validation.score, test.score, test.confusion, test.more,
        )  # fmt: skip
        return Outcome(run, self.weights)


def train(task: Task, seed: int, watch: Callable[[Epoch], None]) -> Outcome:
    """Train one network from `seed` and test it.

    Args:
        watch: is called with each epoch as it ends.

    Raises:
        RequestFailed: the loss is not finite.
    """
    fitting = Fitting(task, seed)
    for epoch in fitting.run():
        watch(epoch)
    return fitting.outcome()
