from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.checks.attention import multi_head_against_torch
from mlcli.core.attention import attention
from mlcli.core.attention_masks import causal
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import Parameters, draw_parameters, join, multi_head, project, split


@given(
    st.sampled_from([(2, 1), (3, 2), (5, 3), (2, 5), (7, 1)]),
    st.integers(1, 13),
    st.integers(0, 2**32),
    st.sampled_from(["none", "causal", "any"]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_equal_to_torch(sizes: tuple[int, int], T: int, seed: int, masked: str, scale: bool, crosses: bool) -> None:
    H, d_k = sizes
    rng = np.random.default_rng(seed)
    S = T + 2 if crosses else T
    context = rng.standard_normal((S, H * d_k)) if crosses else None
    parameters = with_biases(draw_parameters(H * d_k, seed), rng)
    projection = project(rng.standard_normal((T, H * d_k)), parameters, context)
    seen = (rng.random((T, S)) < 0.5) | np.eye(T, S, dtype=bool)
    mask = {"none": None, "causal": causal(T, S), "any": seen}[masked]
    Q, K, V = (split(values, H) for values in (projection.Q, projection.K, projection.V))
    heads = attention(Q, K, V, mask, scale=scale)
    joined = join(heads.out, parameters.W_O, parameters.b_O)
    check = multi_head_against_torch(projection, heads, joined)
    assert check.difference < 1e-10
    assert check.passed
    assert projection.crosses == crosses
    if scale:
        assert np.array_equal(multi_head(projection.X, parameters, H, mask, context=context).out, joined.out)


def with_biases(parameters: Parameters, rng: np.random.Generator) -> Parameters:
    drawn = {name: rng.standard_normal(len(parameters.b_Q)) for name in ("b_Q", "b_K", "b_V", "b_O")}
    return replace(parameters, **drawn)


def test_the_check_sees_a_wrong_result() -> None:
    projection = project(np.random.default_rng(2).standard_normal((5, 6)), draw_parameters(6, 3))
    Q, K, V = (split(values, 2) for values in (projection.Q, projection.K, projection.V))
    heads = attention(Q, K, V)
    assert not multi_head_against_torch(projection, heads, join(heads.out[::-1], projection.parameters.W_O)).passed


def test_split_gives_each_head_its_columns() -> None:
    values = np.arange(21.0).reshape(7, 3) % 3
    assert [np.unique(head).tolist() for head in split(values, 3)] == [[0], [1], [2]]
    assert np.array_equal(join(split(values, 3), np.eye(3)).concat, values)


def test_heads_that_do_not_divide_d_model() -> None:
    with pytest.raises(InputError, match="d_model = 6 cannot be split") as refused:
        split(np.zeros((5, 6)), 4)
    assert refused.value.hint == "there can be 1, 2, 3, 6 heads"


def test_parameters_are_drawn_by_the_seed_with_the_variance_they_say() -> None:
    drawn, again, other = draw_parameters(131, 7), draw_parameters(131, 7), draw_parameters(131, 8)
    for name in ("W_Q", "W_K", "W_V", "W_O"):
        assert np.array_equal(getattr(drawn, name), getattr(again, name))
        assert not np.array_equal(getattr(drawn, name), getattr(other, name))
        assert getattr(drawn, name).var() == pytest.approx(1 / 131, rel=0.05)
    assert not np.array_equal(drawn.W_Q, drawn.W_K)


def test_without_positions_shuffled_tokens_give_shuffled_outputs() -> None:
    rng = np.random.default_rng(3)
    X, order = rng.standard_normal((7, 6)), rng.permutation(7)
    parameters = draw_parameters(6, 5)

    def out(X: np.ndarray) -> np.ndarray:
        projection = project(X, parameters)
        Q, K, V = (split(values, 3) for values in (projection.Q, projection.K, projection.V))
        return join(attention(Q, K, V).out, parameters.W_O).out

    assert np.allclose(out(X[order]), out(X)[order], atol=1e-13)


def test_what_comes_later_does_not_change_a_causal_output() -> None:
    rng = np.random.default_rng(5)
    Q, K, V = (rng.standard_normal((7, 3)) for _ in range(3))
    whole = attention(Q, K, V, causal(7, 7))
    assert np.allclose(attention(Q[:5], K[:5], V[:5], causal(5, 5)).out, whole.out[:5], atol=1e-14)
