import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES, unroll
from mlcli.core.recurrence_cells import agreement, work_out
from mlcli.core.recurrence_layers import draw_network

ORDER = {"rnn": ["h"], "gru": ["r", "z", "m", "n", "h"], "lstm": ["i", "f", "g", "o", "c", "h"]}


@given(st.sampled_from(list(GATES)), st.integers(0, 4), st.integers(1, 3), st.integers(0, 999))
def test_the_sums_lead_to_the_recorded_state(cell, unit: int, t: int, seed: int) -> None:
    x, weights = np.random.default_rng([seed, 7]).normal(size=(3, 7)), draw_network(cell, 7, 5, seed).first
    step = list(unroll(x, weights))[t - 1]
    sums = work_out(step, weights, unit)
    assert [written.gives for written in sums] == ORDER[cell]
    assert sums[-1].value == pytest.approx(step.h[unit], abs=1e-14)
    assert agreement(sums) < 1e-14
    for written in sums:
        assert written.recorded == getattr(step, written.gives)[unit]
        assert written.total == pytest.approx(sum(part.products.sum() for part in written.parts), abs=1e-14)
        for part in written.parts:
            assert len(part.labels) == len(part.values) == len(part.coefficients)
            assert np.array_equal(part.values * part.coefficients, part.products)


def test_relu_is_written_out_too() -> None:
    weights = draw_network("rnn", 3, 5, seed=0, activation="relu").first
    step = list(unroll(np.random.default_rng(0).normal(size=(2, 3)), weights))[1]
    for unit in range(5):
        [written] = work_out(step, weights, unit)
        assert (written.function, written.value) == ("relu", pytest.approx(step.h[unit], abs=1e-15))


def test_each_gate_has_its_own_rows_and_both_biases() -> None:
    x, weights = np.random.default_rng(0).normal(size=(2, 3)), draw_network("lstm", 3, 2, seed=0).first
    step = list(unroll(x, weights))[1]
    o = work_out(step, weights, 1)[3]
    inputs, state, biases = o.parts
    assert np.array_equal(inputs.coefficients, weights.W_ih[3 * 2 + 1])
    assert np.array_equal(state.values, step.h_before)
    assert biases.labels == ("b_io", "b_ho")
    assert biases.products.tolist() == [weights.b_ih[7], weights.b_hh[7]]


@pytest.mark.parametrize("unit", [-1, 5])
def test_a_unit_that_is_not_there(unit: int) -> None:
    weights = draw_network("gru", 2, 5, seed=0).first
    [step] = unroll(np.ones((1, 2)), weights)
    with pytest.raises(InputError, match="no unit") as told:
        work_out(step, weights, unit)
    assert told.value.hint == "units go from 0 to 4"
