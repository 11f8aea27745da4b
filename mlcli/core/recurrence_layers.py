"""Several recurrent cells: layers above each other, each reading the states of the one below, in one direction or both.

    layer 0   h⁰_t = cell(x_t, h⁰_{t−1})        forwards: t = 1 … T
    layer 1   h¹_t = cell(h⁰_t, h¹_{t−1})
    both directions: a second cell with weights of its own reads t = T … 1; the layer gives both states, side by side

Symbols as in `recurrence`; L layers, D directions: 1 or 2. A cell is called as PyTorch ends the names of its weights:
`l0`, `l0_reverse`, `l1`.

Source: both directions: Schuster and Paliwal 1997. Order, names and the first weights as PyTorch has them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import RequestFailed
from mlcli.core.numerics import lengths
from mlcli.core.recurrence import GATES, Activation, Cell, CellWeights, Step, unroll

Array = NDArray[np.float64]

LARGEST = 1e150  # a state, or a gradient, beyond it has exploded: its square would leave float64
SMALLEST = 1e-300  # a gradient below it has vanished and counts as 0: rounding alone would keep it from shrinking


@dataclass(frozen=True, eq=False)
class Network:
    """layers[l][d]: the weights of layer l that read forwards (d = 0) and backwards (d = 1)."""

    layers: tuple[tuple[CellWeights, ...], ...]

    @property
    def first(self) -> CellWeights:
        """Those of layer 0, forwards; all others are of its cell, units and activation."""
        return self.layers[0][0]

    @property
    def H(self) -> int:
        """Units of each cell."""
        return self.first.W_hh.shape[1]

    @property
    def D(self) -> int:
        """Directions."""
        return len(self.layers[0])

    def cells(self) -> Iterator[tuple[str, CellWeights]]:
        """Each with its name, in PyTorch's order."""
        for layer, directions in enumerate(self.layers):
            for backwards, weights in enumerate(directions):
                yield f"l{layer}{'_reverse' if backwards else ''}", weights


@dataclass(frozen=True, eq=False)
class Run:
    """One cell on its way through the whole sequence.

    Args:
        steps: in the order of reading, which for a cell that reads backwards is t = T … 1.
    """

    name: str
    layer: int
    backwards: bool
    x: Float[Array, "T *batch F"]
    weights: CellWeights
    steps: list[Step]

    def in_time(self, rows: Array) -> Array:
        """Rows in the order of reading as t = 1 … T; and the other way round."""
        return rows[::-1] if self.backwards else rows

    @property
    def states(self) -> Float[Array, "T *batch H"]:
        """h_1 … h_T below each other."""
        return self.in_time(np.stack([step.h for step in self.steps]))


class Exploded(RequestFailed):
    """A state grew beyond `LARGEST` at step t."""

    def __init__(self, run: str, t: int, hint: str) -> None:
        super().__init__(f"the state of {run} exploded: it is beyond 1e150", f"step {t}", hint)
        self.t = t


def run_layers(x: Float[Array, "T *batch F"], network: Network) -> list[Run]:
    """Every cell over the whole sequence, in the order of `Network.cells`.

    Raises:
        InputError: see `unroll`.
        Exploded: a state grew beyond what can be computed with.
    """
    runs: list[Run] = []
    for layer, directions in enumerate(network.layers):
        inputs = outputs(runs, layer - 1) if layer else x
        for backwards, weights in enumerate(directions):
            with np.errstate(over="ignore", invalid="ignore"):
                steps = list(unroll(inputs, weights, bool(backwards)))
            name = f"l{layer}{'_reverse' if backwards else ''}"
            runs.append(Run(name, layer, bool(backwards), inputs, weights, steps))
            _refuse_exploded(runs[-1])
    return runs


def _refuse_exploded(run: Run) -> None:
    T = len(run.steps)

    def all_steps(symbol: str) -> Array:
        return np.stack([getattr(step, symbol) for step in run.steps]).reshape(T, -1)  # (T, batch·H)

    states = [all_steps(symbol) for symbol in ("h", "c") if hasattr(run.steps[0], symbol)]
    sums = [all_steps(f"a_{gate}") for gate in GATES[run.weights.cell]]
    sound = np.all(
        [(np.abs(h) <= LARGEST).all(axis=1) for h in states] + [np.isfinite(a).all(axis=1) for a in sums], axis=0
    )  # (T,); NaN is not below anything
    if sound.all():
        return
    t = run.steps[int(sound.argmin())].t
    shorter = "" if run.backwards or t == 1 else f"--steps {t - 1} shows the way up to there; "
    bounded = "--activation tanh has a bound" if run.weights.activation == "relu" else "smaller weights"
    raise Exploded(run.name, t, shorter + bounded)


def outputs(runs: list[Run], layer: int = -1) -> Float[Array, "T *batch DH"]:
    """What a layer gives at t = 1 … T: its states, those of both directions side by side; of the last layer if −1."""
    layer = runs[-1].layer if layer == -1 else layer
    return np.concatenate([run.states for run in runs if run.layer == layer], axis=-1)


def last_states(runs: list[Run]) -> Float[Array, "*batch DH"]:
    """What the last layer has when it has read all: h_T forwards, h_1 backwards, side by side."""
    return np.concatenate([run.steps[-1].h for run in runs if run.layer == runs[-1].layer], axis=-1)


def draw_network(
    cell: Cell, F: int, H: int, seed: int, layers: int = 1, directions: int = 1, activation: Activation = "tanh"
) -> Network:
    """Every weight and bias from U(−1/√H, 1/√H), as PyTorch begins."""
    rng, rows, bound = np.random.default_rng(seed), len(GATES[cell]) * H, 1 / np.sqrt(H)

    def draw(inputs: int) -> CellWeights:
        sizes = [(rows, inputs), (rows, H), rows, rows]
        return CellWeights(cell, *(rng.uniform(-bound, bound, size) for size in sizes), activation=activation)

    inputs = [F, *[H * directions] * (layers - 1)]
    return Network(tuple(tuple(draw(values) for _ in range(directions)) for values in inputs))


@dataclass(frozen=True)
class Forgotten:
    """How far the last state moves if x_t is replaced by zeros."""

    t: int
    distance: float


def forget(x: Float[Array, "T F"], network: Network, runs: list[Run], times: list[int]) -> list[Forgotten]:
    """‖h_T − h_T with x_t = 0‖ for each t, with `last_states` as h_T; infinite if it then explodes.

    All sequences are run side by side, and no step of theirs is kept.
    """
    without = np.repeat(x[:, None], len(times), axis=1)  # (T, times, F)
    without[np.array(times) - 1, np.arange(len(times))] = 0.0
    inputs, last = without, []
    for directions in network.layers:
        with np.errstate(over="ignore", invalid="ignore"):
            read = [np.stack([step.h for step in unroll(inputs, weights, bool(backwards))])
                    for backwards, weights in enumerate(directions)]  # fmt: skip
        last = [states[-1] for states in read]  # (times, H) each
        inputs = np.concatenate(
            [states[::-1] if backwards else states for backwards, states in enumerate(read)], axis=2
        )
    moved = np.concatenate(last, axis=1) - last_states(runs)  # (times, D·H)
    sound = (np.abs(moved) <= LARGEST).all(axis=1)
    distances = np.where(sound, lengths(np.where(np.expand_dims(sound, 1), moved, 0.0)), np.inf)
    return [Forgotten(t, float(distance)) for t, distance in zip(times, distances, strict=True)]
