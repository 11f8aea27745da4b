from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mlcli.datasets.digits import digits
from mlcli.training.checkpoints import load
from mlcli.training.opened_cnn import opened_layer
from mlcli.training.registry import task


@pytest.fixture
def run(mlcli: Callable, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    assert mlcli("train", "cnn", "--epochs", "1", "--save", str(folder)).status == 0
    return folder


def test_what_conv2_looks_at_and_gives_is_what_the_network_computes(run: Path) -> None:
    data, model = digits(), load(run)
    network = task(model.settings, data).trained(model.weights)
    picture = data.values[7] / data.brightest
    first, second = list(network.layers)[:2]
    with torch.no_grad():
        seen = F.max_pool2d(F.relu(first(torch.from_numpy(picture)[None].float())), 2)
        maps = second(seen)[0].numpy()
    found = opened_layer(model, "conv2", picture, str(run))
    np.testing.assert_allclose(found.A, seen[0].numpy(), atol=1e-5)
    told = F.conv2d(*map(torch.from_numpy, (found.A[None], found.W, found.b)), padding=found.padding)[0].numpy()
    np.testing.assert_allclose(told, maps, atol=1e-4)
    assert found.before == ("conv1",)


def test_a_trained_layer_is_told_as_any_convolution(mlcli: Callable, run: Path) -> None:
    line = ("conv-trace", "--example", "digit", "--weights", str(run), "--show", "1")
    ran = mlcli(*line, "--layer", "conv2", "--check")
    assert ran.status == 0
    assert "conv2 of run" in ran.stdout and "seen through conv1, ReLU and max pooling of digit.csv" in ran.stdout
    for more, error in (
        (("--layer", "conv9"), "--layer: no layer is called"),
        (("--stride", "2"), "--weights: the saved network says itself how its kernels slide"),
        (("--kernel", "box"), "--weights: the saved network says itself how its kernels slide"),
    ):
        ran = mlcli(*line, *more)
        assert (ran.status, ran.stdout) == (2, "")
        assert error in ran.stderr
