"""How a convolution is told: the rule, the size, a few output cells worked out, the feature map."""

import numpy as np

from mlcli.core.convolution import Convolution, Cost, OutputCell, letter_windows, letters
from mlcli.lesson import Check, Figure, Lesson, Part, Picture, Result, Step, Tensor, Term, Worked

MOST_NUMBERS = 12  # rows and columns up to which a map is told in numbers, not as a picture
MOST_KERNELS = 2


def tell(
    record: Convolution,
    cells: list[OutputCell],
    cost: Cost,
    *,
    source: str,
    channels: tuple[str, ...] = (),
    kernel: str,
    symbolic: bool = False,
    read: tuple[str, ...] = (),
    notice: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one convolution.

    Args:
        cells: the output cells to work out.
        source, kernel: what the user calls input and kernel.
        channels: what each input channel is (`red`), or empty.
        symbolic: letters for the input's cells, as on the slide.
        read, notice: sentences to add: what the reader did, what the kernel is for.
        seed: None unless the kernel was drawn at random.
    """
    shown = len(cells)
    what = ", ".join([_size(record.A), *channels])
    how = f"stride {record.stride}, padding {record.padding}, dilation {record.dilation}".removesuffix(", dilation 1")
    return Lesson(
        title=f"{source} ({what}) * {kernel} ({_size(record.W)}), {how}",
        command="conv-trace",
        rules=_rules(record),
        read=read,
        inputs=(_map("A", record.A, "input", letters(record.A.shape) if symbolic else None), _kernel(record)),
        steps=tuple(_step(record, cell, symbolic, channels) for cell in cells),
        left_out=f"{record.B.size - shown:,} more output cells: --show {min(record.B.size, 9)}, or --at H,W for one"
        if shown < record.B.size
        else "",
        result=_result(record),
        notice=(*notice, *_what_it_costs(cost)),
        checks=checks,
        next=_next(record),
        seed=seed,
    )


def _rules(record: Convolution) -> tuple[tuple[str, str], ...]:
    s, p, d = record.stride, record.padding, record.dilation
    C_out, H_out, W_out = record.B.shape
    row = _index("h", "m", s, d, p)
    column = _index("w", "n", s, d, p)
    out = "[co]" if C_out > 1 else ""
    bias = " + b" + out if record.b.any() else ""
    rules = [
        ("rule", f"B{out}[h][w] = Σ_ci Σ_m Σ_n A[ci][{row}][{column}] · W{out}[ci][m][n]{bias}"),
        ("size", f"{_size_formula('H', record.A.shape[1], record.W.shape[2], s, p, d)} = {H_out}"),
    ]
    square = record.A.shape[1] == record.A.shape[2] and record.W.shape[2] == record.W.shape[3]
    if not square:
        rules.append(("size", f"{_size_formula('W', record.A.shape[2], record.W.shape[3], s, p, d)} = {W_out}"))
    rules.append(("size", f"so B is {C_out}×{H_out}×{W_out}"))
    return tuple(rules)


def _index(place: str, offset: str, stride: int, dilation: int, padding: int) -> str:
    outer = place if stride == 1 else f"{stride}·{place}"
    inner = offset if dilation == 1 else f"{dilation}·{offset}"
    return f"{outer}+{inner}" + (f"−{padding}" if padding else "")


def _size_formula(side: str, size: int, kernel: int, stride: int, padding: int, dilation: int) -> str:
    return f"{side}: ⌊({size} + 2·{padding} − {dilation}·({kernel}−1) − 1) / {stride}⌋ + 1"


def _step(record: Convolution, cell: OutputCell, symbolic: bool, channels: tuple[str, ...]) -> Step:
    symbol = f"B[{cell.co}][{cell.h}][{cell.w}]" if len(record.B) > 1 else f"B[{cell.h}][{cell.w}]"
    names = letter_windows(record)[:, cell.h, cell.w] if symbolic else None
    described = [" ".join((f"ci={ci}", *channels[ci : ci + 1])) for ci in range(len(cell.window))]
    labels = (tuple(described), None, None) if len(described) > 1 else ()
    axes = ("ci", "m", "n")
    every = "" if record.dilation == 1 else f":{record.dilation}"
    where = ", ".join(f"{places[0]}:{places[-1] + 1}{every}" for places in (cell.rows, cell.columns))
    return Step(
        symbol=symbol,
        title=f"step {cell.turn:,} of {record.B.size:,}   {symbol}",
        formula="",
        figures=(
            Tensor(f"window A[{where}]", cell.window, axes, labels, names),
            Tensor("kernel W", cell.kernel, axes, labels, sign="×"),
            Tensor("products", cell.products, axes, labels, sign="="),
            _worked(symbol, cell, names),
        ),
        note="The zeros outside the input are padding." if cell.on_padding else "",
    )


def _worked(symbol: str, cell: OutputCell, names: np.ndarray | None) -> Worked:
    parts = []
    for ci in range(len(cell.window)):
        places = list(np.ndindex(cell.window.shape[1:]))
        terms = tuple(
            Term(
                label=f"A[{ci}][{cell.rows[m]}][{cell.columns[n]}]" if names is None else str(names[ci, m, n]),
                value=float(cell.window[ci, m, n]),
                coefficient=float(cell.kernel[ci, m, n]),
                product=float(cell.products[ci, m, n]),
            )
            for m, n in places
        )
        parts.append(Part(f"ci={ci}", terms, float(cell.channel_sums[ci])))
    return Worked(symbol, tuple(parts), cell.total, cell.bias or None, letters=names is not None)


def _kernel(record: Convolution) -> Figure:
    """A kernel that is the same for every channel is shown once."""
    same = bool(np.all(record.W == record.W[:1, :1]))
    values = record.W[0, 0] if same else record.W
    name = "kernel W" + (", the same in each channel" if same and record.W.shape[1] > 1 else "")
    return Tensor(name, values, ("m", "n") if same else ("co", "ci", "m", "n"), sign="*")


def _map(symbol: str, values: np.ndarray, name: str, names: np.ndarray | None = None) -> Figure:
    """A stack of channels: in numbers if small, else as a picture (three channels of an image as its colours)."""
    if max(values.shape[1:]) <= MOST_NUMBERS:
        return Tensor(f"{name} {symbol}", values, ("ci", "h", "w"), letters=names)
    low, high = float(values.min()), float(values.max())
    signed = low < 0
    if 0 <= low and high <= 1:
        low, high = 0.0, 1.0
    elif signed:
        low, high = 0.0, max(-low, high)
    if len(values) == 3 and symbol == "A":
        return Picture(f"{name} {symbol}, red green blue", np.moveaxis(values, 0, -1), low, high)
    return Picture(f"{name} {symbol}" + (", channel 0" if len(values) > 1 else ""), values[0], low, high, signed)


def _result(record: Convolution) -> Result:
    one = len(record.B) == 1
    tensor = Tensor("B", record.B[0] if one else record.B, ("h", "w") if one else ("co", "h", "w"))
    small = max(record.B.shape[1:]) <= MOST_NUMBERS
    return Result(tensor, () if small else (_map("B", record.B, "feature map"),))


def _what_it_costs(cost: Cost) -> tuple[str, ...]:
    return (
        f"{cost.weights:,} weights, used {cost.outputs:,} times: {cost.multiply_adds:,} multiply-adds. A dense layer "
        f"with as many outputs needs {cost.inputs:,} × {cost.outputs:,} = {cost.dense_weights:,} weights.",
        "The kernel is not turned by 180°: this is a cross-correlation, which deep learning calls convolution.",
    )


def _next(record: Convolution) -> tuple[str, ...]:
    options = []
    if record.stride == 1:
        options.append("--stride 2")
    if record.padding == 0:
        options.append("--padding 1")
    return (*options, "--kernel sobel-y", "--check (the same by torch)", "--json")


def _size(values: np.ndarray) -> str:
    return "×".join(str(n) for n in values.shape)
