"""Backpropagation through time, worked from the records of the steps: T, T − 1, …, 1.

What step t hands on is its state h_t and, for an LSTM, its memory c_t. Their gradients are those of what the later
steps make of each, the other held fixed; with L = Σ h_T they begin as ∂L/∂h_T = 1 and ∂L/∂c_T = 0. With the symbols
of `recurrence`, all on step t:

    RNN    ∂a_h = ∂h ∘ (1 − h²)
    GRU    ∂a_n = ∂h ∘ (1 − z) ∘ (1 − n²)             ∂a_z = ∂h ∘ (h_{t−1} − n) ∘ z ∘ (1 − z)
           ∂a_r = ∂a_n ∘ m ∘ r ∘ (1 − r)              ∂m = ∂a_n ∘ r
    LSTM   s    = ∂c + ∂h ∘ o ∘ (1 − tanh²(c))        ∂c_{t−1} = s ∘ f
           ∂a_i = s ∘ g ∘ i ∘ (1 − i)                 ∂a_f = s ∘ c_{t−1} ∘ f ∘ (1 − f)
           ∂a_g = s ∘ i ∘ (1 − g²)                    ∂a_o = ∂h ∘ tanh(c) ∘ o ∘ (1 − o)

    ∂x_t = W_ihᵀ ∂a     ∂h_{t−1} = W_hhᵀ ∂a (GRU: + ∂h ∘ z, and ∂m in the place of ∂a_n)
    ∂W_ih = Σ_t ∂a x_tᵀ     ∂W_hh = Σ_t ∂a h_{t−1}ᵀ     ∂b = Σ_t ∂a

The same rules carry a row of the Jacobian ∂h_T/∂h_t as they carry ∂L/∂h_t.

Source: Werbos 1990; the Jacobian and its bound by W_hh's largest singular value: Pascanu, Mikolov, Bengio 2013.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.recurrence import CellWeights, GRUStep, LSTMStep, RNNStep, Step

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepGradient:
    """The gradient of L at step t; `c` is zero throughout for a cell without a memory.

    Args:
        a_ih, a_hh: of W_ih x + b_ih and of W_hh h + b_hh, which differ for a GRU's candidate only.
    """

    t: int
    h: Float[Array, " H"]
    c: Float[Array, " H"]
    x: Float[Array, " F"]
    a_ih: Float[Array, " GH"]
    a_hh: Float[Array, " GH"]


@dataclass(frozen=True, eq=False)
class Norms:
    """Lengths through time, t = 1 … T: of the gradients, and the largest stretch (spectral norm) of the Jacobians.

    Args:
        c, dh_dc: of the memory; None for a cell without one.
        dh_dh, dh_dc: of ∂h_T/∂h_t and ∂h_T/∂c_t.
    """

    h: Float[Array, " T"]
    c: Float[Array, " T"] | None
    x: Float[Array, " T"]
    dh_dh: Float[Array, " T"]
    dh_dc: Float[Array, " T"] | None


@dataclass(frozen=True, eq=False)
class Gradients:
    """All of one way back through time.

    Args:
        steps: t = 1 … T, though they were worked from the last to the first.
        weights: the gradient of each weight, laid out as the weights are.
        largest_singular_value: of W_hh.
        kept: what is left of the gradient at step 1: |∂L/∂(h_1, c_1)| / |∂L/∂(h_T, c_T)|.
    """

    steps: list[StepGradient]
    weights: CellWeights
    norms: Norms
    largest_singular_value: float
    kept: float


def gradients(steps: list[Step], weights: CellWeights) -> Gradients:
    """Everything about L = Σ h_T."""
    back = [*backpropagate(steps, weights, np.ones_like(steps[-1].h))][::-1]
    h, c = np.stack([at.h for at in back]), np.stack([at.c for at in back])  # (T, H)
    x = np.stack([at.x for at in back])  # (T, F)
    dh_dh, dh_dc = jacobian_norms(steps, weights)
    norms = Norms(_length(h), _length(c) if weights.cell == "lstm" else None, _length(x), dh_dh, dh_dc)
    state = _length(np.concatenate([h, c], axis=1))
    singular = float(np.linalg.norm(weights.W_hh, 2))
    return Gradients(back, weight_gradients(steps, back, weights), norms, singular, float(state[0] / state[-1]))


def backpropagate(steps: list[Step], weights: CellWeights, h: Float[Array, " H"]) -> Iterator[StepGradient]:
    """∂L/∂h_t, ∂L/∂c_t and ∂L/∂x_t for t = T … 1.

    Args:
        h: ∂L/∂h_T of a loss that sees the last state only.
    """
    c = np.zeros_like(h)
    for step in reversed(steps):
        a_ih, a_hh, h_before, c_before = _step_back(step, weights, h, c)
        yield StepGradient(step.t, h, c, a_ih @ weights.W_ih, a_ih, a_hh)
        h, c = h_before, c_before


def weight_gradients(steps: list[Step], back: list[StepGradient], weights: CellWeights) -> CellWeights:
    """∂W_ih = Σ_t ∂a x_tᵀ,  ∂W_hh = Σ_t ∂a h_{t−1}ᵀ,  ∂b = Σ_t ∂a; steps and gradients in the same order."""
    x, h_before = np.stack([step.x for step in steps]), np.stack([step.h_before for step in steps])
    a_ih, a_hh = np.stack([at.a_ih for at in back]), np.stack([at.a_hh for at in back])  # (T, G·H)
    return CellWeights(weights.cell, a_ih.T @ x, a_hh.T @ h_before, a_ih.sum(axis=0), a_hh.sum(axis=0))


def jacobian_norms(steps: list[Step], weights: CellWeights) -> tuple[Float[Array, " T"], Float[Array, " T"] | None]:
    """‖∂h_T/∂h_t‖ and ‖∂h_T/∂c_t‖, the largest singular values, for t = 1 … T; None for a cell without a memory."""
    h = np.eye(len(steps[-1].h))  # (H, H), a row for each unit of h_T
    c = np.zeros_like(h)
    dh_dh, dh_dc = [], []
    for step in reversed(steps):
        dh_dh.append(np.linalg.norm(h, 2))
        if weights.cell == "lstm":
            dh_dc.append(np.linalg.norm(c, 2))
        _, _, h, c = _step_back(step, weights, h, c)
    return np.array(dh_dh[::-1]), np.array(dh_dc[::-1]) if dh_dc else None


def _step_back(
    step: Step, weights: CellWeights, h: Float[Array, "*rows H"], c: Float[Array, "*rows H"]
) -> tuple[Array, Array, Array, Array]:
    """From ∂h_t and ∂c_t: of W_ih x + b_ih, of W_hh h + b_hh, of h_{t−1}, of c_{t−1}; any number of rows at once."""
    match step:
        case RNNStep():
            a = h * (1 - step.h**2)
            return a, a, a @ weights.W_hh, c
        case GRUStep():
            a_n = h * (1 - step.z) * (1 - step.n**2)
            a_z = h * (step.h_before - step.n) * step.z * (1 - step.z)
            a_r = a_n * step.m * step.r * (1 - step.r)
            a_ih = np.concatenate([a_r, a_z, a_n], axis=-1)
            a_hh = np.concatenate([a_r, a_z, a_n * step.r], axis=-1)
            return a_ih, a_hh, a_hh @ weights.W_hh + h * step.z, c
        case LSTMStep():
            s = c + h * step.o * (1 - step.tanh_c**2)
            a_i = s * step.g * step.i * (1 - step.i)
            a_f = s * step.c_before * step.f * (1 - step.f)
            a_g = s * step.i * (1 - step.g**2)
            a_o = h * step.tanh_c * step.o * (1 - step.o)
            a = np.concatenate([a_i, a_f, a_g, a_o], axis=-1)
            return a, a, a @ weights.W_hh, s * step.f


def _length(rows: Float[Array, "T K"]) -> Float[Array, " T"]:
    return np.linalg.norm(rows, axis=1)
