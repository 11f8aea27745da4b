import io
import re
import sys

import pytest

from mlcli.core.training import Epoch
from mlcli.render import progress as progress_module
from mlcli.render.fit_progress import FitProgress
from mlcli.render.progress import TrainingProgress, WorkProgress, sparkline


class Terminal(io.StringIO):
    """Says that it is one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def on_screen(text: str) -> list[str]:
    """The lines that a terminal shows in the end."""
    lines = [""]
    for part in re.findall(r"\x1b\[2K|\x1b\[1A|\r|\n|[^\x1b\r\n]+", re.sub(r"\x1b\[\d*m", "", text)):
        match part:
            case "\x1b[2K":
                lines[-1] = ""
            case "\x1b[1A":
                assert lines.pop() == "" and lines, "what is below is cleared before"
            case "\n":
                lines.append("")
            case "\r":
                pass
            case _:
                lines[-1] += part
    return [line for line in lines if line]


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


def test_a_first_epoch_that_is_slow_to_start_is_not_taken_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    for pace, told in ((0.01, []), (2.0, ["at most 0:03:16 left"])):  # 98 more of 2 s
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        with TrainingProgress(1, 100) as progress:
            now[0] += 3
            for i in range(1, 4):
                progress(3, epoch(i))
                now[0] += pace
        assert re.findall("at most .* left", stream.getvalue()) == told


@pytest.mark.parametrize("fit", [True, False])
def test_the_time_that_is_left_goes_by_what_is_done_since_the_first(monkeypatch: pytest.MonkeyPatch, fit: bool) -> None:
    now, stream = [0.0], Terminal()
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with FitProgress("mf", 100) as epochs, WorkProgress() as work:
        done = (lambda count: epochs(count, 0.5)) if fit else work("visits", 100)
        for at, count in ((7.0, 1), (8.0, 11), (9.0, 51)):  # seven seconds to begin, then ten and forty a second
            now[0] = at
            done(count)
    shown = [line for line in re.split(r"\r\x1b\[2K", stream.getvalue()) if line]
    assert "left" not in shown[0]
    assert [line.split()[-2][-3:] for line in shown[1:]] == [":09", ":02"]


def test_several_runs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(io.StringIO(), monkeypatch, runs=2).startswith("seed 3  epoch 20/100")


@pytest.mark.parametrize("width", [20, 80, 200])
def test_on_a_terminal_what_moves_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    text = watched(Terminal(), monkeypatch, width=width)
    *shown, last = re.split(r"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)*", text)
    assert all(len(line) < width for lines in shown for line in lines.split("\n"))
    assert [line[:10] for line in on_screen(text)] == ["trained in"]
    assert "trained in" in last
    if width >= 80:
        assert shown[-1].startswith("epoch 60/100  loss 0.612  val 0.500  best 0.900")
        assert "━" in shown[-1] and "0:00:00 left" in shown[-1]
        curves = shown[-1].split("\n")[1]
        assert curves.startswith("loss ▁▁▁▁") and re.search(r"  val accuracy ▁+█?▁+$", curves)


def test_curves_are_drawn_as_they_are() -> None:
    assert sparkline([0.0, 7.0, 3.0, 7.0], 9) == "▁█▄█"
    assert sparkline([float("nan"), 1.0], 9) == " ▁"
    assert sparkline([*map(float, range(64))], 8) == "▁▂▃▄▅▆▇█"
