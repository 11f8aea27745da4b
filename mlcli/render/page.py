"""The page that figures are drawn on: its width, its precision, what its console can show."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text as Line

from mlcli.render.text import safe, to_ascii

TAKES_PART, RESULT, WARNING = "yellow", "green", "red"
MARGIN = " " * 5  # figures stand this far in, the labels of facts two
FACT_LABEL = 9
MOST_ROWS = 12  # of a tensor, and twice as many of a table; beyond, the middle is left out
LEAST_TEXT = 24  # columns for the text beside a label; with fewer it goes below the label

Rows = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """How wide, how many decimals, whether signs beyond ASCII and colours can be shown."""

    width: int = 80
    precision: int = 3
    ascii: bool = False
    colour: bool = False

    def plain(self, text: str) -> str:
        """`text` safe to show, in ASCII where the console knows no more."""
        return to_ascii(safe(text)) if self.ascii else safe(text)

    def short(self, label: str, most: int) -> str:
        """A label of a row or column: plain, and cut where it is longer than `most` or a quarter of the page."""
        plain, cut, most = self.plain(label), self.plain("…"), min(most, self.width // 4)
        return plain if cell_len(plain) <= most else set_cell_size(plain, max(most - len(cut), 1)) + cut

    def line(self, text: str, style: str = "") -> Line:
        """One line as it is; `paragraph` wraps."""
        return Line(self.plain(text), style)

    def paragraph(self, text: str, style: str = "", indent: str = MARGIN) -> list[Line]:
        """Text wrapped at spaces, every line indented alike."""
        return self._hanging([("", text)], indent, 0, style)

    def facts(self, rows: Rows, style: str = "") -> list[Line]:
        """Named sentences, labels in the column that all facts of a lesson share; a repeated label stands once."""
        return self._hanging(rows, "  ", FACT_LABEL, style)

    def equations(self, rows: Rows) -> list[Line]:
        """A symbol, then what it equals, wrapped below itself."""
        rows = list(rows)
        return self._hanging(rows, MARGIN, max(cell_len(self.plain(label)) for label, _ in rows) + 1)

    def _hanging(self, rows: Rows, indent: str, label_width: int, style: str = "") -> list[Line]:
        beside = self.width - len(indent) - label_width >= LEAST_TEXT
        lead = indent + " " * (label_width if beside else 2 if label_width else 0)
        lines: list[Line] = []
        previous = ""
        for label, text in rows:
            shown = "" if label == previous else self.plain(label)
            previous = label
            wrapped = wrap(self.plain(text), max(self.width - len(lead), 1))
            if shown and not beside:
                lines += [Line(indent + part, "dim") for part in wrap(shown, max(self.width - len(indent), 1))]
            for i, part in enumerate(wrapped):
                line = Line(lead)
                if shown and beside and i == 0:
                    line = Line(indent).append(to_left(shown, label_width), "dim")
                lines.append(line.append(part, style))
        return lines


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at spaces where it has any."""
    if not text:
        return [""]
    console = Console(width=width, color_system=None)
    return [line.plain.rstrip() for line in Line(text).wrap(console, width)]


def to_left(text: str, width: int) -> str:
    """`text` at the left of `width` columns."""
    return text + " " * (width - cell_len(text))


def to_right(text: str, width: int) -> str:
    """`text` at the right of `width` columns."""
    return " " * (width - cell_len(text)) + text


def kept(size: int, most: int) -> list[int | None]:
    """Positions that are shown; None stands for the middle that is left out.

    >>> kept(3, 5), kept(100, 5)
    ([0, 1, 2], [0, 1, None, 98, 99])
    """
    if size <= most:
        return list(range(size))
    first = (most - 1) * 2 // 3
    return [*range(first), None, *range(size - (most - 1 - first), size)]
