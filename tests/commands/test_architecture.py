import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcli.core.architecture_plans import NAMED


def test_lenet5_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("architecture", "lenet5")
    golden("architecture-lenet5", ran.stdout)
    for fact in ("6·3·5·5 + 9·4·5·5 + 1·6·5·5 + 16", "1,516", "60,000", "61,706"):
        assert fact in ran.stdout


def test_a_cell_on_a_picture_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("architecture", "sample_data/network.txt", "--image", "sample_data/image.png", "--at", "parts,6,5")
    golden("architecture-cell", ran.stdout)
    for term in ("filter (kernel)", "receptive field", "feature map", "fully-connected"):
        assert term in ran.stdout


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("lenet5-modern", ["61,706", "60,000"]),
        ("alexnet", ["61,100,840", "714,188,480", "60,965,224", "(224 − 11) / 4", "227", "64·3·11·11 + 64"]),
        ("alexnet-original", ["60,965,224", "724,406,816", "62,378,344", "256·48·5·5 + 256"]),
        ("vgg16", ["138,357,544", "212", "89.4%"]),
        ("tiny-vgg", ["19,920"]),
        ("transformer-base", ["63,082,496", "3,152,384", "4,204,032", "4·512·512 + 4·512", "65 million"]),
        ("bert-base", ["109,482,240", "7,087,872", "590,592"]),
        ("vit-b16", ["86,567,656", "197×768", "768·3·16·16 + 768", "17,563,828,224"]),
        ("gpt2", ["124,439,808", "38,597,376", "as decoder1"]),
        ("resnet18", ["11,689,512", "1,814,073,344", "64·64·3·3 + 2·64"]),
    ],
)
def test_the_published_numbers(mlcli: Callable, name: str, facts: list[str]) -> None:
    words = " ".join(mlcli("architecture", name, "--check").stdout.split())
    for fact in facts:
        assert fact in words


def test_json_holds_every_layer(mlcli: Callable) -> None:
    plain = json.loads(mlcli("architecture", "resnet18", "--json").stdout)
    assert len(plain["result"]["values"]) == 28
    [fields] = [i for i, name in enumerate(plain["result"]["axes"]) if name == "receptive field"]
    assert [row[fields] for row in plain["result"]["values"]][:2] == [[7, 7], [11, 11]]


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_gets_every_layer(mlcli: Callable, width: int) -> None:
    ran = mlcli("architecture", "vgg16", width=width)
    assert max(map(len, ran.stdout.splitlines())) <= width
    words = " ".join(ran.stdout.split())
    for fact in ("conv4_2", "2,359,808", "field 92", "138,357,544"):
        assert fact in words


@pytest.mark.parametrize("name", NAMED)
def test_what_text_prints_is_read_as_the_same_network(mlcli: Callable, tmp_path: Path, name: str) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(mlcli("architecture", name, "--text").stdout, "utf-8")
    mine, named = (json.loads(mlcli("architecture", what, "--json").stdout) for what in (str(file), name))
    assert mine["result"] == named["result"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet"], "one of lenet5"),
        (["missing.txt"], "does not exist"),
        (["alexnet", "--input", "3x32x32"], "error: pool5:"),
        (["alexnet", "--input", "32"], "conv1:"),
        (["gpt2", "--input", "2000"], "positions: 2,000 tokens need 2,000 positions, not 1,024"),
        (["bert-base", "--input", "3x224x224"], "embed: it needs a row of tokens"),
        (["vit-b16", "--input", "3x11x224"], "patches: it needs a picture of at least 16×16"),
        (["bert-base", "--at", "encoder1,1,1"], "encoder1 has no rows and columns"),
        (["alexnet", "--input", "3xWx32"], "--input"),
        (["alexnet", "--at", "conv9,1,1"], 'called "conv9"'),
        (["alexnet", "--at", "conv1"], '"conv1" is not a cell'),
        (["alexnet", "--at", "conv1,55,0"], "conv1,54,54 is its last cell"),
        (["alexnet", "--image", "missing.png"], "does not exist"),
        (["sample_data/network.txt", "--text"], "--text"),
        (["sample_data/image.png"], "is not text"),
        (["sample_data/matrix.csv"], "matrix.csv:1"),
    ],
)
def test_bad_calls_end_in_one_clear_line(mlcli: Callable, arguments: list[str], message: str) -> None:
    ran = mlcli("architecture", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and len(ran.stderr.splitlines()) <= 2


def test_a_picture_needs_a_network_for_pictures(mlcli: Callable, tmp_path: Path) -> None:
    file = tmp_path / "five.txt"
    file.write_text("input 5x7x11\nconv 3 3\n")
    ran = mlcli("architecture", str(file), "--image", "sample_data/image.png")
    assert ran.status == 2 and "1 or 3 channels" in ran.stderr
