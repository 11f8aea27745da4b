"""The training loop: one run of any task from one seed.

Each epoch: for each batch, gradients of its loss and one step of the optimiser; then the validation part, by which
the stopping rule says whether these weights are the best so far and whether it was the last epoch.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.training import Epoch, Run, Weights
from mlcli.training.devices import precision
from mlcli.training.gradients import GradientNorms
from mlcli.training.memory import keep_freed_memory
from mlcli.training.optimisers import Optimiser
from mlcli.training.ranks import ALONE, Ranks
from mlcli.training.state import State, refuse_other
from mlcli.training.stopping import Judgement, StoppingRule
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
        state: to go on from; None begins.
        ranks: the processes that share each batch.

    Raises:
        InputError: the state is not one of this task and seed.
    """

    def __init__(self, task: Task, seed: int, state: State | None = None, ranks: Ranks = ALONE) -> None:
        keep_freed_memory()
        torch.manual_seed(seed)  # for layers of torch's own that draw; ours draw from `rng`
        self.task, self.seed, self.rng, self.ranks = task, seed, np.random.default_rng(seed), ranks
        (self.order,) = self.rng.spawn(1)
        self.network = task.network(self.rng).to(task.device)
        self.optimiser = Optimiser(
            self.network, task.settings, task.decayed(self.network), task.steps * task.settings.epochs
        )
        self.rule, self.epochs = task.stopping_rule(), list[Epoch]()
        self.step = 0  # steps done, of all epochs
        self.batch, self.began = 0, self.order.bit_generator.state  # batches done of this epoch; `order` at its start
        self.loss, self.score = Mean(), Mean()  # of this epoch
        self.gradients = GradientNorms(self.network) if task.watch_gradients else None
        self.last: Any = None  # batch of this epoch
        self.left: Mapping[str, Tensor] = {}  # by the batch before an interruption
        self.kept, self.weights = 0, weights_of(self.network)
        self.stopped = ""  # why, once it has
        if state is not None:
            self._go_on_from(state)

    def run(self) -> Iterator[Epoch | None]:
        """The epochs, each as it ends, and None between two steps of one: then, too, there is a `state` to keep.

        Raises:
            RequestFailed: the loss is not finite.
        """
        while not self.stopped:
            yield from self._train()
            validation = self._evaluate("validation")
            epoch = Epoch(
                len(self.epochs) + 1, self.loss.value, self.score.value, validation.loss, validation.score
            )  # fmt: skip
            self._refuse_infinite(epoch.validation_loss)
            if self._judge(epoch):
                self.weights = weights_of(self.network)
            if self.gradients:
                self.gradients.end_epoch()
            self.batch = 0
            yield epoch

    def _train(self) -> Iterator[None]:
        """The epoch's steps that are left; loss and score are means over its batches, each as before its step."""
        if self.batch == 0:
            self.began, self.loss, self.score = self.order.bit_generator.state, Mean(), Mean()
        self.network.train()
        for number, batch in enumerate(self.task.batches(self.order)):
            if number < self.batch:
                continue  # done before training was interrupted
            if self.left:
                self._hand_on(batch)
            if number:
                yield
            self.optimiser.torch.zero_grad()
            found = self.ranks.backward(self.task, self.network, batch, self.rng)
            value = found.loss.item()
            self._refuse_infinite(value)
            if self.gradients:
                self.gradients.add()
            self.optimiser.step(self.step)
            self.step, self.batch, self.last = self.step + 1, self.batch + 1, batch
            self.loss.add(value, found.cases)
            self.score.add(found.score, found.cases)

    def _judge(self, epoch: Epoch) -> bool:
        """Whether the weights after this epoch are to be kept; and whether it was the last."""
        self.epochs.append(epoch)
        judgement = self.rule.judge(epoch)
        if judgement.keep:
            self.kept = epoch.epoch
        self.stopped = _why(judgement, self.rule, epoch, self.task)
        return judgement.keep

    def _evaluate(self, part: Part) -> Measured:
        self.network.eval()
        with torch.no_grad(), self._precision():
            return self.task.evaluate(self.network, part)

    def _precision(self) -> AbstractContextManager[Any]:
        return precision(self.task.device.type, self.task.mixed_precision)

    def _refuse_infinite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise RequestFailed(
                f"training diverged: the loss is not finite in epoch {len(self.epochs) + 1}", hint="try a smaller --lr"
            )

    def state(self) -> State:
        """As it is between two steps.

        Raises:
            RequestFailed: the weights are not finite, so that nothing good can follow from them.
        """
        weights = weights_of(self.network)
        if not all(np.isfinite(array).all() for array in weights.values()):
            self._refuse_infinite(math.nan)
        return State(
            self.seed, self.step, self.batch, self.rng.bit_generator.state,
            self.began if self.batch else self.order.bit_generator.state,
            weights, self.weights, self.optimiser.moments(), self._left(), tuple(self.epochs),
            np.array([(mean.value, mean.cases) for mean in (self.loss, self.score)], dtype=np.float64),
            generators(self.task.device), self.gradients.state() if self.gradients else {},
        )  # fmt: skip

    def _left(self) -> Weights:
        """By the last batch to the next of this epoch."""
        left = self.left if self.last is None else self.task.left_by(self.last) if self.batch else {}
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in left.items()}

    def _hand_on(self, batch: Any) -> None:
        try:
            self.task.hand_on(self.left, batch)
        except ValueError as error:
            raise InputError(f"is not a state of this training ({error})", hint="train again") from error
        self.last, self.left = batch, {}

    def _go_on_from(self, state: State) -> None:
        try:
            refuse_other(state.weights, self.weights, "weights")
            refuse_other(state.best, self.weights, "best weights")
            refuse_other(state.torch, generators(self.task.device), "random states")
            if state.seed != self.seed or [e.epoch for e in state.epochs] != [*range(1, len(state.epochs) + 1)]:
                raise ValueError("its epochs are not those of this seed")
            for epoch in state.epochs:
                if self.stopped:
                    raise ValueError(f"it goes on after {self.stopped}")
                self._judge(epoch)
            if self.gradients:
                self.gradients.restore(state.gradients, len(self.epochs))
            self.optimiser.restore(state.moments)
            self.rng.bit_generator.state, self.order.bit_generator.state = state.rng, state.order
            set_generators(state.torch)
            self.loss, self.score = (Mean(value, int(cases)) for value, cases in state.means.tolist())
        except (ValueError, TypeError, KeyError, OverflowError, RuntimeError) as error:
            raise InputError(f"is not a state of this training ({error})", hint="train again") from error
        set_weights(self.network, state.weights)
        self.left = {name: torch.from_numpy(array.copy()) for name, array in state.left.items()}
        self.weights, self.step, self.batch, self.began = state.best, state.step, state.batch, state.order

    def outcome(self) -> Outcome:
        """The weights kept, measured on every part."""
        set_weights(self.network, self.weights)
        train, validation, test = (self._evaluate(part) for part in ("train", "validation", "test"))
        run = Run(
            self.seed, tuple(self.epochs), self.kept, self.stopped,
            train.score, validation.score, test.score, test.confusion, test.more,
            self.gradients.by_layer() if self.gradients else {},
        )  # fmt: skip
        return Outcome(run, self.weights)


