from itertools import product

import numpy as np
import pytest
import torch

from mlcli.checks.recurrence import forward_against_torch, gradients_against_torch, torch_network
from mlcli.core.errors import RequestFailed
from mlcli.core.recurrence import GATES, CellWeights
from mlcli.core.recurrence_gradients import Gradients, gradients, stretch
from mlcli.core.recurrence_layers import Network, draw_network, run_layers
from mlcli.core.recurrence_losses import Loss

KINDS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
DRAWN = 12  # cases for each cell, number of layers and of directions: 288, and 72 truncated


def sequence(T: int, F: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 99]).normal(size=(T, F))


def back(x: np.ndarray, weights: CellWeights, loss: Loss = Loss()) -> Gradients:
    return gradients(run_layers(x, Network(((weights,),))), loss)


@pytest.mark.parametrize(("cell", "activation"), KINDS)
@pytest.mark.parametrize(("layers", "directions"), product([1, 2, 3], [1, 2]))
def test_every_state_and_every_gradient_is_torchs(cell, activation, layers: int, directions: int) -> None:
    rng = np.random.default_rng([layers, directions, len(cell)])
    for case in range(DRAWN):
        T, F, H = rng.choice([1, 2, 5, 7]), rng.choice([1, 3]), rng.choice([1, 2, 5])
        x, network = rng.normal(size=(T, F)), draw_network(cell, int(F), int(H), case, layers, directions, activation)
        loss = [Loss(), Loss((0.3,)), Loss(tuple(rng.normal(size=H * directions)))][case % 3]
        runs = run_layers(x, network)
        assert forward_against_torch(x, network, runs).difference < 1e-12
        assert gradients_against_torch(x, network, runs, gradients(runs, loss), loss).difference < 1e-10


