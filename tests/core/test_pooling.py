import numpy as np
import pytest
import torch

from mlcli.checks.convolution import pooling_against_torch
from mlcli.core.activations import activate
from mlcli.core.errors import InputError
from mlcli.core.pooling import pool, pooled_cell
from mlcli.core.windows import Window


def test_equal_to_torch() -> None:
    torch.set_num_threads(1)  # small operations on several threads wait for each other
    rng = np.random.default_rng(13)
    for _ in range(500):
        B = rng.standard_normal((int(rng.choice([1, 2, 3])), *((11, 13), (17, 7), (5, 19))[rng.integers(3)]))
        kernel, stride = (tuple(int(n) for n in rng.integers(1, 6, size=2)) for _ in range(2))
        record = pool(B, "max" if rng.random() < 0.5 else "avg", Window(kernel, stride))
        check = pooling_against_torch(record)
        assert check.difference < 1e-10 and check.passed


@pytest.mark.parametrize("how", ["max", "avg"])
def test_global_pooling_is_one_number_a_map(how: str) -> None:
    B = np.random.default_rng(17).standard_normal((3, 5, 7))
    record = pool(B, how, None)
    expected = torch.nn.functional.adaptive_max_pool2d if how == "max" else torch.nn.functional.adaptive_avg_pool2d
    assert np.allclose(record.P, expected(torch.from_numpy(B), 1).numpy(), rtol=1e-10)
    assert record.whole and pooled_cell(record, 0, 0).window.shape == (5, 7)


def test_the_first_window_and_its_largest_cell() -> None:
    B = np.arange(35.0).reshape(1, 5, 7)
    cell = pooled_cell(pool(B, "max", Window((2, 3), (2, 3))), 1, 1)
    assert (cell.rows, cell.columns, cell.marked, cell.value) == (range(2, 4), range(3, 6), (1, 2), B[0, 3, 5])
    assert pooled_cell(pool(B, "avg", Window((2, 3), (2, 3))), 0, 0).marked is None


def test_a_window_larger_than_the_map() -> None:
    with pytest.raises(InputError, match="6×2 does not fit on a map of 5×7") as raised:
        pool(np.zeros((1, 5, 7)), "max", Window((6, 2)))
    assert raised.value.where == "--pool"


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activations_are_torchs(name: str) -> None:
    z = np.random.default_rng(19).standard_normal((2, 5, 7))
    record = activate(z, name)
    assert np.allclose(record.a, getattr(torch, name)(torch.from_numpy(z)).numpy(), rtol=1e-10, atol=1e-12)
    assert record.zeroed == (z < 0).sum()
