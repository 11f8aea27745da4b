"""Recurrence: a cell reads a sequence step by step; what it gives at one step comes back to it at the next.

    RNN    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)

    GRU    r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)              reset gate
           z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)              update gate
           n_t = tanh(W_in x_t + b_in + r_t ∘ (W_hn h_{t−1} + b_hn))   candidate
           h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}

    LSTM   i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)              input gate
           f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)              forget gate
           g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)           candidate
           o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)              output gate
           c_t = f_t ∘ c_{t−1} + i_t ∘ g_t                             memory
           h_t = o_t ∘ tanh(c_t)

Symbols
    x  input  (T, F)       W_ih  from the input  (G·H, F)      T  steps
    h  state  (H,)         W_hh  from the state  (G·H, H)      F  values a step
    c  memory (H,)         b_ih, b_hh  biases    (G·H,)        H  units
    a  what stands inside σ or tanh: a_i, a_f, …               G  gates: 1, 3 or 4
    m  GRU: W_hn h_{t−1} + b_hn, before the reset gate

W_ih holds the gates' rows below each other, in the order of `GATES`: W_ii, W_if, W_ig, W_io; W_hh and the biases too.

Source: Elman 1990; Cho et al. 2014; Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. Layout,
names and the two biases as PyTorch has them, whose GRU resets after W_hn (Cho et al. reset before it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import sigmoid

Array = NDArray[np.float64]
Cell = Literal["rnn", "gru", "lstm"]
Units = Float[Array, " H"]

GATES: dict[Cell, tuple[str, ...]] = {"rnn": ("h",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "g", "o")}


@dataclass(frozen=True, eq=False)
class CellWeights:
    """What a cell learns, in PyTorch's layout: a block of H rows for each of `GATES[cell]`."""

    cell: Cell
    W_ih: Float[Array, "GH F"]
    W_hh: Float[Array, "GH H"]
    b_ih: Float[Array, " GH"]
    b_hh: Float[Array, " GH"]


@dataclass(frozen=True, eq=False)
class RNNStep:
    """All of one step of an RNN; t counts from 1."""

    t: int
    x: Float[Array, " F"]
    h_before: Units
    a_h: Units
    h: Units


@dataclass(frozen=True, eq=False)
class GRUStep:
    """All of one step of a GRU; t counts from 1."""

    t: int
    x: Float[Array, " F"]
    h_before: Units
    a_r: Units
    a_z: Units
    r: Units
    z: Units
    m: Units
    a_n: Units
    n: Units
    h: Units


@dataclass(frozen=True, eq=False)
class LSTMStep:
    """All of one step of an LSTM; t counts from 1."""

    t: int
    x: Float[Array, " F"]
    h_before: Units
    c_before: Units
    a_i: Units
    a_f: Units
    a_g: Units
    a_o: Units
    i: Units
    f: Units
    g: Units
    o: Units
    c: Units
    tanh_c: Units
    h: Units


Step = RNNStep | GRUStep | LSTMStep


def rnn_step(t: int, x: Float[Array, " F"], h: Units, weights: CellWeights) -> RNNStep:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)."""
    a_h = weights.W_ih @ x + weights.b_ih + weights.W_hh @ h + weights.b_hh  # (H,)
    return RNNStep(t, x, h, a_h, np.tanh(a_h))


def gru_step(t: int, x: Float[Array, " F"], h: Units, weights: CellWeights) -> GRUStep:
    """h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}."""
    x_r, x_z, x_n = np.split(weights.W_ih @ x + weights.b_ih, 3)  # (H,) each
    h_r, h_z, m = np.split(weights.W_hh @ h + weights.b_hh, 3)  # (H,) each
    a_r, a_z = x_r + h_r, x_z + h_z
    r, z = sigmoid(a_r), sigmoid(a_z)
    a_n = x_n + r * m
    n = np.tanh(a_n)
    return GRUStep(t, x, h, a_r, a_z, r, z, m, a_n, n, (1 - z) * n + z * h)


def lstm_step(t: int, x: Float[Array, " F"], h: Units, c: Units, weights: CellWeights) -> LSTMStep:
    """c_t = f_t ∘ c_{t−1} + i_t ∘ g_t,  h_t = o_t ∘ tanh(c_t)."""
    a_i, a_f, a_g, a_o = np.split(weights.W_ih @ x + weights.b_ih + weights.W_hh @ h + weights.b_hh, 4)  # (H,) each
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_t = f * c + i * g
    tanh_c = np.tanh(c_t)
    return LSTMStep(t, x, h, c, a_i, a_f, a_g, a_o, i, f, g, o, c_t, tanh_c, o * tanh_c)


def unroll(x: Float[Array, "T F"], weights: CellWeights, after: Step | None = None) -> Iterator[Step]:
    """One record a step, the first from h_0 = c_0 = 0.

    Args:
        after: the step that x follows, for a sequence that goes on.

    Raises:
        InputError: x has no step, W_ih is for another number of values, or W_ih x overflows.
    """
    if not x.size:
        raise InputError("the sequence is empty", hint="it needs at least one step")
    if x.shape[1] != weights.W_ih.shape[1]:
        raise InputError(f"a step has {x.shape[1]} values, W_ih is for {weights.W_ih.shape[1]}")
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(x @ weights.W_ih.T).all(axis=1)  # h never leaves −1..1: only x can make a too large
    if not finite.all():
        raise InputError(f"the values of step {finite.argmin() + 1} are too large: W_ih x overflows", hint="scale them")
    return _steps(x, weights, after)


def _steps(x: Array, weights: CellWeights, after: Step | None) -> Iterator[Step]:
    h = after.h if after else np.zeros(weights.W_hh.shape[1])
    c = after.c if isinstance(after, LSTMStep) else np.zeros_like(h)
    for t, x_t in enumerate(x, start=after.t + 1 if after else 1):
        match weights.cell:
            case "rnn":
                step = rnn_step(t, x_t, h, weights)
            case "gru":
                step = gru_step(t, x_t, h, weights)
            case "lstm":
                step = lstm_step(t, x_t, h, c, weights)
                c = step.c
        h = step.h
        yield step


def states(steps: list[Step]) -> Float[Array, "T H"]:
    """h_1 … h_T below each other."""
    return np.stack([step.h for step in steps])


def draw_weights(cell: Cell, F: int, H: int, seed: int) -> CellWeights:
    """Every weight and bias from U(−1/√H, 1/√H), as PyTorch begins."""
    rng, rows, bound = np.random.default_rng(seed), len(GATES[cell]) * H, 1 / np.sqrt(H)
    W_ih, W_hh, b_ih, b_hh = (rng.uniform(-bound, bound, size) for size in [(rows, F), (rows, H), rows, rows])
    return CellWeights(cell, W_ih, W_hh, b_ih, b_hh)


@dataclass(frozen=True)
class WeightCount:
    """How many weights: H·F + H·H + H + H for each gate."""

    gates: tuple[str, ...]
    F: int
    H: int
    each: int
    total: int


def weight_count(cell: Cell, F: int, H: int) -> WeightCount:
    """total = G · (H·F + H·H + H + H).

    >>> [weight_count(cell, 10, 20).total for cell in ("rnn", "gru", "lstm")]
    [640, 1920, 2560]
    """
    each = H * F + H * H + H + H
    return WeightCount(GATES[cell], F, H, each, each * len(GATES[cell]))


@dataclass(frozen=True)
class Forgotten:
    """How far the last state moves if x_t is replaced by zeros."""

    t: int
    distance: float


def forget(x: Float[Array, "T F"], weights: CellWeights, steps: list[Step], t: int) -> Forgotten:
    """‖h_T − h_T with x_t = 0‖.

    Args:
        steps: all of x.
        t: from 1 to T.
    """
    rest = x[t - 1 :].copy()
    rest[0] = 0.0
    *_, last = unroll(rest, weights, after=steps[t - 2] if t > 1 else None)
    return Forgotten(t, float(np.linalg.norm(steps[-1].h - last.h)))


def spread(T: int, most: int) -> list[int]:
    """At most `most` steps from 1 to T, both of them among them, evenly apart.

    >>> spread(3, 5), spread(100, 4)
    ([1, 2, 3], [1, 34, 67, 100])
    """
    return sorted({int(t) for t in np.linspace(1, T, min(T, most)).round()})
