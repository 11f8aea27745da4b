"""How one output cell is told: the window, the kernel, each product, the sums."""

from mlcli.core.convolution import Convolution, OutputCell
from mlcli.core.convolution_letters import letters_under
from mlcli.lesson import Part, Step, Tensor, Term, Values, Worked

PADDING = {
    "zeros": "The zeros outside the input are padding.",
    "reflect": "Outside the input its own cells lie mirrored at the edge (padding).",
    "replicate": "Outside the input its outermost cells are repeated (padding).",
    "circular": "Outside the input its other side comes in (padding).",
}


def cell_step(
    record: Convolution, cell: OutputCell, symbolic: bool, channels: tuple[str, ...], filters: tuple[str, ...]
) -> Step:
    """The step of one output cell."""
    several = len(record.B) > 1
    symbol = f"B[{cell.co}][{cell.h}][{cell.w}]" if several else f"B[{cell.h}][{cell.w}]"
    names = letters_under(record, cell) if symbolic else None
    described = [" ".join((f"ci={ci}", *channels[ci : ci + 1])) for ci in cell.channels]
    labels = (tuple(described), None, None) if len(described) > 1 else ()
    axes = ("ci", "m", "n")
    where = ", ".join(
        f"{places[0]}:{places[-1] + 1}{'' if d == 1 else f':{d}'}"
        for places, d in zip((cell.rows, cell.columns), record.over.dilation, strict=True)
    )
    group = f"{cell.channels.start}:{cell.channels.stop}, " if record.groups > 1 else ""
    of = f", filter {filters[cell.co]}" if several else ""
    return Step(
        symbol=symbol,
        title=f"step {cell.turn:,} of {record.B.size:,}   {symbol}{of}",
        formula="",
        figures=(
            Tensor(f"window A[{group}{where}]", cell.window, axes, labels, names),
            Tensor("kernel W" + (f"[{cell.co}]" if several else ""), cell.kernel, axes, labels, sign="×"),
            Tensor("products", cell.products, axes, labels, sign="="),
            _worked(symbol, cell, names),
        ),
        note=PADDING[record.pad_mode] if cell.on_padding else "",
    )


def _worked(symbol: str, cell: OutputCell, names: Values | None) -> Worked:
    _, kH, kW = cell.window.shape
    parts = []
    for i, ci in enumerate(cell.channels):
        terms = tuple(
            Term(
                label=f"A[{ci}][{cell.rows[m]}][{cell.columns[n]}]" if names is None else str(names[i, m, n]),
                value=float(cell.window[i, m, n]),
                coefficient=float(cell.kernel[i, m, n]),
                product=float(cell.products[i, m, n]),
            )
            for m in range(kH)
            for n in range(kW)
        )
        parts.append(Part(f"ci={ci}", terms, float(cell.channel_sums[i])))
    return Worked(symbol, tuple(parts), cell.total, cell.bias or None, letters=names is not None)
