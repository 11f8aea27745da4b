import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcli.checks.recurrence import gradients_against_torch, torch_cell
from mlcli.core.recurrence import GATES, CellWeights, draw_weights, unroll
from mlcli.core.recurrence_gradients import backpropagate, gradients

CELLS = st.sampled_from(list(GATES))


def sequence(T: int, F: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 99]).normal(size=(T, F))


@given(
    CELLS, st.sampled_from([1, 2, 7, 13]), st.sampled_from([1, 3, 11]), st.sampled_from([1, 2, 5]), st.integers(0, 999)
)
def test_every_gradient_is_autograds(cell, T, F, H, seed) -> None:
    x, weights = sequence(T, F, seed), draw_weights(cell, F, H, seed)
    record = gradients(list(unroll(x, weights)), weights)
    assert [at.t for at in record.steps] == list(range(1, T + 1))
    check = gradients_against_torch(x, weights, record)
    assert check.passed and check.difference < 1e-12


@given(CELLS, st.integers(1, 7), st.integers(0, 999))
def test_the_jacobians_are_autograds(cell, t: int, seed: int) -> None:
    """h_T as a function of (h_t, c_t), which torch is given as the initial state of the rest."""
    x, weights = sequence(7, 3, seed), draw_weights(cell, 3, 5, seed)
    steps = list(unroll(x, weights))
    norms = gradients(steps, weights).norms
    if t == 7:
        assert norms.dh_dh[-1] == 1 and (norms.dh_dc is None or norms.dh_dc[-1] == 0)
        return
    state = [
        torch.tensor(values)[None]
        for values in (steps[t - 1].h, getattr(steps[t - 1], "c", None))
        if values is not None
    ]
    oracle, rest = torch_cell(weights), torch.tensor(x[t:])
    found = torch.autograd.functional.jacobian(
        lambda *s: oracle(rest, s if cell == "lstm" else s[0])[0][-1], tuple(state)
    )
    ours = [norms.dh_dh, norms.dh_dc]
    for jacobian, norm in zip(found, ours, strict=False):
        assert np.linalg.norm(jacobian[:, 0].numpy(), 2) == pytest.approx(norm[t - 1], rel=1e-10)


@pytest.mark.parametrize("cell", GATES)
def test_any_loss_of_the_last_state(cell) -> None:
    """dL/dh_T is the caller's: here L = 3·h_T[1]."""
    x, weights = sequence(5, 3, 0), draw_weights(cell, 3, 2, seed=0)
    back = list(backpropagate(list(unroll(x, weights)), weights, np.array([0.0, 3.0])))
    inputs = torch.tensor(x, requires_grad=True)
    (3 * torch_cell(weights)(inputs)[0][-1, 1]).backward()
    assert [at.t for at in back] == [5, 4, 3, 2, 1]
    assert np.stack([at.x for at in back[::-1]]) == pytest.approx(inputs.grad.numpy(), abs=1e-14)


@pytest.mark.parametrize(("scale", "T"), [(0.9, 51), (1.1, 51)])
def test_an_rnn_near_zero_multiplies_by_its_weight(scale: float, T: int) -> None:
    """With h = 0 throughout the slope of tanh is 1: what is left after 50 steps is w to the 50th."""
    weights = CellWeights("rnn", np.zeros((1, 1)), np.array([[scale]]), np.zeros(1), np.zeros(1))
    record = gradients(list(unroll(np.ones((T, 1)), weights)), weights)
    assert record.kept == pytest.approx({0.9: 0.005154, 1.1: 117.39}[scale], rel=1e-4)
    assert record.largest_singular_value == scale
    assert record.norms.dh_dh[0] == pytest.approx(record.kept)
    assert record.norms.c is None and record.norms.dh_dc is None


@pytest.mark.parametrize(("bias", "left"), [(1.0, 1.58e-7), (3.0, 0.0881), (5.0, 0.7148)])
def test_a_memory_keeps_what_its_forget_gate_lets_it(bias: float, left: float) -> None:
    """W_hh = 0 leaves the memory as the only way back, which takes σ(b) at each step."""
    b = np.array([0.0, bias, 0.0, 0.0])
    weights = CellWeights("lstm", np.zeros((4, 1)), np.zeros((4, 1)), b, np.zeros(4))
    norms = gradients(list(unroll(np.ones((52, 1)), weights)), weights).norms
    assert norms.dh_dc is not None
    assert norms.dh_dc[0] / norms.dh_dc[50] == pytest.approx(left, rel=5e-3)


def test_no_norm_of_an_rnn_is_above_the_power_of_its_singular_value() -> None:
    x, weights = sequence(17, 3, 1), draw_weights("rnn", 3, 11, seed=2)
    record = gradients(list(unroll(x, weights)), weights)
    bound = record.largest_singular_value ** np.arange(16, -1, -1)
    assert (record.norms.dh_dh <= bound * (1 + 1e-12)).all()
