"""How far long work is, between who does it and who shows it.

Symbols: a `Progress` takes what is done and how much of it there is, and gives what is called with how much is done.
"""

from collections.abc import Callable

Progress = Callable[[str, int], Callable[[int], object]]


def silent(what: str, total: int) -> Callable[[int], object]:
    """A `Progress` that shows nothing."""
    return lambda done: None
