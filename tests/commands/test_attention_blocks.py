import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from mlcli.core.positions import sinusoidal
from mlcli.core.tokens import embed
from mlcli.core.transformer import stack
from mlcli.core.transformer_weights import DECODER, ENCODER, draw_stack

SENTENCE = "the cat sat on the mat"
CROSSING = ("a b", "--block", "decoder", "--context", "c")


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("attention", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)


def rows(plain: dict, symbol: str) -> list[list]:
    """Of the last table of the step."""
    step = next(step for step in plain["steps"] if step["symbol"] == symbol)
    return [f for f in step["figures"] if f["kind"] == "table"][-1]["rows"]


def test_an_encoder_layer_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("attention", SENTENCE, "--block", "encoder", "--heads", "2")
    golden("attention-encoder", ran.stdout)
    assert "self-attention  4·4·4 + 4·4" in ran.stdout


def test_a_decoder_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    line = ("the cat", "--block", "decoder", "--context", "le chat noir", "--layers", "2", "--layer", "2", "--pre-norm")
    golden("attention-decoder", mlcli("attention", *line).stdout)


@pytest.mark.parametrize("norm", ["--pre-norm", "--post-norm"])
@pytest.mark.parametrize(
    ("block", "more"),
    [("encoder", ()), ("decoder", ()), ("decoder", ("--context", "le chat noir")), ("encoder", ("--mask", "band:1"))],
)
def test_check_by_torch(mlcli: Callable, block: str, more: tuple[str, ...], norm: str) -> None:
    line = ("--block", block, "--layers", "2", "--heads", "3", "--d-model", "6", "--activation", "gelu")
    plain = lesson(mlcli, SENTENCE, *line, norm, *more, "--check")
    [check] = plain["checks"]
    assert check["passed"]
    assert check["name"] == f"torch.nn.Transformer{'Decoder' if '--context' in more else 'Encoder'}Layer"


def test_what_comes_out_is_the_stacks(mlcli: Callable) -> None:
    plain = lesson(mlcli, "the cat", "--block", "decoder", "--context", "le chat noir", "--d-model", "6", "--seed", "5")
    X, C = (embed(tuple(text.split()), 6, 5) for text in ("the cat", "le chat noir"))
    X, C = X + sinusoidal(2, 6), C + sinusoidal(3, 6)
    M = stack(C, draw_stack(ENCODER, 6, 24, 1, False, [5, 1]), 1).out
    record = stack(X, draw_stack(DECODER, 6, 24, 1, False, [5, 2]), 1, np.tri(2, dtype=bool), M)
    assert plain["result"]["values"] == record.out.tolist()
    alone = lesson(mlcli, "le chat noir", "--block", "encoder", "--d-model", "6", "--seed", "5")
    assert alone["result"]["values"] == M.tolist()


def test_the_papers_sizes(mlcli: Callable) -> None:
    sizes = ("--d-model", "512", "--heads", "8", "--d-ff", "2048")
    encoder = mlcli("attention", "a b", "--block", "encoder", *sizes).stdout
    assert re.search(r"self-attention +4·512·512 \+ 4·512 +1,050,624\n", encoder)
    assert re.search(r"a layer +3,152,384\n", encoder)
    decoder = mlcli("attention", "a b", "--block", "decoder", "--context", "c", *sizes).stdout
    assert re.search(r"a layer +4,204,032\n", decoder)


def test_positions_and_their_likeness(mlcli: Callable) -> None:
    plain = lesson(mlcli, "a b c", "--block", "encoder")
    step = next(step for step in plain["steps"] if step["symbol"] == "P")
    tensor, table = step["figures"]
    assert np.allclose(tensor["values"][1], [0.8415, 0.5403, 0.0100, 1.0000], atol=6e-5)
    assert [row[0] for row in table["rows"]] == [0, 1, 2]
    assert all(row[2] == 0 for row in table["rows"])
    without = lesson(mlcli, "a b c", "--block", "encoder", "--no-positions")
    assert without["steps"][0]["symbol"] == "X"


def test_norms_bring_mean_0_and_variance_1(mlcli: Callable) -> None:
    for row in rows(lesson(mlcli, SENTENCE, "--block", "encoder"), "x"):
        assert row[3] == 0 and row[4] == pytest.approx(1, abs=1e-3)


def test_a_picture_through_an_encoder(mlcli: Callable) -> None:
    plain = lesson(
        mlcli, "--image", "sample_data/image.png", "--patch", "7", "--block", "encoder", "--pre-norm", "--check"
    )
    assert "17 tokens, encoder, 1 layer, 1 head" in plain["title"]
    assert plain["checks"][0]["passed"]


def test_layers_left_out_are_said(mlcli: Callable) -> None:
    ran = mlcli("attention", SENTENCE, "--block", "encoder", "--layers", "3", "--heads", "4", "--layer", "3")
    assert "… 2 more layers: --layer 1; 2 more heads: --head 2" in ran.stdout
    assert "layer 3 of 3" in ran.stdout and "layer 1 of 3" not in ran.stdout
    assert "likeness" in ran.stdout


