"""Curves, scatters and pictures in characters: half blocks in colour, shades without."""

import math

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text as Line

from mlcli.lesson import Curve, Picture, Scatter, Values
from mlcli.render.heat_maps import ASCII_SHADES, SHADES, heat_map
from mlcli.render.page import MARGIN, Page
from mlcli.render.text import number

MARKS = "*+ox#@%&=~"  # one for each series or group
REFERENCE = "∙"
MOST_NAMED, LONGEST_NAME = 40, 16  # points of a scatter, columns
PLOT_ROWS, PLOT_COLUMNS, PICTURE_COLUMNS = 12, 60, 64


def picture(figure: Picture, page: Page) -> list[Line]:
    """The image shrunk to the page, two pixel rows a line; what was shrunk, and what dark and bright mean, is said."""
    H, W = figure.values.shape[:2]
    if figure.labels and (drawn := heat_map(figure, page)):
        return drawn
    columns = max(1, min(W, PICTURE_COLUMNS, page.width - len(MARGIN)))
    rows = max(1, round(H * columns / W))
    shrunk = (_strongest if figure.signed else _mean)(figure.values, rows, columns)
    pixels = np.clip((shrunk - figure.low) / ((figure.high - figure.low) or 1.0), 0, 1)
    how = "strongest" if figure.signed else "mean"
    shown = f", drawn as {rows}×{columns} by the {how} of each block" if (rows, columns) != (H, W) else ""
    dark, bright = (number(float(v), page.precision) for v in (figure.low, figure.high))
    bright = f"−{bright} or {bright}" if figure.signed else bright
    lines = page.paragraph(f"{figure.name} ({H}×{W}{shown}; dark is {dark}, bright {bright})", "dim")
    return lines + (_half_blocks(pixels) if page.colour else _shades(pixels, page))


def _mean(values: Values, rows: int, columns: int) -> Values:
    """The mean of the pixels that fall into each block: (rows, columns[, 3])."""
    tops, lefts = _edges(values, rows, columns)
    sums = np.add.reduceat(np.add.reduceat(values, tops, axis=0), lefts, axis=1)
    areas = np.outer(np.diff([*tops, len(values)]), np.diff([*lefts, values.shape[1]]))
    return sums / areas.reshape(rows, columns, *(1,) * (values.ndim - 2))


def _strongest(values: Values, rows: int, columns: int) -> Values:
    """The largest size among the pixels that fall into each block; a mean would let + and − cancel."""
    tops, lefts = _edges(values, rows, columns)
    return np.maximum.reduceat(np.maximum.reduceat(np.abs(values), tops, axis=0), lefts, axis=1)


def _edges(values: Values, rows: int, columns: int) -> tuple[Values, Values]:
    return np.arange(rows) * len(values) // rows, np.arange(columns) * values.shape[1] // columns


def _half_blocks(pixels: Values) -> list[Line]:
    colours = (np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels) * 255
    colours = colours.round().astype(int)
    lines = []
    for r in range(0, len(colours), 2):
        line = Line(MARGIN)
        for c in range(colours.shape[1]):
            top = "rgb({},{},{})".format(*colours[r, c])
            below = "rgb({},{},{})".format(*colours[r + 1, c]) if r + 1 < len(colours) else None
            line.append("▀", Style(color=top, bgcolor=below))
        lines.append(line)
    return lines


