import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES, weight_count
from mlcli.core.recurrence_comparison import Draws, compare, units_for, with_forget_bias, with_spectral_radius
from mlcli.core.recurrence_gradients import gradients
from mlcli.core.recurrence_layers import draw_network, run_layers
from mlcli.core.recurrence_losses import Loss


def draws(H: int, *seeds: int, activation="tanh") -> Draws:
    return Draws(dict.fromkeys(GATES, H), activation, seeds, Loss())


def test_what_is_left_is_the_ratio_of_the_gradients() -> None:
    x = np.random.default_rng(0).normal(size=(13, 3))
    found = compare(x, draws(5, 7))
    for one in found.cells:
        network = draw_network(one.cell, 3, 5, 7)
        norms = np.linalg.norm(gradients(run_layers(x, network), Loss()).x, axis=1)[::-1]
        assert one.left == pytest.approx(norms / norms[0], rel=1e-12)
        assert one.first == (one.median,) and one.a_step == pytest.approx(one.median ** (1 / 12))
        assert one.weights == weight_count(one.cell, 3, 5).total and one.theory is None and not one.exploded


def test_the_median_is_told_over_the_draws() -> None:
    x = np.random.default_rng(0).normal(size=(7, 2))
    alone = [compare(x, draws(3, seed)).cells[0].left for seed in (1, 2, 3)]
    assert compare(x, draws(3, 1, 2, 3)).cells[0].left == pytest.approx(np.median(alone, axis=0))


@pytest.mark.parametrize("b", [-2.0, 0.0, 3.0])
def test_a_forget_bias_is_the_sum_of_both(b: float) -> None:
    drawn = draw_network("lstm", 2, 5, 0).first
    weights = with_forget_bias(drawn, b)
    total, before = weights.b_ih + weights.b_hh, drawn.b_ih + drawn.b_hh
    assert (total[5:10] == b).all() and np.array_equal(np.delete(total, range(5, 10)), np.delete(before, range(5, 10)))


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_a_spectral_radius(radius: float) -> None:
    weights = with_spectral_radius(draw_network("rnn", 2, 7, 0).first, radius)
    assert np.abs(np.linalg.eigvals(weights.W_hh)).max() == pytest.approx(radius)


def test_where_nothing_is_read_theory_is_what_is_measured() -> None:
    """x = 0 and no biases: h = 0, every slope 1, so that a ρ on the diagonal leaves ρ^k."""
    found = compare(np.zeros((11, 1)), draws(1, 0), radii=(0.5,))
    [one] = found.radii
    assert one.theory == pytest.approx(0.5 ** np.arange(11)) and one.theory_a_step == 0.5
    assert (one.left <= one.theory * (1 + 1e-12)).all()  # the drawn biases move h from 0, where slopes are smaller


def test_what_explodes_is_told_for_each_draw() -> None:
    found = compare(np.ones((199, 1)), draws(7, 1, 2, activation="relu"), radii=(9.0,))
    [one] = found.radii
    assert one.exploded[0].startswith("seed 1: the state, at step")
    assert np.isinf(one.left[-1]) and np.isfinite(found.cells[0].left).all()


@pytest.mark.parametrize("cell", GATES)
def test_units_for_so_many_weights(cell) -> None:
    for weights in (1, 640, 1153, 9999):
        H = units_for(cell, 2, weights)
        off = [abs(weight_count(cell, 2, units).total - weights) for units in range(1, 99)]
        assert H == 1 + int(np.argmin(off))


def test_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="one step"):
        compare(np.ones((1, 2)), draws(3, 0))
    with pytest.raises(InputError, match="above 0"):
        compare(np.ones((2, 2)), draws(3, 0), radii=(0.0,))
