"""What a training keeps in its folder can be opened whenever the power fails, and only if no bit of it has changed."""

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcli.core.errors import InputError, RequestFailed
from mlcli.training.checkpoints import load, refuse_folder, save
from mlcli.training.fitting import Fitting
from mlcli.training.graph_settings import GCNSettings
from mlcli.training.registry import task
from mlcli.training.runs import study, train_all
from mlcli.training.state import State
from mlcli.training.sums import SUMS, sha256, write_sums
from mlcli.training.unfinished import CHECKPOINTS, Plan, Unfinished, open_unfinished
from tests.models.graphs import random_graph
from tests.training.kept_runs import same

TASK = task(GCNSettings(epochs=3, hidden=5), random_graph(2))
PLAN = Plan(TASK.settings, (3, 5), 1, {"dataset": "karate"}, TASK.digest(), {"torch": "2"}, "30s")


def states(seed: int) -> Iterator[State]:
    fitting = Fitting(TASK, seed)
    return (fitting.state() for _ in fitting.run())


FIRST, SECOND, THIRD = states(3)
OTHER, *_ = states(5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept = Unfinished(tmp_path / "run", PLAN)
    for state in (FIRST, OTHER, SECOND):
        kept.keep(state)
    return tmp_path / "run"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_is_what_is_opened(folder: Path) -> None:
    kept = open_unfinished(folder)
    assert kept.plan == PLAN
    assert [*kept.states] == [3, 5] and same(kept.states[3], SECOND) and same(kept.states[5], OTHER)
    assert [name.split("-")[0] for name in names(folder)] == [
        "checkpoints/SHA256SUMS", "checkpoints/seed", "checkpoints/seed", "checkpoints/training", "metrics.csv",
    ]  # fmt: skip
    lines = (folder / "metrics.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines] == [["seed", "epoch"], ["3", "1"], ["3", "2"], ["5", "1"]]
    kept.keep(THIRD)
    assert same(open_unfinished(folder).states[3], THIRD) and len(names(folder)) == 5


def test_300_flipped_bits_are_all_refused(folder: Path) -> None:
    rng = np.random.default_rng(7)
    files = sorted((folder / CHECKPOINTS).iterdir())
    sizes = np.array([path.stat().st_size for path in files])
    every_file = [*range(len(files))] * 20  # small ones too
    for which in (*every_file, *rng.choice(len(files), 300 - len(every_file), p=sizes / sizes.sum())):
        content = files[which].read_bytes()
        place, bit = rng.integers(len(content)), rng.integers(8)
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        files[which].write_bytes(flipped)
        with pytest.raises(InputError, match="is damaged"):
            open_unfinished(folder)
        files[which].write_bytes(content)
    assert same(open_unfinished(folder).states[3], SECOND)


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing after it is done."""


def killed_at(monkeypatch: pytest.MonkeyPatch, number: int, work: Callable[[], object]) -> bool:
    """Whether `work` was ended at its `number`th call of the system, which is not carried out."""
    count = 0

    def counted(call: Callable) -> Callable:
        def run(*given: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                raise Killed
            return call(*given, **named)

        return run

    with monkeypatch.context() as patched:
        for owner, name in ((Path, "replace"), (Path, "unlink"), (Path, "open"), (Path, "mkdir"), (os, "fsync")):
            patched.setattr(owner, name, counted(getattr(owner, name)))
        try:
            work()
        except Killed:
            return True
        return False


def test_whenever_it_is_killed_the_old_state_or_the_new_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = 0
    for number in range(1, 99):
        folder = tmp_path / str(number)
        kept = Unfinished(folder, PLAN)
        kept.keep(FIRST)
        moments += (killed := killed_at(monkeypatch, number, lambda kept=kept: kept.keep(SECOND)))
        found = open_unfinished(folder)
        assert same(found.states[3], FIRST) or same(found.states[3], SECOND)
        found.keep(THIRD)
        assert same(open_unfinished(folder).states[3], THIRD)
        assert len(names(folder)) == 4, "what was half written is gone"
        if not killed:
            break
    assert moments > 10 and not killed


def test_whenever_it_is_killed_at_its_beginning_it_can_begin_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 99):
        folder = tmp_path / str(number)
        killed = killed_at(monkeypatch, number, lambda folder=folder: Unfinished(folder, PLAN).keep(FIRST))
        if (folder / CHECKPOINTS / SUMS).exists():
            assert same(open_unfinished(folder).states[3], FIRST)
        else:
            refuse_folder(folder, force=False)
        if not killed:
            break
    assert number > 10


def test_whenever_it_is_killed_at_its_end_the_model_is_there_or_the_states_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = train_all(TASK, (3,), 1, lambda seed, epoch: None, 1)
    told = study(TASK, 1, outcomes)
    for number in range(1, 99):
        folder = tmp_path / str(number)
        Unfinished(folder, PLAN).keep(THIRD)

        def end(folder: Path = folder) -> None:
            save(folder, told, outcomes[0].run, outcomes[0].weights, True)

        killed = killed_at(monkeypatch, number, end)
        assert same(open_unfinished(folder).states[3], THIRD)
        if (folder / SUMS).exists():
            assert load(folder).config["seed"] == 3
        else:
            with pytest.raises(InputError, match="is a training that has not ended"):
                load(folder)
        end()
        assert load(folder).config["seed"] == 3 and not [name for name in names(folder) if ".new" in name]
        if not killed:
            break
    assert number > 10


def test_a_training_begun_by_force_takes_the_place_of_the_old_one(folder: Path) -> None:
    kept = Unfinished(folder, dataclasses.replace(PLAN, seeds=(5,)))
    assert not kept.begun and same(open_unfinished(folder).states[3], SECOND)
    kept.keep(OTHER)
    assert [*open_unfinished(folder).states] == [5] and len(names(folder)) == 4


def test_a_full_disk_leaves_what_was_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, before = open_unfinished(folder), names(folder)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RequestFailed, match="No space left") as caught:
        kept.keep(THIRD)
    assert "--resume" in (caught.value.hint or "")
    assert same(open_unfinished(folder).states[3], SECOND) and names(folder) == before
    with pytest.raises(RequestFailed, match="No space left") as caught:
        Unfinished(folder.with_name("other"), PLAN).keep(FIRST)
    assert "make room" in (caught.value.hint or "")


def rewritten(folder: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The checkpoint with other files and the right sums: as someone who knows the format would forge it."""
    below = folder / CHECKPOINTS
    contents = {path.name: path.read_bytes() for path in below.iterdir() if path.name != SUMS}
    change(contents)
    plain = {}
    for name, content in contents.items():
        stem, _, suffix = name.rpartition("-")[0], None, Path(name).suffix
        plain[f"{stem}-{sha256(content)[:12]}{suffix}"] = content
    for path in below.iterdir():
        path.unlink()
    for name, content in plain.items():
        (below / name).write_bytes(content)
    (below / SUMS).write_bytes(write_sums({name: sha256(content) for name, content in plain.items()}))


def with_plan(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        name = next(name for name in contents if name.startswith("training"))
        contents[name] = json.dumps(json.loads(contents[name]) | changes).encode()

    return change


@pytest.mark.parametrize(
    "change",
    [
        with_plan(schema="mlcli.training/9"),
        with_plan(model="perceptron"),
        with_plan(settings={"hidden": "5"}),
        with_plan(settings=[]),
        with_plan(seeds=[]),
        with_plan(seeds=[3, 3]),
        with_plan(seeds=[7]),
        with_plan(seeds=["3"]),
        with_plan(seeds=3),
        with_plan(threads=0),
        with_plan(threads=10**9),
        with_plan(every="often"),
        with_plan(every=3),
        with_plan(versions="2"),
        with_plan(surprise=1),
        lambda contents: contents.update({"training-0.json": b"[" * 100_000}),
        lambda contents: contents.update({"training-0.json": b"\xff"}),
        lambda contents: contents.update({"seed-7-0.safetensors": FIRST.to_bytes()}),
        lambda contents: contents.update({"seed-3-0.safetensors": b"\x80\x04."}),
        lambda contents: [contents.pop(name) for name in [*contents] if name.startswith("training")],
    ],
)
def test_what_is_forged_is_refused(folder: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    rewritten(folder, change)
    with pytest.raises(InputError, match="is damaged, or was not written by train --save"):
        open_unfinished(folder)


@pytest.mark.parametrize("name", ["../../secret-000000000000.json", "/etc/passwd", "seed-3.safetensors", "seed-03-0"])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    sums = folder / CHECKPOINTS / SUMS
    sums.write_text(sums.read_text() + f"{'0' * 64}  {name}\n")
    with pytest.raises(InputError, match="is damaged"):
        open_unfinished(folder)


def test_a_file_that_is_missing_or_no_file_is_refused(folder: Path) -> None:
    path = next((folder / CHECKPOINTS).glob("seed-3*"))
    path.unlink()
    with pytest.raises(InputError, match="cannot be read: No such file"):
        open_unfinished(folder)
    os.mkfifo(path)  # to read it would wait for ever
    with pytest.raises(InputError, match="is no file"):
        open_unfinished(folder)


def test_folders_without_a_training_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        open_unfinished(tmp_path / "none")
    with pytest.raises(InputError, match="holds no checkpoint"):
        open_unfinished(tmp_path)


def test_it_is_neither_replaced_nor_opened_as_a_model_before_it_has_ended(folder: Path) -> None:
    with pytest.raises(InputError, match="holds a training that has not ended"):
        refuse_folder(folder, force=False)
    refuse_folder(folder, force=True)
    with pytest.raises(InputError, match="is a training that has not ended") as caught:
        load(folder)
    assert caught.value.hint == f"mlcli train --resume {folder} goes on"
