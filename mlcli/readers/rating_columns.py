"""Which column of a file of ratings is what."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from mlcli.core.errors import InputError
from mlcli.readers.delimited import Delimited
from mlcli.readers.tables import DECIMAL_COMMA, is_number
from mlcli.readers.wording import listed, quoted

USER_WORDS = ("user", "customer", "person", "reader", "listener", "viewer", "member")
ITEM_WORDS = ("item", "movie", "film", "artist", "book", "product", "song", "track", "isbn", "asin", "article")
RATING_WORDS = ("rating", "ratings", "stars", "score", "grade")
COUNT_WORDS = ("weight", "count", "counts", "plays", "listens", "times", "quantity", "clicks", "value")
TIME_WORDS = ("timestamp", "time", "date", "datetime", "unixtime", "ts")
OTHERS = (*RATING_WORDS, *COUNT_WORDS, *TIME_WORDS)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
EARLIEST = 1e8  # seconds since 1970: a third or fourth column of nothing but whole numbers from here on is of times
LOOKED_AT = 100  # lines by which columns without a header are told apart


@dataclass(frozen=True)
class RatingColumns:
    """Positions of the columns that are read.

    Args:
        value: None where the file says no more than who had what.
        time: None where there is none.
        header: whether the first line is one.
        rated: whether its word for the value is one for a rating (or for a count); None where it has none.
        width: how many columns there are.
        read: how they were found, a sentence each.
    """

    user: int
    item: int
    value: int | None
    time: int | None
    header: bool
    rated: bool | None
    width: int
    read: tuple[str, ...]


def find_columns(text: Delimited) -> RatingColumns:
    """The columns by the names that a header gives them, else user, item, value, timestamp, as far as there are any.

    The first line is a header if it names a user's and an item's column, or has words where the second has numbers.
    What the words of a header do not tell goes by its place.

    Raises:
        InputError: there is one column only.
    """
    lines = [cells for _, cells in islice(text.filled_rows(), LOOKED_AT)]
    first, below = lines[0], lines[1:]
    if len(first) < 2:
        where = f"{text.where}:{next(text.filled_rows())[0]}"
        raise InputError(f"{quoted(first[0])} is one column, not a user and an item", where, "write user,item,rating")
    words = [cell.lower().replace("_", "").removesuffix("id").removesuffix("name") for cell in first]
    user, item = _named(words, USER_WORDS), _named(words, ITEM_WORDS)
    numbers_below = bool(below) and any(
        _is_number(under) and not _is_number(cell) for cell, under in zip(first, below[0], strict=False)
    )
    named = user is not None and item is not None
    header = named or (numbers_below and not any(map(_is_number, first)))
    names = first if header else [str(column) for column in range(1, len(first) + 1)]
    if not header:
        words, user, item = [""] * len(first), 0, 1
    if user is None or item is None:  # the first that are called nothing else
        free = [column for column in range(len(first)) if column not in (user, item) and words[column] not in OTHERS]
        free += [column for column in range(len(first)) if column not in (user, item, *free)]
        user = free.pop(0) if user is None else user
        item = free.pop(0) if item is None else item
    others = [column for column in range(len(first)) if column not in (user, item)]
    value = next((c for c in others if words[c] in (*RATING_WORDS, *COUNT_WORDS)), None)
    time = next((c for c in others if words[c] in TIME_WORDS), None)
    guessed = not (named and header)
    if guessed:
        times = [column for column in others if column != value and _are_times(below if header else lines, column)]
        time = times[0] if time is None and times else time
        unnamed = (column for column in others if column not in (time, *times))
        value = next(unnamed, None) if value is None else value
    read = [f"the first line is a header: {listed(first, most=6)}"] if header else []
    alone = all(cells[0] != first[0] and cells[1:2] != first[1:2] for cells in below)
    if not header and alone and not any(map(_is_number, first[:2])):
        read.append(f"the first line is a user and an item, {first[0]} and {first[1]}, not a header such as user,item")
    read += [f"columns: {names[user]} the user, {names[item]} the item"] if guessed else []
    if value is not None and guessed:
        read.append(f"column {names[value]} the rating or the count")
    if time is not None and guessed:
        read.append(f"column {names[time]} the time")
    if ignored := [names[column] for column in others if column not in (value, time)]:
        read.append(f"not read: {'column' if len(ignored) == 1 else 'columns'} {listed(ignored, most=9)}")
    word = "" if value is None else words[value]
    rated = word in RATING_WORDS if word in (*RATING_WORDS, *COUNT_WORDS) else None
    return RatingColumns(user, item, value, time, header, rated, len(first), tuple(read))


def to_time(cell: str, where: str) -> float:
    """Seconds, or any unit that a number is in; a date such as 2024-05-01, with a time of day or without.

    Raises:
        InputError: it is neither.
    """
    if is_number(cell):
        return float(cell)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as error:
        message = f"time {quoted(cell)} is neither a number nor a date"
        raise InputError(message, where, "write seconds, or 2024-05-01 or 2024-05-01T12:30") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _named(words: list[str], known: tuple[str, ...]) -> int | None:
    return next((column for column, word in enumerate(words) if word in known or word.removesuffix("s") in known), None)


def _are_times(lines: list[list[str]], column: int) -> bool:
    cells = [cells[column] for cells in lines if len(cells) > column]
    seconds = all(cell.isdigit() and float(cell) >= EARLIEST for cell in cells)
    return seconds or all(map(DATE.match, cells))


def _is_number(cell: str) -> bool:
    """With a decimal comma too."""
    return is_number(cell) or bool(DECIMAL_COMMA.fullmatch(cell))
