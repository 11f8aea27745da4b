import math

import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.core.sequence_problems import BLANK, KEPT, SIGN, SYMBOLS, Adding, Copying
from mlcli.datasets.sequences import adding


@pytest.mark.parametrize("T", [2, 3, 7, 101])
def test_adding_asks_for_the_sum_of_one_value_of_each_half(T: int) -> None:
    drawn = Adding().draw(23, T, np.random.default_rng(T))
    values, marks = drawn.x[:, :, 0], drawn.x[:, :, 1]
    assert (marks[:, : T // 2].sum(1) == 1).all() and (marks[:, T // 2 :].sum(1) == 1).all()
    assert set(np.unique(marks)) <= {0, 1}
    assert ((0 <= values) & (values < 1)).all()
    np.testing.assert_allclose(drawn.y, (values * marks).sum(1), rtol=1e-15)


def test_always_answering_1_costs_a_sixth() -> None:
    y = Adding().draw(100_003, 5, np.random.default_rng(0)).y
    assert np.mean((y - 1) ** 2) == pytest.approx(Adding().blind(5), rel=0.01)
    assert Adding().blind(5) == 1 / 6


def test_adding_needs_two_halves() -> None:
    with pytest.raises(InputError, match="at least 2"):
        Adding().draw(1, 1, np.random.default_rng(0))


def test_the_trace_reads_sequences_of_the_same_kind() -> None:
    np.testing.assert_array_equal(adding(13, 5).values, Adding().draw(1, 13, np.random.default_rng([5, 13])).x[0])


@pytest.mark.parametrize("T", [1, 2, 13])
def test_copy_says_the_symbols_after_the_sign(T: int) -> None:
    drawn = Copying().draw(29, T, np.random.default_rng(T))
    assert drawn.x.shape == drawn.y.shape == (29, T + 20)
    symbols = drawn.x[:, :KEPT]
    assert set(np.unique(symbols)) == set(range(SYMBOLS))
    assert (drawn.x[:, KEPT : KEPT + T - 1] == BLANK).all() and (drawn.x[:, KEPT + T :] == BLANK).all()
    assert (drawn.x[:, KEPT + T - 1] == SIGN).all()
    assert (drawn.y[:, : T + KEPT] == BLANK).all()
    np.testing.assert_array_equal(drawn.y[:, -KEPT:], symbols)


def test_guessing_costs_the_entropy_of_the_symbols() -> None:
    """A blank is sure wherever one is due; a symbol has probability 1/8."""
    p = np.full((KEPT, SYMBOLS), 1 / 8)
    assert Copying().blind(17) == pytest.approx(-(p * np.log(p)).sum() / 37, rel=1e-15)
    assert Copying().blind(17) == pytest.approx(10 * math.log(8) / 37)
