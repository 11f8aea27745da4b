"""What each kind of answer adds to the lesson of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlcli.lesson import Step


@dataclass(frozen=True, eq=False)
class Told:
    """Parts of a lesson.

    Args:
        rows: of the result: for each name its value, and what it is in words.
    """

    rules: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] = ()
    rows: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notice: tuple[str, ...] = ()
