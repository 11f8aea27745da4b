import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import softmax

from mlcli.checks.attention import against_torch
from mlcli.core.attention import Attention, agreement, attention, cost, measure, one_head, rounding, work_out
from mlcli.core.attention_masks import causal
from mlcli.core.errors import InputError


@st.composite
def attentions(draw: st.DrawFn, fill: float = -np.inf) -> Attention:
    """One head or several, more or fewer queries than keys, no mask, the causal one, or any: blind queries too."""
    T, S, d_k, d_v = draw(st.permutations([2, 3, 5, 7, 11]))[:4]
    heads = draw(st.sampled_from([(), (3,)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.sampled_from([0.1, 1.0, 30.0]))
    Q, K, V = (size * rng.standard_normal((*heads, *shape)) for shape in ((T, d_k), (S, d_k), (S, d_v)))
    mask = draw(st.sampled_from([None, causal(T, S), rng.random((T, S)) < 0.4]))
    return attention(Q, K, V, mask, fill, draw(st.booleans()), draw(st.sampled_from([1.0, 0.3, 7.0])))


@given(attentions())
@settings(max_examples=150, deadline=None)
def test_equal_to_torch_blind_queries_too(record: Attention) -> None:
    check = against_torch(record)
    assert check.difference < 1e-10
    assert check.passed


@given(attentions(fill=-9e15))
@settings(max_examples=100, deadline=None)
def test_equal_to_the_lines_of_the_slide(record: Attention) -> None:
    q, k, v = (torch.from_numpy(values) for values in (record.Q, record.K, record.V))
    logits = torch.matmul(q, k.transpose(-2, -1)) / record.divisor
    if record.mask is not None:
        logits = logits.masked_fill(torch.from_numpy(record.mask) == 0, -9e15)
    weights = softmax(logits, dim=-1)
    assert np.abs(record.weights - weights.numpy()).max() < 1e-12
    assert np.abs(record.out - torch.matmul(weights, v).numpy()).max() < 1e-10


def test_the_numbers_of_the_slides_function() -> None:
    torch.manual_seed(42)
    record = attention(*(torch.randn(3, 2).double().numpy() for _ in range(3)))
    expected = [[0.4028, 0.2886, 0.3086], [0.3538, 0.3069, 0.3393], [0.1303, 0.4630, 0.4067]]
    assert np.allclose(record.weights, expected, atol=6e-5)
    assert np.allclose(record.out, [[0.5698, -0.1520], [0.5379, -0.0265], [0.2246, 0.5556]], atol=6e-5)


@given(attentions())
@settings(max_examples=60, deadline=None)
def test_rows_of_weights_sum_to_one_and_what_is_masked_weighs_nothing(record: Attention) -> None:
    T, S = record.scores.shape[-2:]
    mask = np.ones((T, S), dtype=bool) if record.mask is None else record.mask
    assert np.allclose(record.weights.sum(axis=-1), mask.any(axis=1), atol=1e-12)
    assert np.all(record.weights[..., ~mask] == 0)


@given(attentions())
@settings(max_examples=60, deadline=None)
def test_out_stays_between_the_values_that_it_averages(record: Attention) -> None:
    seeing = record.weights.sum(axis=-1) > 0.5
    low, high = record.V.min(axis=-2, keepdims=True) - 1e-9, record.V.max(axis=-2, keepdims=True) + 1e-9
    assert np.all(((low <= record.out) & (record.out <= high))[seeing])


@pytest.mark.parametrize(("fill", "weights"), [(-np.inf, [0, 0, 0]), (-9e15, [1 / 3, 1 / 3, 1 / 3])])
def test_a_query_that_sees_no_key(fill: float, weights: list[float]) -> None:
    rng = np.random.default_rng(2)
    mask = np.array([[True, True, False], [False, False, False]])
    Q, K, V = rng.standard_normal((2, 5)), rng.standard_normal((3, 5)), rng.standard_normal((3, 7))
    record = attention(Q, K, V, mask, fill)
    assert record.weights[1].tolist() == weights
    assert np.allclose(record.out[1], np.array(weights) @ V)
    assert work_out(record, 1).weights.tolist() == weights
    measures = measure(record)
    assert measures.entropy[1] == pytest.approx(measures.largest_entropy[1])


@given(attentions(), st.integers(0, 100))
@settings(max_examples=80, deadline=None)
def test_a_query_written_out_is_its_row(record: Attention, place: int) -> None:
    head = one_head(record, 0 if record.Q.ndim == 2 else place % len(record.Q))
    row = work_out(head, place % len(head.Q))
    assert agreement(head, row) < 1e-10
    assert agreement(head, row) <= rounding(head)
    assert np.allclose(row.scores, head.scores[row.t]) and np.array_equal(row.masked, row.masked)
    assert np.allclose(row.exponentials / (row.normaliser or 1), row.weights)
    assert row.shifted.max() == (0 if row.normaliser else -np.inf)


def test_agreement_sees_a_wrong_row() -> None:
    rng = np.random.default_rng(3)
    record = attention(rng.standard_normal((3, 5)), rng.standard_normal((7, 5)), rng.standard_normal((7, 2)))
    other = attention(record.Q, record.K, record.V + 0.01)
    assert agreement(other, work_out(record, 1)) == pytest.approx(0.01)


def test_keys_in_another_order_change_nothing() -> None:
    rng = np.random.default_rng(5)
    Q, K, V = rng.standard_normal((5, 3)), rng.standard_normal((7, 3)), rng.standard_normal((7, 2))
    order = rng.permutation(7)
    assert np.allclose(attention(Q, K[order], V[order]).out, attention(Q, K, V).out, atol=1e-14)


def test_variance_of_scores_is_d_k_and_one_when_scaled() -> None:
    rng = np.random.default_rng(7)
    record = attention(rng.standard_normal((499, 64)), rng.standard_normal((503, 64)), rng.standard_normal((503, 2)))
    raw, scaled = measure(record).spreads
    assert (raw.divisor, scaled.divisor) == (1, 8)
    assert (raw.of_unit, scaled.of_unit) == (64, 1)
    assert raw.variance == pytest.approx(64, rel=0.02)
    assert raw.expected == pytest.approx(64, rel=0.02)
    assert scaled.variance == pytest.approx(1, rel=0.02)
    assert scaled.expected == raw.expected / 64
    assert raw.entropy < 1 < scaled.entropy < np.log(503)


@given(attentions(), st.sampled_from([0.1, 0.5, 2.0]))
@settings(max_examples=60, deadline=None)
def test_a_lower_temperature_sharpens_every_query(record: Attention, temperature: float) -> None:
    sharp = attention(record.Q, record.K, record.V, record.mask, record.fill, record.scale, temperature)
    flat = attention(record.Q, record.K, record.V, record.mask, record.fill, record.scale, 3 * temperature)
    assert np.all(measure(sharp).entropy <= measure(flat).entropy + 1e-9)
    assert np.allclose(sharp.scaled, record.scores / sharp.divisor)
    root = np.sqrt(record.Q.shape[-1]) if record.scale else 1
    assert sharp.divisor == pytest.approx(root * temperature)


def test_spreads_are_told_once_each() -> None:
    rng = np.random.default_rng(13)
    Q, K, V = rng.standard_normal((5, 3)), rng.standard_normal((7, 3)), rng.standard_normal((7, 2))
    for scale, temperature, divisors in [
        (True, 1.0, [1, np.sqrt(3)]),
        (False, 1.0, [1, np.sqrt(3)]),
        (True, 0.5, [1, np.sqrt(3), np.sqrt(3) / 2]),
        (False, 0.5, [1, np.sqrt(3), 0.5]),
    ]:
        record = attention(Q, K, V, scale=scale, temperature=temperature)
        spreads = measure(record).spreads
        assert [s.divisor for s in spreads] == pytest.approx(divisors)
        [used] = [s for s in spreads if s.divisor == record.divisor]
        assert used.entropy == pytest.approx(measure(record).entropy.mean())


def test_cost_grows_as_the_square() -> None:
    one, two = cost(1009, 1009, 64, 64), cost(2018, 2018, 64, 64)
    assert one.weights == 1009**2 and one.bytes == 32 * one.weights and one.multiply_adds == 128 * one.weights
    assert (two.weights, two.bytes) == (4 * one.weights, 4 * one.bytes)
    assert cost(5, 7, 2, 3, 11).weights == 385


def test_entropy_is_at_most_the_log_of_the_keys_seen() -> None:
    same = attention(np.ones((5, 3)), np.ones((5, 3)), np.eye(5), causal(5, 5))
    measures = measure(same)
    assert np.allclose(measures.entropy, np.log([1, 2, 3, 4, 5]))
    assert np.allclose(measures.largest_entropy, np.log([1, 2, 3, 4, 5]))
    one = attention(1e3 * np.eye(3), np.eye(3), np.eye(3))
    assert np.allclose(measure(one).entropy, 0)


def test_scores_beyond_64_bit_numbers() -> None:
    huge = np.full((2, 3), 1e200)
    with pytest.raises(InputError, match="too large for 64-bit"):
        attention(huge, huge, huge)


def test_too_many_weights_are_refused_before_they_are_computed() -> None:
    many = np.zeros((1_000_003, 1))
    with pytest.raises(InputError, match="1,000,003 keys") as refused:
        attention(many, many, many)
    assert "29,803 GiB" in refused.value.message
    with pytest.raises(InputError, match="weights"):
        causal(1_000_003, 1_000_003)


def test_a_head_that_is_not_there() -> None:
    rng = np.random.default_rng(11)
    record = attention(*(rng.standard_normal((2, 3, 5)) for _ in range(3)))
    assert np.array_equal(one_head(record, 1).weights, record.weights[1])
    for missing in (2, -1):
        with pytest.raises(InputError, match="no head"):
            one_head(record, missing)
    with pytest.raises(InputError, match="no head 1"):
        one_head(one_head(record, 0), 1)
