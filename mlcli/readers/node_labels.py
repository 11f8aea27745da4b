"""Which class each node is of: `Ann,chess` a line, with train, val or test in a third column if the learner likes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mlcli.core.errors import InputError
from mlcli.core.names import nearest
from mlcli.readers.delimited import Delimited, delimited
from mlcli.readers.names import NAME_WORDS, by_number, whole_numbers
from mlcli.readers.source import read_source
from mlcli.readers.wording import counted, listed, quoted

LABEL_WORDS = ("label", "labels", "class", "y", "group", "category")
SPLIT_WORDS = ("split", "part", "set")
PARTS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
UNKNOWN = ("", "?", "-1")
MOST_NAMED = 5  # nodes that are left out


@dataclass(frozen=True)
class LabelColumns:
    """Positions of the columns that are read; the node's name is the first.

    Args:
        split: None where the file does not say.
        header: whether the first line is one.
        width: how many columns there are.
        read: how they were found, a sentence each.
    """

    label: int
    split: int | None
    header: bool
    width: int
    read: tuple[str, ...]


@dataclass(frozen=True)
class NodeLabels:
    """The classes of nodes by their names.

    Args:
        where: the file as the user typed it, for errors.
        labels: a class, or None where it is unknown, for each name in the file.
        parts: `train`, `val` or `test` for the names that have one; None if the file does not say.
        classes: in numerical order if they are whole numbers, else in that of the alphabet.
        read: what was done to the file while reading it, a sentence each.
    """

    where: str
    labels: dict[str, str | None]
    parts: dict[str, str] | None
    classes: tuple[str, ...]
    read: tuple[str, ...]

    def without(self, strangers: Collection[str]) -> "NodeLabels":
        """What is known of the other nodes.

        Raises:
            InputError: their classes are fewer than two.
        """
        labels = {name: label for name, label in self.labels.items() if name not in strangers}
        parts = self.parts and {name: part for name, part in self.parts.items() if name not in strangers}
        left = {label for label in labels.values() if label is not None}
        refuse_few_classes(left, self.where)
        return replace(self, labels=labels, parts=parts, classes=tuple(name for name in self.classes if name in left))


def read_labels(path: str | Path, nodes: frozenset[str]) -> NodeLabels:
    """The labels in `path`: a node's name, its class, and perhaps its part of the split.

    A first line is a header if its first cell is no node, and it says `node`, `label` or the like, or its second cell
    is no other node's label. It may name the columns `label` and `split` in any order.

    Args:
        nodes: the names that are known from the other files.

    Raises:
        InputError: the file cannot be read (see `read_source`, `delimited`); there is one column only; a row has more
            or fewer cells than the first; a node is there twice; there are fewer than two classes; a part of the split
            is none of `PARTS`, or is given to a node without a label.
    """
    text = delimited(read_source(path))
    columns = find_columns(text, nodes)
    labels: dict[str, str | None] = {}
    parts: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, cells in islice(text.filled_rows(), 1 if columns.header else 0, None):
        where = f"{text.where}:{line}"
        if len(cells) != columns.width:
            message = f"{counted(len(cells), 'column')} where the first line has {columns.width}"
            raise InputError(message, where, "write a node and its class a line: Ann,chess")
        name = cells[0]
        if name in lines:
            raise InputError(f"{quoted(name)} is labelled on line {lines[name]} already", where, "label each node once")
        lines[name] = line
        labels[name] = None if cells[columns.label] in UNKNOWN else cells[columns.label]
        part = "" if columns.split is None else cells[columns.split]
        if part and part.lower() not in PARTS:
            raise InputError(f"{quoted(part)} is no part of a split", where, "write train, val, test or nothing")
        if part and labels[name] is None:
            raise InputError(f"{quoted(name)} is in the split without a label", where, "leave its part empty too")
        if part:
            parts[name] = PARTS[part.lower()]

    classes = {name for name in labels.values() if name is not None}
    refuse_few_classes(classes, text.where)
    ordered = tuple(sorted(classes, key=by_number) if whole_numbers(classes) else sorted(classes))
    split = None if columns.split is None else parts
    return NodeLabels(text.where, labels, split, ordered, text.read + columns.read)


def refuse_few_classes(classes: Collection[str], where: str) -> None:
    """
    Raises:
        InputError: there are fewer than two.
    """
    if len(classes) < 2:
        found = f"only one class: {quoted(next(iter(classes)))}" if classes else "no class"
        raise InputError(f"holds {found}", where, "write a node and its class a line: Ann,chess")


def left_out(strangers: Sequence[str], lack: str, nodes: Sequence[str]) -> str:
    """A sentence on labelled nodes that are none of `nodes`, so that a name that was mistyped is seen.

    Args:
        lack: what they would need.

    >>> left_out(["Bem", "Zoe"], "no edge", ["Ann", "Ben"])
    '2 nodes have a label but no edge, left out: Bem (or is it Ben?), Zoe'
    """
    told = []
    for name in strangers[:MOST_NAMED]:
        near = nearest(name, nodes)
        told.append(f"{name} (or is it {near[0]}?)" if near else name)
    have = "has" if len(strangers) == 1 else "have"
    names = listed([*told, *strangers[MOST_NAMED:]], MOST_NAMED)
    return f"{counted(len(strangers), 'node')} {have} a label but {lack}, left out: {names}"


def find_columns(text: Delimited, nodes: frozenset[str]) -> LabelColumns:
    """See `read_labels`.

    Raises:
        InputError: there is one column only, or none for the label.
    """
    rows = text.filled_rows()
    line, first = next(rows)
    if len(first) < 2:
        hint = "write a node and its class a line: Ann,chess"
        raise InputError(f"{quoted(first[0])} is one column, not a node and its label", f"{text.where}:{line}", hint)
    words = [cell.lower() for cell in first]
    header = first[0] not in nodes and (
        words[0] in NAME_WORDS
        or any(word in LABEL_WORDS for word in words[1:])
        or all(first[1] not in cells[1:2] for _, cells in rows)
    )
    names = first if header else [str(column) for column in range(1, len(first) + 1)]
    split = 2 if not header and len(first) > 2 else None
    if header:
        split = next((column for column, word in enumerate(words) if column and word in SPLIT_WORDS), None)
    others = [column for column in range(1, len(first)) if column != split]
    if not others:
        raise InputError("has no column for the label", f"{text.where}:{line}", "write node,label,split")
    label = next((column for column in others if header and words[column] in LABEL_WORDS), others[0])

    read = [f"the first line is a header: {', '.join(first)}"] if header else []
    if split is not None:
        read.append(f"the split is column {names[split]}")
    if ignored := [names[column] for column in others if column != label]:
        read.append(f"not read: {'column' if len(ignored) == 1 else 'columns'} {listed(ignored, most=9)}")
    return LabelColumns(label, split, header, len(first), tuple(read))
