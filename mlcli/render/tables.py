"""Tables in the terminal."""

from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text as Line

from mlcli.lesson import Table
from mlcli.render.page import LEAST_TEXT, MARGIN, MOST_ROWS, RESULT, Page, kept, to_left, to_right, wrap
from mlcli.render.text import LEAST_IN_A_VECTOR, MOST_IN_A_VECTOR, column


def draw_table(table: Table, page: Page) -> list[Line]:
    """Columns as wide as their cells; if narrow, vectors are cut, the widest text is wrapped, or each row is a list."""
    heads = [page.plain(head) for head in table.columns]
    right = [all(isinstance(row[i], int | float | None) for row in table.rows) for i in range(len(heads))]
    title = page.paragraph(table.name, "dim") if table.name else []
    for most in (MOST_IN_A_VECTOR, LEAST_IN_A_VECTOR):
        columns = [column([row[i] for row in table.rows], page.precision, most) for i in range(len(heads))]
        rows = [[page.plain(text) for text in row] for row in zip(*columns, strict=True)]
        widths = [max(cell_len(text) for text in [head, *(row[i] for row in rows)]) for i, head in enumerate(heads)]
        excess = len(MARGIN) + sum(widths) + 2 * (len(widths) - 1) - page.width
        if excess <= 0:
            break
    if excess > 0:
        widest = max((i for i in range(len(heads)) if not right[i]), key=lambda i: widths[i], default=0)
        if right[widest] or widths[widest] - excess < LEAST_TEXT:
            return title + _narrow_table(heads, rows, page)
        widths[widest] -= excess

    def lines(cells: list[str], style: str = "") -> list[Line]:
        wrapped = [wrap(text, width) for text, width in zip(cells, widths, strict=True)]
        out = []
        for parts in zip_longest(*wrapped, fillvalue=""):
            padded = [to_right(part, w) if r else to_left(part, w)
                      for part, w, r in zip(parts, widths, right, strict=True)]  # fmt: skip
            out.append(Line((MARGIN + "  ".join(padded)).rstrip(), style))
        return out

    out = title + (lines(heads, "dim") if any(heads) else [])
    for r in kept(len(rows), len(rows) if table.whole else 2 * MOST_ROWS):
        out += page.paragraph("…") if r is None else lines(rows[r], RESULT if r in table.marked else "")
    return out


def _narrow_table(heads: list[str], rows: list[list[str]], page: Page) -> list[Line]:
    lines: list[Line] = []
    for row in rows:
        pairs = [(head, text) for head, text in zip(heads, row, strict=True) if text]
        lines += page.equations([("•", ", ".join(f"{head} {text}".strip() for head, text in pairs))])
    return lines
