"""The settings of the recurrent networks: for a problem that asks for a memory, and for the characters of a text.

A gate that keeps (σ(4) = 0.98) and one that lets little in (σ(−4) = 0.02) let a memory last about 50 steps before
anything is learned; with biases near 0 the same network needs many times as many steps, or never begins to learn.

Source: Tallec and Ollivier, Can recurrent neural networks warp time?, ICLR 2018, with one bias for all units.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.recurrence import Cell
from mlcli.training.settings import Settings, setting, setting_by_kind

REGRESSION, LABELLING, TEXT = "sequence regression", "sequence labelling", "text"


@dataclass(frozen=True)
class RecurrentSettings(Settings):
    """What all three share."""

    model: ClassVar[Cell]
    dropped: ClassVar[str] = "of the state that the output reads"
    checked: ClassVar[str] = "outputs"

    length: int = setting_by_kind(
        {REGRESSION: 100, LABELLING: 10, TEXT: 64},
        "Steps of a sequence; of copy how long the symbols are kept; of a text so many characters at a time.",
        min=1,
    )
    hidden: int = setting_by_kind({REGRESSION: 32, LABELLING: 64, TEXT: 256}, "Units: numbers in the state h.", min=1)
    layers: int = setting(1, "Cells above each other.", min=1)
    batch: int = setting_by_kind({REGRESSION: 32, LABELLING: 32, TEXT: 16}, "Sequences a step of training.", min=1)
    epochs: int = setting_by_kind({REGRESSION: 15, LABELLING: 60, TEXT: 40}, "Epochs at most.", min=1)
    patience: int = setting_by_kind(
        {REGRESSION: 0, LABELLING: 0, TEXT: 5}, "Epochs without better validation, then stop; 0: never.", min=0
    )
    steps: int = setting_by_kind({REGRESSION: 100, LABELLING: 100, TEXT: 200}, "Steps of training an epoch.", min=1)
    dropout: float = setting_by_kind(
        {REGRESSION: 0.0, LABELLING: 0.0, TEXT: 0.1}, "Share of the state that the output does not see in training.",
        min=0.0, max=0.99,
    )  # fmt: skip
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    warmup: int = setting_by_kind(
        {REGRESSION: 0, LABELLING: 0, TEXT: 200}, "Steps over which the learning rate rises to its value.", min=0
    )
    schedule: Literal["constant", "cosine", "step"] = setting("cosine", "How the learning rate falls.")
    clip: float = setting(1.0, "Longest gradient, all weights together; longer ones are cut to it; 0: any.", min=0.0)

    @property
    def gate_biases(self) -> dict[str, float]:
        """Of each gate whose bias is not drawn, its bias before training."""
        return {}


@dataclass(frozen=True)
class RNNSettings(RecurrentSettings):
    """Elman 1990."""

    model: ClassVar[Cell] = "rnn"
    formulas: ClassVar[tuple[str, ...]] = (
        "h_t = tanh(W_ih x_t + b_ih + W_hh h_{{t−1}} + b_hh), {hidden} units, {layers} layers",
    )


@dataclass(frozen=True)
class GRUSettings(RecurrentSettings):
    """Cho et al. 2014."""

    model: ClassVar[Cell] = "gru"
    formulas: ClassVar[tuple[str, ...]] = (
        "r, z = σ(W_i x_t + b_i + W_h h_{{t−1}} + b_h), each with weights of its own",
        "n = tanh(W_in x_t + b_in + r ∘ (W_hn h_{{t−1}} + b_hn))",
        "h_t = (1 − z) ∘ n + z ∘ h_{{t−1}}, {hidden} units; b_z begins at {update_bias}",
    )

    update_bias: float = setting_by_kind(
        {REGRESSION: 4.0, LABELLING: 3.0, TEXT: 0.0}, "Bias of the gate z before training: how much of h is kept."
    )

    @property
    def gate_biases(self) -> dict[str, float]:
        """The update gate's."""
        return {"z": self.update_bias}


@dataclass(frozen=True)
class LSTMSettings(RecurrentSettings):
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000."""

    model: ClassVar[Cell] = "lstm"
    formulas: ClassVar[tuple[str, ...]] = (
        "i, f, o = σ(W_i x_t + b_i + W_h h_{{t−1}} + b_h), each with weights of its own",
        "g = tanh(W_ig x_t + b_ig + W_hg h_{{t−1}} + b_hg)",
        "c_t = f ∘ c_{{t−1}} + i ∘ g,   h_t = o ∘ tanh(c_t), {hidden} units",
        "before training b_f = {forget_bias}, b_i = {input_bias}",
    )

    forget_bias: float = setting_by_kind(
        {REGRESSION: 4.0, LABELLING: 3.0, TEXT: 1.0}, "Bias of the gate f before training: how much of c is kept."
    )
    input_bias: float = setting_by_kind(
        {REGRESSION: -4.0, LABELLING: 0.0, TEXT: 0.0}, "Bias of the gate i before training: how much enters c."
    )

    @property
    def gate_biases(self) -> dict[str, float]:
        """Those of the forget gate and of the input gate."""
        return {"f": self.forget_bias, "i": self.input_bias}
