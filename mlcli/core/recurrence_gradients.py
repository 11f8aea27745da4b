"""Backpropagation through time, worked from the records of the steps: the last that was read first.

What step t hands on is its state h_t and, for an LSTM, its memory c_t. Their gradients are those of what the later
steps make of each, the other held fixed; they begin as ∂L/∂h_T, which the loss gives, and ∂L/∂c_T = 0. With the
symbols of `recurrence`, all on step t:

    RNN    ∂a_h = ∂h ∘ φ'(a_h)                        which is 1 − h² for tanh
    GRU    ∂a_n = ∂h ∘ (1 − z) ∘ (1 − n²)             ∂a_z = ∂h ∘ (h_{t−1} − n) ∘ z ∘ (1 − z)
           ∂a_r = ∂a_n ∘ m ∘ r ∘ (1 − r)              ∂m = ∂a_n ∘ r
    LSTM   s    = ∂c + ∂h ∘ o ∘ (1 − tanh²(c))        ∂c_{t−1} = s ∘ f
           ∂a_i = s ∘ g ∘ i ∘ (1 − i)                 ∂a_f = s ∘ c_{t−1} ∘ f ∘ (1 − f)
           ∂a_g = s ∘ i ∘ (1 − g²)                    ∂a_o = ∂h ∘ tanh(c) ∘ o ∘ (1 − o)

    ∂x_t = W_ihᵀ ∂a     ∂h_{t−1} = W_hhᵀ ∂a (GRU: + ∂h ∘ z, and ∂m in the place of ∂a_n)
    ∂W_ih = Σ_t ∂a x_tᵀ     ∂W_hh = Σ_t ∂a h_{t−1}ᵀ     ∂b = Σ_t ∂a

A layer gets ∂L/∂h_t from the layer above too, as that one's ∂x_t. Truncated, the way back ends after some steps:
what is older counts as given. The same rules carry a row of the Jacobian ∂h_T/∂h_t as they carry ∂L/∂h_t.

Source: Werbos 1990; the Jacobian and its bound by W_hh's largest singular value: Pascanu, Mikolov, Bengio 2013.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import RequestFailed
from mlcli.core.numerics import lengths
from mlcli.core.recurrence import CellWeights, GRUStep, LSTMStep, RNNStep, Step
from mlcli.core.recurrence_layers import LARGEST, SMALLEST, Run, last_states
from mlcli.core.recurrence_losses import Loss, Score

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepGradient:
    """The gradient of L at step t; `c` is zero throughout for a cell without a memory.

    Args:
        x: through this cell alone; with two directions the other one's is added to it.
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
    """Lengths through time, in the order of reading: of the gradients, and the largest stretch of the Jacobians.

    Args:
        c, dh_dc: of the memory; None for a cell without one.
        dh_dh, dh_dc: the largest singular value of ∂h_T/∂h_t and ∂h_T/∂c_t, h_T being what the cell has at its end.
        bound: of an RNN, s^(T − t) with s the largest singular value of W_hh, which dh_dh is never above; else None.
    """

    t: tuple[int, ...]
    h: Float[Array, " K"]
    c: Float[Array, " K"] | None
    dh_dh: Float[Array, " K"]
    dh_dc: Float[Array, " K"] | None
    bound: Float[Array, " K"] | None


@dataclass(frozen=True, eq=False)
class CellGradients:
    """All of one cell's way back.

    Args:
        steps: in the order of reading, though they were worked from the last to the first; K of them.
        weights: the gradient of each weight, laid out as the weights are.
        jacobians: ∂h_T/∂h_t for two t: one step before the end, and where the way back ends.
        largest_singular_value: of W_hh.
        vanished: the last step, as read, whose gradient is below `SMALLEST` and counts as 0; None if there is none.
        kept: what is left of the gradient where the way back ends: |∂L/∂(h_t, c_t)| / |∂L/∂(h_T, c_T)|; 0 if L is flat.
    """

    name: str
    steps: list[StepGradient]
    weights: CellWeights
    norms: Norms
    jacobians: dict[int, Float[Array, "H H"]]
    largest_singular_value: float
    vanished: int | None
    kept: float


