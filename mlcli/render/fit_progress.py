"""How far a fit is that has epochs and a loss: a line that moves on a terminal, nothing elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console

from mlcli.render.progress import Left

EVERY = 0.1  # seconds from one drawing to the next


class FitProgress:
    """Called with each epoch and its loss; a context, so that the line is gone at the end.

    Args:
        what: is fitted.
        most: epochs there will be.
    """

    def __init__(self, what: str, most: int) -> None:
        console = Console(stderr=True)
        self._moves = console.is_terminal and not console.is_dumb_terminal
        self._what, self._most, self._width = what, most, console.width
        self._left, self._drawn = Left(), time.monotonic()

    def __enter__(self) -> "FitProgress":
        """Nothing is shown before the first epoch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the line."""
        self._write("")

    def __call__(self, epoch: int, loss: float) -> None:
        """Show it, if the last is long enough ago."""
        now, left = time.monotonic(), self._left.seconds(epoch, self._most)
        if now - self._drawn >= EVERY:
            self._drawn = now
            ending = "" if left is None else f"  {round(left) // 60}:{round(left) % 60:02} left"
            self._write(f"{self._what}  epoch {epoch:,}/{self._most:,}  loss {loss:.3f}{ending}")

    def _write(self, text: str) -> None:
        if self._moves:
            sys.stderr.write("\r\x1b[2K" + text[: self._width - 1])
            sys.stderr.flush()