def why_stopped(task: Task, epochs: Iterable[Epoch]) -> str:
    """Why no epoch follows these; "" if one does."""
    rule, reason = task.stopping_rule(), ""
    for epoch in epochs:
        reason = _why(rule.judge(epoch), rule, epoch, task)
    return reason


def _why(judgement: Judgement, rule: StoppingRule, epoch: Epoch, task: Task) -> str:
    if judgement.stop:
        return rule.reason
    return f"all {epoch.epoch:,} epochs were done" if epoch.epoch >= task.settings.epochs else ""


def generators(device: torch.device) -> Weights:
    """The states of torch's own generators, by device."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return {name: state.numpy() for name, state in states.items()}


def set_generators(states: Weights) -> None:
    """Put them back."""
    torch.set_rng_state(torch.from_numpy(states["cpu"].copy()))
    if "cuda" in states:
        torch.cuda.set_rng_state(torch.from_numpy(states["cuda"].copy()))


def train(
    task: Task, seed: int, watch: Callable[[Epoch], None],
    look: Callable[[Fitting, Epoch | None], None] | None = None, state: State | None = None, ranks: Ranks = ALONE,
) -> Outcome:  # fmt: skip
    """Train one network from `seed` and test it.

    Args:
        watch: is called with each epoch as it ends.
        look: is called after each step, with the epoch if one has ended; what it raises ends training.
        state: to go on from; None begins.
        ranks: the processes that share each batch.

    Raises:
        InputError: the state is not one of this task and seed.
        RequestFailed: the loss is not finite.
    """
    fitting = Fitting(task, seed, state, ranks)
    for epoch in fitting.run():
        if epoch is not None:
            watch(epoch)
        if look is not None:
            look(fitting, epoch)
    return fitting.outcome()