@dataclass(frozen=True, eq=False)
class Gradients:
    """Everything about L.

    Args:
        cells: in the order of the runs.
        x: ∂L/∂x_t for the K steps of the way back, in time.
        back: K, how many steps the way back has; T if it reaches the first.
        exploded: the step at which a gradient grew too large to go on, so that the way back ends before it; or None.
    """

    loss: float
    cells: list[CellGradients]
    x: Float[Array, "K F"]
    back: int
    exploded: int | None = None

    @property
    def x_norm(self) -> Float[Array, " K"]:
        """‖∂L/∂x_t‖."""
        return lengths(self.x)

    @property
    def weights(self) -> list[Array]:
        """The gradient of every weight, cell by cell."""
        return [array for cell in self.cells for array in arrays(cell.weights)]


def gradients(runs: list[Run], loss: Loss | Score, truncate: int | None = None) -> Gradients:
    """Backpropagation through time, from the last layer to the first.

    Args:
        truncate: go back so many steps only.

    Raises:
        InputError: the target does not fit.
        RequestFailed: a gradient explodes at the very end, or in a network of two directions.
    """
    T = len(runs[0].steps)
    back, exploded = min(truncate or T, T), None
    while True:
        try:
            record = _gradients(runs, loss, back)
            return replace(record, exploded=exploded)
        except TooLarge as found:
            if found.steps == 0 or any(run.backwards for run in runs):
                hint = "smaller weights, or fewer --steps"
                raise RequestFailed("the gradient exploded: it is beyond 1e150", hint=hint) from None
            back, exploded = found.steps, T - found.steps


