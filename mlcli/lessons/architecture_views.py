"""How it is told what one cell sees: back through the layers to the input, and the lecture's terms at its layer."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.architecture_layers import Conv, Dense, Pool
from mlcli.core.architecture_views import Seen, Span, box, spotlight
from mlcli.core.architectures import Architecture, Layer
from mlcli.lesson import Cell, Check, Lesson, Picture, Result, Step, Table
from mlcli.lessons.windows import by, times


def tell_view(
    network: Architecture,
    seen: Seen,
    spans: tuple[Span, Span],
    image: NDArray[np.float64] | None = None,
    *,
    source: str = "",
    read: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one cell.

    Args:
        image: (C, H, W), of the size of the network's input; None draws the cells alone.
        source: what the user calls the image.
    """
    layer = network.layers[seen.at]
    cell = f"{layer.name}[{']['.join(map(str, seen.place))}]"
    of_input = seen.cells[0]
    assert of_input is not None  # every layer comes from the input
    whole = bool(of_input.all())
    return Lesson(
        title=f"{network.name}: what {cell} sees of {source or 'the input'} ({times(network.input)})",
        command="architecture",
        rules=(
            ("rule", "a cell sees, of the layer before, the cells under its window; these see theirs"),
            ("field", "rows start + h·j to start + h·j + r − 1 of the input; columns alike, with w"),
        ),
        read=read,
        inputs=(),
        steps=(_back(network, seen, cell), _by_formula(layer, spans, cell), _terms(network, layer)),
        result=Result(_answer(seen, cell), (_drawn(of_input, image, cell, source),)),
        notice=(_notice(layer, seen, spans, whole),),
        checks=checks,
        next=(f"mlcli architecture {network.name} (all its layers)", *(() if source else ("--image FILE",)), "--json"),
    )


def _back(network: Architecture, seen: Seen, cell: str) -> Step:
    rows = []
    for l in range(seen.at, -2, -1):  # noqa: E741
        cells = seen.cells[l + 1]
        if cells is None:
            continue
        name, shape = (network.layers[l].name, network.layers[l].shape) if l >= 0 else ("input", network.input)
        rows.append((name, times(shape), *_where(cells), int(cells.sum())))
    return Step(
        cell,
        "back through the layers",
        "",
        (Table("", ("map", "size", "rows", "columns", "cells"), tuple(rows), marked=(len(rows) - 1,), whole=True),),
        "Rows and columns from the first that takes part to the last; cells: how many of a channel do.",
    )


def _where(cells: NDArray[np.bool_]) -> tuple[str, str]:
    rows, columns = box(cells)
    return f"{rows[0]}–{rows[1]}", f"{columns[0]}–{columns[1]}"


def _by_formula(layer: Layer, spans: tuple[Span, Span], cell: str) -> Step:
    rows: list[tuple[Cell, ...]] = []
    for side, letter, span in zip(("rows", "columns"), "hw", spans, strict=True):
        rows += [
            (
                f"first of the {side}",
                f"start + {letter}·j = {_signed(span.start)} + {span.cell}·{span.jump}",
                span.first,
            ),
            (f"last of the {side}", f"first + r − 1 = {_signed(span.first)} + {span.field} − 1", span.last),
        ]
    outside = any((span.first, span.last) != span.inside for span in spans)
    return Step(
        f"r = {by((spans[0].field, spans[1].field))}",
        "by the formula",
        "",
        (Table("", ("", "worked out", "gives"), tuple(rows)),),
        "What lies outside the input is padding: such a cell sees less of the input than r." if outside else "",
    )


def _signed(number: int) -> str:
    return f"{number}".replace("-", "−")


def _terms(network: Architecture, layer: Layer) -> Step:
    dense = [other.name for other in network.layers if isinstance(other.kind, Dense)]
    rows: list[tuple[Cell, ...]] = []
    if isinstance(layer.kind, Conv):
        kernel = times((layer.before[0] // layer.kind.groups, *layer.kind.over.kernel))
        rows.append(("filter (kernel)", f"{layer.kind.channels} of them, each {kernel}: what {layer.name} learns"))
    elif isinstance(layer.kind, Pool):
        over = layer.kind.window(layer.before)
        rows.append(("window", f"{times(over.kernel)}, stride {by(over.stride)}; no filter to learn"))
    if layer.view and len(layer.shape) == 3:
        rows.append(("receptive field", f"{times(layer.view.field)} of the input: the part that one cell sees"))
        rows.append(
            ("feature map", f"{layer.shape[0]} of them, each {times(layer.shape[1:])}: the activations of one channel")
        )
        rows.append(("tensor", f"all of them together: {times(layer.shape)}"))
    if dense:
        rows.append(("fully-connected", f"{', '.join(dense)}: each cell sees every cell of the layer before"))
    return Step(layer.name, "the lecture's terms, at this layer", "", (Table("", ("term", "here"), tuple(rows)),))


def _answer(seen: Seen, cell: str) -> Table:
    assert seen.cells[0] is not None
    (top, bottom), (left, right) = box(seen.cells[0])
    row = (cell, top, bottom, left, right, int(seen.cells[0].sum()))
    return Table("seen", ("cell", "first row", "last row", "first column", "last column", "cells"), (row,))


def _drawn(cells: NDArray[np.bool_], image: NDArray[np.float64] | None, cell: str, source: str) -> Picture:
    if image is None:
        return Picture(f"the input; bright is what {cell} sees", cells.astype(float))
    lit = spotlight(image, cells)
    values = np.moveaxis(lit, 0, -1) if len(lit) == 3 else lit[0]
    return Picture(f"{source}; undimmed is what {cell} sees", values)


def _notice(layer: Layer, seen: Seen, spans: tuple[Span, Span], whole: bool) -> str:
    if isinstance(layer.kind, Dense) or whole:
        return f"A cell of {layer.name} sees the whole input."
    return (
        f"Whatever changes outside these cells of the input leaves this cell of {layer.name} as it is. A layer further "
        "up sees more: its field grows by d·(k−1)·j."
    )
