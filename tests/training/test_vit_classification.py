import numpy as np
import pytest
import torch

from mlcli.checks.training import against_core
from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.core.training import Epoch
from mlcli.training.fitting import Fitting, train
from mlcli.training.registry import task
from mlcli.training.vit_classification import moved
from mlcli.training.vit_settings import ViTSettings

SHORT = ViTSettings(epochs=17, patch=3, d_model=10, heads=2, layers=1, d_ff=13, lr=0.01, batch=16, warmup=5)


def ignore(epoch: Epoch) -> None:
    """Nobody watches."""


def pictures() -> LabelledPictures:
    """Class 0 is bright above, class 1 bright below, and noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=83)
    values = rng.integers(5, size=(83, 1, 9, 7))
    values[labels == 0, :, :4] += 7
    values[labels == 1, :, 4:] += 7
    order = np.arange(83)
    return LabelledPictures("drawn", values, 11, labels, ("above", "below"), order[:41], order[41:54], order[54:])


def test_it_learns_and_core_computes_the_same() -> None:
    made = task(SHORT, pictures())
    outcome = train(made, 1, ignore)
    assert outcome.run.test_score == 1
    network = made.trained(outcome.weights)
    outputs = made.outputs(network)
    assert outputs.shape == (29, 2)
    assert against_core(network, made).passed
    made.outputs = lambda network: outputs + 1e-3 * abs(outputs).max()
    assert not against_core(network, made).passed


def test_only_matrices_of_products_are_decayed() -> None:
    made = task(SHORT, pictures())
    network = Fitting(made, 0).network
    named = {id(weight): name for name, weight in network.named_parameters()}
    decayed = {named[id(weight)].rsplit(".", 1)[-1] for weight in made.decayed(network)}
    assert decayed == {"W_E", "W", "W_Q", "W_K", "W_V", "W_O", "W_1", "W_2"}


def test_a_moved_picture_keeps_its_shape_and_comes_from_the_padded_one() -> None:
    x = torch.arange(1.0, 31.0).reshape(1, 2, 3, 5).repeat(23, 1, 1, 1)
    out = moved(x, 1, np.random.default_rng(0))
    padded = torch.nn.functional.pad(x[0], (1, 1, 1, 1))
    windows = [padded[:, down : down + 3, right : right + 5] for down in range(3) for right in range(3)]
    found = [next(k for k, window in enumerate(windows) if torch.equal(window, picture)) for picture in out]
    assert len(set(found)) > 5
    assert torch.equal(moved(x, 0, np.random.default_rng(0)), x)


def test_a_patch_that_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="9×7"):
        task(ViTSettings(patch=8), pictures())


def test_heads_that_do_not_divide_d_model_are_told() -> None:
    with pytest.raises(InputError, match="heads"):
        ViTSettings(d_model=10, heads=3)
