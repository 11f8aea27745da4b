import dataclasses
import math

import numpy as np
import pytest
import torch

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.training import Epoch
from mlcli.training.fitting import Fitting, train
from mlcli.training.optimisers import Optimiser
from mlcli.training.task import Loss, Mean, shuffled
from tests.training.tasks import LineSettings, LineTask, points

SETTINGS = LineSettings()


def ignore(epoch: Epoch) -> None:
    """Nobody watches."""


def test_a_task_of_a_few_lines_is_learned_in_batches() -> None:
    made = LineTask(points(), dataclasses.replace(SETTINGS, epochs=150, dropout=0.0))
    outcome = train(made, 0, ignore)
    run = outcome.run
    assert run.test_score < 1e-4 < run.epochs[0].validation_score
    assert run.more["root"] == run.test_score**0.5
    assert run.confusion is None
    np.testing.assert_allclose(outcome.weights["w"][:, 0], [1, -2, 0.5], atol=0.02)
    assert run.kept == min(run.epochs, key=lambda epoch: epoch.validation_score).epoch


def test_an_epoch_is_the_mean_over_all_its_cases() -> None:
    """Before any step moves a weight, the last and smaller batch weighs less."""
    made = LineTask(points(), dataclasses.replace(SETTINGS, lr=0.0, dropout=0.0))
    (epoch,) = (epoch for epoch in Fitting(made, 3).run() if epoch and epoch.epoch == 1)
    assert epoch.train_loss == pytest.approx(epoch.validation_loss, rel=1e-6)


def test_the_same_seed_gives_the_same_run_and_each_epoch_its_own_order() -> None:
    first, again, other = (train(LineTask(points(), SETTINGS), seed, ignore) for seed in (3, 3, 4))
    assert first.run.epochs == again.run.epochs != other.run.epochs
    rng = np.random.default_rng(0)
    epochs = [torch.cat(list(shuffled(23, 5, rng))).tolist() for _ in range(2)]
    assert epochs[0] != epochs[1] and sorted(epochs[0]) == sorted(epochs[1]) == list(range(23))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_steps_are_torchs_at_the_schedules_rate_on_cut_gradients(optimizer: str) -> None:
    settings = LineSettings(
        optimizer=optimizer, weight_decay=0.1, schedule="cosine", warmup=3, clip=0.5, dropout=0.0,  # type: ignore[arg-type]
    )  # fmt: skip
    made = LineTask(points(), settings)
    ours, theirs = made.network(np.random.default_rng(1)), made.network(np.random.default_rng(1))
    optimiser = Optimiser(ours, settings, made.decayed(ours), steps=11)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[optimizer]
    more = {"momentum": 0.9} if optimizer == "sgd" else {}
    reference = kind([{"params": [theirs.w], "weight_decay": 0.1}, {"params": [theirs.b], "weight_decay": 0.0}],
                     lr=0.05, **more)  # fmt: skip
    everything, rng = torch.arange(23), np.random.default_rng(0)
    for t in range(11):
        for network in (ours, theirs):
            network.zero_grad()
            made.loss(network, everything, rng).loss.backward()
        optimiser.step(t)
        for group in reference.param_groups:
            group["lr"] = 0.05 * ((t + 1) / 3 if t < 3 else (1 + math.cos(math.pi * (t - 3) / 8)) / 2)
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        reference.step()
    torch.testing.assert_close(ours.w, theirs.w)
    torch.testing.assert_close(ours.b, theirs.b)


def test_a_loss_that_is_not_finite_stops_before_its_step() -> None:
    class Overflows(LineTask):
        def loss(self, network: torch.nn.Module, batch: torch.Tensor, rng: np.random.Generator) -> Loss:
            found = super().loss(network, batch, rng)
            return Loss(found.loss * (math.inf if len(batch) == 3 else 1), 0.0, len(batch))  # the last of an epoch

    fitting = Fitting(Overflows(points(), SETTINGS), 0)
    with pytest.raises(RequestFailed, match="not finite in epoch 1"):
        list(fitting.run())
    assert fitting.step == 4
    assert all(torch.isfinite(parameter).all() for parameter in fitting.network.parameters())


def test_a_mean_keeps_its_first_value_as_it_is() -> None:
    mean = Mean()
    mean.add(0.1, 3)
    assert mean.value == 0.1
    mean.add(0.4, 6)
    assert mean.value == pytest.approx(0.3)


@pytest.mark.parametrize("change", [{"lr": math.nan}, {"lr": "fast"}, {"epochs": None}, {"optimizer": 3}])
def test_settings_that_cannot_be_are_told(change: dict) -> None:
    with pytest.raises(InputError):
        LineSettings(**change)
