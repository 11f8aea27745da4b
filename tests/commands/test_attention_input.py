import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcli.core.attention import attention
from mlcli.core.multi_head_attention import draw_parameters, project
from mlcli.core.patches import embed_patches
from mlcli.core.positions import sinusoidal
from mlcli.core.tokens import embed

SENTENCE = "the cat sat on the mat"


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("attention", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)


def figure(plain: dict, name: str) -> np.ndarray:
    figures = [f for step in plain["steps"] for f in step["figures"] if f.get("name") == name]
    return np.array(figures[0]["values"], dtype=float)


def test_the_slides_example(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--qkv", "sample_data/attention.csv", "--check")
    weights = [[0.4028, 0.2886, 0.3086], [0.3538, 0.3069, 0.3393], [0.1303, 0.4630, 0.4067]]
    assert np.allclose(figure(plain, "weights"), weights, atol=6e-5)
    values = [[0.5698, -0.1520], [0.5379, -0.0265], [0.2246, 0.5556]]
    assert np.allclose(plain["result"]["values"], values, atol=6e-5)
    assert plain["checks"][0]["passed"]


def test_a_text_from_a_file_is_that_text(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("the cat\nsat on\nthe mat\n")
    from_file = lesson(mlcli, "--file", str(tmp_path / "poem.txt"))
    assert from_file["result"] == lesson(mlcli, SENTENCE)["result"]
    assert from_file["title"].startswith("poem.txt: 6 tokens")


def test_a_context_is_what_the_queries_look_at(mlcli: Callable) -> None:
    plain = lesson(mlcli, "a cat", "--context", "le chat noir", "--query", "cat", "--check")
    X, C = embed(("a", "cat"), 4, 0), embed(("le", "chat", "noir"), 4, 0)
    p = project(X, draw_parameters(4, 0), C)
    assert plain["result"]["values"] == attention(p.Q, p.K, p.V).out.tolist()
    assert all(check["passed"] for check in plain["checks"])
    assert "2 queries, 3 keys" in plain["title"]
    assert np.array_equal(figure(plain, "C"), C)
    many = lesson(mlcli, "a cat", "--context", "le chat noir", "--heads", "2", "--check", "--mask", "padding:1")
    assert many["checks"][0]["passed"]


def test_positions_are_added_on_request(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--positions", "--d-model", "6")
    E = embed(tuple(SENTENCE.split()), 6, 0)
    assert np.array_equal(figure(plain, "P"), sinusoidal(6, 6))
    assert np.array_equal(figure(plain, "X"), E + sinusoidal(6, 6))
    assert not any("same row" in note for note in plain["notice"])
    crossed = lesson(mlcli, "a", "--context", "b c", "--positions")
    assert np.allclose(figure(crossed, "C"), embed(("b", "c"), 4, 0) + sinusoidal(2, 4))


def test_embeddings_from_a_file(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("cat 1 0\ndog 0 1\nthe 1 1\n")
    plain = lesson(mlcli, "the dog", "--embeddings", str(tmp_path / "v.txt"), "--heads", "2", "--check")
    assert figure(plain, "X").tolist() == [[1, 1], [0, 1]]
    for more, message in [
        (("--d-model", "3"), "the vectors of v.txt have 2 numbers"),
        (("--heads", "3"), "d_model = 2 cannot be split evenly among 3 heads"),
    ]:
        ran = mlcli("attention", "the dog", "--embeddings", str(tmp_path / "v.txt"), *more)
        assert (ran.status, ran.stdout) == (2, "") and message in ran.stderr
    ran = mlcli("attention", "the \x1b mat", "--embeddings", str(tmp_path / "v.txt"))
    assert ran.status == 2 and 'has no vector for 2 tokens: "\\x1b", "mat"' in ran.stderr


def test_a_picture_in_patches(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--image", "sample_data/image.png", "--patch", "7", "--heads", "2", "--check")
    symbols = [step["symbol"] for step in plain["steps"]]
    assert symbols[:4] == ["A", "flat", "E", "X"]
    assert plain["title"].startswith("image.png: 17 tokens")
    assert figure(plain, "X").shape == (17, 8)
    looks = figure(plain, "weights, head 0: the patches that the class token looks at")
    assert np.array_equal(looks.ravel(), figure(plain, "weights, head 0")[0, 1:])
    assert plain["checks"][0]["passed"]
    kinds = {f["kind"] for step in plain["steps"] for f in step["figures"]}
    assert {"picture", "tensor", "table"} <= kinds
    patch = mlcli("attention", "--image", "sample_data/image.png", "--patch", "7", "--query", "2,2")
    assert "scores[2,2]: its sum of products" in patch.stdout


def test_a_picture_that_patches_do_not_divide_is_cut_and_said_so(mlcli: Callable) -> None:
    ran = mlcli("attention", "--image", "sample_data/image.png", "--patch", "8")
    assert "28×28 pixels cut to 24×24, as a patch is 8×8" in ran.stdout
    assert "10 tokens" in ran.stdout


def test_vit_at_its_own_size(mlcli: Callable) -> None:
    ran = mlcli("attention", "--image", "sample_data/image.png", "--size", "224", "--patch", "16")
    assert ran.stdout.startswith("attention · image.png: 197 tokens")
    assert "resized from 28×28 to 224×224" in ran.stdout


def test_a_photograph_is_brought_to_the_size_of_vit(mlcli: Callable, tmp_path: Path) -> None:
    Image.new("RGB", (2311, 1709), "teal").save(tmp_path / "photo.png")
    line = ("attention", "--image", str(tmp_path / "photo.png"))
    ran = mlcli(*line, "--patch", "16")
    told = " ".join(ran.stdout.split())
    assert "photo.png: 197 tokens" in told and "cut to its middle, 1709×1709 of 1709×2311" in told
    assert "resized from 1709×1709 to 224×224, bilinear" in told and "--size takes another size" in told
    whole = mlcli(*line, "--patch", "128")
    assert "235 tokens" in whole.stdout and "resized" not in whole.stdout  # 13 × 18 patches are not too many
    for more in (("--size", "2000"), ("--patch", "1")):
        ran = mlcli(*line, *more)
        assert (ran.status, ran.stdout) == (2, "") and "would give" in ran.stderr


def test_resized_picture_is_the_readers(mlcli: Callable) -> None:
    from mlcli.readers.images import read_image
    from mlcli.readers.resizing import resized

    plain = lesson(mlcli, "--image", "sample_data/image.png", "--size", "14", "--patch", "7")
    own = embed_patches(resized(read_image("sample_data/image.png").values, 14, 14), 7, 8, 0)
    assert np.array_equal(figure(plain, "E"), own.E)


def test_what_many_tokens_take_is_said_before_they_start(mlcli: Callable) -> None:
    ran = mlcli("attention", "ab " * 1499, "--d-model", "1")
    assert ran.status == 0
    assert ran.stderr.startswith("1,499 queries × 1,499 keys = 2,247,001 weights: 69 MiB")
    assert "twice the tokens, four times as much" in ran.stderr
    assert mlcli("attention", SENTENCE).stderr == ""


def test_a_million_tokens_are_refused_with_their_size(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("ab " * 1_000_000)
    for more in ((), ("--block", "encoder"), ("--prove", "hull"), ("--mask", "causal")):
        ran = mlcli("attention", "--file", str(tmp_path / "long.txt"), *more)
        assert (ran.status, ran.stdout) == (2, "")
        assert "1,000,000 keys would give 1,000,000,000,000 weights: 29,802 GiB" in ran.stderr


def test_a_query_that_sees_nothing(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "mask.csv").write_text("1,0,0\n0,0,0\n1,1,1\n")
    line = ("a b c", "--mask", str(tmp_path / "mask.csv"))
    plain = lesson(mlcli, *line, "--check")
    assert figure(plain, "weights")[1].tolist() == [0, 0, 0]
    assert plain["checks"][0]["passed"]
    [table] = [f for step in plain["steps"] for f in step["figures"] if f.get("name", "").startswith("A query that")]
    assert [row[:2] for row in table["rows"]] == [
        [fill, f"float{bits}"] for fill in ("−∞", "−9e15") for bits in (64, 32, 16)
    ]
    assert table["rows"][5][3] == ["nan"] * 3
    assert np.allclose(figure(lesson(mlcli, *line, "--fill", "-9e15"), "weights")[1], 1 / 3)
    ran = mlcli("attention", *line, "--fill", "-9e15", "--check")
    assert ran.status == 2 and "torch has no such answer" in ran.stderr


def test_temperature_and_no_scale(mlcli: Callable) -> None:
    cold, plain = lesson(mlcli, SENTENCE, "--temperature", "0.1"), lesson(mlcli, SENTENCE)
    assert np.allclose(figure(cold, "scaled"), 10 * figure(plain, "scaled"))
    table = next(step for step in cold["steps"] if step["symbol"] == "scaled")["figures"][-1]
    assert [row[0] for row in table["rows"]] == ["scores", "scores / √4", "scores / (√4 · 0.1)"]
    raw = lesson(mlcli, SENTENCE, "--no-scale", "--check")
    table = next(step for step in raw["steps"] if step["symbol"] == "scaled")["figures"][-1]
    assert [row[3] for row in table["rows"]] == [4, 1]
    assert table["rows"][0][4] < table["rows"][1][4], "undivided scores have the lower entropy"
    assert [row[-1] for row in table["rows"]] == ["used here", ""]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--image", "sample_data/image.png", "--patch", "29"), "a patch of 29×29 does not fit into 28×28"),
        (("--image", "sample_data/image.png", "--patch", "1", "--size", "4000"), "would give"),
        (("--image", "sample_data/image.png", "--patch", "28", "--d-model", "2048", "--size", "4096"), "would give"),
        (("--image", "sample_data/matrix.csv"), "is not a picture"),
        (("--image", "sample_data/image.png", "--context", "a"), "--context: goes with a text, not with --image"),
        (("a", "--image", "sample_data/image.png"), "give either a sentence, --file, --image or --qkv"),
        (("--file", "missing.txt"), "missing.txt: does not exist"),
        (("a", "--context", " "), "the text holds no word"),
    ],
)
def test_what_does_not_go_together(mlcli: Callable, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert ran.stderr.startswith("error: ") and "\nhint: " in ran.stderr


@pytest.mark.parametrize(
    ("more", "size", "less"),
    [
        ((), 0, ""),
        (("--json",), 4, "--query WORD writes one token's row only."),
        (("--json", "--no-scale"), 3, "--query WORD writes one token's row only."),
        (("--json", "--mask", "causal", "--heads", "2"), 10, "one token's row only, --head 0 one head."),
        (("--json", "--head", "1", "--heads", "2"), 4, "--head 0 one head."),
        (("--json", "--block", "encoder"), 2, "--query WORD writes one token's row only."),
        (("--json", "--query", "w3"), 0, ""),
    ],
)
def test_a_large_document_is_told_before(
    mlcli: Callable, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], size: int, less: str
) -> None:
    monkeypatch.setattr("mlcli.commands.attention_cost.LARGE", 10_000)
    text = " ".join(f"w{t}" for t in range(151))
    ran = mlcli("attention", text, *more)
    assert ran.status == 0
    if not size:
        assert ran.stderr == ""
        return
    told = 22 * size * 151**2
    assert f"JSON will have about {told / 1e6:,.0f} MB" in ran.stderr and less in ran.stderr
    if "causal" not in more:
        assert abs(len(ran.stdout) - told) < 0.25 * told + 300_000
