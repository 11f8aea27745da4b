"""How a convolution is told: the rule, the size, a few output cells worked out, what is asked for besides, the map."""

from mlcli.core.convolution import Convolution, OutputCell
from mlcli.core.convolution_cost import Cost
from mlcli.core.convolution_letters import letters
from mlcli.lesson import Check, Lesson, Step, Values
from mlcli.lessons.convolution_cells import cell_step
from mlcli.lessons.convolution_maps import MOST_NUMBERS, input_figure, kernel_figure, result_of, size_of
from mlcli.lessons.windows import by, left_over, padded_by, size_formula


def tell(
    record: Convolution,
    cells: list[OutputCell],
    cost: Cost,
    more: tuple[Step, ...] = (),
    answer: tuple[str, Values] | None = None,
    *,
    source: str,
    channels: tuple[str, ...] = (),
    kernel: str,
    filters: tuple[str, ...],
    symbolic: bool = False,
    read: tuple[str, ...] = (),
    notice: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one convolution.

    Args:
        cells: the output cells to work out.
        more: the steps of what is asked for besides, after those cells.
        answer: symbol and maps of what becomes of B; None for B itself.
        source, kernel: what the user calls input and kernel.
        channels: what each input channel is (`red`), or empty.
        filters: what the filter of each output channel is called.
        symbolic: letters for the input's cells, as on the slide.
        read, notice: sentences to add: what the reader did, what the kernel is for.
        seed: None unless the kernel was drawn at random.
    """
    left = record.B.size - len(cells)
    small = max(record.A.shape[1:]) <= MOST_NUMBERS
    what = ", ".join([size_of(record.A), *channels])
    return Lesson(
        title=f"{source} ({what}) * {kernel} ({size_of(record.W)}), {_how(record)}",
        command="conv-trace",
        rules=_rules(record),
        read=read,
        inputs=(
            input_figure(record, letters(record.A.shape) if symbolic and small else None),
            kernel_figure(record, filters),
        ),
        steps=(*(cell_step(record, cell, symbolic, channels, filters) for cell in cells), *more),
        left_out=f"{left:,} more output cells: --show {min(record.B.size, 9)}, or --at H,W for one" if left else "",
        result=result_of(*(answer or ("B", record.B)), filters),
        notice=(*notice, *_what_it_costs(cost)),
        checks=checks,
        next=_next(record, more),
        seed=seed,
    )


def _how(record: Convolution) -> str:
    over = record.over
    how = [f"stride {by(over.stride)}", f"padding {padded_by(over)}"]
    if over.padding != ((0, 0), (0, 0)) and record.pad_mode != "zeros":
        how[-1] += f" ({record.pad_mode})"
    if over.dilation != (1, 1):
        how.append(f"dilation {by(over.dilation)}")
    if record.groups > 1:
        how.append(f"{record.groups} groups")
    return ", ".join(how)


def _rules(record: Convolution) -> tuple[tuple[str, str], ...]:
    over, (C_out, *out) = record.over, record.B.shape
    row, column = (
        _index(place, offset, over.stride[axis], over.dilation[axis], over.padding[axis][0])
        for axis, (place, offset) in enumerate((("h", "m"), ("w", "n")))
    )
    channel = "[co]" if C_out > 1 else ""
    bias = " + b" + channel if record.b.any() else ""
    rules = [("rule", f"B{channel}[h][w] = Σ_ci Σ_m Σ_n A[ci][{row}][{column}] · W{channel}[ci][m][n]{bias}")]
    if record.groups > 1:
        each, filters = len(record.A) // record.groups, C_out // record.groups
        rules.append(
            ("groups", f"{record.groups} groups of {each} input and {filters} output channels: ci of co's group only")
        )
    sizes = [f"{size_formula(over, axis, record.A.shape[1 + axis])} = {out[axis]}" for axis in (0, 1)]
    rules.append(("size", f"H: {sizes[0]}"))
    if sizes[0] != sizes[1]:
        rules.append(("size", f"W: {sizes[1]}"))
    rules.append(("size", f"so B is {size_of(record.B)}"))
    dropped = left_over(*over.dropped((record.A.shape[1], record.A.shape[2])))
    return (*rules, *((("size", dropped),) if dropped else ()))


def _index(place: str, offset: str, stride: int, dilation: int, padding: int) -> str:
    outer = place if stride == 1 else f"{stride}·{place}"
    inner = offset if dilation == 1 else f"{dilation}·{offset}"
    return f"{outer}+{inner}" + (f"−{padding}" if padding else "")


def _what_it_costs(cost: Cost) -> tuple[str, ...]:
    return (
        f"{cost.weights:,} weights, used {cost.multiply_adds // cost.weights:,} times: {cost.multiply_adds:,} "
        f"multiply-adds. A dense layer with as many outputs needs {cost.node:,} × {cost.outputs:,} = "
        f"{cost.dense_weights:,} weights.",
        "The kernel is not turned by 180°: this is a cross-correlation, which deep learning calls convolution.",
    )


def _next(record: Convolution, more: tuple[Step, ...]) -> tuple[str, ...]:
    told = {step.symbol for step in more}
    options = [
        ("--stride 2", record.over.stride == (1, 1)),
        ("--padding same", record.over.padding == ((0, 0), (0, 0))),
        ("--loops", "sum" not in told),
        ("--convolution", "W turned" not in told),
        ("--pool max:2", "P" not in told),
        ("--compare dense", "weights" not in told),
        ("--shift 0,3 (does the map follow?)", "t" not in told),
    ]
    return (*(option for option, open_ in options if open_), "--check (the same by torch)", "--json")
