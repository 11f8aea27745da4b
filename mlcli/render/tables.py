"""Tables in the terminal."""

from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text as Line

from mlcli.lesson import Table
from mlcli.render.page import LEAST_TEXT, MARGIN, MOST_ROWS, RESULT, Page, kept, to_left, to_right, wrap
from mlcli.render.text import LEAST_IN_A_VECTOR, MOST_IN_A_VECTOR, column

LEAST_WORD = 10  # columns to which a text is narrowed


def draw_table(table: Table, page: Page) -> list[Line]:
    """Columns as wide as their cells; if narrow, vectors are cut, the widest texts wrapped, or each row is a list."""
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
        texts = [all(isinstance(row[i], str | None) for row in table.rows) for i in range(len(heads))]
        least = [min(width, max(LEAST_WORD, min(LEAST_TEXT, -(-width // 2)))) if text else width
                 for width, text in zip(widths, texts, strict=True)]  # fmt: skip
        for _ in range(excess):
            widest = max(range(len(heads)), key=lambda i: (widths[i] > least[i], widths[i]))
            if widths[widest] <= least[widest]:
                return title + _narrow_table(heads, rows, page)
            widths[widest] -= 1

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
        facts = (f"{head}{':' * (' ' in head + text)} {text}" if head else text for head, text in pairs)
        lines += page.equations([("•", ", ".join(facts))])
    return lines
