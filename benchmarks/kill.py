"""Kills trainings and goes on with them: what is left must be, byte for byte, what an undisturbed training leaves.

    OMP_NUM_THREADS=1 python benchmarks/kill.py            # six kinds of model, 15 kills each: three minutes
    OMP_NUM_THREADS=1 python benchmarks/kill.py gcn        # its 15

Each keeps its state every third step. It is killed (SIGKILL) at drawn moments between its first state and its end, at

    after      as soon as a new state counts
    between    half-way from one state to the next
    writing    while the files of a state are being written
    resume     while `train --resume` reads what is kept, before it has kept anything itself
    start      before there is a state: then it begins anew

Three trainings are killed at each of the first three points, one at the start, and one five times in a row. What is not
readable after a kill, cannot be gone on with, or ends in other bytes is counted and makes the exit status 1.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch

from mlcli.cli import main as mlcli
from mlcli.core.errors import InputError
from mlcli.files import STAGED
from mlcli.training.state import from_bytes
from mlcli.training.sums import SUMS
from mlcli.training.unfinished import CHECKPOINTS, open_unfinished

MODELS = {  # two seeds of the first side by side
    "gcn": "--dataset karate --epochs 60 --window 0 --runs 2",
    "sage": "--batch 40 --fanout 5,5 --hidden 16 --epochs 12 --patience 0",
    "cnn": "--epochs 2 --channels 3 --hidden 7 --dropout 0.3",
    "vit": "--epochs 2 --d-model 8 --heads 2 --d-ff 8 --layers 1 --dropout 0.1",
    "gru": "--dataset text --hidden 16 --epochs 4 --steps 20 --dropout 0.2",
    "transformer": "--dataset copy --length 4 --d-model 8 --heads 2 --d-ff 8 --epochs 1 --batch 300 --dropout 0.1",
}
EVERY = "3steps"
ONCE = ("after", "between", "writing")
IN_A_ROW = ("after", "resume", "writing", "resume", "between")
COLUMNS = ("kills", "a state before", "half written", "unreadable", "not identical")


class Ended(Exception):
    """The training, before it could be killed."""


@dataclass(frozen=True)
class Pace:
    """Of an undisturbed training, in seconds: to the first state, from there to the end, between two states."""

    first: float
    rest: float
    gap: float


def run(*arguments: str) -> int:
    """The exit status of this command line, run silently in this process."""
    sys.argv = ["mlcli", *arguments]
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        try:
            mlcli()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 1


def start(*arguments: str, loaded: Path | None = None) -> int:
    """A process that runs this command line; what is imported here is there.

    This one computes nothing: threads that torch has begun would be missing in its children.

    Args:
        loaded: a file for the names of the modules that it has imported.
    """
    child = os.fork()
    if child == 0:
        status = run(*arguments)
        if loaded:
            loaded.write_text(json.dumps([*sys.modules]), "utf-8")
        os._exit(status)
    return child


def ended(process: int) -> int:
    """Its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def load(file: Path) -> None:
    """Import what a training has imported, so that the next ones start at once."""
    for name in (*json.loads(file.read_text("utf-8")), "torch._dynamo"):  # which its processes side by side import
        if name not in sys.modules:
            with contextlib.suppress(Exception):  # some are made while the program runs
                import_module(name)


def which(folder: Path) -> tuple[int, int] | None:
    """Another one with each state that counts; None before the first."""
    try:
        found = (folder / CHECKPOINTS / SUMS).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def half_written(folder: Path) -> bool:
    """A file has its temporary name still."""
    try:
        files = *(folder / CHECKPOINTS).iterdir(), *folder.iterdir()
    except FileNotFoundError:
        return False
    return any(file.name.endswith(STAGED) for file in files)


def wait(process: int, until: Callable[[], bool]) -> None:
    """
    Raises:
        Ended: the process has.
    """
    while not until():
        if os.waitpid(process, os.WNOHANG)[0]:
            raise Ended
        os.sched_yield()


def stopped(process: int) -> bool:
    """It stands still from now on.

    Raises:
        Ended: it has.
    """
    os.kill(process, signal.SIGSTOP)
    if os.WIFSTOPPED(os.waitpid(process, os.WUNTRACED)[1]):
        return True
    raise Ended


def pace_of(line: Sequence[str], folder: Path) -> Pace:
    """How fast it goes here and now."""
    began = time.monotonic()
    states: dict[tuple[int, int] | None, float] = {None: 0.0}  # when each was first seen
    process = start(*line, "--save", str(folder))
    with contextlib.suppress(Ended):
        wait(process, lambda: states.setdefault(which(folder), time.monotonic() - began) < 0)
    took, first, last = time.monotonic() - began, sorted(states.values())[1], max(states.values())
    return Pace(first, took - first, (last - first) / (len(states) - 2))


