"""mlcli rnn-unroll: a recurrent network, step by step through time and back."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from threadpoolctl import threadpool_limits

from mlcli.commands.options import command, program
from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES, Activation, Cell, spread, weight_count
from mlcli.core.recurrence_cells import agreement, work_out
from mlcli.core.recurrence_comparison import Draws, compare, units_for
from mlcli.core.recurrence_gradients import gradients as backward
from mlcli.core.recurrence_layers import Network, Run, draw_network, forget, run_layers
from mlcli.core.recurrence_losses import Loss, clip
from mlcli.core.sequences import InputSequence
from mlcli.datasets.sequences import adding, letters, sine
from mlcli.files import refuse_twice
from mlcli.lesson import Check
from mlcli.lessons.recurrence import WayBack, WorkedCell, tell
from mlcli.lessons.recurrence_comparison import tell as tell_comparison
from mlcli.readers.recurrence_weights import read_network
from mlcli.readers.sequences import read_sequence, spell
from mlcli.render.recurrence_weights import refuse_weights, write_network
from mlcli.render.show import PlottedOutput, option, show

app = program()

MOST_FORGOTTEN = 6  # steps that are taken away in turn


class Example(StrEnum):
    """Sequences that need no file."""

    ADDING = "adding"
    SINE = "sine"
    LETTERS = "letters"


class Match(StrEnum):
    """What cells that are compared have as many of."""

    UNITS = "units"
    WEIGHTS = "weights"


@dataclass(frozen=True)
class Sequence:
    """What is read."""

    text: str | None = option(None, "Spell this text, a character a step, one-hot.")
    example: Example | None = option(None, "Take this in the place of a file.")
    steps: int | None = option(None, "Take only so many steps; of an example, 20, of letters, 5.", min=1)


@dataclass(frozen=True)
class Cells:
    """What reads it."""

    cell: Cell | None = option(None, "What reads the sequence.  [default: rnn]")
    hidden: int | None = option(None, "Units: numbers in the state h.  [default: 3]", min=1, max=1024)
    layers: int | None = option(None, "Cells above each other.  [default: 1]", min=1, max=16)
    bidirectional: bool = option(False, "Read backwards too, with weights of their own.", is_flag=True)
    activation: Activation = option("tanh", "What an RNN does with its sum.")
    weights: str | None = option(
        None, "Take the weights from an .npz or .safetensors, under PyTorch's names.", metavar="FILE"
    )
    save_weights: Path | None = option(None, "Write the weights to FILE, as PyTorch loads them.", metavar="FILE")


@dataclass(frozen=True)
class Back:
    """The way back."""

    gradients: bool = option(False, "Then go back through time: gradients and Jacobians.", is_flag=True)
    loss: str | None = option(
        None, 'What is learned from: last-sum, or "mse 0.5" with one target or one a unit.', metavar="LOSS"
    )
    clip: float | None = option(None, "Clip the gradient of all weights to this length.", metavar="LENGTH")
    truncate: int | None = option(None, "Go back so many steps only, and see what is left out.", min=1)


@dataclass(frozen=True)
class Comparison:
    """RNN, GRU and LSTM."""

    compare: bool = option(False, "RNN, GRU and LSTM side by side: how their gradients fade.", is_flag=True)
    match: Match = option(Match.UNITS, "Give the compared cells as many units, or as many weights as the RNN has.")
    forget_bias: str | None = option(None, "Compare LSTMs with these forget biases: 0,1,3,5.", metavar="B,…")
    spectral_radius: str | None = option(
        None, "Compare RNNs with W_hh of these spectral radii: 0.5,0.9,1,1.1,1.5.", metavar="R,…"
    )
    seeds: int = option(1, "Draw the weights so often, from seed, seed+1, …; the median is told.", min=1, max=1000)


@command(
    app,
    examples=(
        "mlcli rnn-unroll --text hello --cell lstm --hidden 2",
        "mlcli rnn-unroll sample_data/sequence.csv --gradients",
        "mlcli rnn-unroll --example adding --steps 100 --hidden 32 --compare --forget-bias 0,1,3,5 --seeds 5",
    ),
)
@threadpool_limits.wrap(limits=1, user_api="blas")  # such small matrices are no faster on two cores, or far slower
def rnn_unroll(
    input: Annotated[
        str | None, typer.Argument(help="A matrix in .csv .tsv .txt .npy, a row a step; - is stdin.")
    ] = None,
    sequence: Sequence = Sequence(),
    cells: Cells = Cells(),
    first: Annotated[
        int | None, typer.Option("--show", min=0, help="Tell so many steps in full.  [default: 2]")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="T,UNIT", help="Work out this cell of the state instead; 2,0,l1 is layer l1's."),
    ] = None,
    back: Back = Back(),
    comparison: Comparison = Comparison(),
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For the weights, and the numbers of an example.")] = 0,
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Read a sequence with an RNN, GRU or LSTM, every gate of every step in numbers, and see what is remembered."""
    loss = _loss(back.loss)
    read = _read(input, sequence, seed)
    if comparison.compare or comparison.forget_bias or comparison.spectral_radius:
        _refuse_with_compare(cells, back, at, first)
        _compare(read, cells, comparison, loss, check, seed, output)
        return
    wanted = back.gradients or back.loss or back.clip is not None or back.truncate
    _refuse(cells, back, bool(wanted), output)
    network, told = _network(read, cells, seed)
    runs = run_layers(read.values, network)
    worked = _worked(at, runs) if at else None
    checks = [Check("the written-out sums against the matrix product", agreement(worked.sums), 1e-9)] if worked else []
    way = _way_back(runs, loss, back) if wanted else None
    if check:
        from mlcli.checks.recurrence import forward_against_torch, gradients_against_torch

        checks.append(forward_against_torch(read.values, network, runs))
        if way:
            checks.append(gradients_against_torch(read.values, network, runs, way.gradients, loss))
    counts = {name: weight_count(w.cell, w.W_ih.shape[1], network.H) for name, w in network.cells()}
    lesson = tell(
        read,
        network,
        counts,
        runs,
        first=(2 if len(runs) == 1 else 1) if first is None else first,
        at=worked,
        forgotten=forget(read.values, network, runs, spread(len(read.values), MOST_FORGOTTEN)),
        back=way,
        read=told,
        checks=tuple(checks),
        seed=seed if sequence.example == Example.ADDING or not cells.weights else None,
    )
    if cells.save_weights:
        write_network(cells.save_weights, network, output.force)
    show(lesson, output)


