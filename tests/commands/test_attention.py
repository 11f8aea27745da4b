import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.attention import attention
from mlcli.core.attention_masks import causal
from mlcli.core.multi_head_attention import draw_parameters, project
from mlcli.core.tokens import embed

SENTENCE = "the cat sat on the mat"
STEPS = ["X", "Q", "K", "V", "scores", "scaled", "masked", "weights", "entropy", "out"]


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("attention", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_sentence_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("attention", SENTENCE)
    golden("attention", ran.stdout)
    assert ran.stderr == ""
    assert "the@0 and the@4 have the same row" in ran.stdout


def test_a_query_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("attention", SENTENCE, "--query", "cat", "--mask", "causal")
    golden("attention-query", ran.stdout.partition("  check")[0])  # a rounding error differs among processors
    assert "5 more queries" in ran.stdout


def test_the_lesson_follows_the_lines_of_the_slide(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--mask", "causal", "--seed", "3")
    assert [step["symbol"] for step in plain["steps"]] == STEPS
    tokens = tuple(SENTENCE.split())
    projection = project(embed(tokens, 4, 3), draw_parameters(4, 3))
    record = attention(projection.Q, projection.K, projection.V, causal(6, 6))
    assert plain["result"]["values"] == record.out.tolist()
    assert plain["seed"] == 3
    shown = {figure["name"]: figure for step in plain["steps"] for figure in step["figures"] if "labels" in figure}
    for name in ("Q", "K", "V", "scores", "scaled", "masked", "weights"):
        assert np.array_equal(np.array(shown[name]["values"], dtype=float), getattr(record, name))
    assert shown["weights"]["labels"] == [["the@0", "cat", "sat", "on", "the@4", "mat"]] * 2


def test_a_query_is_written_out_in_sums_of_products(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--query", "the@4", "--no-scale")
    scores, weights, out = plain["steps"][-3:]
    assert [step["symbol"] for step in (scores, weights, out)] == ["scores[the@4]", "weights[the@4]", "out[the@4]"]
    for sums in (*scores["figures"], *out["figures"]):
        [part] = sums["parts"]
        assert sum(term["value"] * term["coefficient"] for term in part["terms"]) == pytest.approx(sums["total"])
    *keys, total = weights["figures"][0]["rows"]
    assert [row[2] for row in keys] == [row[1] for row in keys]
    assert total[-2] == pytest.approx(sum(row[-2] for row in keys))
    assert [row[-1] for row in keys] == pytest.approx([row[-2] / total[-2] for row in keys])
    assert [sums["total"] for sums in out["figures"]] == pytest.approx(plain["result"]["values"][4])
    assert plain["checks"][0]["passed"]


@pytest.mark.parametrize(
    "arguments", [(), ("--mask", "causal"), ("--no-scale",), ("--fill", "-9e15", "--mask", "causal")]
)
@pytest.mark.parametrize("heads", ["1", "3"])
def test_check_by_torch(mlcli: Callable, heads: str, arguments: tuple[str, ...]) -> None:
    plain = lesson(mlcli, SENTENCE, "--d-model", "15", "--heads", heads, "--check", *arguments)
    [check] = plain["checks"]
    assert check["passed"]
    assert check["name"].startswith("torch.nn.")


def test_heads_are_split_and_joined(mlcli: Callable) -> None:
    plain = lesson(mlcli, "to be or not", "--heads", "5", "--d-model", "15")
    symbols = [step["symbol"] for step in plain["steps"]]
    assert symbols == [*STEPS[:4], "Q_h", *STEPS[4:-1], "head", "concat", "out"]
    steps = dict(zip(symbols, plain["steps"], strict=True))
    numbers = [figure for figure in steps["weights"]["figures"] if figure["kind"] == "tensor"]
    assert [figure["name"] for figure in numbers] == ["weights, head 0", "weights, head 1"]
    rows = [np.array(figure["values"]).sum(axis=1) for figure in numbers]
    assert np.allclose(rows, 1)
    shown = np.concatenate([figure["values"] for figure in steps["head"]["figures"]], axis=1)
    assert np.array_equal(shown, np.array(steps["concat"]["figures"][0]["values"])[:, :6])
    weights, values = np.array(steps["weights"]["figures"][1]["values"]), np.array(steps["V"]["figures"][1]["values"])
    assert np.allclose(weights @ values[:, 3:6], shown[:, 3:])
    assert steps["Q"]["figures"][1]["labels"][1] == [f"h{h}" for h in range(5) for _ in range(3)]
    assert plain["left_out"] == "3 more heads: --head 2"
    assert np.shape(plain["result"]["values"]) == (4, 15)
    alone = lesson(mlcli, "to be or not", "--heads", "5", "--d-model", "15", "--head", "4")
    figures = next(step for step in alone["steps"] if step["symbol"] == "weights")["figures"]
    assert {figure["name"] for figure in figures} == {"weights, head 4"}


def test_the_query_of_a_head(mlcli: Callable) -> None:
    plain = lesson(mlcli, "to be or not", "--heads", "2", "--query", "or", "--head", "1")
    assert [step["symbol"] for step in plain["steps"][-5:]] == [
        "scores[or]",
        "weights[or]",
        "head 1[or]",
        "concat",
        "out",
    ]
    [concat] = (figure["values"] for figure in plain["steps"][-2]["figures"])
    assert [sums["total"] for sums in plain["steps"][-3]["figures"]] == pytest.approx(concat[2][2:])
    assert plain["left_out"] == "3 more queries: another --query, or none for all; 1 more head: --head 0"


def test_a_long_sentence_shows_some_sums_and_a_picture(mlcli: Callable) -> None:
    words = [f"w{i}" for i in range(19)]
    ran = mlcli("attention", " ".join(words), "--d-model", "23", "--query", "w7")
    assert "… and so for 17 more keys" in ran.stdout and "… and so for 21 more columns" in ran.stdout
    assert "weights (19×19; dark is 0" in mlcli("attention", " ".join(words)).stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80


def test_one_token(mlcli: Callable) -> None:
    ran = mlcli("attention", "alone", "--query", "alone", "--check", "--mask", "causal")
    assert ran.status == 0
    assert "the weight is 1, whatever the score" in " ".join(ran.stdout.split())


def test_characters(mlcli: Callable) -> None:
    plain = lesson(mlcli, "a ba", "--by", "character", "--query", "space")
    assert plain["steps"][0]["figures"][0]["labels"][0] == ["a@0", "space", "b", "a@3"]


def test_matrices_of_the_user(mlcli: Callable, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    Q, K, V = rng.standard_normal((3, 5)), rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    np.savez(tmp_path / "qkv.npz", Q=Q, K=K, V=V)
    plain = lesson(mlcli, "--qkv", str(tmp_path / "qkv.npz"), "--check", "--query", "q2")
    assert plain["result"]["values"] == attention(Q, K, V).out.tolist()
    assert plain["seed"] is None
    assert all(check["passed"] for check in plain["checks"])
    refused = mlcli("attention", "--qkv", str(tmp_path / "qkv.npz"), "--heads", "5")
    assert (refused.status, refused.stdout) == (2, "")
    assert "those of one head" in refused.stderr


def test_text_is_harmless(mlcli: Callable) -> None:
    hostile = "[/red] \x1b[31mcat \u202edog [bold] :smile: 漢字漢字漢字漢字漢字漢字 antidisestablishmentarianism"
    for more in ((), ("--query", "6"), ("--by", "character")):
        ran = mlcli("attention", hostile, *more)
        assert ran.status == 0
        assert "[/red]" in ran.stdout or more == ("--by", "character")
        assert all(line.isprintable() for line in ran.stdout.splitlines())
    ran = mlcli("attention", hostile, "--query", "\x1b[2J")
    assert ran.status == 2
    assert all(line.isprintable() for line in ran.stderr.splitlines())


@pytest.mark.parametrize("width", [30, 50])
def test_a_narrow_terminal_gets_the_same_facts(mlcli: Callable, width: int) -> None:
    for more in ((), ("--query", "sat"), ("--heads", "2")):
        ran = mlcli("attention", SENTENCE, "--mask", "causal", *more, width=width)
        words = " ".join(ran.stdout.split())
        assert "[t][s]" in words and "variance" in words.lower() and "theory" in words.lower()
        assert max(map(len, ran.stdout.splitlines())) <= width


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either a sentence, --file, --image or --qkv"),
        (("a", "--qkv", "x.npz"), "give either a sentence or --qkv"),
        ((" ",), "the text holds no word"),
        (("a b", "--query", "dog"), "one of a, b; or a position from 0 to 1"),
        (("a b", "--heads", "3"), "d_model = 4 cannot be split evenly among 3 heads"),
        (("a b", "--heads", "2", "--head", "2"), "there is no head 2"),
        (("a b", "--head", "1"), "there is no head 1"),
        (("a b", "--mask", "padded"), '"padded" is no mask and no file'),
        (("a b", "--mask", "padding:3"), "there are 2 keys, 3 of which cannot be padding"),
        (("a b", "--mask", "band:x"), "needs a whole number"),
        (("a b", "--mask", "sample_data/matrix.csv"), "the mask is 5×5, but there are 2 queries and 2 keys"),
        (("a b", "--temperature", "0"), "--temperature"),
        (("a b", "--size", "5"), "--size: is for pictures"),
        (("a b", "--file", "x.txt"), "give either a sentence, --file, --image or --qkv"),
        (("--qkv", "sample_data/attention.csv", "--context", "a"), "--context: goes with a sentence"),
        (("--qkv", "sample_data/matrix.csv"), "holds 1 matrix, not Q, K and V"),
        (("--qkv", "missing.npz"), "missing.npz: does not exist"),
        (("ab " * 30_000,), "30,000 keys"),
        (("ab " * 30_000, "--mask", "causal"), "30,000 keys"),
    ],
)
def test_what_cannot_be_used_ends_in_one_line_and_a_hint(mlcli: Callable, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert ran.stderr.startswith("error: ") and "\nhint: " in ran.stderr


def test_same_call_same_bytes(mlcli: Callable) -> None:
    line = ("attention", SENTENCE, "--heads", "2", "--seed", "5", "--json")
    assert mlcli(*line).stdout == mlcli(*line).stdout


def test_torch_is_imported_by_check_only() -> None:
    program = "from mlcli.cli import app; app(['attention', 'a b'], standalone_mode=False)"
    loaded = f"import sys; {program}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True).returncode == 0
