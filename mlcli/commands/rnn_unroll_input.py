"""What mlcli rnn-unroll reads, and the network that reads it."""

from dataclasses import replace
from pathlib import Path

from mlcli.commands.rnn_unroll_options import Cells, Example, Sequence
from mlcli.core.errors import InputError
from mlcli.core.recurrence_layers import Network, draw_network
from mlcli.core.sequences import InputSequence
from mlcli.datasets.sequences import adding, copying, letters, sine
from mlcli.readers.recurrence_weights import read_network
from mlcli.readers.sequences import read_sequence, spell


def read(path: str | None, given: Sequence, seed: int) -> InputSequence:
    """The sequence.

    Raises:
        InputError: none was given, or several; see the readers.
    """
    if [path, given.text, given.example].count(None) != 2:
        raise InputError("give one of: a file, --text, --example", hint="mlcli rnn-unroll --text hello")
    match given.example:
        case Example.ADDING:
            return adding(given.steps or 20, seed)
        case Example.COPY_MEMORY:
            return copying(given.steps or 30, seed)
        case Example.SINE:
            return sine(given.steps or 20)
        case Example.LETTERS:
            return replace(spell(letters(given.steps or 5)), name="letters")
        case None:
            found = spell(given.text) if given.text is not None else read_sequence(str(path))
            return found.first(given.steps) if given.steps else found


def is_run(cells: Cells) -> bool:
    """Whether --weights names the folder of a saved model."""
    return cells.weights is not None and Path(cells.weights).is_dir()


def network_for(sequence: InputSequence, cells: Cells, seed: int) -> tuple[Network, tuple[str, ...]]:
    """The network, drawn or from a file, and what was done while reading it.

    Raises:
        InputError: the file's network is not for this sequence, or not the one that the options say.
    """
    if not cells.weights:
        size = sequence.values.shape[1], cells.hidden or 3, seed, cells.layers or 1, 2 if cells.bidirectional else 1
        return draw_network(cells.cell or "rnn", *size, activation=cells.activation), ()
    given = read_network(cells.weights, cells.activation)
    refuse_others(sequence, given.network, cells, cells.weights)
    return given.network, given.read


def refuse_others(sequence: InputSequence, network: Network, cells: Cells, where: str) -> None:
    """The given weights say how large the network is.

    Raises:
        InputError: an option or the sequence says otherwise.
    """
    own = {"cell": network.first.cell, "hidden": network.H, "layers": len(network.layers)}
    for name, value in own.items():
        if getattr(cells, name) not in (None, value):
            raise InputError(f"the weights are of {name} {value}", f"--{name}", f"leave --{name} out")
    if cells.bidirectional and network.D == 1:
        raise InputError("the weights are of one direction", "--bidirectional", "leave --bidirectional out")
    cells.refuse_activation(network.first.cell)
    F, given = network.first.W_ih.shape[1], sequence.values.shape[1]
    if F != given:
        message = f"the weights are for {F} values a step, the sequence has {given}"
        raise InputError(message, where, "give the sequence that they were made for")
