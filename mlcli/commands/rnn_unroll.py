"""mlcli rnn-unroll: a recurrent network, step by step through time and back."""

from enum import StrEnum
from typing import Annotated

import typer

from mlcli.commands.options import command, program
from mlcli.core.errors import InputError
from mlcli.core.recurrence import Cell, Step, draw_weights, forget, spread, unroll, weight_count
from mlcli.core.recurrence_cells import agreement, work_out
from mlcli.core.recurrence_gradients import gradients as backward
from mlcli.core.sequences import InputSequence
from mlcli.datasets.sequences import adding, sine
from mlcli.lesson import Check
from mlcli.lessons.recurrence import tell
from mlcli.readers.sequences import read_sequence, spell
from mlcli.render.show import PlottedOutput, show

app = program()

MOST_FORGOTTEN = 6  # steps that are taken away in turn, each a run from there to the end


class Example(StrEnum):
    """Sequences that need no file."""

    ADDING = "adding"
    SINE = "sine"


@command(
    app,
    examples=(
        "mlcli rnn-unroll --text hello --cell lstm --hidden 2",
        "mlcli rnn-unroll sample_data/sequence.csv --gradients",
    ),
)
def rnn_unroll(
    input: Annotated[
        str | None, typer.Argument(help="A matrix in .csv .tsv .txt .npy, a row a step; - is stdin.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Spell this text, a character a step, one-hot.")] = None,
    example: Annotated[Example | None, typer.Option(help="Take this in the place of a file.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Take only so many steps; of an example, 20.")] = None,
    cell: Annotated[Cell, typer.Option(help="What reads the sequence.")] = "rnn",
    hidden: Annotated[int, typer.Option(min=1, max=1024, help="Units: numbers in the state h.")] = 3,
    first: Annotated[int, typer.Option("--show", min=0, help="Tell so many steps in full.")] = 2,
    at: Annotated[str | None, typer.Option(metavar="T,UNIT", help="Work out this cell of the state instead.")] = None,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Then go back through time: gradients and Jacobians.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For the weights, and the numbers of an example.")] = 0,
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Read a sequence with an RNN, GRU or LSTM, every gate of every step in numbers, and see what is remembered."""
    sequence = _input(input, text, example, steps, seed)
    F = sequence.values.shape[1]
    weights = draw_weights(cell, F, hidden, seed)
    forward = list(unroll(sequence.values, weights))
    place = _place(at, forward) if at else None
    sums = work_out(forward[place[0] - 1], weights, place[1]) if place else []
    record = backward(forward, weights) if gradients else None
    checks = [Check("the written-out sums against the matrix product", agreement(sums), 1e-9)] if sums else []
    if check:
        from mlcli.checks.recurrence import forward_against_torch, gradients_against_torch

        checks.append(forward_against_torch(sequence.values, weights, forward))
        if record:
            checks.append(gradients_against_torch(sequence.values, weights, record))
    lesson = tell(
        sequence,
        weights,
        weight_count(cell, F, hidden),
        forward,
        first=first,
        sums=sums,
        at=place,
        forgotten=[forget(sequence.values, weights, forward, t) for t in spread(len(forward), MOST_FORGOTTEN)],
        gradients=record,
        checks=tuple(checks),
        seed=seed,
    )
    show(lesson, output)


def _input(path: str | None, text: str | None, example: Example | None, steps: int | None, seed: int) -> InputSequence:
    if [path, text, example].count(None) != 2:
        raise InputError("give one of: a file, --text, --example", hint="mlcli rnn-unroll --text hello")
    match example:
        case Example.ADDING:
            return adding(steps or 20, seed)
        case Example.SINE:
            return sine(steps or 20)
        case None:
            sequence = spell(text) if text is not None else read_sequence(str(path))
            return sequence.first(steps) if steps else sequence


def _place(text: str, steps: list[Step]) -> tuple[int, int]:
    try:
        t, unit = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f'"{text}" is not a cell of the state', "--at", "step from 1 and unit from 0, such as --at 2,0"
        ) from None
    if not 1 <= t <= len(steps):
        raise InputError(f"there is no step {t}", "--at", f"steps go from 1 to {len(steps)}")
    return t, unit
