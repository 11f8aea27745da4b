"""The options of mlcli rnn-unroll, in groups."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mlcli.core.errors import InputError
from mlcli.core.recurrence import Activation, Cell
from mlcli.core.recurrence_losses import Loss
from mlcli.render.show import option


class Example(StrEnum):
    """Sequences that need no file."""

    ADDING = "adding"
    COPY_MEMORY = "copy-memory"
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
    steps: int | None = option(
        None, "Take only so many steps; of an example, 20, of copy-memory 30, of letters 5.", min=1
    )


@dataclass(frozen=True)
class Cells:
    """What reads it."""

    cell: Cell | None = option(None, "What reads the sequence.  [default: rnn]")
    hidden: int | None = option(None, "Units: numbers in the state h.  [default: 3]", min=1, max=1024)
    layers: int | None = option(None, "Cells above each other.  [default: 1]", min=1, max=16)
    bidirectional: bool = option(False, "Read backwards too, with weights of their own.", is_flag=True)
    activation: Activation = option("tanh", "What an RNN does with its sum.")
    weights: str | None = option(
        None,
        "Take the weights from an .npz or .safetensors, under PyTorch's names, or from a folder that train --save "
        "wrote: then it answers too.",
        metavar="FILE",
    )
    save_weights: Path | None = option(None, "Write the weights to FILE, as PyTorch loads them.", metavar="FILE")

    def refuse_activation(self, cell: Cell) -> None:
        """An RNN has a choice.

        Raises:
            InputError: the cell is another.
        """
        if self.activation != "tanh" and cell != "rnn":
            article = "an" if cell == "lstm" else "a"
            raise InputError(f"{article} {cell.upper()} has its own", "--activation", "it is for --cell rnn")


@dataclass(frozen=True)
class Back:
    """The way back."""

    gradients: bool = option(False, "Then go back through time: gradients and Jacobians.", is_flag=True)
    loss: str | None = option(
        None, 'What is learned from: last-sum, or "mse 0.5" with one target or one a unit.', metavar="LOSS"
    )
    clip: float | None = option(None, "Clip the gradient of all weights to this length.", metavar="LENGTH")
    truncate: int | None = option(None, "Go back so many steps only, and see what is left out.", min=1)

    @property
    def wanted(self) -> bool:
        """One of them was given."""
        return self != Back()

    def parsed_loss(self) -> Loss:
        """`last-sum`, `mse 0.5`, `mse=0.5,1`.

        Raises:
            InputError: neither.
        """
        if self.loss in (None, "last-sum"):
            return Loss()
        named = re.fullmatch(r"mse[\s=:]+(.+)", self.loss or "")
        if not named:
            raise InputError(f'"{self.loss}" is no loss', "--loss", 'last-sum, or "mse 0.5"')
        return Loss(numbers(named[1], "--loss"))


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

    @property
    def wanted(self) -> bool:
        """Several cells are to be compared."""
        return bool(self.compare or self.forget_bias or self.spectral_radius)


@dataclass(frozen=True)
class View:
    """What is shown of it, and from which draw."""

    first: int | None = option(None, "Tell so many steps in full.  [default: 2]", flags=["--show"], min=0)
    at: str | None = option(None, "Work out this cell of the state instead; 2,0,l1 is layer l1's.", metavar="T,UNIT")
    follow: int | None = option(
        None, "Follow what this step leaves in the memory, to the end; of a trained run, the first that counts.", min=1
    )
    check: bool = option(False, "Compute it with torch too and compare.", flags=["--check"])
    seed: int = option(0, "For the weights, and the numbers of an example.", min=0)


def numbers(text: str, where: str) -> tuple[float, ...]:
    """`0,1,3`.

    Raises:
        InputError: a part is no number, or a huge one.
    """
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f'"{text}" is no list of numbers', where, "parted by commas: 0,1,3") from None
    if not all(abs(value) < 1e100 for value in values):
        raise InputError(f'"{text}" holds a number that is too large', where, "smaller ones")
    return values
