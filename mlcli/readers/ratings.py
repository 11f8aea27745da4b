"""Who had what: a user and an item a line, with a rating or a count, and the time, where they are known.

Users and items stand in numerical order if all their names are whole numbers, else in the order in which they first
occur. A pair that is given again is merged: of ratings the last counts, by time where it is known; counts are added.
"""

import math
from array import array
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.recommendation import Ratings, RatingSet
from mlcli.readers.delimited import Delimited, delimited
from mlcli.readers.names import by_number, whole_numbers
from mlcli.readers.rating_columns import RatingColumns, find_columns, to_time
from mlcli.readers.source import Source, read_source
from mlcli.readers.tables import to_number, with_decimal_points
from mlcli.readers.wording import counted

MOST_STEPS = 21  # different values of a scale that no header names; more of them are counts
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Rows:
    """A file's lines as they stand; `times` is empty where there are none.

    Args:
        places: the file and line of each, for errors.
        valued: there is a column of values; `rated` is what the header says of them.
    """

    name: str
    users: list[str]
    items: list[str]
    values: array
    times: array
    places: tuple[str, array]
    valued: bool
    rated: bool | None
    read: tuple[str, ...]


def read_ratings(
    path: str | Path | Source,
    test: str | Path | Source | None = None,
    *,
    rated: bool | None = None,
    delimiter: str | None = None,
) -> RatingSet:
    """Read one file, or two of the same kind.

    Args:
        test: a file of ratings to test on.
        rated: values are ratings on a scale (True) or counts (False); None goes by the header's word for them, and
            without one takes up to `MOST_STEPS` different values for a scale, and so values below 0.

    Raises:
        InputError: a line has no user or no item, or more or fewer cells than the first; a value is not a finite
            number, or a count below 0; a time is neither a number nor a date; nothing is left.
    """
    rows = _rows(delimited(read_source(path), delimiter))
    files = [rows] if test is None else [rows, _rows(delimited(read_source(test), delimiter))]
    values = np.concatenate([np.frombuffer(file.values) for file in files])
    read = list(rows.read)
    if rated is None:
        rated = rows.rated
    if rated is None:
        rated = rows.valued and (len(np.unique(values)) <= MOST_STEPS or bool((values < 0).any()))
    if rows.valued:
        read.append("values are ratings on a scale" if rated else "values are counts: any above 0 says that it was had")
    if not rated:
        _refuse_negative(files)
    users, user = _positions([name for file in files for name in file.users])
    items, item = _positions([name for file in files for name in file.items])
    timed = all(file.times for file in files)
    time = np.concatenate([np.frombuffer(file.times) for file in files]) if timed else None
    ratings = Ratings(users, items, user, item, values, rated, time)
    tested = np.arange(len(values)) >= len(rows.users)
    if not rated and not values.all():
        kept = values != 0
        read.append(f"{counted(int((~kept).sum()), 'row')} with a count of 0 left out")
        ratings, tested = _only(ratings, np.flatnonzero(kept)), tested[kept]
    ratings, tested = _merged(ratings, tested, read)
    return RatingSet(rows.name, ratings, tested if test is not None else None, tuple(read))


def _rows(text: Delimited) -> _Rows:
    columns = find_columns(text)
    lines, commas = with_decimal_points(text, (columns.user, columns.item))
    users, items, values, times, numbers = [], [], array("d"), array("d"), array("q")
    for line, cells in islice(filter(itemgetter(1), lines), 1 if columns.header else 0, None):
        where = f"{text.where}:{line}"
        user, item = _names(cells, columns, where)
        users.append(user)
        items.append(item)
        numbers.append(line)
        values.append(1.0 if columns.value is None else _value(cells[columns.value], where))
        if columns.time is not None:
            times.append(to_time(cells[columns.time], where))
    if not users:
        raise InputError("holds no rating", text.where, "write a user and an item a line: Ann,Dune,5")
    read = (*text.read, *columns.read, *commas)
    valued = columns.value is not None
    return _Rows(text.name, users, items, values, times, (text.where, numbers), valued, columns.rated, read)


def _names(cells: list[str], columns: RatingColumns, where: str) -> tuple[str, str]:
    if len(cells) != columns.width:
        message = f"{counted(len(cells), 'column')} where the first line has {columns.width}"
        raise InputError(message, where, "write a rating a line, all with as many columns")
    user, item = cells[columns.user], cells[columns.item]
    if not (user and item):
        raise InputError(f"the {'item' if user else 'user'} is empty", where, "write both names: Ann,Dune,5")
    return user, item


def _value(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    return value if math.isfinite(value) and "_" not in cell else to_number(cell, where, "the rating")


def _refuse_negative(files: list[_Rows]) -> None:
    """A count says how often an item was had."""
    for file in files:
        values = np.frombuffer(file.values)
        if (values < 0).any():
            row = int(np.argmax(values < 0))
            message = f"the count {values[row]:g} is below 0"
            raise InputError(message, f"{file.places[0]}:{file.places[1][row]}", "--ratings reads values as ratings")
    if not any(any(file.values) for file in files):
        raise InputError("every count is 0", files[0].places[0], "--ratings reads values as ratings")


def _positions(names: list[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The different names in order, and the position of each row's."""
    different = list(dict.fromkeys(names))
    if whole_numbers(different):
        different.sort(key=by_number)
    position = {name: i for i, name in enumerate(different)}
    return tuple(different), np.array([position[name] for name in names], dtype=np.int64)


def _only(ratings: Ratings, rows: NDArray[np.int64]) -> Ratings:
    """The same users and items, and of the ratings these rows."""
    user, item, value = ratings.user[rows], ratings.item[rows], ratings.value[rows]
    return replace(
        ratings, user=user, item=item, value=value, time=None if ratings.time is None else ratings.time[rows]
    )


def _merged(ratings: Ratings, tested: Mask, read: list[str]) -> tuple[Ratings, Mask]:
    """Each pair of user and item once; one to learn from is none to test on."""
    pair = ratings.user * len(ratings.items) + ratings.item
    both = tested & np.isin(pair, pair[~tested])
    if both.any():
        read.append(f"{counted(int(both.sum()), 'row')} to test on left out: to learn from is the same user and item")
        ratings, tested, pair = _only(ratings, np.flatnonzero(~both)), tested[~both], pair[~both]
    by_time = np.arange(len(pair)) if ratings.time is None else ratings.time
    order = np.lexsort((np.arange(len(pair)), by_time, pair))
    first = np.flatnonzero(np.append(True, np.diff(pair[order]) != 0))
    if len(first) == len(pair):
        return ratings, tested
    rule = "the last counts" if ratings.rated else "their counts are added"
    read.append(f"{counted(len(pair) - len(first), 'row')} for a pair of user and item that was there before: {rule}")
    last = order[np.append(first[1:], len(pair)) - 1]
    merged = _only(ratings, last)
    if not ratings.rated:
        merged = replace(merged, value=np.add.reduceat(ratings.value[order], first))
    return merged, tested[last]
