import numpy as np
import pytest

from mlcli.checks.recurrence import forward_against_torch
from mlcli.core.recurrence import GATES, CellWeights
from mlcli.core.recurrence_layers import Exploded, Network, draw_network, forget, last_states, outputs, run_layers


def sequence(T: int, F: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 99]).normal(size=(T, F))


def test_weights_are_drawn_within_one_over_the_root_of_hidden() -> None:
    for weights in dict(draw_network("lstm", 29, 31, 3, layers=2, directions=2).cells()).values():
        for array in (weights.W_ih, weights.W_hh, weights.b_ih, weights.b_hh):
            assert 0.9 / np.sqrt(31) < np.abs(array).max() <= 1 / np.sqrt(31)
    one, again, other = (draw_network("lstm", 29, 31, seed).first.W_hh for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_cells_are_called_as_pytorch_ends_the_names_of_its_weights() -> None:
    network = draw_network("gru", 3, 5, 0, layers=2, directions=2)
    assert [name for name, _ in network.cells()] == ["l0", "l0_reverse", "l1", "l1_reverse"]
    assert [weights.W_ih.shape[1] for _, weights in network.cells()] == [3, 3, 10, 10]
    runs = run_layers(sequence(7, 3, 0), network)
    assert [(run.name, run.layer, run.backwards) for run in runs] == [
        ("l0", 0, False), ("l0_reverse", 0, True), ("l1", 1, False), ("l1_reverse", 1, True)
    ]  # fmt: skip
    assert np.array_equal(runs[2].x, outputs(runs, 0)) and outputs(runs).shape == (7, 10)
    assert np.array_equal(last_states(runs), np.concatenate([outputs(runs)[-1, :5], outputs(runs)[0, 5:]]))


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (2, 1), (3, 2)])
def test_forgetting_a_step_is_running_without_it(cell, layers: int, directions: int) -> None:
    x, network = sequence(7, 3, 0), draw_network(cell, 3, 5, 1, layers, directions)
    runs = run_layers(x, network)
    forgotten = forget(x, network, runs, [1, 4, 7])
    assert [one.t for one in forgotten] == [1, 4, 7]
    for one in forgotten:
        without = x.copy()
        without[one.t - 1] = 0
        moved = last_states(runs) - last_states(run_layers(without, network))
        assert one.distance == pytest.approx(np.linalg.norm(moved), abs=1e-14)


def growing(W_hh: float) -> Network:
    weights = CellWeights("rnn", np.ones((1, 1)), np.array([[W_hh]]), np.zeros(1), np.zeros(1), "relu")
    return Network(((weights,),))


def test_a_state_that_explodes_is_told_with_its_step() -> None:
    """h_t = (7^t − 1) / 6: beyond 1e150 at step 179."""
    with pytest.raises(Exploded, match="beyond 1e150") as told:
        run_layers(np.ones((499, 1)), growing(7.0))
    assert (told.value.t, told.value.where) == (179, "step 179") and "--steps 178" in str(told.value.hint)
    assert run_layers(np.ones((178, 1)), growing(7.0))[0].steps[-1].h < 1e150


def test_what_is_no_number_is_told_as_exploded_too() -> None:
    both = CellWeights("rnn", np.ones((2, 1)), np.array([[1e300, -1e300]] * 2), np.zeros(2), np.zeros(2), "relu")
    with pytest.raises(Exploded):
        run_layers(np.full((3, 1), 1e100), Network(((both,),)))


def test_forward_is_torchs_over_a_long_sequence() -> None:
    x, network = sequence(101, 2, 0), draw_network("lstm", 2, 3, 0, layers=2, directions=2)
    assert forward_against_torch(x, network, run_layers(x, network)).difference < 1e-13