# --- what is given ----------------------------------------------------------------------------------------------------


def _read(path: str | None, given: Sequence, seed: int) -> InputSequence:
    if [path, given.text, given.example].count(None) != 2:
        raise InputError("give one of: a file, --text, --example", hint="mlcli rnn-unroll --text hello")
    match given.example:
        case Example.ADDING:
            return adding(given.steps or 20, seed)
        case Example.SINE:
            return sine(given.steps or 20)
        case Example.LETTERS:
            return replace(spell(letters(given.steps or 5)), name="letters")
        case None:
            read = spell(given.text) if given.text is not None else read_sequence(str(path))
            return read.first(given.steps) if given.steps else read


def _network(read: InputSequence, cells: Cells, seed: int) -> tuple[Network, tuple[str, ...]]:
    F = read.values.shape[1]
    if not cells.weights:
        directions = 2 if cells.bidirectional else 1
        size = cells.hidden or 3, seed, cells.layers or 1, directions
        return draw_network(cells.cell or "rnn", F, *size, activation=cells.activation), ()
    given = read_network(cells.weights, cells.activation)
    network = given.network
    own = {"cell": network.first.cell, "hidden": network.H, "layers": len(network.layers)}
    for name, value in own.items():
        if getattr(cells, name) not in (None, value):
            raise InputError(f"the weights are of {name} {value}", f"--{name}", f"leave --{name} out")
    if cells.bidirectional and network.D == 1:
        raise InputError("the weights are of one direction", "--bidirectional", "leave --bidirectional out")
    _refuse_activation(network.first.cell, cells.activation)
    if network.first.W_ih.shape[1] != F:
        message = f"the weights are for {network.first.W_ih.shape[1]} values a step, the sequence has {F}"
        raise InputError(message, cells.weights, "give the sequence that they were made for")
    return network, given.read


def _refuse(cells: Cells, back: Back, wanted: bool, output: PlottedOutput) -> None:
    """What cannot be, told before anything is computed."""
    if not cells.weights:
        _refuse_activation(cells.cell or "rnn", cells.activation)
    if cells.save_weights:
        refuse_weights(cells.save_weights, output.force)
        refuse_twice(*output.out, output.plot, cells.save_weights)
    if back.clip is not None and not 0 < back.clip < float("inf"):
        raise InputError("is a length above 0", "--clip", "--clip 1")
    if back.truncate and cells.bidirectional:
        raise InputError("is for one direction", "--truncate", "leave --bidirectional out")
    if output.plot and not wanted:
        raise InputError("draws the way back", "--plot", "add --gradients, or --compare")


