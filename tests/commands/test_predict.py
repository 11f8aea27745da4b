import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcli.datasets.digits import digits

DIGITS, KARATE, RHYME = (f"sample_data/run-{name}" for name in ("digits", "karate", "rhyme"))


def answers(mlcli: Callable, *arguments: str) -> list:
    ran = mlcli("predict", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.stdout)["result"]["values"]


def test_a_node_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("predict", KARATE, "8")
    assert ran.status == 0
    golden("predict-karate", ran.stdout)


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("asked", [(DIGITS, "sample_data/digit.csv"), (KARATE, "8", "33"), (RHYME, "the cat")])
def test_it_fits_the_page(mlcli: Callable, asked: tuple[str, ...], width: int) -> None:
    ran = mlcli("predict", *asked, width=width)
    assert ran.status == 0
    assert max(map(len, ran.stdout.splitlines())) <= width


def test_a_picture_file_is_told_as_the_same_picture_of_the_data_set(mlcli: Callable, tmp_path: Path) -> None:
    data = digits()
    for place in (77, 1203):
        path = tmp_path / f"{place}.png"
        Image.fromarray((data.values[place, 0] * (255 / 16)).round().astype(np.uint8)).save(path)
        by_place, by_file = answers(mlcli, DIGITS, str(place), str(path))
        assert by_place[1] == by_file[1] and by_place[2] == pytest.approx(by_file[2], abs=0.02)
        assert (by_place[3], by_file[3]) == (data.classes[data.labels[place]], "not known")


def test_any_picture_is_brought_to_size_and_it_is_said(mlcli: Callable, tmp_path: Path) -> None:
    shades = np.full((64, 96, 3), 255, dtype=np.uint8)
    shades[8:56, 44:52] = 0  # a one, in ink on paper
    Image.fromarray(shades).save(tmp_path / "one.png")
    ran = mlcli("predict", DIGITS, str(tmp_path / "one.png"))
    for said in ("made grey", "cut to its middle, 64×64 of 64×96", "resized from 64×64 to 8×8", "--invert"):
        assert said in " ".join(ran.stdout.split())
    turned = mlcli("predict", DIGITS, str(tmp_path / "one.png"), "--invert")
    assert "inverted: bright is dark" in turned.stdout and "its border is brighter" not in turned.stdout
    figures = json.loads(mlcli("predict", DIGITS, str(tmp_path / "one.png"), "--invert", "--json").stdout)["steps"][0]
    pixels = np.array(figures["figures"][0]["values"])
    assert pixels[3, :2].max() < 0.1 < pixels[3, 2:6].max()


def test_inputs_may_stand_in_a_file(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "nodes.txt").write_text("8\n\n33\n9\n2\n")
    rows = answers(mlcli, KARATE, "0", "--inputs", str(tmp_path / "nodes.txt"))
    assert [row[0] for row in rows] == ["0", "8", "33", "9", "2"]
    ran = mlcli("predict", KARATE, "0", "--inputs", str(tmp_path / "nodes.txt"))
    assert "2 more told in the result only: --show 5" in " ".join(ran.stdout.split())


def test_a_text_goes_on_the_same_way_from_the_same_seed(mlcli: Callable) -> None:
    line = ("predict", RHYME, "the cat", "--length", "61")
    first, again, other = (mlcli(*line, "--seed", seed).stdout for seed in ("4", "4", "5"))
    assert first == again != other
    cold = [answers(mlcli, *line[1:], "--temperature", "0", "--seed", seed) for seed in ("4", "5")]
    assert cold[0] == cold[1] and len(cold[0][0][1]) == 61
    assert json.loads(mlcli(*line, "--temperature", "0", "--json").stdout)["seed"] is None


def test_other_models_answer_too(mlcli: Callable, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")

    def trained(*line: str) -> str:
        assert mlcli("train", *line, "--save", folder, "--force").status == 0
        return folder

    [row] = answers(mlcli, trained("embedding", "--epochs", "100"), "33,0")
    assert row[1] < 0 and row[3:] == ["not joined", "not joined"]
    [row] = answers(mlcli, folder, "0, 1")
    assert row[4].startswith("joined: an edge to")
    [row] = answers(mlcli, trained("lightgcn", "--epochs", "5"), "7", "--top", "33")
    assert row[2] == row[3]  # all items are ranked: all that were held out are among them
    copied = trained(
        "gru", "--dataset", "copy-memory", "--length", "3", "--hidden", "3", "--steps", "2", "--epochs", "1"
    )
    [row] = answers(mlcli, copied, "3141502653")
    assert row[2] == "3 1 4 1 5 0 2 6 5 3" and len(row[1].split()) == 10
    (tmp_path / "steps.csv").write_text("0.25,1\n0.5,0\n0.125,1\n")
    [row] = answers(
        mlcli, trained("rnn", "--length", "5", "--hidden", "3", "--steps", "2"), str(tmp_path / "steps.csv")
    )
    assert row[2] == 0.375
    (tmp_path / "steps.csv").write_text("0.25,2\n0.5,0\n")
    ran = mlcli("predict", folder, str(tmp_path / "steps.csv"))
    assert ran.status == 2 and "is not a value and a mark in each row" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((KARATE,), "there is nothing to ask about"),
        ((KARATE, "nobody"), 'there is no node "nobody"'),
        ((DIGITS, "no.png"), "no.png: does not exist"),
        ((DIGITS, "1797"), "1797"),
        ((DIGITS, "sample_data/text.txt"), "sample_data/text.txt"),
        ((KARATE, "8", "--invert"), "is for pictures"),
        ((RHYME, "Ünder"), 'the run knows no "Ü"'),
        ((RHYME, ""), "there is no character to begin with"),
        ((RHYME, "a", "--temperature", "-1"), "--temperature"),
        (("sample_data", "8"), "is not a saved model"),
    ],
)
def test_what_cannot_be_asked_is_told(mlcli: Callable, arguments: tuple[str, ...], message: str) -> None:
    ran = mlcli("predict", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr
