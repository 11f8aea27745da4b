"""The same sequence through RNN, GRU and LSTM: how much of the gradient is left, the further back in time one goes.

    r_k = ‖∂L/∂x_{T−k}‖ / ‖∂L/∂x_T‖      k = 0 … T − 1, L a loss of h_T; the median over several draws of the weights

Two settings change it, and a simple theory says how:

    b  forget bias: b_if + b_hf = b     the memory path keeps σ(b) at each step            r_k ~ σ(b)^k
    ρ  spectral radius of W_hh          near h = 0, where φ has slope 1, W_hh^k decides    r_k ~ ρ^k

Symbols as in `recurrence`; k distance in time, ρ the largest size of an eigenvalue of W_hh.

Source: forget bias: Gers et al. 2000, Jozefowicz et al. 2015; spectral radius: Pascanu, Mikolov, Bengio 2013.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import lengths, sigmoid
from mlcli.core.recurrence import GATES, Activation, Cell, CellWeights, weight_count
from mlcli.core.recurrence_gradients import TooLarge, backpropagate
from mlcli.core.recurrence_layers import Exploded, Network, draw_network, last_states, run_layers
from mlcli.core.recurrence_losses import Loss

Array = NDArray[np.float64]
Setting = Callable[[CellWeights, float], CellWeights]


@dataclass(frozen=True, eq=False)
class Fading:
    """How the gradient of one cell fades with the distance in time.

    Args:
        setting: b or ρ; None for the weights as they are drawn.
        left: r_k, k = 0 … T − 1, the median over the draws; infinite where it has exploded.
        first: r_{T−1} of each draw: what the first input gets of what the last one gets.
        a_step: r_{T−1}^(1 / (T − 1)), the median's factor of one step.
        theory, theory_a_step: σ(b)^k or ρ^k, and its factor; None without a setting.
        exploded: for each draw whose numbers grew too large, where; empty for none.
    """

    cell: Cell
    H: int
    weights: int
    setting: float | None
    left: Float[Array, " T"]
    first: tuple[float, ...]
    a_step: float
    theory: Float[Array, " T"] | None
    theory_a_step: float | None
    exploded: tuple[str, ...]

    @property
    def median(self) -> float:
        """r_{T−1}."""
        return float(self.left[-1])


@dataclass(frozen=True, eq=False)
class Comparison:
    """RNN, GRU and LSTM as they are drawn, then the LSTM for each b, the RNN for each ρ."""

    cells: tuple[Fading, ...]
    biases: tuple[Fading, ...]
    radii: tuple[Fading, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Draws:
    """What is drawn for each cell: units, φ of the RNN, a seed for each draw, the loss of its last state."""

    H: dict[Cell, int]
    activation: Activation
    seeds: tuple[int, ...]
    loss: Loss


def compare(
    x: Float[Array, "T F"], draws: Draws, biases: Sequence[float] = (), radii: Sequence[float] = ()
) -> Comparison:
    """Every cell with the weights of every seed on the same sequence.

    Raises:
        InputError: x has fewer than two steps; a radius is not above 0; see `unroll` and `Loss`.
    """
    if len(x) < 2:
        raise InputError("one step has no way back through time", "--compare", "--steps 2 or more")
    if any(radius <= 0 for radius in radii):
        raise InputError("a spectral radius is above 0", "--spectral-radius", "0.5,0.9,1,1.1,1.5")
    return Comparison(
        tuple(_fading(x, cell, draws) for cell in GATES),
        tuple(_fading(x, "lstm", draws, b, with_forget_bias, float(sigmoid(np.array([b]))[0])) for b in biases),
        tuple(_fading(x, "rnn", draws, radius, with_spectral_radius, radius) for radius in radii),
        draws.seeds,
    )


def with_forget_bias(weights: CellWeights, b: float) -> CellWeights:
    """b_if + b_hf = b in every unit of an LSTM; all else as it was."""
    H = weights.W_hh.shape[1]
    b_ih, b_hh = weights.b_ih.copy(), weights.b_hh.copy()
    b_ih[H : 2 * H], b_hh[H : 2 * H] = b, 0.0
    return replace(weights, b_ih=b_ih, b_hh=b_hh)


def with_spectral_radius(weights: CellWeights, radius: float) -> CellWeights:
    """W_hh · ρ / max |eigenvalue of W_hh|; all else as it was."""
    return replace(weights, W_hh=weights.W_hh * radius / np.abs(np.linalg.eigvals(weights.W_hh)).max())


def units_for(cell: Cell, F: int, weights: int) -> int:
    """The H with which a cell comes nearest to so many weights, at least 1."""
    H = 1
    while weight_count(cell, F, H + 1).total <= weights:
        H += 1
    below, above = (abs(weight_count(cell, F, units).total - weights) for units in (H, H + 1))
    return H if below <= above else H + 1


def _fading(
    x: Array,
    cell: Cell,
    draws: Draws,
    setting: float | None = None,
    change: Setting | None = None,
    a_step: float | None = None,
) -> Fading:
    T, F = x.shape
    H, left, exploded = draws.H[cell], [], []
    for seed in draws.seeds:
        weights = draw_network(cell, F, H, seed, activation=draws.activation if cell == "rnn" else "tanh").first
        if change and setting is not None:
            weights = change(weights, setting)
        r, where = _left(x, weights, draws.loss)
        left.append(r)
        exploded += [f"seed {seed}: {where}"] if where else []
    middle = np.median(np.stack(left), axis=0)  # (T,)
    with np.errstate(over="ignore"):
        theory = None if a_step is None else a_step ** np.arange(T, dtype=float)
    return Fading(
        cell, H, weight_count(cell, F, H).total, setting, middle, tuple(float(r[-1]) for r in left),
        float(middle[-1] ** (1 / (T - 1))), theory, a_step, tuple(exploded),
    )  # fmt: skip


def _left(x: Array, weights: CellWeights, loss: Loss) -> tuple[Float[Array, " T"], str]:
    """r_k for k = 0 … T − 1, infinite from where it exploded, which the text says."""
    T, r = len(x), np.full(len(x), np.inf)
    try:
        [run] = run_layers(x, Network(((weights,),)))
    except Exploded as forwards:
        return r, f"the state, at step {forwards.t:,}"
    outside = np.zeros((T, weights.W_hh.shape[1]))
    outside[-1] = loss.gradient(last_states([run]))
    back, where = T, ""
    try:
        steps = backpropagate(run, outside, back)
    except TooLarge as found:
        back, where = found.steps, f"the gradient, back at step {T - found.steps:,}"
        steps = backpropagate(run, outside, back) if back else []
    if steps:
        norms = lengths(np.stack([at.x for at in steps[::-1]]))  # (back,), the last step first
        r[:back] = norms / norms[0] if norms[0] else 0.0
    return r, where
