"""RNN, GRU and LSTM side by side, in mlcli rnn-unroll."""

from dataclasses import replace

from mlcli.commands.rnn_unroll_input import read
from mlcli.commands.rnn_unroll_options import Back, Cells, Comparison, Match, Sequence, View, numbers
from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES, Cell, weight_count
from mlcli.core.recurrence_comparison import Draws, compare, units_for
from mlcli.core.recurrence_gradients import gradients
from mlcli.core.recurrence_layers import draw_network, run_layers
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Lesson
from mlcli.lessons.recurrence_comparison import tell


def lesson_of_comparison(
    path: str | None, sequence: Sequence, cells: Cells, back: Back, comparison: Comparison, view: View
) -> Lesson:
    """How the gradients of the three fade.

    Raises:
        InputError: an option is for one cell alone; see `read` and `compare`.
    """
    _refuse(cells, back, view)
    loss, given = back.parsed_loss(), read(path, sequence, view.seed)
    F, H = given.values.shape[1], cells.hidden or 3
    budget = weight_count("rnn", F, H).total
    units: dict[Cell, int] = {
        cell: H if comparison.match == Match.UNITS else units_for(cell, F, budget) for cell in GATES
    }
    draws = Draws(units, cells.activation, tuple(range(view.seed, view.seed + comparison.seeds)), loss)
    biases, radii = (
        numbers(text, name) if text else ()
        for text, name in (
            (comparison.forget_bias, "--forget-bias"),
            (comparison.spectral_radius, "--spectral-radius"),
        )
    )
    record = compare(given.values, draws, biases, radii)
    checks = tuple(_checked(given, draws, cell) for cell in units) if view.check else ()
    return tell(given, record, draws, matched=comparison.match.value, checks=checks, seed=view.seed)


def _checked(given: InputSequence, draws: Draws, cell: Cell) -> Check:
    """The gradients of the first draw, by torch."""
    from mlcli.checks.recurrence import gradients_against_torch

    activation = draws.activation if cell == "rnn" else "tanh"
    network = draw_network(cell, given.values.shape[1], draws.H[cell], draws.seeds[0], activation=activation)
    runs = run_layers(given.values, network)
    found = gradients_against_torch(given.values, network, runs, gradients(runs, draws.loss), draws.loss)
    return replace(found, name=f"{found.name}, {cell.upper()}")


def _refuse(cells: Cells, back: Back, view: View) -> None:
    given = {
        "--cell": cells.cell, "--layers": cells.layers, "--bidirectional": cells.bidirectional or None,
        "--weights": cells.weights, "--save-weights": cells.save_weights, "--at": view.at, "--show": view.first,
        "--follow": view.follow, "--clip": back.clip, "--truncate": back.truncate,
    }  # fmt: skip
    for name, value in given.items():
        if value is not None:
            raise InputError("does not go with --compare, which draws one cell of each kind", name, f"leave {name} out")
