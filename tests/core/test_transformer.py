from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.checks.transformer import stack_against_torch
from mlcli.core.attention_masks import causal
from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import Parameters
from mlcli.core.transformer import LayerNorm, gelu, layer_norm, stack, summarise
from mlcli.core.transformer_weights import (
    DECODER,
    ENCODER,
    FeedForwardParameters,
    Kind,
    NormParameters,
    StackParameters,
    SublayerParameters,
    count_weights,
    draw_stack,
)


def stirred(parameters: StackParameters, rng: np.random.Generator) -> StackParameters:
    """Biases that are not 0 and gains that are not 1, as after training."""

    def norm(own: NormParameters) -> NormParameters:
        return NormParameters(*(rng.standard_normal(len(own.gain)) for _ in range(2)))

    def sublayer(own: SublayerParameters) -> SublayerParameters:
        biases = ("b_Q", "b_K", "b_V", "b_O") if isinstance(own.work, Parameters) else ("b_1", "b_2")
        drawn = {name: rng.standard_normal(getattr(own.work, name).shape) for name in biases}
        return SublayerParameters(own.kind, replace(own.work, **drawn), norm(own.norm))

    layers = tuple(tuple(map(sublayer, layer)) for layer in parameters.layers)
    return StackParameters(layers, parameters.last and norm(parameters.last))


@given(
    st.sampled_from([ENCODER, DECODER]),
    st.sampled_from([(1, 2), (2, 1), (3, 2), (2, 3), (5, 1)]),
    st.integers(1, 7),
    st.integers(1, 2),
    st.booleans(),
    st.sampled_from(["none", "causal", "any"]),
    st.sampled_from(["relu", "gelu"]),
    st.integers(0, 2**32),
)
@settings(max_examples=320, deadline=None)
def test_equal_to_torchs_encoder_and_decoder_layers(
    kinds: tuple[Kind, ...], heads: tuple[int, int], T: int, L: int, pre_norm: bool, masked: str, activation, seed: int
) -> None:
    H, d_k = heads
    d_model, rng = H * d_k, np.random.default_rng(seed)
    parameters = stirred(draw_stack(kinds, d_model, 7, L, pre_norm, seed), rng)
    X = rng.standard_normal((T, d_model))
    M = rng.standard_normal((T + 2, d_model)) if kinds == DECODER else None
    mask = {"none": None, "causal": causal(T, T), "any": (rng.random((T, T)) < 0.5) | np.eye(T, dtype=bool)}[masked]
    seen = (rng.random((T, T + 2)) < 0.5) | np.eye(T, T + 2, dtype=bool) if kinds == DECODER else None
    record = stack(X, parameters, H, mask, M, seen, activation)
    check = stack_against_torch(record, parameters, H, mask, M, seen, activation)
    assert check.passed
    assert check.difference <= 1e-10 * max(1.0, np.abs(record.out).max())


def test_the_check_sees_another_weight() -> None:
    parameters = draw_stack(ENCODER, 6, 7, 2, True, 3)
    record = stack(np.random.default_rng(5).standard_normal((5, 6)), parameters, 2)
    assert stack_against_torch(record, parameters, 2).passed
    assert not stack_against_torch(record, draw_stack(ENCODER, 6, 7, 2, True, 4), 2).passed
    assert not stack_against_torch(record, parameters, 3).passed
    assert not stack_against_torch(record, parameters, 2, causal(5, 5)).passed


@pytest.mark.parametrize("pre_norm", [False, True])
def test_every_sublayer_adds_to_what_came_in(pre_norm: bool) -> None:
    parameters = draw_stack(DECODER, 6, 13, 2, pre_norm, 7)
    rng = np.random.default_rng(11)
    record = stack(rng.standard_normal((5, 6)), parameters, 3, causal(5, 5), rng.standard_normal((7, 6)))
    x = record.X
    for layer in record.layers:
        assert [sublayer.kind for sublayer in layer] == list(DECODER)
        for sublayer in layer:
            assert np.array_equal(sublayer.X, x)
            assert np.array_equal(sublayer.added, x + sublayer.work.out)
            assert sublayer.out is (sublayer.added if pre_norm else sublayer.norm.out)
            assert sublayer.norm.x is (sublayer.X if pre_norm else sublayer.added)
            x = sublayer.out
    assert record.out is (record.last.out if record.last else x)
    assert np.allclose(record.out.mean(axis=1), 0) and np.allclose(record.out.var(axis=1), 1, atol=1e-3)


