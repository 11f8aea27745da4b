"""mlcli rnn-unroll: a recurrent network, step by step through time and back."""

from pathlib import Path
from typing import Annotated

import typer
from threadpoolctl import threadpool_limits

from mlcli.commands.options import command, program, refuse_given
from mlcli.commands.rnn_unroll_compare import lesson_of_comparison
from mlcli.commands.rnn_unroll_input import is_run
from mlcli.commands.rnn_unroll_options import Back, Cells, Comparison, Sequence, View
from mlcli.commands.rnn_unroll_trace import lesson_of_sequence
from mlcli.commands.rnn_unroll_trained import lesson_of_trained
from mlcli.core.errors import InputError
from mlcli.files import refuse_twice
from mlcli.render.recurrence_weights import refuse_weights, write_network
from mlcli.render.show import PlottedOutput, show

app = program()


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
    view: View = View(),
    back: Back = Back(),
    comparison: Comparison = Comparison(),
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Read a sequence with an RNN, GRU or LSTM, every gate of every step in numbers, and see what is remembered."""
    if comparison.wanted:
        show(lesson_of_comparison(input, sequence, cells, back, comparison, view), output)
        return
    refuse_given(comparison, "is for --compare")
    _refuse(cells, back, view, output)
    lesson_of = lesson_of_trained if is_run(cells) else lesson_of_sequence
    lesson, network = lesson_of(input, sequence, cells, back, view)
    if cells.save_weights:
        write_network(cells.save_weights, network, output.force)
    show(lesson, output)


def _refuse(cells: Cells, back: Back, view: View, output: PlottedOutput) -> None:
    """What cannot be, told before anything is computed."""
    if cells.weights not in (None, "-") and not Path(str(cells.weights)).exists():
        raise InputError(
            "does not exist", str(cells.weights), "name a file of weights, or what train --save has written"
        )
    if not cells.weights:
        cells.refuse_activation(cells.cell or "rnn")
    if cells.save_weights:
        refuse_weights(cells.save_weights, output.force)
        refuse_twice(output.out, output.plot, cells.save_weights)
    if back.clip is not None and not 0 < back.clip < float("inf"):
        raise InputError("is a length above 0", "--clip", "--clip 1")
    if back.truncate and cells.bidirectional:
        raise InputError("is for one direction", "--truncate", "leave --bidirectional out")
    if view.follow and cells.bidirectional:
        raise InputError("is for one direction", "--follow", "leave --bidirectional out")
    if output.plot and not (back.wanted or view.follow or is_run(cells)):
        raise InputError("draws the way back, or what is followed", "--plot", "add --gradients, --follow or --compare")
