"""Numbers, names and text of a file within a sentence."""

from collections.abc import Sequence


def counted(count: int, noun: str) -> str:
    """`1 edge`, `1,203 edges`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`Ann, Bob, Cid and 4 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def quoted(text: str, most: int = 60) -> str:
    """The text in quotation marks, its end left out if it is long."""
    return f'"{text}"' if len(text) <= most else f'"{text[:most]}…"'
