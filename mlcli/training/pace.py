"""How often the state of a run is kept: by the clock, which costs little however fast the steps are; or by count."""

import re
import time
from dataclasses import dataclass

from mlcli.core.errors import InputError

SECONDS = {"s": 1, "m": 60, "h": 3600}
WORDS = re.compile(r"(\d{1,9}) *(s|m|h|epochs?|steps?)")


@dataclass(frozen=True)
class Every:
    """So many seconds, epochs or steps.

    Args:
        unit: "seconds", "epochs" or "steps".
    """

    count: int
    unit: str


def every(text: str) -> Every:
    """What the user means.

    >>> every("5m"), every("10 epochs")
    (Every(count=300, unit='seconds'), Every(count=10, unit='epochs'))

    Raises:
        InputError: it is no such thing.
    """
    found = WORDS.fullmatch(text.strip())
    if found is None or (int(found[1]) == 0 and found[2] not in SECONDS):
        raise InputError(
            f'"{text}" does not say how often', "--checkpoint-every", "such as 30s, 5m, 10epochs, 200steps"
        )
    count, unit = int(found[1]), found[2]
    if unit in SECONDS:
        return Every(count * SECONDS[unit], "seconds")
    return Every(count, f"{unit.rstrip('s')}s")


class Pace:
    """Says when it is time again."""

    def __init__(self, every: Every) -> None:
        self.every, self._last = every, time.monotonic()

    def due(self, step: int, epoch: int | None) -> bool:
        """
        Args:
            step: steps done.
            epoch: the one that has just ended, if one has.
        """
        match self.every.unit:
            case "seconds":
                if time.monotonic() - self._last < self.every.count:
                    return False
                self._last = time.monotonic()
                return True
            case "epochs":
                return epoch is not None and epoch % self.every.count == 0
        return step % self.every.count == 0