@pytest.mark.parametrize("width", [44, 60])
def test_a_narrow_terminal_gets_the_same_facts(mlcli: Callable, width: int) -> None:
    for more in (("encoder",), ("decoder", "--context", "le chat noir", "--pre-norm")):
        ran = mlcli("attention", SENTENCE, "--block", *more, width=width)
        assert max(map(len, ran.stdout.splitlines())) <= width
        assert "variance" in ran.stdout and "feed-forward" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "--block", "encoder", "--context", "b"), "--context: an encoder looks at its own text only"),
        (("a", "--block", "encoder", "--query", "b"), '--query: "b" is none of the tokens'),
        (("a", "--block", "encoder", "--query", "a", "--head", "1"), "there is no head 1"),
        (("a", "--context-mask", "causal"), "add --block decoder"),
        (("a", "--block", "decoder", "--context-mask", "causal"), "there is no other text to hide"),
        (
            ("a b", "--block", "decoder", "--context", "c", "--context-mask", "padding:3"),
            "--context-mask: there are 1 keys",
        ),
        (("a b", "--block", "decoder", "--context", "c d", "--context-mask", "band:x"), "--context-mask: "),
        (
            ("a b", "--block", "decoder", "--context", "c d", "--context-mask", "sample_data/kernel.csv"),
            "the mask is 3×3",
        ),
        (("a", "--block", "decoder", "--context", "c", "--context-mask", "padding:1", "--check"), "sees no key"),
        (("a", "--block", "encoder", "--no-scale"), "--no-scale: is for a single attention"),
        (("a", "--block", "encoder", "--temperature", "2"), "--temperature: is for a single attention"),
        (("a", "--block", "encoder", "--layer", "2"), "--layer: there is no layer 2"),
        (("a", "--block", "encoder", "--head", "1"), "--head: there is no head 1"),
        (("a", "--block", "encoder", "--heads", "3"), "d_model = 4 cannot be split evenly among 3 heads"),
        (("a", "--block", "encoder", "--mask", "padding:1", "--check"), "torch has no answer"),
        (("--qkv", "sample_data/attention.csv", "--block", "encoder"), "--block: goes with a sentence"),
        (("ab " * 2000, "--block", "encoder", "--layers", "12"), "24,000 queries (of all heads)"),
        (("a", "--layers", "2"), "--layers: is for layers of a Transformer"),
        (("a", "--pre-norm"), "--pre-norm: is for layers of a Transformer"),
        (("a", "--block", "encoder", "--layers", "96", "--d-model", "2048"), "weights: 36.0 GiB"),
        (("", "--block", "encoder"), "the text holds no word"),
    ],
)
def test_what_does_not_go_together(mlcli: Callable, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert ran.stderr.startswith("error: ") and "\nhint: " in ran.stderr


@pytest.mark.parametrize("norm", ["--pre-norm", "--post-norm"])
def test_a_mask_of_the_context_hides_it_and_torch_agrees(mlcli: Callable, norm: str) -> None:
    line = ("the cat sat", "--block", "decoder", "--context", "le chat noir dort", "--heads", "2", norm)
    plain = lesson(mlcli, *line, "--context-mask", "padding:1", "--context-mask", "band:2", "--check")
    assert plain["checks"][0]["passed"] and "padding:1 and band:2 mask on the context" in plain["title"]
    steps = [step for step in plain["steps"] if step["symbol"] == "weights" and "cross-attention" in step["title"]]
    weights = np.array(steps[0]["figures"][0]["values"])
    assert (weights[:, 3] == 0).all() and (weights[:, :3] > 0).all()
    assert "the last 1 keys" in steps[0]["note"] or "fill up" in steps[0]["note"]
    own = next(step for step in plain["steps"] if step["symbol"] == "weights" and "self-attention" in step["title"])
    assert "Causal" in own["note"] and "Padding" not in own["note"]


def test_a_token_s_way_through_a_decoder_is_written_out(mlcli: Callable, golden: Callable) -> None:
    line = ("the cat sat", "--block", "decoder", "--context", "le chat", "--query", "cat", "--heads", "2")
    ran = mlcli("attention", *line)
    golden("attention-block-query", ran.stdout)
    plain = lesson(mlcli, *line, "--check")
    assert len(plain["checks"]) == 2 and all(check["passed"] for check in plain["checks"])
    last = plain["steps"][-1]["figures"][-1]
    out = [row[-1] for row in last["rows"]]
    assert out == pytest.approx(plain["result"]["values"][1], rel=1e-10)


def test_with_pre_norm_the_last_norm_leads_to_the_answer(mlcli: Callable) -> None:
    line = ("the cat sat", "--block", "encoder", "--pre-norm", "--layers", "2", "--query", "cat")
    plain = lesson(mlcli, *line, "--layer", "2")
    assert plain["steps"][-1]["title"] == "one norm after the last layer"
    out = [row[-1] for row in plain["steps"][-1]["figures"][-1]["rows"]]
    assert out == pytest.approx(plain["result"]["values"][1], rel=1e-10)
    assert lesson(mlcli, *line)["steps"][-1]["title"] != "one norm after the last layer"
