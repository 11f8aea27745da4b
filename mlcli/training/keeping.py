"""What is done after each step of a run that is kept: its state is handed on when it is time, and when it must stop."""

from collections.abc import Callable

from mlcli.core.training import Epoch
from mlcli.training.fitting import Fitting
from mlcli.training.pace import Every, Pace
from mlcli.training.state import State


class Stopped(Exception):
    """A signal has ended a run, its state is handed on."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


class Keeping:
    """Called after each step.

    Args:
        keep: takes the state.
        signal: the one that has come, or 0.
    """

    def __init__(self, every: Every, keep: Callable[[State], None], signal: Callable[[], int]) -> None:
        self._pace, self._keep, self._signal = Pace(every), keep, signal

    def __call__(self, fitting: Fitting, epoch: Epoch | None) -> None:
        """Hand the state on at the end, when it is time, and when a signal has come.

        Raises:
            Stopped: one has.
        """
        signal, ranks = self._signal(), fitting.ranks
        if ranks.rank or (ranks.size > 1 and epoch is None):  # within an epoch each process holds something of its own
            return
        if self._pace.due(fitting.step, epoch and epoch.epoch) or signal or fitting.stopped:
            self._keep(fitting.state())
        if signal:
            raise Stopped(signal)
