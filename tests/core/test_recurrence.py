import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.checks.recurrence import torch_network
from mlcli.core.errors import InputError
from mlcli.core.recurrence import (
    GATES,
    CellWeights,
    GRUStep,
    RNNStep,
    distances,
    lstm_step,
    spread,
    unroll,
    weight_count,
)
from mlcli.core.recurrence_layers import draw_network


def sequence(T: int, F: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 99]).normal(size=(T, F))


@pytest.mark.parametrize(("cell", "total"), [("rnn", 640), ("gru", 1920), ("lstm", 2560)])
def test_weights_are_counted_as_torch_counts_them(cell, total: int) -> None:
    assert weight_count(cell, 10, 20).total == total
    network = draw_network(cell, 10, 20, seed=0)
    assert sum(parameter.numel() for parameter in torch_network(network).parameters()) == total


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


def test_relu_lets_through_what_is_above_0() -> None:
    weights = CellWeights("rnn", np.array([[1.0], [-1.0]]), np.zeros((2, 2)), np.zeros(2), np.zeros(2), "relu")
    [step] = unroll(np.array([[3.0]]), weights)
    assert isinstance(step, RNNStep)
    assert step.h.tolist() == [3, 0] and step.slope.tolist() == [1, 0]


@pytest.mark.parametrize("cell", GATES)
def test_backwards_reads_the_sequence_turned_round(cell) -> None:
    x, weights = sequence(7, 3, 0), draw_network(cell, 3, 5, seed=1).first
    turned, backwards = list(unroll(x[::-1], weights)), list(unroll(x, weights, backwards=True))
    assert [step.t for step in backwards] == [7, 6, 5, 4, 3, 2, 1]
    assert all(np.array_equal(one.h, other.h) for one, other in zip(turned, backwards, strict=True))


@pytest.mark.parametrize("cell", GATES)
def test_sequences_side_by_side_are_as_each_alone(cell) -> None:
    x, weights = np.stack([sequence(7, 3, seed) for seed in range(5)], axis=1), draw_network(cell, 3, 2, seed=1).first
    *_, together = unroll(x, weights)
    for i in range(5):
        *_, alone = unroll(x[:, i], weights)
        assert together.h[i] == pytest.approx(alone.h, abs=1e-15)


@given(st.integers(1, 300), st.integers(2, 13))
def test_spread_holds_both_ends(T: int, most: int) -> None:
    chosen = spread(T, most)
    assert chosen[0] == 1 and chosen[-1] == T and len(chosen) == min(T, most)


@given(st.integers(1, 10000), st.integers(2, 13))
def test_distances_hold_both_ends(T: int, most: int) -> None:
    chosen = distances(T, most)
    assert chosen[0] == 0 and chosen[-1] == T - 1 and len(chosen) <= most and chosen == sorted(set(chosen))


def test_an_empty_sequence_is_told_at_the_call() -> None:
    weights = draw_network("rnn", 3, 2, seed=0).first
    with pytest.raises(InputError, match="empty"):
        unroll(np.zeros((0, 3)), weights)
    with pytest.raises(InputError, match="a step has 5 values, W_ih is for 3"):
        unroll(np.zeros((2, 5)), weights)


def test_values_that_overflow_are_told_with_their_step() -> None:
    weights = CellWeights("rnn", np.array([[10.0]]), np.array([[1.0]]), np.zeros(1), np.zeros(1))
    with pytest.raises(InputError, match="values of step 2 are too large"):
        unroll(np.array([[1.0], [1e308]]), weights)
    assert next(iter(unroll(np.array([[1e300]]), weights))).h == 1.0
