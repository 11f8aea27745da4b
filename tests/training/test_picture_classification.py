import dataclasses

import numpy as np
import pytest
import torch

from mlcli.checks.training import against_core
from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.core.training import Epoch
from mlcli.training.fitting import Fitting, train
from mlcli.training.picture_settings import CNNSettings, MLPSettings
from mlcli.training.registry import task


def ignore(epoch: Epoch) -> None:
    """Nobody watches."""


def pictures(H: int = 9, W: int = 7) -> LabelledPictures:
    """Class 0 is bright above, class 1 bright below, and noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=83)
    values = rng.integers(5, size=(83, 1, H, W))
    values[labels == 0, :, : H // 2] += 7
    values[labels == 1, :, H // 2 :] += 7
    order = np.arange(83)
    return LabelledPictures("drawn", values, 11, labels, ("above", "below"), order[:41], order[41:54], order[54:])


SHORT = [CNNSettings(epochs=23, channels=3, hidden=13, lr=0.01, batch=16), MLPSettings(epochs=11, hidden=5, batch=16)]


@pytest.mark.parametrize("settings", SHORT)
def test_it_learns_and_core_computes_the_same(settings: CNNSettings | MLPSettings) -> None:
    made = task(settings, pictures())
    outcome = train(made, 1, ignore)
    assert outcome.run.test_score == 1
    assert outcome.run.confusion is not None and outcome.run.confusion.sum() == 29
    network = made.trained(outcome.weights)
    outputs = made.outputs(network)
    assert outputs.shape == (29, 2)
    assert against_core(network, made).passed
    made.outputs = lambda network: outputs + 1e-3 * abs(outputs).max()
    assert not against_core(network, made).passed


def test_every_training_picture_is_seen_once_an_epoch() -> None:
    made = task(SHORT[1], pictures())
    batches = list(made.batches(np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == [16, 16, 9] and made.steps == 3
    assert sorted(torch.cat(batches).tolist()) == list(range(41))


def test_all_but_the_biases_of_cnn_are_decayed() -> None:
    network = Fitting(task(SHORT[0], pictures()), 0).network
    assert len(task(SHORT[0], pictures()).decayed(network)) == 4


def test_pictures_that_are_too_small_are_told() -> None:
    with pytest.raises(InputError, match="3×7"):
        task(CNNSettings(), pictures(H=3))


def test_an_even_kernel_is_told() -> None:
    with pytest.raises(InputError, match="odd"):
        dataclasses.replace(CNNSettings(), kernel=4)