def _shades(pixels: Values, page: Page) -> list[Line]:
    shades = ASCII_SHADES if page.ascii else SHADES
    grey = pixels if pixels.ndim == 2 else pixels @ [0.299, 0.587, 0.114]
    pairs = _mean(grey, (len(grey) + 1) // 2, grey.shape[1])
    steps = np.minimum((pairs * len(shades)).astype(int), len(shades) - 1)
    return [Line(MARGIN + "".join(shades[step] for step in row)) for row in steps]


def curve(figure: Curve, page: Page) -> list[Line]:
    """The series in one frame of characters, a mark each; the legend gives first and last value of each."""
    x = np.asarray(figure.x, dtype=float)
    drawn = [_on_axis(series.values, figure.log_y) for series in figure.series]
    finite = np.concatenate([values[np.isfinite(values)] for values in drawn]) if drawn else np.array([])
    lines = page.paragraph(figure.name + (" (logarithmic axis)" if figure.log_y else ""), "dim")
    if len(finite) == 0 or len(x) == 0:
        return lines + page.paragraph("nothing to draw: no finite value")
    low, high = float(finite.min()), float(finite.max())
    labels = [_axis_label(v, figure.log_y, page) for v in (high, (low + high) / 2, low)]
    left = len(MARGIN) + max(map(len, labels))
    columns = max(8, min(PLOT_COLUMNS, page.width - left - 2))
    field = [[" "] * columns for _ in range(PLOT_ROWS)]
    free = iter(MARKS * len(drawn))
    marks = [page.plain(REFERENCE) if series.reference else next(free) for series in figure.series]
    for position, _ in figure.marks:
        for row in field:
            row[_place(position, x.min(), x.max(), columns)] = page.plain("│")
    for s, values in sorted(enumerate(drawn), key=lambda at: not figure.series[at[0]].reference):  # those go below
        for position, value in zip(x, values, strict=True):
            if math.isfinite(value):
                row = PLOT_ROWS - 1 - _place(value, low, high, PLOT_ROWS)
                field[row][_place(position, x.min(), x.max(), columns)] = marks[s]
    lines += _frame(field, labels, left, page)
    ends = f"{number(float(x.min()), page.precision)} … {number(float(x.max()), page.precision)}"
    at = "".join(f"; │ at {number(at, page.precision)}: {name}" for at, name in figure.marks)
    lines += page.paragraph(f"{figure.x_label} {ends}{at}", "dim", " " * (left + 1))
    for s, series in enumerate(figure.series):
        first, last = (number(float(series.values[i]), page.precision) for i in (0, -1))
        lines += page.paragraph(f"{marks[s]} {series.name}: first {first}, last {last}")
    return lines


def scatter(figure: Scatter, page: Page) -> list[Line]:
    """The points in one frame of characters, a mark for each group; if they are few, names where there is room."""
    points = np.asarray(figure.points, dtype=float)
    lines = page.paragraph(f"{figure.name} ({len(points):,} points)", "dim")
    if len(points) == 0:
        return lines
    groups = list(dict.fromkeys(figure.groups)) or [""]
    columns, rows = max(8, min(PLOT_COLUMNS, page.width - len(MARGIN) - 2)), PLOT_ROWS + 4
    field = [[" "] * columns for _ in range(rows)]
    places: list[tuple[int, int]] = []
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    for i, (px, py) in enumerate(points):
        mark = MARKS[groups.index(figure.groups[i]) % len(MARKS)] if figure.groups else MARKS[0]
        places.append((rows - 1 - _place(py, bottom, top, rows), _place(px, left, right, columns)))
        field[places[-1][0]][places[-1][1]] = mark
    legend = [f"{MARKS[i % len(MARKS)]} {group}" for i, group in enumerate(groups) if group]
    if len(points) <= MOST_NAMED:
        named = [_write_beside(field[r], c, page.short(label, LONGEST_NAME))
                 for (r, c), label in zip(places, figure.labels, strict=False)]  # fmt: skip
        if left_out := named.count(False):
            legend.append(f"({left_out} of {len(named)} names left out)")
    lines += _frame(field, [], len(MARGIN), page)
    return lines + (page.paragraph("   ".join(legend)) if legend else [])


def _write_beside(row: list[str], mark: int, name: str) -> bool:
    """`name` to the right of the mark, else to its left, else nowhere; a space on both of its sides stays free."""
    if not name or cell_len(name) != len(name):
        return False
    for start in (mark + 2, mark - 1 - len(name)):
        around = row[max(start - 1, 0) : start + len(name) + 1]
        own = start - 1 == mark, start + len(name) == mark
        if 0 <= start <= len(row) - len(name) and all(cell == " " for cell in around[own[0] : len(around) - own[1]]):
            row[start : start + len(name)] = name
            return True
    return False


def _frame(field: list[list[str]], labels: list[str], left: int, page: Page) -> list[Line]:
    at = {0: 0, len(field) // 2: 1, len(field) - 1: 2} if labels else {}
    lines = []
    for r, row in enumerate(field):
        label = labels[at[r]] if r in at else ""
        lines.append(page.line(f"{label:>{left}} │{''.join(row)}".rstrip()))
    return lines


def _on_axis(values: Values, log: bool) -> Values:
    values = np.asarray(values, dtype=float)
    if not log:
        return values
    return np.log10(values, where=values > 0, out=np.full(values.shape, np.nan))


def _axis_label(value: float, log: bool, page: Page) -> str:
    return f"{10**value:.0e}" if log else number(value, page.precision)


def _place(value: float, low: float, high: float, cells: int) -> int:
    return min(cells - 1, max(0, round((value - low) / ((high - low) or 1) * (cells - 1))))
