"""Kills trainings and goes on with them: what is left must be, byte for byte, what an undisturbed training leaves.

    python benchmarks/kill.py            # 54 kills: six kinds of model, at three cut points, three times each
    python benchmarks/kill.py gat        # its 9

Each training keeps its state after every step, so that it is often killed (SIGKILL) while it writes. One that is not
readable after a kill, that cannot be gone on with, or ends in other bytes is counted and makes the exit status 1.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import mlcli.training.runs
from mlcli.cli import main as mlcli
from mlcli.core.errors import InputError
from mlcli.training.state import from_bytes
from mlcli.training.unfinished import open_unfinished

MODELS = {  # two seeds of the first side by side
    "gcn": "--dataset karate --epochs 60 --window 0 --runs 2",
    "gat": "--dataset karate --epochs 60 --patience 0",
    "cnn": "--epochs 2 --channels 3 --hidden 7 --dropout 0.3",
    "lstm": "--dataset text --hidden 16 --epochs 6 --dropout 0.2",
    "transformer": "--dataset copy --length 4 --d-model 8 --heads 2 --d-ff 8 --epochs 1 --batch 300 --dropout 0.1",
    "lightgcn": "--epochs 40 --batch 101",
}
CUTS = (1 / 6, 1 / 2, 5 / 6)  # of the time that the whole takes


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


def start(*arguments: str) -> int:
    """A process that runs this command line; what is imported here is there.

    This one computes nothing: threads that torch has begun would be missing in its children.
    """
    child = os.fork()
    if child == 0:
        os._exit(run(*arguments))
    return child


def ended(process: int) -> int:
    """Its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


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


def cycle(line: Sequence[str], whole: Path, folder: Path, after: float) -> tuple[str, bool]:
    """Begin, kill after so many seconds, go on to the end: what was wrong, and whether something had been kept."""
    process = start(*line, "--save", str(folder))
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    ended(process)
    kept = (folder / "checkpoints" / "SHA256SUMS").exists()
    if kept:
        try:
            open_unfinished(folder)
        except InputError as error:
            return f"unreadable: {error.message}", kept
    status = ended(start("train", "--resume", str(folder)) if kept else start(*line, "--save", str(folder), "--force"))
    if status:
        return f"gone on with, it ended with status {status}", kept
    if not same_tensors(whole, folder):
        return "other tensors", kept
    return "" if everything(whole) == everything(folder) else "other bytes", kept


def main() -> int:
    """All of them, and a line for each model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=[*MODELS])
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    models, times = given.models, given.times
    rng, kills, kept_before, failures = np.random.default_rng(0), 0, 0, []
    memory = Path("/dev/shm")  # a kill leaves what was written, flushed or not: there is no need to wait for a disk
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        for model in models:
            line = ("train", model, *MODELS[model].split(), "--checkpoint-every", "1steps")
            whole = Path(place) / f"{model}-whole"
            if status := ended(start(*line, "--save", str(whole))):
                failures.append(f"{model}: status {status}")
                continue
            began = time.monotonic()
            ended(start(*line, "--save", str(Path(place) / f"{model}-timed")))
            took = time.monotonic() - began
            for cut in CUTS:
                for turn in range(times):
                    after = took * (cut + rng.uniform(-1 / 8, 1 / 8))
                    wrong, kept = cycle(line, whole, Path(place) / f"{model}-{cut:.2f}-{turn}", after)
                    kills, kept_before = kills + 1, kept_before + kept
                    if wrong:
                        failures.append(f"{model}, killed after {after:.2f} s of {took:.2f} s: {wrong}")
            print(f"{model}: {len(CUTS) * times} kills; the whole takes {took:.1f} s", flush=True)
    print(f"{kills} kills, {kept_before} with a state on the disk; failures: {len(failures)}")
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