def wait_for(where: str, process: int, folder: Path, pace: Pace, share: float) -> None:
    """Until the moment has come to kill.

    Args:
        share: of the time after the next state, which passes before such a moment is looked for.

    Raises:
        Ended: too late.
    """
    known = which(folder)

    def passed(seconds: float) -> None:
        began = time.monotonic()
        wait(process, lambda: time.monotonic() - began > seconds)

    if where in ("start", "resume"):
        passed(share * pace.first)
        return
    wait(process, lambda: which(folder) != known)
    passed(share * pace.rest)
    if where == "writing":
        while stopped(process) and not half_written(folder):
            os.kill(process, signal.SIGCONT)
            time.sleep(pace.gap / 20)
        return
    known = which(folder)
    wait(process, lambda: which(folder) != known)
    if where == "between":
        passed(pace.gap / 2)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def same_tensors(a: Path, b: Path) -> bool:
    """`torch.equal` on every tensor of every state."""
    ours, theirs = (open_unfinished(folder).states for folder in (a, b))
    for seed, state in ours.items():
        other = from_bytes(theirs[seed].to_bytes())
        for group in ("weights", "best", "moments", "torch"):
            one, two = getattr(state, group), getattr(other, group)
            if {*one} != {*two}:
                return False
            if not all(torch.equal(torch.from_numpy(one[n]), torch.from_numpy(two[n])) for n in one):
                return False
    return ours.keys() == theirs.keys()


def cycle(
    line: Sequence[str], whole: Path, folder: Path, points: Sequence[str], shares: Sequence[float], pace: Pace
) -> tuple[Counter[str], str]:
    """Begin, kill and go on at each of the points, then to the end: what happened how often, and what was wrong.

    Raises:
        Ended: before it could be killed.
    """
    seen = Counter[str]()
    next_line = (*line, "--save", str(folder))
    for where, share in zip(points, shares, strict=True):
        process = start(*next_line)
        wait_for(where, process, folder, pace, share)
        os.kill(process, signal.SIGKILL)
        if ended(process) != -signal.SIGKILL:
            raise Ended
        kept = which(folder) is not None
        seen += Counter({"kills": 1, "a state before": kept, "half written": half_written(folder), where: 1})
        next_line = ("train", "--resume", str(folder)) if kept else (*line, "--save", str(folder), "--force")
        if kept:
            try:
                open_unfinished(folder)
            except InputError as error:
                return seen + Counter({"unreadable": 1}), f"unreadable: {error.message}"
    if status := ended(start(*next_line)):
        return seen + Counter({"not identical": 1}), f"gone on with, it ended with status {status}"
    if not same_tensors(whole, folder):
        return seen + Counter({"not identical": 1}), "other tensors"
    if everything(whole) != everything(folder):
        return seen + Counter({"not identical": 1}), "other bytes"
    return seen, ""


def cycles(model: str, place: Path, times: int, rng: np.random.Generator) -> tuple[Counter[str], list[str]]:
    """All of a model: what happened how often, and what was wrong.

    Raises:
        RuntimeError: it cannot be trained.
    """
    line = ("train", model, *MODELS[model].split(), "--checkpoint-every", EVERY)
    whole, modules = place / f"{model}-whole", place / "modules.json"
    if status := ended(start(*line, "--save", str(whole), loaded=modules)):
        raise RuntimeError(f"{model}: status {status}")
    load(modules)
    pace = pace_of(line, place / f"{model}-timed")
    planned = [((where,), [turn / times, (turn + 1) / times]) for where in ONCE for turn in range(times)]
    planned += [(("start",), [0.0, 0.9]), (IN_A_ROW, [0.0, 1 / len(IN_A_ROW)])]
    seen, wrong = Counter[str](), list[str]()
    for number, (points, (least, most)) in enumerate(planned):
        found, reason = Counter[str](), ""
        for attempt in range(9):
            shares = (rng.uniform(least, most, len(points)) * 0.7**attempt).tolist()  # where it was too late: earlier
            try:
                found, reason = cycle(line, whole, place / f"{model}-{number}-{attempt}", points, shares, pace)
            except Ended:
                reason = "each time it ended before"
            else:
                break
        seen += found
        wrong += [f"{model}, to be killed {', '.join(points)}: {reason}"] if reason else []
    return seen, wrong


def main() -> int:
    """All of them, and a line for each model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=[*MODELS])
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    rng, total, failures = np.random.default_rng(0), Counter[str](), list[str]()
    memory = Path("/dev/shm")  # a kill leaves what was written, flushed or not: there is no need to wait for a disk
    print(f"{'':14}", *(f"{name:>14}" for name in COLUMNS), flush=True)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        for model in given.models:
            seen, wrong = cycles(model, Path(place), given.times, rng)
            total, failures = total + seen, failures + wrong
            print(f"{model:14}", *(f"{seen[name]:>14}" for name in COLUMNS), flush=True)
    print(f"{'all':14}", *(f"{total[name]:>14}" for name in COLUMNS))
    print("killed", ", ".join(f"{where} {total[where]}" for where in (*ONCE, "resume", "start")))
    print(*failures, sep="\n", end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
