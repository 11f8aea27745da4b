"""A matrix as shades, a row for each of its rows, with their names: who looks at whom, at a glance."""

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text as Line

from mlcli.lesson import Picture
from mlcli.render.page import MARGIN, Page, to_left, to_right
from mlcli.render.text import number

SHADES, ASCII_SHADES = " ░▒▓█", " .:-=+*#%@"
LEAST_CELL, MOST_CELL = 2, 6  # columns of a cell


def heat_map(figure: Picture, page: Page) -> list[Line]:
    """The cells as wide as their columns' names; nothing where the page is too narrow for it."""
    rows, columns = figure.labels
    longest = max(map(cell_len, map(page.plain, columns)))
    sides = [page.short(row, page.width) for row in rows]
    side = max(map(cell_len, sides)) + 1
    room = (page.width - len(MARGIN) - side) // len(columns) - 1
    if room < LEAST_CELL:
        return []
    cell = max(LEAST_CELL, min(longest, room, MOST_CELL))
    dark, bright = (number(float(v), page.precision) for v in (figure.low, figure.high))
    size = "×".join(str(n) for n in figure.values.shape[:2])
    pixels = np.clip((figure.values - figure.low) / ((figure.high - figure.low) or 1.0), 0, 1)
    heads = "".join(to_right(page.short(column, cell), cell) + " " for column in columns)
    lines = page.paragraph(f"{figure.name}, as shades ({size}; dark is {dark}, bright {bright})", "dim")
    lines.append(page.line(f"{MARGIN}{' ' * side}{heads}".rstrip(), "dim"))
    for name, row in zip(sides, pixels, strict=True):
        line = page.line(MARGIN + to_left(name, side), "dim")
        for value in row:
            line.append_text(_shade(float(value), cell, page))
        lines.append(line)
    return lines


def _shade(value: float, width: int, page: Page) -> Line:
    """A cell and the gap after it."""
    if page.colour:
        grey = round(255 * value)
        return Line(" " * width, Style(bgcolor=f"rgb({grey},{grey},{grey})")).append(" ", "default")
    shades = ASCII_SHADES if page.ascii else SHADES
    return Line(shades[min(int(value * len(shades)), len(shades) - 1)] * width + " ")
