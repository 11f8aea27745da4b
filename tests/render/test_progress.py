import io
import sys

import pytest

from mlcli.core.training import Epoch
from mlcli.render import progress as progress_module
from mlcli.render.progress import TrainingProgress


class Terminal(io.StringIO):
    """Says that it is one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def epoch(number: int, accuracy: float = 0.5) -> Epoch:
    return Epoch(number, 0.6123, 0.7, 0.8, accuracy)


def watched(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, runs: int = 1, width: int = 80) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    with TrainingProgress(runs, 100) as progress:
        for i in range(1, 61):
            progress(3, epoch(i, accuracy=0.9 if i == 7 else 0.5))
    return stream.getvalue()


def test_elsewhere_it_is_a_line_every_20_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = watched(io.StringIO(), monkeypatch).splitlines()
    assert lines[:3] == [f"epoch {i}/100  loss 0.612  val 0.500  best 0.900" for i in (20, 40, 60)]
    assert lines[3].startswith("trained in ")
    assert len(lines) == 4


def test_elsewhere_the_time_is_told_after_the_first_epoch_where_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, *[7.0] * 300])
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: next(clock))
    first, *rest = watched(io.StringIO(), monkeypatch).splitlines()
    assert first == "epoch 1/100  loss 0.612  val 0.500  best 0.500  at most 0:11:33 left"  # 7 s for each of 99 more
    assert len(rest) == 4


def test_several_runs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(io.StringIO(), monkeypatch, runs=2).startswith("seed 3  epoch 20/100")


@pytest.mark.parametrize("width", [20, 80, 200])
def test_on_a_terminal_one_line_moves_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    text = watched(Terminal(), monkeypatch, width=width)
    *shown, last = text.split("\r\x1b[2K")
    assert all(len(line) < width and "\n" not in line for line in shown)
    assert "trained in" in last
    if width >= 80:
        assert shown[-1].startswith("epoch 60/100  loss 0.612  val 0.500  best 0.900")
        assert "━" in shown[-1] and "0:00:00 left" in shown[-1]
