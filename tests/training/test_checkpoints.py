import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.errors import InputError, RequestFailed
from mlcli.training.checkpoints import FILES, load, refuse_folder, save
from mlcli.training.graph_settings import GATSettings
from mlcli.training.registry import task
from mlcli.training.runs import study, train_all
from mlcli.training.sums import SUMS, read_sums, sha256, write_sums
from tests.models.graphs import random_graph

GRAPH = random_graph(2)
SETTINGS = GATSettings(epochs=3, hidden=5, heads=3, slope=0.1)
TASK = task(SETTINGS, GRAPH)
OUTCOMES = train_all(TASK, range(4, 6), 1, lambda seed, epoch: None, 1)
STUDY = study(TASK, 1, OUTCOMES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "run", STUDY, OUTCOMES[1].run, OUTCOMES[1].weights)
    return tmp_path / "run"


def test_what_is_saved_is_what_is_loaded(folder: Path) -> None:
    model = load(folder)
    assert model.settings == SETTINGS
    assert set(model.weights) == set(OUTCOMES[1].weights)
    for name, weight in OUTCOMES[1].weights.items():
        np.testing.assert_array_equal(model.weights[name], weight)
    assert (model.config["seed"], model.config["data"]["classes"]) == (5, ["a", "b", "c"])
    assert model.config["data"]["sha256"] == STUDY.digest
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run"]  # nothing is left beside it


def test_a_run_from_before_layers_were_a_setting_has_two(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert config["settings"].pop("layers") == 2
    content = json.dumps(config).encode()
    (folder / "config.json").write_bytes(content)
    sums = read_sums((folder / SUMS).read_bytes())
    (folder / SUMS).write_bytes(write_sums({**sums, "config.json": sha256(content)}))
    assert load(folder).settings == SETTINGS


def test_metrics_hold_every_epoch_of_every_run(folder: Path) -> None:
    with (folder / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["seed"], row["epoch"]) for row in rows] == [(s, e) for s in "45" for e in "123"]
    assert float(rows[-1]["validation_loss"]) == OUTCOMES[1].run.epochs[-1].validation_loss


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_the_sums_are_as_sha256sum_reads_them(folder: Path) -> None:
    assert subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=folder).returncode == 0


def test_the_same_run_is_saved_in_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "again", STUDY, OUTCOMES[1].run, OUTCOMES[1].weights)
    for name in (*FILES, SUMS):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_an_existing_folder_is_replaced_on_request_only(folder: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        save(folder, STUDY, OUTCOMES[0].run, OUTCOMES[0].weights)
    save(folder, STUDY, OUTCOMES[0].run, OUTCOMES[0].weights, force=True)
    assert load(folder).config["seed"] == 4
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run"]


def test_a_folder_with_other_files_is_never_replaced(folder: Path) -> None:
    (folder / "thesis.txt").write_text("ten years")
    with pytest.raises(InputError, match="holds more than a saved model"):
        save(folder, STUDY, OUTCOMES[0].run, OUTCOMES[0].weights, force=True)
    assert (folder / "thesis.txt").read_text() == "ten years"


def test_places_where_nothing_can_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(InputError, match="holds more"):
            refuse_folder(tmp_path / name, force=True)
    with pytest.raises(InputError, match="folder does not exist"):
        refuse_folder(tmp_path / "no" / "runs" / "run", force=False)
    with pytest.raises(InputError, match="folder does not exist"):
        refuse_folder(tmp_path / "file" / "run", force=False)


def test_the_first_run_makes_the_folder_of_runs(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "gat"
    refuse_folder(folder, force=False)
    save(folder, STUDY, OUTCOMES[0].run, OUTCOMES[0].weights)
    assert load(folder).config["seed"] == OUTCOMES[0].run.seed


def test_a_full_disk_leaves_the_old_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RequestFailed, match="No space left"):
        save(folder, STUDY, OUTCOMES[0].run, OUTCOMES[0].weights, force=True)
    assert load(folder).config["seed"] == 5
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, SUMS])


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match="is damaged") as caught:
        load(folder)
    assert caught.value.where == str(folder / name)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        load(folder)


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "none")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "other/1"),
        ("model", "perceptron"),
        ("settings", {"hidden": 5, "nothing": 1}),
        ("parameters", {}),
        ("settings", 3),
    ],
)
def test_a_config_that_does_not_fit_is_told(folder: Path, key: str, value: object) -> None:
    """Its checksum put right, as someone who edits it by hand might."""
    import hashlib

    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    sums = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES]
    (folder / SUMS).write_text("".join(sums))
    with pytest.raises(InputError, match="is not a saved model of this version"):
        load(folder)


def test_opening_one_needs_no_torch(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mlcli.training.checkpoints import load\n"
        "load(Path(sys.argv[1])); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2]).returncode == 0
