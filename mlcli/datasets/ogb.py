"""ogbn-arxiv as the Open Graph Benchmark packs it: papers of computer science, whom they cite, what they are about.

    raw/edge.csv.gz        a line a citation: the citing paper, the cited one
    raw/node-feat.csv.gz   a line a paper: the mean of the vectors of the words in its title and abstract
    raw/node-label.csv.gz  a line a paper: its class, a number       mapping/…: what arXiv calls that class
    split/time/*.csv.gz    a line a paper of the part: its number; papers are numbered from 0

All lie in one zip, which is read in memory: nothing is unpacked to the disk, and no more than its place can hold.

Source: Hu et al., Open Graph Benchmark, NeurIPS 2020 (arXiv:2005.00687), section 4, which gives the counts.
"""

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import RequestFailed
from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets.storage import damaged

PATH = "ogbn-arxiv/arxiv.zip"
LONGEST = 25  # characters of a number, and the comma or the end of the line behind it
CATEGORY = 100  # characters of a line that names a class
PIECE = 1 << 20  # bytes that are unpacked at a time
NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(rb"[+-]?\d+")
DAMAGED = (  # what zipfile says of a damaged archive
    zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, OverflowError, zlib.error, struct.error,
)  # fmt: skip

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """How many there are of each: what the archive holds is held against them."""

    papers: int
    citations: int
    features: int
    classes: int
    train: int
    validation: int
    test: int


ARXIV = Counts(169_343, 1_166_243, 128, 40, 90_941, 29_799, 48_603)


def parse(contents: Mapping[str, bytes], counts: Counts) -> LabelledGraph:
    """The graph from the bytes of its zip, without the direction of its edges, as the published models read it.

    Args:
        contents: by path: `ogbn-arxiv/arxiv.zip`.
        counts: what it has to hold, as published.

    Raises:
        RequestFailed: it is no zip; a file in it is missing, cut, damaged, longer than it may be, or has another number
            of lines; a number is none, is not finite, or is out of its range; a paper is in the split twice.
    """
    archive, N = _Archive(contents[PATH]), counts.papers
    edges, listed = _distinct(archive.numbers("raw/edge.csv.gz", counts.citations, 2, below=N), N)
    labels = archive.numbers("raw/node-label.csv.gz", N, 1, below=counts.classes)[:, 0]
    classes = _classes(archive, counts.classes)
    parts = {"train": counts.train, "valid": counts.validation, "test": counts.test}
    train, validation, test = _split({part: _part(archive, part, count, N) for part, count in parts.items()})
    return LabelledGraph(
        name="ogbn-arxiv",
        graph=Graph(tuple(map(str, range(N))), edges, np.ones(edges.shape[1])),
        features=archive.numbers("raw/node-feat.csv.gz", N, counts.features),
        labels=labels,
        classes=classes,
        train=train,
        validation=validation,
        test=test,
        read=(listed, "the split is by year: papers up to 2017 to train on, those of 2018 to validate, later to test"),
        divided=False,
    )


