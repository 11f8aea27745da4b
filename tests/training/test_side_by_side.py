import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mlcli.core.errors import RequestFailed
from mlcli.training.side_by_side import side_by_side

JOBS = [(which, seed) for seed in range(7) for which in range(3)]


def drawn(seed: int) -> dict[str, float]:
    rng = torch.Generator().manual_seed(seed)
    return {"score": torch.randn(5, 5, generator=rng).sum().item(), "threads": torch.get_num_threads()}


def process(seed: int) -> dict[str, float]:
    return {"score": seed, "process": os.getpid()}


def failing(seed: int) -> dict[str, float]:
    if seed == 3:
        raise RequestFailed("training diverged")
    return {"score": 0.0}


def ended(seed: int) -> dict[str, float]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_the_number_of_processes_changes_no_bit() -> None:
    found = [
        {(which, seed): scores for which, seed, scores in side_by_side([drawn, drawn, drawn], JOBS, workers)}
        for workers in (1, 2, 5)
    ]
    assert found[0] == found[1] == found[2]
    assert {scores["threads"] for scores in found[0].values()} == {1}


def test_it_takes_as_many_processes_as_are_asked_for_and_none_for_one() -> None:
    own = {scores["process"] for _, _, scores in side_by_side([process], [(0, 1), (0, 2)], 1)}
    others = {scores["process"] for _, _, scores in side_by_side([process], [(0, s) for s in range(40)], 3)}
    assert own == {os.getpid()} and os.getpid() not in others and 1 <= len(others) <= 3


@pytest.mark.parametrize(("work", "said"), [(failing, "training diverged"), (ended, "ended from outside")])
def test_what_fails_is_told_and_no_process_stays(work: object, said: str) -> None:
    before = set(multiprocessing.active_children())
    with pytest.raises(RequestFailed, match=said):
        list(side_by_side([work], [(0, seed) for seed in range(11)], 2))  # type: ignore[list-item]
    assert set(multiprocessing.active_children()) <= before


def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    script = (
        "import os, time, pathlib\n"
        "from mlcli.training.side_by_side import side_by_side\n"
        "def work(seed):\n"
        f"    pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
        "list(side_by_side([work], [(0, 0), (0, 1)], 2))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    until = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    children = [int(path.name) for path in tmp_path.iterdir()]
    parent.kill()
    parent.wait()
    assert len(children) == 2
    while any(_runs(child) for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_runs(child) for child in children)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/status")
    return not (status.exists() and "zombie" in status.read_text())