def test_layer_norm_brings_each_token_to_mean_0_and_variance_1() -> None:
    x = 5 + 3 * np.random.default_rng(13).standard_normal((7, 31))
    norm: LayerNorm = layer_norm(x, NormParameters(np.ones(31), np.zeros(31)))
    assert np.allclose(norm.mean, x.mean(axis=1)) and np.allclose(norm.variance, x.var(axis=1))
    assert norm.new_mean.tolist() == [0] * 7
    assert norm.new_variance == pytest.approx(1, abs=1e-5)
    shifted = layer_norm(x, NormParameters(np.full(31, 2.0), np.full(31, 3.0)))
    assert np.allclose(shifted.out, 2 * norm.out + 3)


def test_gelu_is_torchs() -> None:
    x = np.linspace(-7, 7, 101)
    assert np.allclose(gelu(x), torch.nn.functional.gelu(torch.from_numpy(x)).numpy(), atol=1e-15)


@given(st.sampled_from([ENCODER, DECODER]), st.integers(1, 13), st.integers(1, 17), st.integers(1, 3), st.booleans())
@settings(max_examples=40, deadline=None)
def test_counted_weights_are_there(kinds: tuple[Kind, ...], d_model: int, d_ff: int, L: int, pre_norm: bool) -> None:
    parameters = draw_stack(kinds, d_model, d_ff, L, pre_norm, 0)

    def size(own: Parameters | FeedForwardParameters | NormParameters) -> int:
        return sum(values.size for values in vars(own).values())

    layers = [sum(size(own.work) + size(own.norm) for own in layer) for layer in parameters.layers]
    count = count_weights(kinds, d_model, d_ff, L, pre_norm)
    assert layers == [count.layer] * L
    assert count.stack == sum(layers) + (size(parameters.last) if parameters.last else 0)
    assert count.layer == sum(part.weights for part in count.parts)


def test_the_base_models_layers() -> None:
    base = torch.nn.TransformerDecoderLayer(512, 8, 2048)
    assert count_weights(ENCODER, 512, 2048).layer == 3_152_384
    assert count_weights(DECODER, 512, 2048).layer == 4_204_032 == sum(p.numel() for p in base.parameters())


def test_what_cannot_be_stacked() -> None:
    parameters = draw_stack(ENCODER, 6, 7, 64, False, 0)
    with pytest.raises(InputError, match="d_model = 6 cannot be split evenly among 4 heads"):
        stack(np.zeros((5, 6)), parameters, 4)
    with pytest.raises(InputError, match=r"96 layers of d_model = 2,048 .* have 4,834,\d+,\d+ weights: 36\.0 GiB"):
        draw_stack(ENCODER, 2048, 8192, 96, True, 0)
    with pytest.raises(InputError, match=r"queries \(of all heads\)"):
        stack(np.zeros((997, 6)), parameters, 2)


def test_tokens_that_are_the_same_are_alike() -> None:
    parameters = draw_stack(ENCODER, 6, 7, 1, False, 0)
    same = stack(np.tile(np.random.default_rng(2).standard_normal(6), (5, 1)), parameters, 2)
    summary = summarise(same.layers[0])
    assert summary.likeness == pytest.approx(1)
    assert summary.entropy == pytest.approx(np.log(5))
    other = stack(np.random.default_rng(2).standard_normal((5, 6)), parameters, 2)
    assert summarise(other.layers[0]).likeness < 0.9
    x = other.layers[0][-1].out
    cosines = [x[i] @ x[j] / np.linalg.norm(x[i]) / np.linalg.norm(x[j]) for i in range(5) for j in range(5) if i != j]
    assert summarise(other.layers[0]).likeness == pytest.approx(np.mean(cosines))
