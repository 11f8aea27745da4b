"""Which column of a file of ratings is what."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from mlcli.core.errors import InputError
from mlcli.readers.delimited import Delimited
from mlcli.readers.tables import is_number
from mlcli.readers.wording import listed, quoted

USER_WORDS = ("user", "customer", "person", "reader", "listener", "viewer", "member")
ITEM_WORDS = ("item", "movie", "film", "artist", "book", "product", "song", "track", "isbn", "asin", "article")
RATING_WORDS = ("rating", "ratings", "stars", "score", "grade")
COUNT_WORDS = ("weight", "count", "counts", "plays", "listens", "times", "quantity", "clicks", "value")
TIME_WORDS = ("timestamp", "time", "date", "datetime", "unixtime", "ts")
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
        is_number(under) and not is_number(cell) for cell, under in zip(first, below[0], strict=False)
    )
    header = (user is not None and item is not None) or (numbers_below and not any(map(is_number, first)))
    names = first if header else [str(column) for column in range(1, len(first) + 1)]
    if not header or user is None or item is None:
        user, item = 0, 1
    others = [column for column in range(len(first)) if column not in (user, item)]
    if header:
        value = next((c for c in others if words[c] in (*RATING_WORDS, *COUNT_WORDS)), None)
        time = next((c for c in others if words[c] in TIME_WORDS), None)
    else:
        times = [column for column in others if _are_times(lines, column)]
        time = times[0] if times else None
        value = next((column for column in others if column not in times), None)
    read = [f"the first line is a header: {listed(first, most=6)}"] if header else []
    read += [f"columns: {names[user]} the user, {names[item]} the item"] if not header else []
    if value is not None and not header:
        read.append(f"column {names[value]} the rating or the count")
    if time is not None and not header:
        read.append(f"column {names[time]} the time")
    if ignored := [names[column] for column in others if column not in (value, time)]:
        read.append(f"not read: {'column' if len(ignored) == 1 else 'columns'} {listed(ignored, most=9)}")
    rated = words[value] in RATING_WORDS if header and value is not None else None
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
    return all(cell.isdigit() and float(cell) >= EARLIEST for cell in cells)
