"""MLP and CNN against torch's own layers with equal weights, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from mlcli.models.cnn import CNN
from mlcli.models.mlp import MLP
from mlcli.models.products import SparseMatrix

TIGHT = {"rtol": 1e-10, "atol": 1e-12}


def drawn(network: nn.Module, seed: int = 1) -> nn.Module:
    """In float64, every weight drawn, biases too."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for parameter in network.double().parameters():
            parameter.copy_(torch.from_numpy(rng.standard_normal(parameter.shape)))
    return network


def theirs_with(network: nn.Module, *layers: nn.Module) -> nn.Module:
    """torch's layers with our weights: a dense W is stored turned."""
    for ours, layer in zip(network.layers, [a for a in layers if hasattr(a, "weight")], strict=True):  # type: ignore[arg-type]
        W = ours.W.detach()
        layer.load_state_dict({"weight": W.T if W.ndim == 2 else W, "bias": ours.b.detach()})
    return nn.Sequential(*layers)


def test_mlp() -> None:
    ours = drawn(MLP((7, 5, 11, 3), 0.5, np.random.default_rng(0)))
    layers = [nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 11), nn.ReLU(), nn.Linear(11, 3)]
    theirs = theirs_with(ours, *(layer.double() for layer in layers))
    x = torch.from_numpy(np.random.default_rng(2).standard_normal((13, 7)))
    torch.testing.assert_close(ours(x), theirs(x), **TIGHT)
    from scipy import sparse

    torch.testing.assert_close(ours(SparseMatrix.of(sparse.csr_array(x.numpy()), torch.float64)), theirs(x), **TIGHT)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 13, 11)])
@pytest.mark.parametrize("kernel", [3, 5])
def test_cnn(shape: tuple[int, int, int], kernel: int) -> None:
    C, H, W = shape
    ours = drawn(CNN(shape, 2, kernel, 7, 5, 0.5, np.random.default_rng(0)))
    layers = [
        nn.Conv2d(C, 2, kernel, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(2, 4, kernel, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4 * (H // 4) * (W // 4), 7), nn.ReLU(), nn.Linear(7, 5),
    ]  # fmt: skip
    theirs = theirs_with(ours, *(layer.double() for layer in layers))
    x = torch.from_numpy(np.random.default_rng(2).standard_normal((17, *shape)))
    torch.testing.assert_close(ours(x), theirs(x), **TIGHT)


def test_in_training_something_is_dropped() -> None:
    ours = drawn(CNN((1, 8, 8), 2, 3, 7, 5, 0.5, np.random.default_rng(0)))
    x = torch.from_numpy(np.random.default_rng(2).standard_normal((17, 1, 8, 8)))
    assert not torch.allclose(ours(x), ours(x, np.random.default_rng(3)))
    assert torch.equal(ours(x, np.random.default_rng(3)), ours(x, np.random.default_rng(3)))
