"""A saved run with its data read again and its network rebuilt, as evaluate and predict open it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlcli.commands.train_source import task_of
from mlcli.core.prediction import Prediction
from mlcli.lesson import Check
from mlcli.training.checkpoints import TrainedModel, load


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run.

    Args:
        made: its `training.task.Task`, with the data.
        network: with the weights that were kept.
    """

    folder: Path
    model: TrainedModel
    made: Any
    network: Any

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Without gradients, on one thread, as the run was measured."""
        import torch

        from mlcli.training.runs import torch_threads

        with torch.no_grad(), torch_threads(1):
            yield

    @property
    def mappable(self) -> bool:
        """Whether its task has vectors to draw."""
        from mlcli.training.task import Task

        return type(self.made).vectors is not Task.vectors

    def first(self) -> Any:
        """The network as it was before its first step."""
        return self.made.network(np.random.default_rng(self.model.config["seed"]))

    def checks(self) -> tuple[Check, ...]:
        """The network's outputs on its own data once more, by core."""
        from mlcli.checks.training import against_core

        with self.reading():
            return (against_core(self.network, self.made),)

    def checks_of(self, predictions: Sequence[Prediction]) -> tuple[Check, ...]:
        """What was predicted, computed another way."""
        from mlcli.checks.prediction import predictions_again

        with self.reading():
            return (predictions_again(self.network, self.made, predictions),)


def opened_run(folder: Path) -> SavedRun:
    """The run in a folder that `train --save` has written.

    Raises:
        InputError: it is none, or damaged; its data is gone or another.
        RequestFailed: its data set cannot be downloaded.
    """
    model = load(folder)
    made = task_of(model, folder)
    return SavedRun(folder, model, made, made.trained(model.weights))