class _Archive:
    """The files of a zip that holds all below `arxiv/`, each packed by gzip once more."""

    def __init__(self, content: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except DAMAGED as error:
            raise damaged("is not a zip archive, or cut off", PATH) from error

    def numbers(self, name: str, rows: int, columns: int, below: int | None = None) -> NDArray[Any]:
        """(rows, columns), float64; or int64 where the numbers are positions.

        Args:
            below: they are whole, from 0 to one less than this; None for numbers of any kind.
        """
        where, text = f"{PATH}: {name}", self.text(name, rows * columns * LONGEST)
        dtype, content = np.float64 if below is None else np.int64, text.getvalue()
        lines = content.count(b"\n") + (content[-1:] not in (b"\n", b""))
        if lines != rows:
            raise damaged(f"has {lines:,} lines, not {rows:,}", where)
        try:
            found = np.loadtxt(text, dtype=dtype, delimiter=",", comments=None, ndmin=2)
        except (ValueError, OverflowError) as error:
            raise _first_wrong(text, where, columns, below) from error
        if found.shape != (rows, columns):
            raise _first_wrong(text, where, columns, below)
        unfit = ~np.isfinite(found) if below is None else (found < 0) | (found >= below)
        if unfit.any():
            row, column = np.argwhere(unfit)[0]
            allowed = "a finite number" if below is None else f"from 0 to {below - 1:,}"
            raise damaged(f"{found[row, column]} is not {allowed}", f"{where}:{row + 1}")
        return found

    def text(self, name: str, most: int) -> io.BytesIO:
        """An unpacked file of at most so many bytes."""
        where = f"{PATH}: {name}"
        packed = self._member(name, where, most)
        text = io.BytesIO()
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                while piece := file.read(PIECE):
                    text.write(piece)
                    if text.tell() > most:
                        raise damaged(f"unpacks to more than the {most:,} bytes that it may hold", where)
        except (EOFError, zlib.error, OSError) as error:
            cut = isinstance(error, EOFError)
            raise damaged("is cut off" if cut else "is not packed by gzip, or damaged", where) from error
        text.seek(0)
        return text

    def _member(self, name: str, where: str, most: int) -> bytes:
        try:
            member = self.zip.getinfo(f"arxiv/{name}")
        except KeyError as error:
            raise damaged("is missing", where) from error
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise damaged("is encrypted, or packed in a way that no copy of it is", where)
        try:
            with self.zip.open(member) as file:
                packed = file.read(most + 1)
        except DAMAGED as error:
            raise damaged("is cut off or damaged", where) from error
        if len(packed) > most:
            raise damaged(f"unpacks to more than the {most:,} bytes that it may hold", where)
        return packed


def _first_wrong(text: io.BytesIO, where: str, columns: int, below: int | None) -> RequestFailed:
    """The first line that is not `columns` numbers, for whoever knows that there is one."""
    number = NUMBER if below is None else WHOLE
    text.seek(0)
    for place, line in enumerate(text, start=1):
        cells = line.strip().split(b",")
        wrong = [cell.decode(errors="replace") for cell in cells if not number.fullmatch(cell.strip())]
        if wrong:
            kind = "a number" if below is None else "a whole number"
            return damaged(f'"{wrong[0][:LONGEST]}" is not {kind}', f"{where}:{place}")
        if len(cells) != columns:
            return damaged(f"has {len(cells):,} numbers, not {columns:,}", f"{where}:{place}")
    return damaged("holds a number that is too large", where)


def _classes(archive: _Archive, count: int) -> tuple[str, ...]:
    """cs.NA for `0,arxiv cs na`, by number; a line of titles comes first."""
    name = "mapping/labelidx2arxivcategeory.csv.gz"
    lines = archive.text(name, (count + 1) * CATEGORY).read().decode(errors="replace").splitlines()[1:]
    named = [line.partition(",") for line in lines]
    if [(number, comma) for number, comma, _ in named] != [(str(number), ",") for number in range(count)]:
        raise damaged(f"does not name the classes 0 to {count - 1:,} in this order", f"{PATH}: {name}")
    return tuple(_as_arxiv_writes(category) for _, _, category in named)


def _as_arxiv_writes(category: str) -> str:
    """
    >>> _as_arxiv_writes("arxiv cs na")
    'cs.NA'
    """
    match category.split():
        case ["arxiv", group, subject]:
            return f"{group}.{subject.upper()}"
    return category


def _part(archive: _Archive, part: str, count: int, N: int) -> Integers:
    return archive.numbers(f"split/time/{part}.csv.gz", count, 1, below=N)[:, 0]


def _split(parts: Mapping[str, Integers]) -> list[Integers]:
    """Each part in ascending order."""
    papers, times = np.unique(np.concatenate([*parts.values()]), return_counts=True)
    if times.max(initial=1) > 1:
        twice = papers[times > 1][0]
        among = " and ".join(part for part, found in parts.items() for _ in range((found == twice).sum()))
        raise damaged(f"paper {twice} is in the split twice, in {among}", f"{PATH}: split/time")
    return [np.sort(found) for found in parts.values()]


def _distinct(citations: Integers, N: int) -> tuple[Integers, str]:
    """Each edge once, smaller end first (2, E); and what was left out."""
    small, large = np.sort(citations, axis=1).T
    keys = (small * N + large)[small != large]
    edges = np.stack(np.divmod(np.unique(keys), N))
    circles = len(citations) - len(keys)
    repeats = len(keys) - edges.shape[1]
    return edges, (
        f"{len(citations):,} citations are listed, from the citing paper to the cited: their direction is left out; "
        f"{repeats:,} repeat another or answer it and {circles:,} join a paper to itself: "
        f"{edges.shape[1]:,} distinct undirected edges remain"
    )
