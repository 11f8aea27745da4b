import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mlcli.core.attention import attention
from mlcli.core.attention_proofs import confuse, draw_order, graph_as_mask, hull, shuffle, split_confused
from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights
from mlcli.core.multi_head_attention import draw_parameters, multi_head
from mlcli.core.positions import sinusoidal
from mlcli.core.transformer import stack
from mlcli.core.transformer_weights import ENCODER, draw_stack


@given(st.integers(2, 13), st.sampled_from([1, 2, 3]), st.integers(0, 2**32), st.booleans())
@settings(max_examples=60, deadline=None)
def test_only_positions_tell_a_shuffled_text_from_itself(T: int, H: int, seed: int, block: bool) -> None:
    rng = np.random.default_rng(seed)
    E = rng.standard_normal((T, 6))
    parameters, layers = draw_parameters(6, seed), draw_stack(ENCODER, 6, 7, 2, True, seed)

    def f(X: np.ndarray) -> np.ndarray:
        return stack(X, layers, H).out if block else multi_head(X, parameters, H).out

    order = draw_order(T, seed)
    assert sorted(order.tolist()) == list(range(T)) and order.tolist() != list(range(T))
    assert shuffle(f, E, None, order).difference < 1e-12
    assert shuffle(f, E, sinusoidal(T, 6), order).difference > 1e-6


@given(st.integers(1, 11), st.integers(1, 7), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_outputs_stay_in_the_hull(S: int, d_v: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    record = attention(rng.standard_normal((5, 3)), rng.standard_normal((S, 3)), rng.standard_normal((S, d_v)))
    found = hull(record, seed)
    assert found.beyond < 1e-12
    assert np.all(found.least >= 0) and np.all(found.sums == 1)
    assert np.all(found.low - 1e-12 <= found.out_low) and np.all(found.out_high <= found.high + 1e-12)


def test_a_linear_programme_finds_the_same() -> None:
    rng = np.random.default_rng(3)
    record = attention(*(rng.standard_normal((7, 3)) for _ in range(3)))

    def inside(point: np.ndarray) -> bool:
        equal = np.vstack([record.V.T, np.ones(7)])
        return linprog(np.zeros(7), A_eq=equal, b_eq=[*point, 1], bounds=(0, None)).status == 0

    found = hull(record, 5)
    assert all(map(inside, record.out))
    assert found.raw_beyond > 0
    assert not all(map(inside, found.raw))


@given(st.integers(1, 13), st.floats(0.0, 0.8), st.integers(0, 2**32), st.sampled_from([0.2, 1.0]))
@settings(max_examples=80, deadline=None)
def test_graph_attention_is_attention_with_the_graph_as_its_mask(N: int, share: float, seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    joined = (rng.random((N, N)) < share) & ~np.eye(N, dtype=bool)
    arcs = np.array(np.nonzero(joined), dtype=np.int64)  # source, target
    weights = AttentionWeights(
        rng.standard_normal((3, 1, 5)), rng.standard_normal((1, 5)), rng.standard_normal((1, 5)), np.zeros(5)
    )
    found = graph_as_mask(rng.standard_normal((N, 3)), weights, arcs, slope)
    assert found.difference < 1e-12
    assert np.array_equal(found.mask, joined.T | np.eye(N, dtype=bool))
    assert np.all(found.weights[~found.mask] == 0)
    assert found.mask.sum(axis=1)[found.hears_most] == found.mask.sum(axis=1).max()


@pytest.mark.parametrize(("T", "H"), [(6, 2), (5, 3), (7, 2)])
def test_the_confused_reshape_runs_and_is_seen_by_what_changes(T: int, H: int) -> None:
    X = np.random.default_rng(T).standard_normal((T, 2 * H))
    right, split, join = confuse(X, draw_parameters(2 * H, 3), H).runs
    assert np.array_equal(right.reach, np.tri(T, dtype=int))
    assert (right.difference, right.missing, right.leaked) == (0, 0, 0)
    assert split.difference > 0.01 and split.missing > 0
    assert join.difference > 0.01 and join.leaked > 0
    assert right.out.shape == split.out.shape == join.out.shape


def test_right_rows_hold_one_token_and_confused_heads_only_some() -> None:
    X = np.random.default_rng(2).standard_normal((6, 4))
    confused = confuse(X, draw_parameters(4, 3), 2)
    assert np.array_equal(confused.tokens, np.tile(np.arange(6)[:, None], (2, 1, 2)))
    assert set(confused.confused_tokens[0].ravel().tolist()) == {0, 1, 2}
    assert split_confused(X, 2).shape == (2, 6, 2)


def test_too_many_tokens_to_run_again() -> None:
    with pytest.raises(InputError, match="67 tokens would be 67 runs"):
        confuse(np.zeros((67, 4)), draw_parameters(4, 0), 2)
    with pytest.raises(InputError, match="cannot be split evenly"):
        confuse(np.zeros((5, 4)), draw_parameters(4, 0), 3)
