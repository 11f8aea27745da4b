import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readers.test_resizing import photograph


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved transformer that has hardly learned anything."""
    from mlcli.training.checkpoints import save
    from mlcli.training.fitting import train
    from mlcli.training.runs import study
    from tests.training.test_sequence_pairs import small

    made = small("reverse")
    outcome = train(made, 0, lambda epoch: None)
    folder = tmp_path_factory.mktemp("runs") / "reverse"
    save(folder, study(made, 1, [outcome]), outcome.run, outcome.weights, False)
    return folder


def test_a_saved_transformer_answers(mlcli: Callable, run: Path) -> None:
    ran = mlcli("attention", "--weights", str(run), "3 1 4", "--check", "--json")
    assert ran.status == 0, ran.stderr
    plain = json.loads(ran.stdout)
    assert plain["checks"][0]["passed"]
    [[x, y, due]] = plain["result"]["values"]
    assert (x, due) == ("3 1 4", "4 1 3") and y == due
    assert [step["symbol"] for step in plain["steps"]] == ["heads", "encoder", "y", "heads", "cross"]
    looks = plain["steps"][4]["figures"][0]["values"]
    assert [row.index(max(row)) for row in looks] == [2, 1, 0]
    alone = mlcli("attention", "--weights", str(run), "3 1 4", "--head", "1").stdout
    assert "weights, head 1" in alone and "weights, head 0" not in alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("3 x",), 'the model knows no "x"'),
        ((" ",), "the text holds no word"),
        ((), "takes a sentence of its symbols"),
        (("3", "--file", "sample_data/text.txt"), "takes a sentence of its symbols"),
        (("3", "--set", "2"), "learned from sequences, not from sets"),
        (("3", "--heads", "2"), "a saved model has its own settings"),
        (("3", "--query", "3"), "a saved model has its own settings"),
        (("3", "--head", "2"), "there is no head 2"),
        (("3 " * 65,), "65 symbols are too many"),
        (("3", "--prove", "hull"), "--weights: is for a single attention"),
    ],
)
def test_what_a_saved_transformer_cannot_answer(mlcli: Callable, run: Path, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", "--weights", str(run), *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_a_folder_that_is_no_run(mlcli: Callable, tmp_path: Path) -> None:
    ran = mlcli("attention", "--weights", str(tmp_path), "3 1")
    assert ran.status == 2 and "is not a saved model" in ran.stderr


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved finder of odd digits that has learned little."""
    from mlcli.datasets.loading import load
    from mlcli.training.registry import task
    from mlcli.training.transformer_settings import TransformerSettings

    settings = TransformerSettings(d_model=12, heads=3, layers=2, d_ff=13, epochs=1, batch=16, length=7)
    made = task(settings, load("set-anomaly-digits"))
    return saved(made, tmp_path_factory.mktemp("runs") / "odd", {"dataset": "set-anomaly-digits"})


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved ViT that has learned little."""
    from mlcli.datasets.loading import load
    from mlcli.training.registry import task
    from mlcli.training.vit_settings import ViTSettings

    made = task(ViTSettings(epochs=1, d_model=12, d_ff=13, heads=3), load("digits"))
    return saved(made, tmp_path_factory.mktemp("runs") / "vit", {"dataset": "digits"})


def saved(made: Any, folder: Path, source: dict[str, str]) -> Path:
    from mlcli.training.checkpoints import save
    from mlcli.training.fitting import train
    from mlcli.training.runs import study

    outcome = train(made, 0, lambda epoch: None)
    save(folder, study(made, 1, [outcome]), outcome.run, outcome.weights, False, source)
    return folder


def test_a_set_is_opened_with_its_truth(mlcli: Callable, sets: Path) -> None:
    ran = mlcli("attention", "--weights", str(sets), "--set", "11", "--check", "--json")
    assert ran.status == 0, ran.stderr
    plain = json.loads(ran.stdout)
    assert len(plain["checks"]) == 2 and all(check["passed"] for check in plain["checks"])
    steps = {step["symbol"]: step["figures"] for step in plain["steps"]}
    assert list(steps) == ["A", "heads", "odd", "weights", "scores", "order"]
    places, classes, scores, probabilities, told = zip(*steps["scores"][0]["rows"], strict=True)
    [odd] = [place for place, what in zip(places, told, strict=True) if "odd" in what]
    [usual] = {name for place, name in zip(places, classes, strict=True) if place != odd}
    assert classes[odd] != usual
    [[answer, probability, truth, verdict]] = plain["result"]["values"]
    best = scores.index(max(scores))
    assert answer == f"{classes[best]}, at place {best}" and truth == f"{classes[odd]}, at place {odd}"
    assert probability == max(probabilities) and verdict == ("right" if best == odd else "wrong")
    order, _, after, before = zip(*steps["order"][0]["rows"], strict=True)
    assert sorted(order) == list(range(7)) and np.allclose(before, after, rtol=1e-9)
    assert after == tuple(scores[place] for place in order)
    assert len(steps["odd"][0]["rows"]) == 2 * 3 and np.array(steps["heads"][0]["values"]).shape == (15, 23)
    drawn = [json.loads(mlcli("attention", "--weights", str(sets), "--json", "--seed", seed).stdout) for seed in "01"]
    assert drawn[0]["title"] != drawn[1]["title"]


def test_a_picture_is_seen_and_told_as_the_network_answers(mlcli: Callable, pictures: Path) -> None:
    ran = mlcli("attention", "--weights", str(pictures), "--image", "sample_data/digit.png", "--check", "--json")
    assert ran.status == 0, ran.stderr
    plain = json.loads(ran.stdout)
    assert plain["checks"][0]["passed"]
    steps = {step["symbol"]: step["figures"] for step in plain["steps"]}
    assert list(steps) == ["A", "flat", "X", "heads", "weights", "logits"]
    names, logits, probabilities = zip(*steps["logits"][0]["rows"], strict=True)
    powers = np.exp(np.array(logits))
    assert np.allclose(powers / powers.sum(), probabilities)
    assert plain["result"]["values"][0][0] == names[logits.index(max(logits))]
    assert np.array(steps["heads"][0]["values"]).shape == (2 * 5 - 1, 3 * 5 - 1)
    resized = mlcli("attention", "--weights", str(pictures), "--image", "sample_data/image.png")
    assert resized.status == 0 and "resized from 28×28 to 8×8" in resized.stdout


def test_a_photograph_is_the_same_to_the_trace_and_to_predict(mlcli: Callable, pictures: Path, tmp_path: Path) -> None:
    photograph().save(tmp_path / "flower.png")
    file = str(tmp_path / "flower.png")
    ran = mlcli("attention", "--weights", str(pictures), "--image", file, "--size", "8", "--json")
    seen = {step["symbol"]: step["figures"] for step in json.loads(ran.stdout)["steps"]}
    asked = json.loads(mlcli("predict", str(pictures), file, "--json").stdout)
    p = {name: value for name, _, value in seen["logits"][0]["rows"]}
    assert {row[0]: row[2] for row in asked["steps"][0]["figures"][1]["rows"]} == pytest.approx(p, rel=1e-4)
    for line in ("cut to its middle, 427×427 of 427×640, so that nothing is squeezed", "resized from 427×427 to 8×8"):
        for command in (("predict", str(pictures), file), ("attention", "--weights", str(pictures), "--image", file)):
            assert line in " ".join(mlcli(*command).stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "2000"), "there is no test set 2,000"),
        (("3 1",), "takes one of its test sets"),
        (("--image", "sample_data/digit.png"), "takes one of its test sets"),
        (("--head", "3"), "there is no head 3"),
        (("--mask", "causal"), "a saved model has its own settings"),
    ],
)
def test_what_a_saved_finder_cannot_answer(mlcli: Callable, sets: Path, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", "--weights", str(sets), *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "takes a picture"),
        (("3 1",), "takes a picture"),
        (("--image", "sample_data/digit.png", "--size", "9"), "--size: the model learned from 8×8 pixels"),
        (("--image", "sample_data/digit.png", "--patch", "4"), "has its own patches"),
        (("--image", "sample_data/digit.csv"), "sample_data/digit.csv"),
        (("--image", "sample_data/digit.png", "--set", "1"), "learned from pictures, not from sets"),
        (("--image", "sample_data/digit.png", "--head", "3"), "there is no head 3"),
    ],
)
def test_what_a_saved_vit_cannot_see(mlcli: Callable, pictures: Path, arguments: tuple, message: str) -> None:
    ran = mlcli("attention", "--weights", str(pictures), *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_a_set_without_a_run(mlcli: Callable) -> None:
    ran = mlcli("attention", "the cat", "--set", "3")
    assert (ran.status, ran.stdout) == (2, "") and "is for a saved run on sets of pictures" in ran.stderr


def test_a_run_of_another_model(mlcli: Callable, tmp_path: Path) -> None:
    from mlcli.datasets.loading import load
    from mlcli.training.graph_settings import GCNSettings
    from mlcli.training.registry import task

    folder = saved(task(GCNSettings(epochs=2), load("karate")), tmp_path / "gcn", {"dataset": "karate"})
    ran = mlcli("attention", "--weights", str(folder), "3 1")
    assert ran.status == 2 and "is a saved gcn, not a transformer or vit" in ran.stderr
