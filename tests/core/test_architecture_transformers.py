import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.checks.architectures import against_torch
from mlcli.core.architecture_plans import named_plan
from mlcli.core.architecture_text import parse_architecture
from mlcli.core.architecture_transformers import ClassToken, Layer, Patches
from mlcli.core.architectures import build, totals
from mlcli.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "weights"),
    [("transformer-base", 63_082_496), ("bert-base", 109_482_240), ("vit-b16", 86_567_656), ("gpt2", 124_439_808)],
)
def test_published_sizes_whatever_the_length_of_the_text(name: str, weights: int) -> None:
    plan = named_plan(name)
    assert totals(build(plan)).weights == weights
    if len(plan.input) == 1:
        assert totals(build(plan, (17,))).weights == weights


@given(st.integers(1, 23), st.sampled_from([(1, 5), (2, 3), (3, 2)]), st.integers(1, 13), st.sampled_from("ed"))
@settings(max_examples=40, deadline=None)
def test_equal_to_torchs_layers(T: int, heads: tuple[int, int], d_ff: int, kind: str) -> None:
    H, d_k = heads
    word = {"e": "encoder", "d": "decoder"}[kind]
    text = f"input {T}\nembed 29 {H * d_k}\npositions 31\n{word} {H} {d_ff}\nlayernorm\nfirst\ndense 7\n"
    assert all(check.passed for check in against_torch(build(parse_architecture(text, "mine"))))


def test_attention_costs_the_square_of_the_tokens() -> None:
    layer = Layer("encoder", 2, 5)
    assert layer.multiply_adds((7, 6)) == ((4, 7, 6, 6), (2, 7, 7, 6), (2, 7, 6, 5))
    assert Layer("decoder", 2, 5).multiply_adds((7, 6))[1] == (4, 7, 7, 6)


def test_patches_and_the_class_token() -> None:
    assert Patches(16, 5).output((3, 224, 224)) == (196, 5)
    assert Patches(4, 5).output((1, 11, 13)) == (6, 5)
    assert ClassToken().output((196, 5)) == (197, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input 7\nencoder 2 5\n", "it needs tokens of d_model numbers"),
        ("input 7\nembed 11 5\nencoder 2 5\n", "d_model = 5 cannot be split evenly among 2 heads"),
        ("input 7\nembed 11 5\npositions 6\n", "7 tokens need 7 positions, not 6"),
        ("input 3x8x8\nembed 11 5\n", "it needs a row of tokens"),
        ("input 1x8x7\npatches 8 5\n", "it needs a picture of at least 8×8"),
        ("input 7\nembed 11\n", "d_model is missing"),
    ],
)
def test_lines_that_do_not_fit(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(parse_architecture(text, "mine"))
