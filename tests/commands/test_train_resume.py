"""A training that was interrupted and gone on with leaves the same bytes as one that was not."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlcli.core.training import Epoch
from mlcli.render.progress import TrainingProgress
from mlcli.training.alone import alone_in
from mlcli.training.checkpoints import load
from mlcli.training.unfinished import Unfinished, open_unfinished

ROOT = Path(__file__).parents[2]
GAT = ("train", "gat", "--dataset", "karate", "--epochs", "30", "--patience", "0", "--hidden", "3")

STOPS = ("train", "gcn", "--dataset", "karate", "--window", "1", "--lr", "0.3")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def heard() -> Iterator[Callable[[int], None]]:
    """What has a signal heard even where the tests were begun with it ignored, as behind `nohup`."""
    before: dict[int, Any] = {}

    def call(number: int) -> None:
        before[number] = signal.signal(number, signal.SIG_DFL)

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)


def signalled(number: int) -> Callable[[TrainingProgress, int, Epoch], None]:
    """What sends this process a signal, once, when somebody is told of an epoch."""
    sent: list[int] = []

    def call(self: TrainingProgress, seed: int, epoch: Epoch) -> None:
        if not sent:
            sent.append(number)
            os.kill(os.getpid(), number)

    return call


@pytest.mark.parametrize(
    ("number", "status", "cores"), [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 2), (signal.SIGHUP, 129, 2)]
)
def test_after_a_signal_it_becomes_the_same(
    mlcli: Callable, heard: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    number: int, status: int, cores: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    heard(number)
    whole, parts, line = tmp_path / "whole", tmp_path / "parts", (*GAT, "--runs", "3", "--json", "--seed", "7")
    due = mlcli(*line, "--save", str(whole))
    with monkeypatch.context() as patched:
        patched.setattr(TrainingProgress, "__call__", signalled(number))
        ran = mlcli(*line, "--save", str(parts))
    assert (ran.status, ran.stdout) == (status, "")
    assert f"error: interrupted: what was done is saved in {parts}\nhint: mlcli train --resume {parts}\n" in ran.stderr
    assert len(open_unfinished(parts).states) == cores
    ran = mlcli("train", "--resume", str(parts), "--json")
    assert (ran.status, ran.stdout) == (0, due.stdout)
    assert everything(parts) == everything(whole)
    assert load(parts).config["source"] == {"dataset": "karate"}


@pytest.mark.parametrize("model", ["gcn", "sage", "gin", "gatv2"])
def test_three_layers_become_the_same_after_a_signal(
    mlcli: Callable, heard: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    heard(signal.SIGINT)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    line = ("train", model, "--dataset", "karate", "--layers", "3", "--epochs", "60", "--json")
    due = mlcli(*line, "--save", str(whole))
    with monkeypatch.context() as patched:
        patched.setattr(TrainingProgress, "__call__", signalled(signal.SIGINT))
        assert mlcli(*line, "--save", str(parts)).status == 130
    ran = mlcli("train", "--resume", str(parts), "--json")
    assert (ran.status, ran.stdout) == (0, due.stdout)
    assert everything(parts) == everything(whole)


@pytest.mark.parametrize("pace", ["0s", "7epochs", "5steps"])
def test_however_often_it_is_kept_the_model_is_the_same(mlcli: Callable, tmp_path: Path, pace: str) -> None:
    line = ("train", "mlp", "--epochs", "2", "--batch", "97", "--save")
    mlcli(*line, str(tmp_path / "a"))
    assert mlcli(*line, str(tmp_path / "b"), "--checkpoint-every", pace).status == 0
    for name in ("model.safetensors", "metrics.csv", "config.json", "SHA256SUMS"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_killed_between_its_last_state_and_its_end_it_becomes_the_same(
    mlcli: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, whole, parts = (*GAT, "--checkpoint-every", "29epochs", "--save"), tmp_path / "whole", tmp_path / "parts"
    mlcli(*line, str(whole))
    with monkeypatch.context() as patched:  # the state before the last stays, and nothing comes after the last
        patched.setattr(Unfinished, "tidy", lambda self: None)
        patched.setattr("mlcli.commands.train_fit.save", lambda *given: sys.exit(137))
        assert mlcli(*line, str(parts)).status == 137
    (parts / "checkpoints" / ".SHA256SUMS.new").write_text("half")
    assert len(everything(parts)) == 6
    assert mlcli("train", "--resume", str(parts)).status == 0
    assert everything(parts) == everything(whole)


def test_a_finished_training_runs_longer(mlcli: Callable, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    mlcli(*GAT, "--save", str(whole))
    mlcli(*GAT, "--epochs", "20", "--save", str(parts))
    again = mlcli("train", "--resume", str(parts), "--json")
    assert len(json.loads(again.stdout)["runs"][0]["epochs"]["epoch"]) == 20
    assert mlcli("train", "--resume", str(parts), "--epochs", "30").status == 0
    assert everything(parts) == everything(whole)


@pytest.mark.parametrize(
    ("begun", "more", "message"),
    [
        (GAT, ("--epochs", "29"), "--epochs: 30 epochs were asked for, and it cannot become shorter"),
        ((*GAT, "--schedule", "cosine"), ("--epochs", "31"), "the learning rate falls to its end over 30 epochs"),
        (STOPS, ("--epochs", "999"), "nothing is left to do: the validation loss did not fall for 1 epochs running"),
    ],
)
def test_what_cannot_run_longer_is_told(
    mlcli: Callable, tmp_path: Path, begun: tuple[str, ...], more: tuple[str, ...], message: str
) -> None:
    assert mlcli(*begun, "--save", str(tmp_path / "run")).status == 0
    before = everything(tmp_path / "run")
    ran = mlcli("train", "--resume", str(tmp_path / "run"), *more)
    assert (ran.status, ran.stdout) == (2, "") and message in ran.stderr and "hint: " in ran.stderr
    assert everything(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resume", "no/such"), "no/such: is not a folder"),
        (("--resume", "sample_data"), "sample_data: holds no checkpoint"),
        (("--resume", "runs/gat", "gcn"), "--resume: the folder says which model it is"),
        (("--epochs", "5"), "--epochs: is for a training that goes on"),
        (("--epochs", "5", "gcn"), "--resume: the folder says which model it is"),
        (("gcn", "--checkpoint-every", "often"), '--checkpoint-every: "often" does not say how often'),
        (("gcn", "--checkpoint-every", "0epochs"), "does not say how often"),
        (("gcn", "--checkpoint-every", "-3s"), "does not say how often"),
    ],
)
def test_what_cannot_be_gone_on_with_is_told(mlcli: Callable, arguments: tuple[str, ...], message: str) -> None:
    ran = mlcli("train", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr


def test_a_training_that_diverges_keeps_its_last_good_state(mlcli: Callable, tmp_path: Path) -> None:
    line = ("train", "mlp", "--optimizer", "sgd", "--lr", "1e15", "--epochs", "9", "--checkpoint-every", "1steps")
    ran = mlcli(*line, "--save", str(tmp_path / "run"))
    assert (ran.status, ran.stdout) == (1, "")
    assert "training diverged: the loss is not finite in epoch" in ran.stderr
    assert f"the last good state is kept in {tmp_path / 'run'}" in ran.stderr
    assert open_unfinished(tmp_path / "run").states[0].step >= 1


def test_other_versions_are_told_of(mlcli: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcli.training import runs

    with monkeypatch.context() as patched:
        patched.setattr(runs, "versions", lambda: {"torch": "1.0"})
        mlcli("train", "gcn", "--dataset", "karate", "--epochs", "3", "--save", str(tmp_path / "run"))
    ran = mlcli("train", "--resume", str(tmp_path / "run"))
    assert ran.status == 0
    assert re.search(r"begun with .*torch 1\.0, now .* the last digits may differ", ran.stderr)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of files as Linux does")
def test_a_full_disk_is_told_in_one_line_and_what_was_kept_is_whole(mlcli: Callable, tmp_path: Path) -> None:
    line = [*GAT, "--save", str(tmp_path / "run")]
    assert mlcli(*line).status == 0
    before = everything(tmp_path / "run")
    limited = (
        "import resource, sys; from mlcli.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000)); sys.argv = ['mlcli', *sys.argv[1:]]; main()"
    )
    again = ["train", "--resume", str(tmp_path / "run"), "--epochs", "31"]
    ran = subprocess.run([sys.executable, "-c", limited, *again], cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert re.search(r"error: \S+: cannot be written: File too large\nhint: the state kept before is whole", ran.stderr)
    kept = everything(tmp_path / "run")
    assert {name for name in before if name.startswith("checkpoints/seed")} <= {*kept}
    assert len(open_unfinished(tmp_path / "run").states[0].epochs) == 30
    assert load(tmp_path / "run").config["settings"]["epochs"] == 30
    assert mlcli(*again).status == 0 and load(tmp_path / "run").config["settings"]["epochs"] == 31


def test_a_folder_that_is_being_written_to_is_left_alone(mlcli: Callable, tmp_path: Path) -> None:
    line = [*GAT, "--save", str(tmp_path / "run")]
    assert mlcli(*line).status == 0
    before = everything(tmp_path / "run")
    with alone_in(tmp_path / "run"):
        for again in ([*line, "--force"], ["train", "--resume", str(tmp_path / "run"), "--epochs", "31"]):
            ran = mlcli(*again)
            assert (ran.status, ran.stdout) == (2, "") and "another training writes to it" in ran.stderr
    assert everything(tmp_path / "run") == before
