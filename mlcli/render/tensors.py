"""Tensors in the terminal: matrices of aligned numbers, side by side with the signs between them where they fit."""

from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len
from rich.text import Text as Line

from mlcli.lesson import Tensor
from mlcli.render.page import MARGIN, MOST_ROWS, RESULT, TAKES_PART, Page, kept, to_left, to_right
from mlcli.render.text import number, numbers

MOST_COLUMNS = 30
FEWEST_COLUMNS = 8  # of a row of names: where fewer fit side by side, they run on


@dataclass(frozen=True)
class _Grid:
    """A matrix ready to be printed: cells as text, all of one width; `marked` in the same shape."""

    title: str
    rows: list[list[str]]
    marked: list[list[bool]]
    heads: list[str]
    sides: list[str]
    left_out: str

    @property
    def cell_width(self) -> int:
        """Columns of the widest cell."""
        brackets = 2 if any(any(row) for row in self.marked) else 0
        cells = brackets + max((cell_len(text) for row in self.rows for text in row), default=0)
        return max([cells, *map(cell_len, self.heads)])

    @property
    def side_width(self) -> int:
        """Columns of the row labels."""
        return max(map(cell_len, self.sides), default=0)

    @property
    def width(self) -> int:
        """Columns of it all."""
        columns = len(self.rows[0]) if self.rows else 0
        return max(cell_len(self.title), self.side_width + columns * (self.cell_width + 1))


def draw_tensor(tensor: Tensor, page: Page) -> list[Line]:
    """A scalar as name = value, a vector as a row, a stack as its matrices below each other."""
    if tensor.values.ndim == 0:
        value = number(float(tensor.values), page.precision)
        return page.paragraph(f"{tensor.name} = {value}", RESULT)
    lines: list[Line] = []
    for matrix in _matrices(tensor):
        size = "×".join(str(n) for n in matrix.values.shape)
        named = replace(matrix, name=f"{matrix.name} ({size})")
        grid = _grid(named, page, page.width - len(MARGIN))
        if (
            named.letters is not None
            and named.letters.ndim == 1
            and len(grid.rows[0]) < FEWEST_COLUMNS < named.letters.size
        ):
            lines += _running_on(named, page)
        else:
            lines += _titled(grid, page)
    return lines


def _running_on(row: Tensor, page: Page) -> list[Line]:
    """Names too wide to stand side by side: each after its head, as many as would stand there were they short."""
    assert row.letters is not None
    heads = row.labels[0] if row.labels else None
    cells = []
    for c in kept(row.letters.size, MOST_COLUMNS):
        if c is None:
            cells.append("…")
            continue
        name = f"[{row.letters[c]}]" if (c,) in row.marked else str(row.letters[c])
        cells.append(f"{heads[c]} {name}" if heads else name)
    left_out = page.paragraph("… left out: see --json", "dim") if "…" in cells else []
    return page.paragraph(row.name, "dim") + page.paragraph("; ".join(cells)) + left_out


def _matrices(tensor: Tensor) -> list[Tensor]:
    """A stack as its matrices, each named by its place: A[0], A[1]; a vector as one row."""
    if tensor.values.ndim <= 2:
        return [tensor]
    lead = tensor.values.ndim - 2
    names = tensor.labels[:lead] if tensor.labels else (None,) * lead
    out = []
    for place in np.ndindex(tensor.values.shape[:lead]):
        marked = tuple(mark[lead:] for mark in tensor.marked if mark[:lead] == place)
        index = "".join(f"[{labels[i] if labels else i}]" for i, labels in zip(place, names, strict=True))
        letters = None if tensor.letters is None else tensor.letters[place]
        name = tensor.name if tensor.values.shape[:lead] == (1,) * lead else tensor.name + index
        out.append(Tensor(name, tensor.values[place], tensor.axes[lead:], tensor.labels[lead:], letters, marked))
    return out


