"""A saved run finds its data again, and says so when it cannot."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlcli.commands.train_source import task_of
from mlcli.core.errors import InputError
from mlcli.training.checkpoints import TrainedModel, load

ROOT = Path(__file__).parents[2]


def saved(mlcli: Callable, folder: Path, *arguments: str) -> TrainedModel:
    ran = mlcli("train", *arguments, "--epochs", "1", "--save", str(folder))
    assert ran.status == 0, ran.stderr
    return load(folder)


@pytest.mark.parametrize(
    ("arguments", "source"),
    [
        (("gcn", "--dataset", "karate"), {"dataset": "karate"}),
        (("rnn", "--length", "7", "--batch", "3"), {"dataset": "adding"}),
        (("mlp",), {"dataset": "digits"}),
    ],
)
def test_a_named_data_set_is_found_again(
    mlcli: Callable, tmp_path: Path, arguments: tuple[str, ...], source: dict[str, str]
) -> None:
    run = saved(mlcli, tmp_path / "run", *arguments)
    assert run.config["source"] == source
    made = task_of(run, tmp_path / "run")
    assert (made.settings, made.digest()) == (run.settings, run.config["data"]["sha256"])


def test_own_files_are_found_from_another_folder_and_only_as_they_were(
    mlcli: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("--edges", "sample_data/edges.csv", "--labels", "sample_data/labels.csv")
    run = saved(mlcli, tmp_path / "run", "sage", *files, "--seed", "3")
    options = run.config["source"]["files"]
    assert Path(options["edges"]).is_absolute() and options["features"] is None
    assert run.config["source"]["seed"] == 3
    monkeypatch.chdir(tmp_path)
    assert task_of(run, tmp_path / "run").digest() == run.config["data"]["sha256"]


def test_a_file_that_has_changed_is_told(mlcli: Callable, tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    lines = (ROOT / "sample_data" / "ratings.csv").read_text().splitlines()
    ratings.write_text("\n".join(lines))
    run = saved(mlcli, tmp_path / "run", "lightgcn", "--ratings", str(ratings), "--like", "4")
    assert run.config["source"]["files"]["like"] == 4.0
    task_of(run, tmp_path)
    ratings.write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match="not the data any more"):
        task_of(run, tmp_path)
    ratings.unlink()
    with pytest.raises(InputError, match="does not exist"):
        task_of(run, tmp_path)


@pytest.mark.parametrize(
    "source",
    [None, {}, 3, [], {"dataset": 3}, {"kind": "none", "files": {}, "seed": 0}, {"kind": "graph", "files": {"e": 1}},
     {"kind": "text", "files": {"text": 5}, "seed": 0}, {"kind": "text", "files": {}, "seed": 0}],
)  # fmt: skip
def test_a_run_that_does_not_say_where_is_told(mlcli: Callable, tmp_path: Path, source: Any) -> None:
    run = saved(mlcli, tmp_path / "run", "gcn", "--dataset", "karate")
    with pytest.raises(InputError):
        task_of(replace(run, config=json.loads(json.dumps({**run.config, "source": source}))), tmp_path)
