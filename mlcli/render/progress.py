"""How far training is, on standard error: lines that move on a terminal, a line now and then elsewhere."""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from rich.console import Console

from mlcli.core.training import ACCURACY, Epoch, Score
from mlcli.render.page import Page

EVERY = 20  # epochs from one line to the next where nothing can move
BLOCKS = "▁▂▃▄▅▆▇█"
MOVES_EVERY = 0.2  # seconds
LONG = 60.0  # seconds from which the time is worth telling after the first epoch
SLOW = 5.0  # seconds that an epoch takes if it is not its start alone that takes them


class Left:
    """How long it takes yet, by what was done since the first report: what comes before that is done only once."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def seconds(self, done: float, total: float) -> float | None:
        """None where only the first is known."""
        now = time.monotonic()
        start, before = self._first = self._first or (now, done)
        return (now - start) * (total - done) / (done - before) if done > before else None


class TrainingProgress:
    """Called with a seed and its latest epoch; a context, so that what moves is gone at the end.

    On a terminal two lines: how far it is, and the curves of loss and score so far.

    Args:
        runs: how many there will be.
        most: epochs of a run at most.
        score: what the model is judged by.
        done: epochs that each seed has had before, in a training that goes on.
    """

    def __init__(self, runs: int, most: int, score: Score = ACCURACY, done: Mapping[int, int] | None = None) -> None:
        self._console = Console(stderr=True)
        self._page = Page(width=self._console.width, ascii=not self._console.encoding.startswith("utf"))
        self._runs, self._most, self._score = runs, most, score
        self._moves = self._console.is_terminal and not self._console.is_dumb_terminal
        self._start = time.monotonic()
        self._done = dict(done or {})
        self._before = sum(self._done.values())
        self._since: tuple[float, int] | None = None  # when the first epoch was done, and how many then
        self._told = False
        self._best: dict[int, float] = {}
        self._curves: dict[int, list[Epoch]] = {}
        self._lines = 0  # on the screen

    def __enter__(self) -> "TrainingProgress":
        """Nothing is shown before the first epoch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear what moves; say how long it took."""
        self._erase()
        if kind is None:
            self._console.print(f"trained in {time.monotonic() - self._start:.1f} s", highlight=False, style="dim")

    def __call__(self, seed: int, epoch: Epoch) -> None:
        """Show it."""
        self._done[seed] = epoch.epoch
        self._since = self._since or (time.monotonic(), sum(self._done.values()))
        best = self._best.get(seed, self._score.worst)
        self._best[seed] = best if self._score.better(best, epoch.validation_score) else epoch.validation_score
        if self._moves:
            self._curves.setdefault(seed, []).append(epoch)
            self._erase()
            shown = [self._bar(seed, epoch), *self._drawn(seed)]
            self._lines = len(shown)
            self._write("\n".join(shown))
        elif epoch.epoch % EVERY == 0:
            self._write(self._facts(seed, epoch) + "\n")
        elif epoch.epoch <= 2 and not self._told and (epoch.epoch == 2 or self._slow()) and self._left() > LONG:
            self._told = True
            self._write(f"{self._facts(seed, epoch)}  at most {_clock(self._left())} left\n")

    def _facts(self, seed: int, epoch: Epoch) -> str:
        run = f"seed {seed}  " if self._runs > 1 else ""
        return (
            f"{run}epoch {epoch.epoch}/{self._most}  loss {epoch.train_loss:.3f}  "
            f"val {epoch.validation_score:.3f}  best {self._best[seed]:.3f}"
        )

    def _bar(self, seed: int, epoch: Epoch) -> str:
        share = sum(self._done.values()) / (self._runs * self._most)
        facts, ending = self._facts(seed, epoch), f"at most {_clock(self._left())} left"
        room = max(0, self._page.width - len(facts) - len(ending) - 4)
        bar = self._page.plain("━" * round(room * share)).ljust(room)
        return f"{facts}  {bar} {ending}"[: self._page.width - 1]

    def _left(self) -> float:
        """Seconds, if all epochs are done: after the first by how long the others took, which is not slow to start."""
        done, (start, before) = sum(self._done.values()), self._since or (self._start, self._before)
        if done <= before:
            start, before = self._start, self._before
        return (time.monotonic() - start) * (self._runs * self._most - done) / max(1, done - before)

    def _slow(self) -> bool:
        return time.monotonic() - self._start >= SLOW

    def _drawn(self, seed: int) -> list[str]:
        """The curves, where there is room and the console knows the signs."""
        told, each = self._curves[seed], (self._page.width - 30) // 2
        if self._page.ascii or each < 8 or len(told) < 2:
            return []
        loss, score = ([getattr(epoch, name) for epoch in told] for name in ("train_loss", "validation_score"))
        return [f"loss {sparkline(loss, each)}  val {self._score.name[:13]} {sparkline(score, each)}"]

    def _erase(self) -> None:
        if self._moves:
            self._write("\r\x1b[2K" + "\x1b[1A\x1b[2K" * (self._lines - 1))
            self._lines = 0

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def sparkline(values: Sequence[float], most: int) -> str:
    """The curve of `values` in one line, `most` columns at most; of several in a column the last.

    >>> sparkline([1.0, 2.0, 8.0], 20), sparkline([3.0, 3.0], 20), len(sparkline([*map(float, range(99))], 20))
    ('▁▂█', '▁▁', 20)
    """
    count = min(most, len(values))
    some = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    finite = [value for value in some if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    step = (high - low) / (len(BLOCKS) - 1) or 1.0
    return "".join(BLOCKS[round((value - low) / step)] if math.isfinite(value) else " " for value in some)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


class WorkProgress:
    """How far long work is: a line that moves on a terminal, and nothing elsewhere; a context, so that it is gone then.

    >>> with WorkProgress() as progress:
    ...     done = progress("walks", 200)
    ...     done(100)
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._page = Page(width=self._console.width, ascii=not self._console.encoding.startswith("utf"))
        self._moves = self._console.is_terminal and not self._console.is_dumb_terminal
        self._shown = 0.0

    def __enter__(self) -> "WorkProgress":
        """Nothing is shown before there is something to tell."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the line."""
        self._write("")

    def __call__(self, what: str, total: int) -> Callable[[int], None]:
        """A function to call with how many of `total` are done."""
        clock = Left()

        def done(count: int) -> None:
            now, left = time.monotonic(), clock.seconds(count, total)
            if self._moves and now - self._shown >= MOVES_EVERY and count:
                self._shown = now
                facts, ending = f"{what} {count:,} of {total:,}", "" if left is None else f"{_clock(left)} left"
                room = max(0, self._page.width - len(facts) - len(ending) - 4)
                bar = self._page.plain("━" * round(room * count / total)).ljust(room)
                self._write(f"{facts}  {bar} {ending}"[: self._page.width - 1])

        return done

    def _write(self, text: str) -> None:
        if self._moves:
            sys.stderr.write("\r\x1b[2K" + text)
            sys.stderr.flush()
