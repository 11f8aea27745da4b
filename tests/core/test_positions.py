import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.positions import FARTHEST, distances, sinusoidal, with_positions


def test_the_numbers_of_position_one() -> None:
    assert np.allclose(sinusoidal(2, 4)[1], [0.8415, 0.5403, 0.0100, 1.0000], atol=6e-5)


@given(st.integers(1, 23), st.integers(1, 31))
def test_each_cell_by_its_formula(T: int, d_model: int) -> None:
    P = sinusoidal(T, d_model)
    for t in (0, T - 1):
        for column in range(d_model):
            angle = t / 10_000 ** ((column - column % 2) / d_model)
            assert P[t, column] == pytest.approx(np.cos(angle) if column % 2 else np.sin(angle), abs=1e-12)


def test_how_alike_places_are_depends_on_their_distance_only() -> None:
    near = distances(sinusoidal(37, 64))
    assert [d.k for d in near] == list(range(FARTHEST + 1))
    assert all(d.spread < 1e-11 for d in near)
    assert near[0].similarity == 32
    falling = [d.similarity for d in near[:4]]
    assert falling == sorted(falling, reverse=True)
    drawn = distances(np.random.default_rng(3).standard_normal((37, 64)))
    assert all(d.spread > 1 for d in drawn)


def test_positions_are_added() -> None:
    E = np.random.default_rng(5).standard_normal((7, 6))
    positioned = with_positions(E)
    assert np.array_equal(positioned.X - positioned.P, positioned.X - sinusoidal(7, 6))
    assert np.allclose(positioned.X - positioned.P, E)
    assert len(distances(positioned.P[:1])) == 1