@pytest.mark.parametrize(("cell", "activation"), KINDS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_truncated_it_is_torchs_from_a_state_that_counts_as_given(cell, activation, layers: int) -> None:
    for T, K in [(2, 1), (7, 1), (7, 3), (7, 6), (11, 5), (11, 11)]:
        x, network = sequence(T, 3, K), draw_network(cell, 3, 2, K, layers, 1, activation)
        runs = run_layers(x, network)
        record = gradients(runs, Loss(), truncate=K)
        assert record.back == K and record.x.shape == (K, 3)
        assert gradients_against_torch(x, network, runs, record, Loss()).difference < 1e-10


def test_the_comparison_with_torch_would_see_a_wrong_gradient() -> None:
    x, network = sequence(7, 3, 0), draw_network("gru", 3, 2, 0, 2, 2)
    runs = run_layers(x, network)
    record = gradients(runs, Loss())
    assert not gradients_against_torch(x, network, runs, record, Loss((0.0,))).passed
    record.cells[0].weights.W_hh[1, 1] += 1e-6
    assert not gradients_against_torch(x, network, runs, record, Loss()).passed


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("t", [1, 3, 6, 7])
def test_the_jacobians_are_autograds(cell, t: int) -> None:
    """h_T as a function of (h_t, c_t), which torch is given as the initial state of the rest."""
    x, network = sequence(7, 3, t), draw_network(cell, 3, 5, t)
    runs = run_layers(x, network)
    [found] = gradients(runs, Loss()).cells
    norms = found.norms
    if t == 7:
        assert norms.dh_dh[-1] == 1 and (norms.dh_dc is None or norms.dh_dc[-1] == 0)
        return
    step = runs[0].steps[t - 1]
    state = [torch.tensor(values)[None] for values in (step.h, getattr(step, "c", None)) if values is not None]
    oracle, rest = torch_network(network), torch.tensor(x[t:])
    jacobians = torch.autograd.functional.jacobian(
        lambda *s: oracle(rest, s if cell == "lstm" else s[0])[0][-1], tuple(state)
    )
    for jacobian, norm in zip(jacobians, [norms.dh_dh, norms.dh_dc], strict=False):
        assert np.linalg.norm(jacobian[:, 0].numpy(), 2) == pytest.approx(norm[t - 1], rel=1e-10)
    assert set(found.jacobians) == {1, 6}
    if t in found.jacobians:
        assert found.jacobians[t] == pytest.approx(jacobians[0][:, 0].numpy(), abs=1e-14)


@pytest.mark.parametrize("H", [1, 2, 7, 31])
def test_the_stretch_of_a_matrix_is_its_largest_singular_value(H: int) -> None:
    J = np.random.default_rng(H).normal(size=(H, H))
    for scale in (1e-290, 1.0, 1e140):
        assert stretch(J * scale) == pytest.approx(np.linalg.norm(J, 2) * scale, rel=1e-12)
    assert stretch(np.zeros((H, H))) == 0


@pytest.mark.parametrize(("scale", "T"), [(0.9, 51), (1.1, 51)])
def test_an_rnn_near_zero_multiplies_by_its_weight(scale: float, T: int) -> None:
    """With h = 0 throughout the slope of tanh is 1: what is left after 50 steps is w to the 50th."""
    weights = CellWeights("rnn", np.zeros((1, 1)), np.array([[scale]]), np.zeros(1), np.zeros(1))
    [record] = back(np.ones((T, 1)), weights).cells
    assert record.kept == pytest.approx({0.9: 0.005154, 1.1: 117.39}[scale], rel=1e-4)
    assert record.largest_singular_value == scale
    assert record.norms.dh_dh[0] == pytest.approx(record.kept)
    assert record.norms.c is None and record.norms.dh_dc is None


@pytest.mark.parametrize(("bias", "left"), [(1.0, 1.58e-7), (3.0, 0.0881), (5.0, 0.7148)])
def test_a_memory_keeps_what_its_forget_gate_lets_it(bias: float, left: float) -> None:
    """W_hh = 0 leaves the memory as the only way back, which takes σ(b) at each step."""
    b = np.array([0.0, bias, 0.0, 0.0])
    weights = CellWeights("lstm", np.zeros((4, 1)), np.zeros((4, 1)), b, np.zeros(4))
    norms = back(np.ones((52, 1)), weights).cells[0].norms
    assert norms.dh_dc is not None
    assert norms.dh_dc[0] / norms.dh_dc[50] == pytest.approx(left, rel=5e-3)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_no_norm_of_an_rnn_is_above_the_power_of_its_singular_value(activation) -> None:
    weights = draw_network("rnn", 3, 11, seed=2, activation=activation).first
    [record] = back(sequence(17, 3, 1), weights).cells
    assert record.norms.bound == pytest.approx(record.largest_singular_value ** np.arange(16, -1, -1))
    assert (record.norms.dh_dh <= record.norms.bound * (1 + 1e-12)).all()
    assert back(sequence(7, 3, 1), draw_network("gru", 3, 2, 0).first).cells[0].norms.bound is None


def still(*scales: float) -> CellWeights:
    """An RNN that reads nothing: h = 0 throughout, so that W_hh alone decides."""
    H = len(scales)
    return CellWeights("rnn", np.zeros((H, 1)), np.diag(scales), np.zeros(H), np.zeros(H))


def test_a_gradient_that_explodes_is_told_down_to_where_it_does() -> None:
    """7^k is above 1e150 from k = 178 on: of T = 499 steps the way back takes 178, the last being step 322."""
    record = back(np.ones((499, 1)), still(7.0, 1.0))
    assert (record.back, record.exploded) == (178, 321)
    [cell] = record.cells
    assert cell.norms.t == tuple(range(322, 500)) and np.isfinite(cell.norms.dh_dh).all()
    assert back(np.ones((178, 1)), still(7.0)).exploded is None
    with pytest.raises(RequestFailed, match="exploded"):
        gradients(run_layers(np.ones((499, 1)), Network(((still(7.0), still(7.0)),))), Loss())


def test_a_gradient_that_vanishes_is_0_from_there() -> None:
    """0.1^k is below 1e-300 for k = 301, at step 499 − 301 = 198."""
    [cell] = back(np.ones((499, 1)), still(0.1)).cells
    assert cell.vanished == 198 and cell.kept == 0
    assert cell.norms.h[197] == cell.norms.dh_dh[197] == 0 < cell.norms.dh_dh[198]
    assert back(np.ones((31, 1)), still(0.1)).cells[0].vanished is None


def test_a_flat_loss_has_no_gradient() -> None:
    record = back(np.ones((5, 1)), still(0.5, 0.5), Loss((0.0,)))
    assert record.loss == 0 and record.cells[0].kept == 0 and not record.x.any()
