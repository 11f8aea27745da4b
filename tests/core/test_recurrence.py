import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.checks.recurrence import forward_against_torch, torch_cell
from mlcli.core.errors import InputError
from mlcli.core.recurrence import (
    GATES,
    CellWeights,
    GRUStep,
    LSTMStep,
    RNNStep,
    draw_weights,
    forget,
    lstm_step,
    spread,
    states,
    unroll,
    weight_count,
)

CELLS = st.sampled_from(list(GATES))


def sequence(T: int, F: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 99]).normal(size=(T, F))


@given(
    CELLS, st.sampled_from([1, 2, 7, 13]), st.sampled_from([1, 3, 11]), st.sampled_from([1, 2, 5]), st.integers(0, 999)
)
def test_every_state_is_torchs(cell, T, F, H, seed) -> None:
    x, weights = sequence(T, F, seed), draw_weights(cell, F, H, seed)
    steps = list(unroll(x, weights))
    assert [step.t for step in steps] == list(range(1, T + 1))
    check = forward_against_torch(x, weights, steps)
    assert check.passed and check.difference < 1e-13


@pytest.mark.parametrize(("cell", "total"), [("rnn", 640), ("gru", 1920), ("lstm", 2560)])
def test_weights_are_counted_as_torch_counts_them(cell, total: int) -> None:
    assert weight_count(cell, 10, 20).total == total
    weights = draw_weights(cell, 10, 20, seed=0)
    assert sum(parameter.numel() for parameter in torch_cell(weights).parameters()) == total


def test_weights_are_drawn_within_one_over_the_root_of_hidden() -> None:
    weights = draw_weights("lstm", 29, 31, seed=3)
    for array in (weights.W_ih, weights.W_hh, weights.b_ih, weights.b_hh):
        assert 0.9 / np.sqrt(31) < np.abs(array).max() <= 1 / np.sqrt(31)
    again, other = draw_weights("lstm", 29, 31, seed=3), draw_weights("lstm", 29, 31, seed=4)
    assert np.array_equal(weights.W_hh, again.W_hh) and not np.array_equal(weights.W_hh, other.W_hh)


def test_one_rnn_step_by_hand() -> None:
    weights = CellWeights("rnn", np.array([[2.0, -1.0]]), np.array([[0.5]]), np.array([0.25]), np.array([-1.0]))
    first, second = unroll(np.array([[0.5, 0.25], [0.0, 1.0]]), weights)
    assert isinstance(first, RNNStep)
    assert first.a_h == 2 * 0.5 - 0.25 + 0.25 - 1
    assert second.a_h == -1 + 0.25 + 0.5 * np.tanh(0.0) - 1
    assert second.h_before is first.h


def test_an_open_forget_gate_keeps_the_memory() -> None:
    """f = 1, i = 0: whatever comes in, c stays; o = 1 shows tanh(c)."""
    b = np.repeat([-1000.0, 1000.0, 0.0, 1000.0], 3)
    weights = CellWeights("lstm", np.ones((12, 5)), np.ones((12, 3)), b, np.zeros(12))
    c = np.array([-2.0, 0.5, 7.0])
    step = lstm_step(1, np.arange(5.0), np.zeros(3), c, weights)
    assert np.array_equal(step.c, c) and np.array_equal(step.h, np.tanh(c))


def test_a_closed_update_gate_takes_the_candidate() -> None:
    """z = 0: h is n, nothing of the state before is kept."""
    weights = CellWeights("gru", np.ones((6, 3)), np.ones((6, 2)), np.repeat([0.0, -1000.0, 0.0], 2), np.zeros(6))
    first, second = unroll(np.ones((2, 3)), weights)
    assert isinstance(second, GRUStep)
    assert np.array_equal(second.h, second.n) and np.array_equal(first.m, [0, 0])


@pytest.mark.parametrize("cell", GATES)
def test_a_sequence_goes_on_after_a_step(cell) -> None:
    x, weights = sequence(11, 3, 0), draw_weights(cell, 3, 5, seed=1)
    whole = list(unroll(x, weights))
    rest = list(unroll(x[4:], weights, after=whole[3]))
    assert [step.t for step in rest] == [5, 6, 7, 8, 9, 10, 11]
    assert np.array_equal(states(rest), states(whole)[4:])
    if isinstance(rest[-1], LSTMStep):
        assert np.array_equal(rest[-1].c, whole[-1].c)


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("t", [1, 4, 7])
def test_forgetting_a_step_is_running_without_it(cell, t: int) -> None:
    x, weights = sequence(7, 3, 0), draw_weights(cell, 3, 5, seed=1)
    steps = list(unroll(x, weights))
    without = x.copy()
    without[t - 1] = 0
    moved = states(steps)[-1] - states(list(unroll(without, weights)))[-1]
    assert forget(x, weights, steps, t).distance == pytest.approx(np.linalg.norm(moved), abs=1e-15)


@given(st.integers(1, 300), st.integers(2, 13))
def test_spread_holds_both_ends(T: int, most: int) -> None:
    chosen = spread(T, most)
    assert chosen[0] == 1 and chosen[-1] == T and len(chosen) == min(T, most)


def test_an_empty_sequence_is_told_at_the_call() -> None:
    weights = draw_weights("rnn", 3, 2, seed=0)
    with pytest.raises(InputError, match="empty"):
        unroll(np.zeros((0, 3)), weights)
    with pytest.raises(InputError, match="a step has 5 values, W_ih is for 3"):
        unroll(np.zeros((2, 5)), weights)


def test_values_that_overflow_are_told_with_their_step() -> None:
    weights = CellWeights("rnn", np.array([[10.0]]), np.array([[1.0]]), np.zeros(1), np.zeros(1))
    with pytest.raises(InputError, match="values of step 2 are too large"):
        unroll(np.array([[1.0], [1e308]]), weights)
    assert next(iter(unroll(np.array([[1e300]]), weights))).h == 1.0
