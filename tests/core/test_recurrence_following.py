import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.recurrence import CellWeights, around
from mlcli.core.recurrence_following import follow
from mlcli.core.recurrence_layers import Network, draw_network, run_layers
from mlcli.core.sequences import InputSequence

T, F, H = 11, 3, 7


def sequence(seed: int = 0, **more: object) -> InputSequence:
    return InputSequence("drawn", np.random.default_rng(seed).normal(size=(T, F)), **more)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(st.sampled_from(["rnn", "gru", "lstm"]), st.integers(1, T), st.integers(0, 2**32))
def test_delta_is_the_difference_of_two_runs(cell: str, s: int, seed: int) -> None:
    given, network = sequence(seed), draw_network(cell, F, H, seed, layers=2)  # type: ignore[arg-type]
    runs = run_layers(given.values, network)
    others = run_layers(given.without([s]), network)
    for followed, run, other in zip(follow(given, network, runs, s), runs, others, strict=True):
        symbol = "c" if cell == "lstm" else "h"
        expected = [getattr(a, symbol) - getattr(b, symbol) for a, b in zip(run.steps, other.steps, strict=True)]
        np.testing.assert_array_equal(followed.delta, expected)
        assert not followed.delta[: s - 1].any()
        held = np.minimum(*np.abs(followed.delta[[s - 1, -1]]))[followed.units]
        assert (np.diff(held) <= 0).all() and sorted(followed.units) == list(range(H))
        assert (followed.keeps is None) == (cell == "rnn")


@pytest.mark.parametrize("s", [1, 5, T])
def test_where_h_plays_no_part_the_forget_gates_product_is_what_is_left(s: int) -> None:
    drawn = draw_network("lstm", F, H, 3).first
    alone = CellWeights("lstm", drawn.W_ih, np.zeros_like(drawn.W_hh), drawn.b_ih, drawn.b_hh)
    network, given = Network(((alone,),)), sequence()
    [followed] = follow(given, network, run_layers(given.values, network), s)
    for unit in range(H):
        held = followed.held(unit)
        assert held.product is not None
        assert held.last == pytest.approx(held.first * held.product, rel=1e-10)
    assert 0 < followed.left <= 1


def test_the_number_alone_is_taken_away() -> None:
    given = sequence(number=1)
    values = given.without([2, 3])
    assert not values[[1, 2], 1].any()
    changed = values != given.values
    assert changed.sum() == 2 and given.content(2) == "v_2" and sequence().content(2) == "x_2"


def test_what_leaves_nothing() -> None:
    given = InputSequence("zeros", np.zeros((T, F)))
    network = draw_network("gru", F, H, 0)
    [followed] = follow(given, network, run_layers(given.values, network), 4)
    assert followed.left == 0 and not followed.delta.any()


@pytest.mark.parametrize(
    ("s", "directions", "message"), [(0, 1, "no step 0"), (T + 1, 1, "no step"), (1, 2, "one dir")]
)
def test_what_cannot_be_followed(s: int, directions: int, message: str) -> None:
    given, network = sequence(), draw_network("lstm", F, H, 0, directions=directions)
    with pytest.raises(InputError, match=message):
        follow(given, network, run_layers(given.values, network), s)


def test_steps_around_the_marked_ones() -> None:
    assert around(5, [1, 5], 2) == [1, 2, 4, 5]
    assert around(1, [1], 9) == [1]