def _grid(tensor: Tensor, page: Page, width: int) -> _Grid:
    """Only cells that may be shown are turned into text: a tensor may have millions."""
    R, C = (1, *tensor.values.shape)[-2:]
    rows, candidates = kept(R, MOST_ROWS), [c for c in kept(C, MOST_COLUMNS) if c is not None]
    texts = _texts(tensor, [r for r in rows if r is not None], candidates, page)
    side_labels, head_labels = [*(None,) * (2 - len(tensor.labels)), *tensor.labels]
    sides = ["…" if r is None else page.short(side_labels[r], width) for r in rows] if side_labels else []
    side_width = max(map(cell_len, sides), default=-1) + 1
    cell_width = max(map(cell_len, texts.values()), default=0) + 2 * bool(tensor.marked)
    room = max(cell_width, (width - side_width) // (len(candidates) or 1) - 1)  # a head's, with all columns shown
    heads: dict[int | None, str] = {c: page.short(head_labels[c], room) for c in candidates} if head_labels else {}
    cell_width = max([cell_width, *map(cell_len, heads.values())])
    columns = kept(C, min(MOST_COLUMNS, max(2, (width - side_width) // (cell_width + 1))))
    marked = {(0, *mark) if len(mark) == 1 else mark for mark in tensor.marked}
    return _Grid(
        title=page.plain(tensor.name),
        rows=[[page.plain(texts.get((r, c), "…")) for c in columns] for r in rows],
        marked=[[(r, c) in marked for c in columns] for r in rows],
        heads=[page.plain(heads.get(c, "…")) for c in columns] if heads else [],
        sides=[page.plain(side) + " " for side in sides],
        left_out=page.plain("… left out: see --json") if None in rows + columns else "",
    )


def _texts(tensor: Tensor, rows: list[int], columns: list[int], page: Page) -> dict[tuple[int | None, int | None], str]:
    """Each of these cells as text, by its place."""
    cells = np.atleast_2d(tensor.values if tensor.letters is None else tensor.letters)[np.ix_(rows, columns)]
    texts = numbers(cells, page.precision) if tensor.letters is None else cells
    return {
        (r, c): str(text) for r, line in zip(rows, texts, strict=True) for c, text in zip(columns, line, strict=True)
    }


def _titled(grid: _Grid, page: Page) -> list[Line]:
    return page.paragraph(grid.title, "dim") + [Line(MARGIN) + line for line in _cells(grid, page)]


def _cells(grid: _Grid, page: Page) -> list[Line]:
    lines: list[Line] = []
    if grid.heads:
        heads = [" " * grid.side_width + "".join(f" {to_right(head, grid.cell_width)}" for head in grid.heads)]
        lines += [page.line(head, "dim") for head in heads]
    for i, row in enumerate(grid.rows):
        line = page.line(to_left(grid.sides[i], grid.side_width) if grid.sides else "", "dim")
        for text, marked in zip(row, grid.marked[i], strict=True):
            bracketed = f"[{text}]" if marked else f"{text} " if any(map(any, grid.marked)) else text
            line.append(" " + to_right(bracketed, grid.cell_width), TAKES_PART if marked else "")
        lines.append(line)
    return lines + ([page.line(grid.left_out, "dim")] if grid.left_out else [])


def draw_row(tensors: list[Tensor], page: Page) -> list[Line]:
    """Tensors and the signs between them side by side, a row for each channel; below each other on a narrow page."""
    signs = [tensor.sign for tensor in tensors]
    stacks = [_matrices(tensor) for tensor in tensors]
    if len({len(stack) for stack in stacks}) > 1:
        return [line for tensor in tensors for line in draw_tensor(tensor, page)]
    lines: list[Line] = []
    for channel, matrices in enumerate(zip(*stacks, strict=True)):
        if len(stacks[0]) > 1:
            labels = tensors[0].labels[0] if tensors[0].labels else None
            lines.append(page.line(f"{MARGIN}{labels[channel] if labels else channel}"))
            matrices = [replace(matrix, name=tensor.name) for matrix, tensor in zip(matrices, tensors, strict=True)]
        grids = [_grid(matrix, page, page.width - len(MARGIN)) for matrix in matrices]
        joints = sum(len(page.plain(sign)) + 4 for sign in signs if sign)
        if len(MARGIN) + sum(grid.width for grid in grids) + joints <= page.width:
            lines += _side_by_side(grids, signs, page)
        else:
            lines += _below_each_other(grids, signs, page)
    return lines


def _below_each_other(grids: list[_Grid], signs: list[str], page: Page) -> list[Line]:
    lines: list[Line] = []
    for grid, sign in zip(grids, signs, strict=True):
        lines += page.paragraph(f"{sign} {grid.title}".strip(" ,"), "dim") + [
            Line(MARGIN) + line for line in _cells(grid, page)
        ]
    return lines


def _side_by_side(grids: list[_Grid], signs: list[str], page: Page) -> list[Line]:
    blocks = [[page.line(grid.title, "dim"), *_cells(grid, page)] for grid in grids]
    height = max(map(len, blocks))
    middle = (height + 1) // 2
    lines = []
    for i in range(height):
        line = Line(MARGIN)
        for block, grid, sign in zip(blocks, grids, signs, strict=True):
            if sign:
                line.append(f"  {page.plain(sign) if i == middle else ' ' * len(page.plain(sign))}  ")
            part = block[i] if i < len(block) else Line()
            line.append_text(part).append(" " * (grid.width - part.cell_len))
        line.rstrip()
        lines.append(line)
    return lines
