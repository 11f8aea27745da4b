import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

RUNS = {  # model: what is trained in a second or two, and an input to ask it about
    "mlp": ((), "7"),
    "vit": (("--patch", "4", "--d-model", "8"), "sample_data/digit.csv"),
    "gat": (("--dataset", "karate"), "8"),
    "sage": (("--dataset", "karate"), "8"),
    "embedding": (("--dimensions", "3"), "0,33"),
    "lightgcn": (("--dimensions", "5"), "7"),
    "transformer": (("--d-model", "4", "--heads", "1", "--layers", "1", "--d-ff", "4", "--batch", "5000"), "3 1 4"),
    "rnn": (("--length", "7", "--hidden", "3", "--steps", "2"), "steps.csv"),
    "gru": (("--dataset", "copy-memory", "--length", "3", "--hidden", "3", "--steps", "2"), "3141502653"),
    "lstm": (("--dataset", "text", "--hidden", "3", "--steps", "2"), "the "),
}


MAPPED = {"mlp": 599, "vit": 599, "gat": 34, "sage": 34, "embedding": 34, "lightgcn": 70}  # how many points


def test_pictures_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("evaluate", "sample_data/run-digits", "--worst", "1")
    assert ran.status == 0
    golden("evaluate-digits", ran.stdout)
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("run", ["run-digits", "run-karate", "run-rhyme"])
def test_it_fits_the_page(mlcli: Callable, run: str, width: int) -> None:
    ran = mlcli("evaluate", f"sample_data/{run}", width=width)
    assert ran.status == 0
    assert max(map(len, ran.stdout.splitlines())) <= width


@pytest.mark.parametrize("model", RUNS)
def test_every_model_scores_what_its_run_recorded_and_answers(mlcli: Callable, tmp_path: Path, model: str) -> None:
    folder, (options, asked) = str(tmp_path / "run"), RUNS[model]
    trained = mlcli("train", model, *options, "--epochs", "1", "--save", folder)
    assert trained.status == 0, trained.stderr
    mapped = ("--map", "pca") if model in MAPPED else ()
    ran = mlcli("evaluate", folder, "--part", "validation", "--check", "--json", *mapped)
    assert ran.status == 0, ran.stderr
    lesson = json.loads(ran.stdout)
    if mapped:
        before, after = (step["figures"][0] for step in lesson["steps"][-2:])
        assert len(before["points"]) == len(after["points"]) == len(after["labels"]) == MAPPED[model]
    assert all(check["passed"] for check in lesson["checks"]) and lesson["checks"]
    assert "Every score is the one that the run recorded." in lesson["notice"]
    measured = {row[0]: row for row in lesson["inputs"][0]["rows"]}
    for part in ("validation", "test"):
        assert measured[part][3] == measured[part][4] and measured[part][5] == "the same"
    assert len(lesson["steps"]) >= 2
    if asked == "steps.csv":
        asked = str(tmp_path / asked)
        Path(asked).write_text("0.25,1\n0.5,0\n0.125,1\n")
    answer = mlcli("predict", folder, asked, "--json")
    assert answer.status == 0, answer.stderr
    assert json.loads(answer.stdout)["result"]["values"][0][0] == Path(asked).name


def test_a_score_that_is_not_the_recorded_one_is_told(mlcli: Callable, tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "run"
    shutil.copytree("sample_data/run-karate", folder)
    config = json.loads((folder / "config.json").read_text())
    config["scores"]["test"] -= 1 / 24
    (folder / "config.json").write_text(json.dumps(config))
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    fresh = hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(
        "\n".join(f"{fresh}  config.json" if line.endswith("config.json") else line for line in sums) + "\n"
    )
    ran = mlcli("evaluate", str(folder))
    assert ran.status == 0
    assert "Not the recorded score: test." in ran.stdout and "+0.042" in ran.stdout


def test_maps_of_before_and_after(mlcli: Callable) -> None:
    for how, seed in (("pca", None), ("tsne", 3)):
        line = ("evaluate", "sample_data/run-karate", "--map", how, "--seed", "3", "--json")
        ran = mlcli(*line)
        lesson = json.loads(ran.stdout)
        before, after = (step["figures"][0] for step in lesson["steps"][-2:])
        assert before["kind"] == after["kind"] == "scatter"
        assert len(before["points"]) == len(after["points"]) == 34 and before["points"] != after["points"]
        assert set(after["groups"]) == {"Mr. Hi", "Officer"}
        assert lesson["seed"] == seed
        assert mlcli(*line).stdout == ran.stdout


def test_training_sets_the_clubs_apart(mlcli: Callable) -> None:
    """Along the first axis after training, every two of one club are nearer on average than two of different ones."""
    import numpy as np

    steps = json.loads(mlcli("evaluate", "sample_data/run-karate", "--map", "pca", "--json").stdout)["steps"]
    ratios = []
    for step in steps[-2:]:
        figure = step["figures"][0]
        points, groups = np.array(figure["points"]), np.array(figure["groups"])
        distance = np.linalg.norm(points[:, None] - points[None], axis=2)
        same = groups[:, None] == groups[None]
        ratios.append(distance[~same].mean() / distance[same & ~np.eye(34, dtype=bool)].mean())
    assert ratios[1] > 1.5 > ratios[0]


def test_the_picture_holds_confusion_and_sureness(mlcli: Callable, tmp_path: Path) -> None:
    ran = mlcli("evaluate", "sample_data/run-digits", "--worst", "0", "--plot", str(tmp_path / "a.png"), "--json")
    assert ran.status == 0 and (tmp_path / "a.png").stat().st_size > 10_000
    figures = [figure for step in json.loads(ran.stdout)["steps"] for figure in step["figures"]]
    confusion = next(figure for figure in figures if figure["kind"] == "tensor")["values"]
    heat = next(figure for figure in figures if figure["kind"] == "picture")
    assert heat["values"][0][0] == pytest.approx(confusion[0][0] / sum(confusion[0]))
    assert any(figure["kind"] == "curve" for figure in figures)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-such-run",), "is not a folder"),
        (("sample_data",), "is not a saved model"),
        (("sample_data/run-digits", "--part", "all"), "--part"),
        (("sample_data/run-rhyme", "--map", "pca"), "a lstm has no vectors to draw"),
        (("sample_data/run-digits", "--worst", "-1"), "--worst"),
        (("sample_data/run-digits", "--plot", "a.gif"), "this suffix is not known"),
    ],
)
def test_what_cannot_be_done_is_told(mlcli: Callable, arguments: tuple[str, ...], message: str) -> None:
    ran = mlcli("evaluate", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr


def test_items_that_were_learned_from_are_not_ranked(mlcli: Callable, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    assert mlcli("train", "lightgcn", "--epochs", "1", "--save", folder).status == 0
    ran = mlcli("evaluate", folder, "--part", "train")
    assert ran.status == 2 and "is not ranked" in ran.stderr
    assert re.search(r"train +85 .* not scored", mlcli("evaluate", folder).stdout)


def test_a_changed_file_is_refused(mlcli: Callable, tmp_path: Path) -> None:
    edges, folder = tmp_path / "edges.csv", str(tmp_path / "run")
    shutil.copy("sample_data/edges.csv", edges)
    assert mlcli("train", "embedding", "--edges", str(edges), "--epochs", "1", "--save", folder).status == 0
    assert mlcli("evaluate", folder).status == 0
    edges.write_text(edges.read_text() + "Ada,Tara\n")
    ran = mlcli("evaluate", folder)
    assert (ran.status, ran.stdout) == (2, "") and "is not the data any more" in ran.stderr
