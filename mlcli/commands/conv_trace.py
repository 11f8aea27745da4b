"""mlcli conv-trace: a convolution, cell by cell."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mlcli.commands.options import command, program, refuse_given
from mlcli.core.activations import Activated, ActivationName, activate
from mlcli.core.convolution import (
    Convolution,
    agreement,
    cells_to_show,
    convolve,
    magnitude,
    refuse_no_cell,
    turned,
    work_out,
)
from mlcli.core.convolution_cost import cost, costs, nodes
from mlcli.core.convolution_loops import run_loops
from mlcli.core.convolution_shift import refuse_shift, shift_test
from mlcli.core.errors import InputError
from mlcli.core.padding import Mode
from mlcli.core.pooling import How, Pooling, pool, pooled_cell, pooled_size
from mlcli.core.windows import Pair, Window, even, pair
from mlcli.datasets.pictures import edge, letters, letters_of_three, photograph
from mlcli.datasets.samples import sample
from mlcli.lesson import Check, Step
from mlcli.lessons.convolution import tell
from mlcli.lessons.convolution_more import (
    activated_step,
    dense_step,
    loops_step,
    pooled_step,
    shift_step,
    turned_step,
)
from mlcli.readers.grids import GridInput, part_of, read_grid, resize
from mlcli.readers.kernels import KernelInput, read_kernels
from mlcli.readers.window_settings import (
    read_bias,
    read_padding,
    read_pair,
    read_part,
    read_place,
    read_pool,
    read_shift,
)
from mlcli.render.show import MapOutput, option, show

FIRST = 2  # cells that are worked out, beside the strongest

app = program()


class Example(StrEnum):
    """Inputs that need no file."""

    LETTERS = "letters"
    LETTERS_3 = "letters-3"
    EDGE = "edge"
    DIGIT = "digit"
    PHOTO = "photo"


KERNELS = {Example.LETTERS: "one-to-nine", Example.LETTERS_3: "one-to-nine-3"}  # else sobel-x
GIVEN = {
    Example.LETTERS: ("letters a…y = 1…25", letters),
    Example.LETTERS_3: ("letters a1…aw3 = 1.1…49.3", letters_of_three),
    Example.EDGE: ("an edge", edge),
}


class Against(StrEnum):
    """What the convolution is compared with."""

    DENSE = "dense"


@dataclass(frozen=True)
class Sliding:
    """How the kernel slides."""

    stride: str = option("1", "Cells from one window to the next; H,W where they differ.")
    padding: str = option("0", "What is laid around: N, H,W, same, or valid (none).")
    pad_mode: Mode = option("zeros", "What lies around the input: zeros, or its own cells.")
    dilation: str = option("1", "Cells between the kernel's rows and columns; H,W where they differ.")
    groups: int = option(1, "Parts of the channels; a filter sees those of its group.", min=1)

    def over(self, A: np.ndarray, weights: KernelInput, bias: str | None, asked: "Asked") -> Convolution:
        """The convolution with these settings."""
        kernel = (weights.values.shape[2], weights.values.shape[3])
        stride, dilation = read_pair(self.stride, "--stride"), read_pair(self.dilation, "--dilation")
        padding = read_padding(self.padding, kernel, stride, dilation)
        if self.pad_mode != "zeros" and not np.any(padding):
            raise InputError("nothing is laid around the input", "--pad-mode", "add --padding 1, or leave it out")
        b = None if bias is None else read_bias(bias)
        if b is not None and len(b) == 1:
            b = np.repeat(b, len(weights.values))
        asked.refuse(A.shape, len(weights.values), Window(kernel, stride, padding, dilation))
        return convolve(A, weights.values, b, stride, padding, dilation, self.pad_mode, self.groups)


@dataclass(frozen=True)
class Trained:
    """A convolution that `mlcli train cnn --save RUN` has learned."""

    weights: str | None = option(None, "Open what train cnn has saved, in the place of a kernel.", metavar="RUN")
    layer: str = option("conv1", "Which of its convolutions.")

    def over(self, grid: GridInput, asked: "Asked") -> tuple[GridInput, KernelInput, Convolution]:
        """What the layer looks at, its filters, and its maps."""
        from mlcli.training.checkpoints import load
        from mlcli.training.opened_cnn import opened_layer

        run = str(self.weights)
        model = load(Path(run))
        found = opened_layer(model, self.layer, grid.values, run)
        said = f"{self.layer} as learned on {model.config['data']['name']} from pictures in 0..1; its bias is added"
        filters = tuple(f"{self.layer} {i}" for i in range(len(found.W)))
        weights = KernelInput(f"{self.layer} of {Path(run).name}", found.W, filters, read=(said,))
        if found.before:
            before = f"seen through {', '.join(found.before)}, ReLU and max pooling of {grid.name}"
            grid = replace(grid, values=found.A, channels=(), read=(*grid.read, before))
        around = even(pair(found.padding))
        asked.refuse(found.A.shape, len(found.W), Window(found.W.shape[2:], padding=around))
        return grid, weights, convolve(found.A, found.W, found.b, padding=around)


@dataclass(frozen=True)
class Asked:
    """What of the map is asked for: a cell as channel, row and column, how it is pooled, how far the image moves."""

    cell: tuple[int, int, int] | None
    pooling: tuple[How, Window | None] | None
    shift: Pair | None

    def refuse(self, size: tuple[int, ...], filters: int, over: Window) -> None:
        """Called before the map is computed.

        Args:
            size: of the input: (C, H, W).

        Raises:
            InputError: it has no such cell, is too small for that pooling, or nothing is left of the moved image.
        """
        H, W = over.output((size[1], size[2]))
        if self.cell:
            channel, h, w = self.cell
            refuse_no_cell((filters, H, W), h, w, channel)
        if self.pooling and self.pooling[1]:
            pooled_size(self.pooling[1], (H, W))
        if self.shift:
            refuse_shift(self.shift, size[1:])


@dataclass(frozen=True)
class Besides:
    """What is told besides the cells."""

    loops: bool = option(False, "The lecture's five loops, running.", flags=["--loops"])
    convolution: bool = option(False, "The kernel turned by 180° too, as in mathematics.", flags=["--convolution"])
    activation: ActivationName | None = option(None, "What is done to every cell of B.")
    pool: str | None = option(None, "max:2, avg:2, max:3/2 (window / stride) or global.", metavar="HOW")
    compare: Against | None = option(None, "Weights and cost beside a dense layer's.")
    shift: str | None = option(None, "Does the map follow an image moved so far?", metavar="DY,DX")


@command(
    app, examples=("mlcli conv-trace --example letters", "mlcli conv-trace sample_data/image.png --kernel sobel-y")
)
def conv_trace(
    input: Annotated[
        str | None, typer.Argument(help="A picture, or matrices in .csv .tsv .txt .npy; - is stdin.")
    ] = None,
    example: Annotated[Example | None, typer.Option(help="Take this in the place of a file.")] = None,
    gray: Annotated[
        bool | None, typer.Option("--gray/--rgb", help="One channel, or three; else as the file is.")
    ] = None,
    crop: Annotated[str | None, typer.Option(metavar="T:B,L:R", help="Take these rows and columns only.")] = None,
    size: Annotated[str | None, typer.Option("--resize", metavar="HxW", help="Bring it to this size.")] = None,
    kernel: Annotated[
        list[str],
        typer.Option(help='A name, numbers ("1 0 -1; 2 0 -2; 1 0 -1"), or a file. Once for each output channel.'),
    ] = [],  # noqa: B006
    filters: Annotated[int | None, typer.Option(min=1, max=4096, help="How many, for random or a file.")] = None,
    bias: Annotated[str | None, typer.Option(help='Added to every cell: "0.5", or one for each filter.')] = None,
    sliding: Sliding = Sliding(),
    trained: Trained = Trained(),
    first: Annotated[int, typer.Option("--show", min=0, help="Work out this many cells, and the strongest.")] = FIRST,
    at: Annotated[str | None, typer.Option(metavar="H,W", help="Work out this output cell instead.")] = None,
    symbolic: Annotated[bool | None, typer.Option(help="Letters for the input's cells, as on the slide.")] = None,
    besides: Besides = Besides(),
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For --kernel random.")] = 0,
    output: MapOutput = MapOutput(),
) -> None:
    """Slide a kernel over a picture or matrix and work out output cells as a person would, product by product."""
    asked = Asked(
        cell=read_place(at) if at else None,
        pooling=None if besides.pool is None else read_pool(besides.pool),
        shift=read_shift(besides.shift) if besides.shift else None,
    )
    if asked.cell and first != FIRST:
        raise InputError("--at works out one cell", "--show", "leave one of the two out")
    if not trained.weights:
        refuse_given(trained, "is for a saved network: --weights RUN")
    grid = _input(input, example, gray, crop, size)
    kernels = kernel or [KERNELS.get(example, "sobel-x") if example else "sobel-x"]
    if trained.weights:
        if kernel or filters or bias or sliding != Sliding():
            raise InputError(
                "the saved network says itself how its kernels slide", "--weights", "leave those options out"
            )
        grid, weights, record = trained.over(grid, asked)
    else:
        weights = read_kernels(kernels, len(grid.values), sliding.groups, filters, seed)
        record = sliding.over(grid.values, weights, bias, asked)
    if asked.cell:
        channel, h, w = asked.cell
        cells = [work_out(record, h, w, channel)]
    else:
        cells = cells_to_show(record, first)
    activated = activate(record.B, besides.activation) if besides.activation else None
    pooled = pool(activated.a if activated else record.B, *asked.pooling) if asked.pooling else None
    more, checks = _more(record, besides, asked.shift, activated, pooled)
    difference = agreement(record, cells)
    checks.insert(0, Check("the written-out sums against the matrix product", difference, 1e-12 * magnitude(record)))
    if check:
        from mlcli.checks.convolution import against_torch, pooling_against_torch

        checks += [against_torch(record), *([pooling_against_torch(pooled)] if pooled else [])]
    lesson = tell(
        record,
        cells,
        cost(record),
        more,
        ("P", pooled.P) if pooled else (f"{activated.name}(B)", activated.a) if activated else None,
        source=grid.name,
        channels=grid.channels,
        kernel=weights.name,
        filters=weights.filters,
        symbolic=example in KERNELS if symbolic is None else symbolic,
        read=grid.read + weights.read,
        notice=weights.notice,
        checks=tuple(checks),
        seed=seed if "random" in kernels else None,
    )
    show(lesson, output)


def _input(
    path: str | None, example: Example | None, gray: bool | None, crop: str | None, size: str | None
) -> GridInput:
    if (path is None) == (example is None):
        raise InputError("give either a file or --example", hint="mlcli conv-trace --example letters")
    part = None if crop is None else read_part(crop)
    sizes = None if size is None else read_pair(size, "--resize")
    match example:
        case Example.DIGIT:
            grid = read_grid(sample("digit.csv"))
        case Example.PHOTO:
            grid = read_grid(photograph(), gray)
        case None:
            grid = read_grid(str(path), gray)
        case _:
            name, make = GIVEN[example]
            grid = GridInput(name, make())
    grid = part_of(grid, *part) if part else grid
    return resize(grid, *sizes) if sizes else grid


def _more(
    record: Convolution, besides: Besides, shift: Pair | None, activated: Activated | None, pooled: Pooling | None
) -> tuple[tuple[Step, ...], list[Check]]:
    """The steps that are asked for besides, and what they check."""
    steps: list[Step] = []
    checks: list[Check] = []
    if besides.loops:
        loops = run_loops(record, record.W[0].size + 1)
        steps.append(loops_step(record, loops))
        if loops.difference is not None:
            checks.append(Check("the loops against the matrix product", loops.difference, 1e-12 * magnitude(record)))
    if besides.convolution:
        steps.append(turned_step(record, turned(record)))
    if activated:
        steps.append(activated_step(activated))
    if pooled:
        symbol = f"{activated.name}(B)" if activated else "B"
        steps.append(pooled_step(pooled, pooled_cell(pooled, 0, 0), symbol))
    if besides.compare:
        steps.append(dense_step(cost(record), costs(record), nodes(record), len(record.A)))
    if shift:
        over = pooled.over if pooled and not pooled.whole else Window(pair(2), pair(2))
        test = shift_test(record, shift, over, 1e-12 * magnitude(record))
        steps.append(shift_step(test, record))
    return tuple(steps), checks
