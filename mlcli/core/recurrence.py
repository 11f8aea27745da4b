"""Recurrence: a cell reads a sequence step by step; what it gives at one step comes back to it at the next.

    RNN    h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)              φ is tanh, or relu

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
    a  what stands inside σ, tanh or φ: a_i, a_f, …            G  gates: 1, 3 or 4
    m  GRU: W_hn h_{t−1} + b_hn, before the reset gate         φ'  RNN: its slope at a

W_ih holds the gates' rows below each other, in the order of `GATES`: W_ii, W_if, W_ig, W_io; W_hh and the biases too.

Source: Elman 1990; Cho et al. 2014; Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. Layout,
names and the two biases as PyTorch has them, whose GRU resets after W_hn (Cho et al. reset before it).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import relu, sigmoid

Array = NDArray[np.float64]
Cell = Literal["rnn", "gru", "lstm"]
Activation = Literal["tanh", "relu"]
Inputs = Float[Array, "*batch F"]
Units = Float[Array, "*batch H"]

GATES: dict[Cell, tuple[str, ...]] = {"rnn": ("h",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "g", "o")}


@dataclass(frozen=True, eq=False)
class CellWeights:
    """What a cell learns, in PyTorch's layout: a block of H rows for each of `GATES[cell]`.

    Args:
        activation: φ of an RNN; the other cells have none to choose.
    """

    cell: Cell
    W_ih: Float[Array, "GH F"]
    W_hh: Float[Array, "GH H"]
    b_ih: Float[Array, " GH"]
    b_hh: Float[Array, " GH"]
    activation: Activation = "tanh"


@dataclass(frozen=True, eq=False)
class RNNStep:
    """All of one step of an RNN; t counts from 1; `slope` is φ'(a_h)."""

    t: int
    x: Inputs
    h_before: Units
    a_h: Units
    h: Units
    slope: Units


@dataclass(frozen=True, eq=False)
class GRUStep:
    """All of one step of a GRU; t counts from 1."""

    t: int
    x: Inputs
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
    x: Inputs
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


def rnn_step(t: int, x: Inputs, h: Units, weights: CellWeights) -> RNNStep:
    """h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)."""
    a_h = x @ weights.W_ih.T + weights.b_ih + h @ weights.W_hh.T + weights.b_hh  # (H,)
    if weights.activation == "relu":
        return RNNStep(t, x, h, a_h, relu(a_h), (a_h > 0).astype(float))
    h_t = np.tanh(a_h)
    return RNNStep(t, x, h, a_h, h_t, 1 - h_t**2)


def gru_step(t: int, x: Inputs, h: Units, weights: CellWeights) -> GRUStep:
    """h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}."""
    x_r, x_z, x_n = _gates(x @ weights.W_ih.T + weights.b_ih, 3)  # (H,) each
    h_r, h_z, m = _gates(h @ weights.W_hh.T + weights.b_hh, 3)  # (H,) each
    a_r, a_z = x_r + h_r, x_z + h_z
    r, z = sigmoid(a_r), sigmoid(a_z)
    a_n = x_n + r * m
    n = np.tanh(a_n)
    return GRUStep(t, x, h, a_r, a_z, r, z, m, a_n, n, (1 - z) * n + z * h)


def lstm_step(t: int, x: Inputs, h: Units, c: Units, weights: CellWeights) -> LSTMStep:
    """c_t = f_t ∘ c_{t−1} + i_t ∘ g_t,  h_t = o_t ∘ tanh(c_t)."""
    a = x @ weights.W_ih.T + weights.b_ih + h @ weights.W_hh.T + weights.b_hh  # (4·H,)
    a_i, a_f, a_g, a_o = _gates(a, 4)  # (H,) each
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_t = f * c + i * g
    tanh_c = np.tanh(c_t)
    return LSTMStep(t, x, h, c, a_i, a_f, a_g, a_o, i, f, g, o, c_t, tanh_c, o * tanh_c)


def _gates(rows: Float[Array, "*batch GH"], G: int) -> list[Units]:
    H = rows.shape[-1] // G
    return [rows[..., gate * H : (gate + 1) * H] for gate in range(G)]


def unroll(x: Float[Array, "T *batch F"], weights: CellWeights, backwards: bool = False) -> Iterator[Step]:
    """One record a step, the first from h_0 = c_0 = 0.

    Args:
        x: one sequence, or several of one length side by side.
        backwards: read from the last step to the first; t stays that of the input.

    Raises:
        InputError: x has no step, W_ih is for another number of values, or W_ih x overflows.
    """
    if not x.size:
        raise InputError("the sequence is empty", hint="it needs at least one step")
    if x.shape[-1] != weights.W_ih.shape[1]:
        raise InputError(f"a step has {x.shape[-1]} values, W_ih is for {weights.W_ih.shape[1]}")
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(x @ weights.W_ih.T).reshape(len(x), -1).all(axis=1)
    if not finite.all():
        raise InputError(f"the values of step {finite.argmin() + 1} are too large: W_ih x overflows", hint="scale them")
    return _steps(x, weights, backwards)


def _steps(x: Array, weights: CellWeights, backwards: bool) -> Iterator[Step]:
    h = c = np.zeros((*x.shape[1:-1], weights.W_hh.shape[1]))
    for t in range(len(x), 0, -1) if backwards else range(1, len(x) + 1):
        match weights.cell:
            case "rnn":
                step = rnn_step(t, x[t - 1], h, weights)
            case "gru":
                step = gru_step(t, x[t - 1], h, weights)
            case "lstm":
                step = lstm_step(t, x[t - 1], h, c, weights)
                c = step.c
        h = step.h
        yield step


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


def spread(T: int, most: int) -> list[int]:
    """At most `most` steps from 1 to T, both of them among them, evenly apart.

    >>> spread(3, 5), spread(100, 4)
    ([1, 2, 3], [1, 34, 67, 100])
    """
    return sorted({int(t) for t in np.linspace(1, T, min(T, most)).round()})


def around(T: int, steps: Iterable[int], most: int) -> list[int]:
    """These steps, one before and one after each, and at most `most` of all T, evenly apart.

    >>> around(100, [1, 50], 3)
    [1, 2, 49, 50, 51, 100]
    """
    near = {t + k for t in steps for k in (-1, 0, 1)}
    return sorted(t for t in near | set(spread(T, most)) if 1 <= t <= T)


def distances(T: int, most: int) -> list[int]:
    """At most `most` distances from 0 to T − 1, both of them among them, closer together near 0.

    >>> distances(3, 5), distances(100, 6)
    ([0, 1, 2], [0, 2, 5, 15, 39, 99])
    """
    return list(range(T)) if T <= most else sorted({int(k) - 1 for k in np.geomspace(1, T, most).round()})
