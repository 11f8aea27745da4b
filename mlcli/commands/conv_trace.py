"""mlcli conv-trace: a convolution, cell by cell."""

from enum import StrEnum
from typing import Annotated

import typer

from mlcli.commands.options import command, program
from mlcli.core.convolution import agreement, cells_to_show, convolve, cost, work_out
from mlcli.core.errors import InputError
from mlcli.datasets.pictures import letters, photograph
from mlcli.datasets.samples import sample
from mlcli.lesson import Check
from mlcli.lessons.convolution import tell
from mlcli.readers.grids import GridInput, read_grid
from mlcli.readers.kernels import read_kernel
from mlcli.render.show import Output, show

app = program()


class Example(StrEnum):
    """Inputs that need no file."""

    LETTERS = "letters"
    DIGIT = "digit"
    PHOTO = "photo"


@command(
    app, examples=("mlcli conv-trace --example letters", "mlcli conv-trace sample_data/image.png --kernel sobel-y")
)
def conv_trace(
    input: Annotated[
        str | None, typer.Argument(help="A picture, or a matrix in .csv .tsv .txt .npy; - is stdin.")
    ] = None,
    example: Annotated[Example | None, typer.Option(help="Take this in the place of a file.")] = None,
    kernel: Annotated[str | None, typer.Option(help='A name, numbers ("1 0 -1; 2 0 -2; 1 0 -1"), or a file.')] = None,
    stride: Annotated[int, typer.Option(help="Cells from one window to the next.")] = 1,
    padding: Annotated[int, typer.Option(help="Rows and columns of zeros on each side.")] = 0,
    dilation: Annotated[int, typer.Option(help="Cells between the kernel's columns and rows.")] = 1,
    gray: Annotated[
        bool | None, typer.Option("--gray/--rgb", help="One channel, or three; else as the file is.")
    ] = None,
    first: Annotated[int, typer.Option("--show", min=0, help="Work out this many cells, and the strongest.")] = 2,
    at: Annotated[str | None, typer.Option(metavar="H,W", help="Work out this output cell instead.")] = None,
    symbolic: Annotated[bool | None, typer.Option(help="Letters for the input's cells, as on the slide.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For --kernel random.")] = 0,
    output: Output = Output(),
) -> None:
    """Slide a kernel over a picture or matrix and work out output cells as a person would, product by product."""
    grid = _input(input, example, gray)
    kernel = kernel or ("one-to-nine" if example == Example.LETTERS else "sobel-x")
    weights = read_kernel(kernel, len(grid.values), seed)
    record = convolve(grid.values, weights.values, stride=stride, padding=padding, dilation=dilation)
    cells = [work_out(record, *_place(at))] if at else cells_to_show(record, first)
    checks = [Check("the written-out sums against the matrix product", agreement(record, cells), 1e-9)]
    if check:
        from mlcli.checks.convolution import against_torch

        checks.append(against_torch(record))
    lesson = tell(
        record,
        cells,
        cost(record),
        source=grid.name,
        channels=grid.channels,
        kernel=weights.name,
        symbolic=example == Example.LETTERS if symbolic is None else symbolic,
        read=grid.read + weights.read,
        notice=weights.notice,
        checks=tuple(checks),
        seed=seed if kernel == "random" else None,
    )
    show(lesson, output)


def _input(path: str | None, example: Example | None, gray: bool | None) -> GridInput:
    if (path is None) == (example is None):
        raise InputError("give either a file or --example", hint="mlcli conv-trace --example letters")
    match example:
        case Example.LETTERS:
            return GridInput("letters a…y = 1…25", letters())
        case Example.DIGIT:
            return read_grid(sample("digit.csv"))
        case Example.PHOTO:
            return read_grid(photograph(), gray)
        case None:
            return read_grid(str(path), gray)


def _place(text: str) -> tuple[int, int]:
    try:
        h, w = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f'"{text}" is not a place', "--at", "row and column from 0, such as --at 10,12") from None
    return h, w
