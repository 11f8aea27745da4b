"""Which column of an edge list is what."""

from dataclasses import dataclass
from itertools import islice

from mlcli.core.errors import InputError
from mlcli.readers.delimited import SPACES, Delimited
from mlcli.readers.tables import DECIMAL_COMMA, is_number
from mlcli.readers.wording import listed, quoted

END_WORDS = (
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
    ("u", "v"),
    ("i", "j"),
    ("start", "end"),
    ("head", "tail"),
    ("node1", "node2"),
    ("node_1", "node_2"),
    ("id1", "id2"),
    ("id_1", "id_2"),
    ("von", "nach"),
    ("quelle", "ziel"),
)
WEIGHT_WORDS = ("weight", "weights", "w", "value", "gewicht")
LOOKED_AT = 100  # lines below the first, for a number where the first has a word
ARROWS = ("->", "-->", "--", "-", "=>", "<->", "→", "↔")
IN_A_SHELL = {"|": "'|'", ",": ",", ";": "';'", "\t": "tab", ":": ":", "/": "/", SPACES: "space"}


@dataclass(frozen=True)
class EdgeColumns:
    """Positions of the columns that are read.

    Args:
        weight: None where no weight is read.
        header: whether the first line is one.
        width: how many columns there are.
        read: how they were found, a sentence each.
    """

    source: int
    target: int
    weight: int | None
    header: bool
    width: int
    read: tuple[str, ...]


def find_columns(text: Delimited, weighted: bool | None) -> EdgeColumns:
    """The columns of an edge list, found by its first lines.

    The first line is a header if its first two cells are no end of another edge, and it says `source,target` (or
    another pair of `END_WORDS`), has words where the second line has numbers, or has a third cell that is no number
    while below it there are numbers: `Van;Naar;Gewicht` in whatever language.

    Args:
        weighted: False reads no weights, True insists on them; None reads a column that the header calls by one of
            `WEIGHT_WORDS`, and without a header the third.

    Raises:
        InputError: there is one column only, an arrow between the ends, or no column for the weight.
    """
    (line, first), *below = islice(text.filled_rows(), 1 + LOOKED_AT)
    where = f"{text.where}:{line}"
    _check_split(text, first, where)
    second = below[0][1] if below else []
    words = [cell.lower() for cell in first]
    named_ends = next((pair for pair in END_WORDS if set(pair) <= set(words)), None)
    ends_below = [is_number(under) and not is_number(cell) for cell, under in zip(first[:2], second, strict=False)]
    weights_below = (_is_weight(cell) for _, cells in below for cell in cells[2:3])
    alone = not _recur(text, first[:2])
    header = alone and bool(
        named_ends
        or (second and all(ends_below))
        or (len(first) > 2 and not _is_weight(first[2]) and any(weights_below))
    )

    source, target = map(words.index, named_ends) if header and named_ends else (0, 1)
    others = [column for column in range(len(first)) if column not in (source, target)]
    weight = next((column for column in others if header and words[column] in WEIGHT_WORDS), None)
    if weight is None and others and (weighted or not header):
        weight = others[0]
    if weighted is False:
        weight = None
    elif weighted and weight is None:
        raise InputError("there is no third column to read a weight from", where, "write source,target,weight")

    read: list[str] = []
    names = first if header else [str(column) for column in range(1, len(first) + 1)]
    if header:
        read.append(f"the first line is a header: {first[source]}, {first[target]}")
    elif alone and second and not any(map(is_number, first[:2])):
        read.append(f"the first line is an edge, {first[0]} to {first[1]}, not a header such as source,target")
    if weight is not None:
        read.append(f"the weight is column {names[weight]}")
    if ignored := [names[column] for column in others if column != weight]:
        read.append(f"not read: {'column' if len(ignored) == 1 else 'columns'} {listed(ignored, most=9)}")
    return EdgeColumns(source, target, weight, header, len(first), tuple(read))


def _is_weight(cell: str) -> bool:
    """A number, perhaps with a decimal comma."""
    return is_number(cell) or bool(DECIMAL_COMMA.fullmatch(cell))


def _recur(text: Delimited, names: list[str]) -> bool:
    """Whether one of the first line's two names is an end of another edge too."""
    if all(text.content.count(name.encode()) == 1 for name in names):
        return False  # sure, and spares a file with a header the slow look
    return any(name in cells[:2] for _, cells in islice(text.filled_rows(), 1, None) for name in names)


def _check_split(text: Delimited, first: list[str], where: str) -> None:
    if text.content.startswith(b"%%MatrixMarket"):
        raise InputError("is a Matrix Market file, not an edge list", text.where, "write an edge a line: Ann,Bob")
    lines = [line for _, line in islice(text.lines(), 100) if line]
    marks = [mark for mark in IN_A_SHELL if mark != text.delimiter and all(mark in line for line in lines)]
    if len(first) < 2 or (text.delimiter == SPACES and "|" in marks):
        hint = f"--delimiter {IN_A_SHELL[marks[0]]} parts them" if marks else "write an edge a line: Ann,Bob"
        raise InputError(f"{quoted(lines[0])} is one column, not two names", where, hint)
    if first[1] in ARROWS:
        raise InputError(f'the second column is "{first[1]}"', where, "leave the arrows out: Ann,Bob")