def _refuse_activation(cell: Cell, activation: Activation) -> None:
    if activation != "tanh" and cell != "rnn":
        raise InputError(
            f"{'an' if cell == 'lstm' else 'a'} {cell.upper()} has its own", "--activation", "it is for --cell rnn"
        )


def _refuse_with_compare(cells: Cells, back: Back, at: str | None, first: int | None) -> None:
    given = {
        "--cell": cells.cell, "--layers": cells.layers, "--bidirectional": cells.bidirectional or None,
        "--weights": cells.weights, "--save-weights": cells.save_weights, "--at": at, "--show": first,
        "--clip": back.clip, "--truncate": back.truncate,
    }  # fmt: skip
    for name, value in given.items():
        if value is not None:
            raise InputError("does not go with --compare, which draws one cell of each kind", name, f"leave {name} out")


def _loss(text: str | None) -> Loss:
    """`last-sum`, `mse 0.5`, `mse=0.5,1`."""
    if text in (None, "last-sum"):
        return Loss()
    named = re.fullmatch(r"mse[\s=:]+(.+)", text or "")
    if not named:
        raise InputError(f'"{text}" is no loss', "--loss", 'last-sum, or "mse 0.5"')
    return Loss(_numbers(named[1], "--loss"))


def _numbers(text: str, where: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f'"{text}" is no list of numbers', where, "parted by commas: 0,1,3") from None
    if not all(abs(value) < 1e100 for value in values):
        raise InputError(f'"{text}" holds a number that is too large', where, "smaller ones")
    return values


# --- what is computed -------------------------------------------------------------------------------------------------


def _worked(at: str, runs: list[Run]) -> WorkedCell:
    place, _, name = at.partition(",l")
    run = (
        {run.name: run for run in runs}.get(f"l{name}") if name else next(r for r in runs if r.layer == runs[-1].layer)
    )
    if run is None:
        raise InputError(f"there is no cell l{name}", "--at", f"one of {', '.join(run.name for run in runs)}")
    try:
        t, unit = (int(part) for part in place.split(","))
    except ValueError:
        raise InputError(
            f'"{at}" is not a cell of the state', "--at", "step from 1 and unit from 0, such as --at 2,0"
        ) from None
    T = len(run.steps)
    if not 1 <= t <= T:
        raise InputError(f"there is no step {t}", "--at", f"steps go from 1 to {T}")
    step = run.steps[T - t if run.backwards else t - 1]
    return WorkedCell(run, t, unit, work_out(step, run.weights, unit))


def _way_back(runs: list[Run], loss: Loss, back: Back) -> WayBack:
    if back.truncate and any(run.backwards for run in runs):
        raise InputError("is for one direction", "--truncate", "leave it out")
    record = backward(runs, loss, back.truncate)
    whole = backward(runs, loss) if back.truncate and back.truncate < len(runs[0].steps) else None
    clipped = clip(record.weights, back.clip) if back.clip and record.exploded is None else None
    return WayBack(loss, record, whole, clipped)


def _compare(
    read: InputSequence, cells: Cells, given: Comparison, loss: Loss, check: bool, seed: int, output: PlottedOutput
) -> None:
    F, H = read.values.shape[1], cells.hidden or 3
    budget = weight_count("rnn", F, H).total
    units: dict[Cell, int] = {cell: H if given.match == Match.UNITS else units_for(cell, F, budget) for cell in GATES}
    draws = Draws(units, cells.activation, tuple(range(seed, seed + given.seeds)), loss)
    biases, radii = (
        _numbers(text, name) if text else ()
        for text, name in ((given.forget_bias, "--forget-bias"), (given.spectral_radius, "--spectral-radius"))
    )
    record = compare(read.values, draws, biases, radii)
    checks = []
    if check:
        from mlcli.checks.recurrence import gradients_against_torch

        for cell, H in units.items():
            network = draw_network(cell, F, H, seed, activation=cells.activation if cell == "rnn" else "tanh")
            runs = run_layers(read.values, network)
            found = gradients_against_torch(read.values, network, runs, backward(runs, loss), loss)
            checks.append(replace(found, name=f"{found.name}, {cell.upper()}"))
    show(tell_comparison(read, record, draws, matched=given.match.value, checks=tuple(checks), seed=seed), output)
