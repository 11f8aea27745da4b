"""What files call things, and the order in which names stand."""

import re
from collections.abc import Iterable

NAME_WORDS = ("", "node", "id", "name", "index")  # what a header calls a column of names
WHOLE = re.compile(r"-?[0-9]{1,18}")  # fits 64 bits


def whole_numbers(names: Iterable[str]) -> bool:
    """Whether every name is a whole number, so that 2 should stand before 10."""
    return all(map(WHOLE.fullmatch, names))


def by_number(name: str) -> tuple[int, str]:
    """The key to sort whole numbers by; 7 and 007 are two names."""
    return int(name), name
