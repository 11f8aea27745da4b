import json
from collections.abc import Callable

import pytest

SENTENCE = "the cat sat on the mat"


def lesson(mlcli: Callable, *arguments: str) -> dict:
    ran = mlcli("attention", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("proof", ["shuffle", "hull", "graph", "split", "fill"])
def test_proofs_in_the_terminal(mlcli: Callable, golden: Callable, proof: str) -> None:
    line = ("--prove", proof) if proof == "graph" else (SENTENCE, "--prove", proof)
    ran = mlcli("attention", *line)
    assert ran.status == 0
    golden(f"attention-{proof}", ran.stdout.partition("  result")[0])
    assert max(map(len, mlcli("attention", *line, width=50).stdout.splitlines())) <= 50


@pytest.mark.parametrize("more", [(), ("--block", "encoder", "--layers", "2"), ("--heads", "2")])
def test_shuffled_tokens(mlcli: Callable, more: tuple[str, ...]) -> None:
    plain = lesson(mlcli, SENTENCE, "--prove", "shuffle", *more)
    (_, without), (_, placed) = plain["result"]["values"]
    assert without < 1e-12 and placed > 0.1
    assert plain["checks"][0]["passed"]


def test_a_causal_mask_tells_places_apart_too(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--prove", "shuffle", "--mask", "causal")
    assert plain["result"]["values"][0][1] > 0.1
    assert plain["checks"] == [] and "causal mask tells places apart" in plain["notice"][0]


def test_a_picture_shuffled(mlcli: Callable) -> None:
    plain = lesson(mlcli, "--image", "sample_data/image.png", "--patch", "7", "--prove", "shuffle")
    (_, without), (_, placed) = plain["result"]["values"]
    assert without < 1e-12 < 1e-5 < placed


def test_the_hull(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--prove", "hull")
    (_, softmax), (_, raw) = plain["result"]["values"]
    assert softmax < 0 < raw


@pytest.mark.parametrize("more", [(), ("--edges", "sample_data/edges.csv")])
def test_a_graph_as_a_mask(mlcli: Callable, more: tuple[str, ...]) -> None:
    plain = lesson(mlcli, "--prove", "graph", *more)
    assert plain["checks"][0]["passed"] and plain["checks"][0]["difference"] < 1e-12
    arcs = next(step for step in plain["steps"] if step["symbol"] == "α")["figures"][0]["rows"]
    assert all(row[2] == pytest.approx(row[3]) for row in arcs)


def test_the_confused_reshape(mlcli: Callable) -> None:
    plain = lesson(mlcli, SENTENCE, "--prove", "split", "--heads", "2")
    assert [row[0] for row in plain["result"]["values"]] == ["right", "split confused", "join confused"]
    assert [row[2:] for row in plain["result"]["values"]] == [[0, 0], [9, 0], [3, 6]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "--prove", "shuffle"), "a single token cannot be shuffled"),
        (("a b", "--prove", "graph"), "shows a graph, not a text"),
        (("a b", "--edges", "sample_data/edges.csv"), "is the graph of --prove graph"),
        (("a b", "--prove", "hull", "--block", "encoder"), "--block encoder is not for --prove hull"),
        (("a b", "--prove", "hull", "--query", "a"), "--query: is for a single attention"),
        (("a b", "--prove", "hull", "--mask", "causal"), "--mask: is not for --prove hull"),
        (("a b", "--prove", "hull", "--heads", "2"), "one head is enough for --prove hull"),
        (("a b", "--prove", "shuffle", "--no-scale"), "--no-scale: is for a single attention"),
        (("a b", "--prove", "split", "--heads", "3"), "cannot be split evenly"),
        (("--qkv", "sample_data/attention.csv", "--prove", "hull"), "goes with a sentence, not with --qkv"),
        (("a b", "--prove", "all"), "--prove"),
    ],
)
def test_what_does_not_go_together(mlcli: Callable, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert ran.stderr.startswith("error: ") and "\nhint: " in ran.stderr
