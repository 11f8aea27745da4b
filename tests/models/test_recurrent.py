import numpy as np
import pytest
import torch

from mlcli.checks.training import recurrent_against_core
from mlcli.core.recurrence import GATES, Cell
from mlcli.core.recurrence_answers import answering
from mlcli.core.recurrence_layers import outputs, run_layers
from mlcli.models.recurrent import Recurrent
from mlcli.training.task import weights_of


def network(cell: Cell, layers: int = 2, seed: int = 0, **biases: float) -> Recurrent:
    return Recurrent(cell, 3, 7, layers, 5, biases, 0.0, np.random.default_rng(seed))


def trained(cell: Cell) -> Recurrent:
    """A few steps away from how it began, in float64."""
    made = network(cell).double()
    x, y = torch.randn(11, 13, 3, dtype=torch.float64), torch.randn(11, 13, 5, dtype=torch.float64)
    optimiser = torch.optim.Adam(made.parameters(), lr=0.05)
    for _ in range(17):
        optimiser.zero_grad()
        (made(x)[0] - y).square().mean().backward()
        optimiser.step()
    return made


@pytest.mark.parametrize("cell", GATES)
def test_what_was_trained_is_the_same_in_core(cell: Cell) -> None:
    made = trained(cell)
    x = np.random.default_rng(1).standard_normal((19, 2, 3))
    given = answering(weights_of(made))
    with torch.no_grad():
        expected, _ = made(torch.from_numpy(x))
        last, _ = made(torch.from_numpy(x), last=True)
    told = given.answer(outputs(run_layers(x, given.network)))
    np.testing.assert_allclose(told, expected.numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(last.numpy(), expected.numpy()[-1], rtol=1e-10)
    assert given.network.first.cell == cell


def test_the_check_fails_where_core_is_given_other_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    made, x = network("gru"), torch.randn(11, 5, 3)
    assert recurrent_against_core(made, x).passed
    monkeypatch.setattr("mlcli.checks.training.arrays", lambda network: weights_of(network_of_another_seed()))
    assert not recurrent_against_core(made, x).passed


def network_of_another_seed() -> Recurrent:
    return network("gru", seed=1)


def test_first_weights_come_from_the_generator_alone() -> None:
    torch.manual_seed(3)
    first = weights_of(network("lstm"))
    torch.manual_seed(4)
    again, other = weights_of(network("lstm")), weights_of(network("lstm", seed=1))
    for name, weight in first.items():
        np.testing.assert_array_equal(weight, again[name])
        assert not np.array_equal(weight, other[name])
        assert np.abs(weight).max() <= 7**-0.5


def test_gates_begin_where_they_are_told() -> None:
    made = network("lstm", f=4.0, i=-3.0)
    for layer in range(2):
        ih, hh = (weights_of(made)[f"cells.bias_{ends}_l{layer}"].reshape(4, 7) for ends in ("ih", "hh"))
        np.testing.assert_array_equal(ih[[0, 1]], np.repeat([[-3.0], [4.0]], 7, axis=1))  # i, f, g, o
        np.testing.assert_array_equal(hh[[0, 1]], 0)
        assert (ih[2:] != 0).all() and (hh[2:] != 0).all()


def test_a_state_goes_on() -> None:
    made, x = network("lstm"), torch.randn(11, 2, 3)
    with torch.no_grad():
        whole, _ = made(x)
        _, state = made(x[:4])
        rest, _ = made(x[4:], before=state)
    torch.testing.assert_close(rest, whole[4:])
