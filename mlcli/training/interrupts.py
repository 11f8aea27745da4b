"""Ctrl-C and its like, noted while training runs, so that the step is finished and the state kept before it ends."""

import signal
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from mlcli.core.errors import Interrupted

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupts:
    """A context in which a first signal is noted; a second one does what it did before.

    Args:
        signals: what is noted; one that was ignored stays so, as behind `nohup`.
        always: the second is only noted too.
    """

    def __init__(self, signals: Sequence[int] = SIGNALS, always: bool = False) -> None:
        self.signals, self.always, self.noted = signals, always, 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        """Note them from now on."""
        for number in self.signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = number
        if not self.always:
            self.__exit__(None, None, None)


def interrupted(number: int, folder: Path) -> Interrupted:
    """What is told once the state is kept."""
    return Interrupted(f"interrupted: what was done is saved in {folder}", number, f"mlcli train --resume {folder}")