class TooLarge(ArithmeticError):
    """A gradient grew beyond `LARGEST` after so many steps back."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.steps = steps


def _gradients(runs: list[Run], loss: Loss | Score, back: int) -> Gradients:
    T, H = len(runs[0].steps), runs[0].weights.W_hh.shape[1]
    last = last_states(runs)
    begin = np.split(loss.gradient(last), len(last) // H)  # (H,) for each direction
    top = runs[-1].layer
    found: dict[str, CellGradients] = {}
    x = np.zeros((T, 0))
    for layer in range(top, -1, -1):
        cells = [run for run in runs if run.layer == layer]
        from_outside = np.split(x, len(cells), axis=1)  # ∂x of the layer above: (T, H) for each direction
        x = np.zeros_like(cells[0].x)  # (T, F)
        for direction, run in enumerate(cells):
            if layer == top:
                outside = np.zeros((T, H))
                outside[-1] = begin[direction]
            else:
                outside = run.in_time(from_outside[direction])
            steps = backpropagate(run, outside, back)
            found[run.name] = _cell(run, steps)
            x += run.in_time(np.concatenate([np.zeros((T - back, x.shape[1])), np.stack([at.x for at in steps])]))
    return Gradients(loss.value(last), [found[run.name] for run in runs], x[T - back :], back)


def backpropagate(run: Run, outside: Float[Array, "T H"], back: int) -> list[StepGradient]:
    """∂L/∂h_t, ∂L/∂c_t and ∂L/∂x_t, in the order of reading, for the last `back` steps that were read.

    Args:
        outside: what of ∂L/∂h_t does not come through the cell itself: from L, or from the layer above; as read.
    """
    h, found = np.zeros(outside.shape[1]), []
    c = np.zeros_like(h)
    for step, from_outside in zip(run.steps[: -back - 1 : -1], outside[::-1], strict=False):
        h = h + from_outside
        a_ih, a_hh, h_before, c_before = _step_back(step, run.weights, h, c)
        _refuse_large(len(found), h, c, a_ih)
        found.append(StepGradient(step.t, h, c, a_ih @ run.weights.W_ih, a_ih, a_hh))
        h, c = _or_vanished(h_before), _or_vanished(c_before)
    return found[::-1]


def _or_vanished(array: Array) -> Array:
    return array if np.abs(array).max() >= SMALLEST else np.zeros_like(array)


def _refuse_large(steps: int, *arrays: Array) -> None:
    if not all(np.abs(array).max() <= LARGEST for array in arrays):  # NaN is not below either
        raise TooLarge(steps)


def _cell(run: Run, back: list[StepGradient]) -> CellGradients:
    h, c = np.stack([at.h for at in back]), np.stack([at.c for at in back])  # (K, H)
    singular = float(np.linalg.norm(run.weights.W_hh, 2))
    dh_dh, dh_dc, jacobians = _jacobians(run, len(back))
    with np.errstate(over="ignore"):
        bound = singular ** np.arange(len(back) - 1.0, -1, -1) if run.weights.cell == "rnn" else None  # (K,)
    memory = lengths(c) if run.weights.cell == "lstm" else None
    norms = Norms(tuple(at.t for at in back), lengths(h), memory, dh_dh, dh_dc, bound)
    gone = [at.t for at in back if not at.h.any() and not at.c.any()]
    vanished = gone[-1] if gone and len(gone) < len(back) else None
    state = lengths(np.concatenate([h, c], axis=1))
    kept = float(state[0] / state[-1]) if state[-1] else 0.0
    return CellGradients(run.name, back, weight_gradients(run, back), norms, jacobians, singular, vanished, kept)


def weight_gradients(run: Run, back: list[StepGradient]) -> CellWeights:
    """∂W_ih = Σ_t ∂a x_tᵀ,  ∂W_hh = Σ_t ∂a h_{t−1}ᵀ,  ∂b = Σ_t ∂a over the steps of the way back."""
    steps = run.steps[-len(back) :]
    x, h_before = np.stack([step.x for step in steps]), np.stack([step.h_before for step in steps])
    a_ih, a_hh = np.stack([at.a_ih for at in back]), np.stack([at.a_hh for at in back])  # (K, G·H)
    sums = a_ih.T @ x, a_hh.T @ h_before, a_ih.sum(axis=0), a_hh.sum(axis=0)
    return CellWeights(run.weights.cell, *sums, run.weights.activation)


def _jacobians(run: Run, back: int) -> tuple[Array, Array | None, dict[int, Array]]:
    """‖∂h_T/∂h_t‖ and ‖∂h_T/∂c_t‖ as read, None for a cell without a memory; two of the matrices ∂h_T/∂h_t."""
    h = np.eye(run.weights.W_hh.shape[1])  # (H, H), a row for each unit of h_T
    c = np.zeros_like(h)
    dh_dh, dh_dc, shown = np.zeros(back), np.zeros(back), {}
    for k, step in enumerate(run.steps[: -back - 1 : -1]):
        _refuse_large(k, h, c)
        if k in (1, back - 1):
            shown[step.t] = h
        if h.any() or c.any():  # else they have vanished, and stay 0
            dh_dh[k], dh_dc[k] = stretch(h), stretch(c)
            _, _, h, c = _step_back(step, run.weights, h, c)
            h, c = _or_vanished(h), _or_vanished(c)
    return dh_dh[::-1], dh_dc[::-1] if run.weights.cell == "lstm" else None, shown


def stretch(J: Float[Array, "H H"]) -> float:
    """The largest singular value of J, the root of the largest eigenvalue of J Jᵀ, which is found twice as fast."""
    largest = float(np.abs(J).max())
    scaled = J / (largest or 1.0)  # else the squares of small numbers would be 0
    return largest * float(np.sqrt(np.linalg.eigvalsh(scaled @ scaled.T)[-1])) if largest else 0.0


def arrays(weights: CellWeights) -> list[Array]:
    """Its four arrays."""
    return [weights.W_ih, weights.W_hh, weights.b_ih, weights.b_hh]


def _step_back(
    step: Step, weights: CellWeights, h: Float[Array, "*rows H"], c: Float[Array, "*rows H"]
) -> tuple[Array, Array, Array, Array]:
    """From ∂h_t and ∂c_t: of W_ih x + b_ih, of W_hh h + b_hh, of h_{t−1}, of c_{t−1}; any number of rows at once."""
    match step:
        case RNNStep():
            a = h * step.slope
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
