import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.skipgram import draw_negatives, update, window_of


def loss(x: np.ndarray, Y: np.ndarray) -> float:
    """− log σ(x · y_o) − Σ log σ(− x · y_j), where − log σ(s) = log(1 + e⁻ˢ)."""
    first, *others = Y @ x
    return np.logaddexp(0, -first) + np.logaddexp(0, others).sum()


@given(st.integers(0, 2**32), st.sampled_from([1, 2, 5]), st.sampled_from([1, 3, 7]))
@settings(max_examples=40, deadline=None)
def test_gradients_are_those_of_finite_differences(seed: int, k: int, D: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, outputs = rng.standard_normal((2, 11, D))
    centre, context, *negatives = rng.permutation(11)[: k + 2].tolist()
    record = update(vectors, outputs, centre, context, np.array(negatives), rate=0.013)
    x, Y = vectors[centre], outputs[[context, *negatives]]
    assert record.loss == pytest.approx(loss(x, Y))
    assert record.losses.sum() == pytest.approx(record.loss)
    h = 1e-6
    for i, unit in enumerate(np.eye(D)):
        assert record.grad_x[i] == pytest.approx((loss(x + h * unit, Y) - loss(x - h * unit, Y)) / (2 * h), abs=1e-6)
        for j, row in enumerate(np.eye(k + 1)):
            change = h * np.outer(row, unit)
            there = (loss(x, Y + change) - loss(x, Y - change)) / (2 * h)
            assert record.grad_Y[j, i] == pytest.approx(there, abs=1e-6)
    assert np.allclose(record.new_x, x - 0.013 * record.grad_x)
    assert np.allclose(record.new_Y, Y - 0.013 * record.grad_Y)
    assert record.new_loss == pytest.approx(loss(record.new_x, record.new_Y))
    assert record.new_losses.sum() == pytest.approx(record.new_loss)
    assert record.new_loss < record.loss


def test_an_update_written_out() -> None:
    vectors, outputs = np.array([[1.0, 2.0], [9.0, 9.0]]), np.array([[0.0, 0.0], [1.0, -0.5]])
    record = update(vectors, outputs, 0, 1, np.array([0]), rate=0.5)
    assert record.nodes.tolist() == [1, 0]
    assert record.labels.tolist() == [1, 0]
    assert record.scores.tolist() == [0, 0]
    assert record.sigmas.tolist() == pytest.approx([0.5, 0.5])
    assert record.loss == pytest.approx(2 * np.log(2))
    assert record.errors.tolist() == pytest.approx([-0.5, 0.5])
    assert record.grad_x.tolist() == pytest.approx([-0.5, 0.25])
    assert record.new_x.tolist() == pytest.approx([1.25, 1.875])
    assert record.new_Y.ravel().tolist() == pytest.approx([1.25, 0, -0.25, -0.5])


def test_large_scores_do_not_overflow() -> None:
    record = update(np.array([[1e4], [0.0]]), np.array([[1e4], [-1e4]]), 0, 1, np.array([0]))
    assert record.losses.tolist() == [1e8, 1e8]
    assert record.sigmas.tolist() == [0, 1]


def test_a_window_holds_what_is_near() -> None:
    walk = np.arange(100, 123)
    radii = set()
    for seed in range(40):
        window = window_of(walk, 7, 5, np.random.default_rng(seed))
        radii.add(window.radius)
        assert window.centre == 107
        assert window.offsets.tolist() == [o for o in range(-window.radius, window.radius + 1) if o]
        assert window.contexts.tolist() == (107 + window.offsets).tolist()
    assert radii == {1, 2, 3, 4, 5}


def test_a_window_ends_with_the_walk() -> None:
    window = window_of(np.array([3, 5, 7]), 0, 1, np.random.default_rng(0))
    assert (window.offsets.tolist(), window.contexts.tolist()) == ([1], [5])
    window = window_of(np.array([3, 5, 7]), 2, 1, np.random.default_rng(0))
    assert (window.offsets.tolist(), window.contexts.tolist()) == ([-1], [5])


def test_negatives_are_drawn_by_visits() -> None:
    visits = np.array([16, 81, 256, 1, 0])
    drawn = [draw_negatives(visits, 2, 1, np.random.default_rng(seed))[0] for seed in range(3000)]
    noise = np.array([8, 27, 0, 1, 0]) / 36  # visits^0.75 without the context
    assert np.bincount(drawn, minlength=5) / 3000 == pytest.approx(noise, abs=0.03)
    every = draw_negatives(visits, 2, 5, np.random.default_rng(0))
    assert sorted(every.tolist()) == [0, 1, 3]
