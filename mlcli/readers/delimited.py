"""Text files of rows and cells: CSV, TSV, semicolons, or columns set apart by spaces.

A row is a line: a quoted cell ends where its line does. Cells are kept as they stand, without the spaces around them.
"""

import codecs
import csv
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter

from mlcli.core.errors import InputError
from mlcli.readers.source import Source
from mlcli.readers.wording import counted, quoted

SPACES = " "  # as a delimiter: any run of white space
IN_WORDS = {"tab": "\t", "\\t": "\t", "space": SPACES, "comma": ",", "semicolon": ";"}
NEARLY_ALL = 0.9
GZIP = b"\x1f\x8b"
NO_TEXT = {
    b"PK\x03\x04": "a zip archive, such as a spreadsheet",
    GZIP: "compressed",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF",
}
Row = tuple[int, list[str]]  # line number, cells


@dataclass(frozen=True)
class Delimited:
    """A text file as rows of cells.

    Args:
        name, where: see `Source`.
        delimiter: one character; `SPACES` stands for any run of white space.
        comments: a line that begins with one of these characters is skipped.
        content: UTF-8, lines ended by a line feed.
        read: what was done to the text while reading it, a sentence each.
    """

    name: str
    where: str
    delimiter: str
    comments: str
    content: bytes = field(repr=False)
    read: tuple[str, ...] = ()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of each line that is no comment."""
        text = io.TextIOWrapper(io.BytesIO(self.content), "utf-8", newline="\n")
        for number, line in enumerate(text, start=1):
            line = line.strip(" \n")
            if not line or line[0] not in self.comments:
                yield number, line

    def rows(self) -> Iterator[Row]:
        """Number and cells of each line that is no comment; a line without a value has no cells.

        Raises:
            InputError: a quote is not closed on its line.
        """
        delimiter = self.delimiter
        nothing = delimiter + " \t"
        for number, line in self.lines():
            if '"' in line:
                yield number, self._quoted(number, line)
            elif not line.strip(nothing):
                yield number, []
            elif delimiter == SPACES:
                yield number, line.split()
            else:
                yield number, [cell.strip(" \t") for cell in line.split(delimiter)]

    def filled_rows(self) -> Iterator[Row]:
        """The rows that have cells."""
        return filter(itemgetter(1), self.rows())

    def _quoted(self, number: int, line: str) -> list[str]:
        if self.delimiter == SPACES:
            line = line.replace("\t", " ").strip()
        try:
            return next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=True, strict=True))
        except csv.Error as error:
            hint = 'a cell that begins with " ends with one on the same line; "" stands for one inside it'
            raise InputError("the quotes do not match", f"{self.where}:{number}", hint) from error


def delimited(source: Source, delimiter: str | None = None, comments: str = "#") -> Delimited:
    """The rows of a text file.

    Args:
        delimiter: one character or a word of `IN_WORDS`; None finds it: the first of tab, semicolon, comma and spaces
            that stands in `NEARLY_ALL` of the first hundred lines, else the one that stands in most.
        comments: a line that begins with one of these characters is skipped.

    Raises:
        InputError: the file is no text, neither UTF-8 nor marked as UTF-16, or has no line but comments; `delimiter`
            is more than one character.
    """
    if delimiter is not None:
        delimiter = IN_WORDS.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            message = f"{quoted(delimiter)} is not one character"
            raise InputError(message, "--delimiter", "give one, or a word: tab, space")
    content, read = _in_utf8(source)
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    skipped = len(re.findall(rb"^ *[%s]" % re.escape(comments).encode(), content, re.MULTILINE))
    if skipped:
        read.append(f"{counted(skipped, 'comment line')} skipped")
    text = Delimited(source.name, source.where, delimiter or SPACES, comments, content, tuple(read))
    sample = list(islice((line for _, line in text.lines() if line), 100))
    if not sample:
        raise InputError("holds only empty lines and comments", source.where, "write a row a line")
    return text if delimiter else replace(text, delimiter=_likely_delimiter(sample))


def _in_utf8(source: Source) -> tuple[bytes, list[str]]:
    """The text in UTF-8 without a byte order mark, and what to say of it."""
    content = source.content
    for mark, kind in NO_TEXT.items():
        if content.startswith(mark):
            hint = f"unpack it first: gunzip -k {shlex.quote(source.where)}" if mark == GZIP else "save it as CSV"
            raise InputError(f"is not text: it is {kind}", source.where, hint)
    encoding = "UTF-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "UTF-8"
    if encoding == "UTF-8" and b"\0" in content:
        raise InputError(f"is not text: byte {content.index(0):,} is zero", source.where, "save it as CSV, in UTF-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start:,} (0x{content[error.start]:02X}) is not {encoding}"
        raise InputError(message, f"{source.where}:{line}", "save it as UTF-8") from error
    if encoding == "UTF-16":
        return text.encode(), ["the text is UTF-16"]
    return content.removeprefix(codecs.BOM_UTF8), []


def _likely_delimiter(sample: list[str]) -> str:
    """Semicolons before commas, which may be decimal ones; commas before spaces, which may be parts of names."""
    bare = [re.sub('"[^"]*"', "quoted", line).strip() for line in sample]
    share = {delimiter: sum(delimiter in line for line in bare) / len(bare) for delimiter in ("\t", ";", ",")}
    share[SPACES] = sum(" " in line or "\t" in line for line in bare) / len(bare)
    for delimiter, lines in share.items():
        if lines >= NEARLY_ALL:
            return delimiter
    return max(share, key=lambda delimiter: share[delimiter]) if any(share.values()) else SPACES
