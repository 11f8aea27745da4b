"""What one input leaves in a recurrent network: each unit's memory with that input, and without it.

    Δ_t = m_t − m_t with x_s = 0       from the step s at which it is read to the end; or v_s = 0, a part of x_s alone

A gate near 1 from s to T keeps Δ: where h plays no part, c_t = f_t c_{t−1} + … makes Δ_T = Δ_s Π_{t=s+1}^T f_t.

Symbols as in `recurrence`; s the step that is followed; m the memory: c of an LSTM, h of a GRU and of an RNN;
k the gate that keeps it: f of an LSTM, z of a GRU, none of an RNN; e what lets in: i of an LSTM, 1 − z of a GRU.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import lengths
from mlcli.core.recurrence import GRUStep, LSTMStep, RNNStep, Step
from mlcli.core.recurrence_layers import Network, Run, run_layers
from mlcli.core.sequences import InputSequence

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Followed:
    """What x_s leaves in one cell, a row a step.

    Args:
        run: the cell, with all inputs.
        m, without: its memory, and what it is with x_s = 0.
        keeps, enters: the gates k and e; None for an RNN.
        delta: m − without, 0 before s.
        units: those that hold it first: by the smaller of |Δ_s| and |Δ_T|.
    """

    s: int
    run: Run
    m: Float[Array, "T H"]
    without: Float[Array, "T H"]
    keeps: Float[Array, "T H"] | None
    enters: Float[Array, "T H"] | None
    delta: Float[Array, "T H"]
    units: Int[NDArray[np.int64], " H"]

    @property
    def left(self) -> float:
        """‖Δ_T‖ / ‖Δ_s‖, of all units together; 0 if x_s moved nothing."""
        first, last = lengths(self.delta[[self.s - 1, -1]])
        return float(last / first) if first else 0.0

    def held(self, unit: int) -> "Held":
        """What it means for one unit."""
        between = slice(self.s, None)  # the steps after s
        gates = None if self.keeps is None else self.keeps[between, unit]
        product = None if gates is None else float(np.prod(gates))
        return Held(unit, float(self.delta[self.s - 1, unit]), float(self.delta[-1, unit]), product)


@dataclass(frozen=True)
class Held:
    """Δ_s and Δ_T of a unit, and Π k_t over t = s + 1 … T, which is None for an RNN."""

    unit: int
    first: float
    last: float
    product: float | None


def follow(sequence: InputSequence, network: Network, runs: list[Run], s: int) -> list[Followed]:
    """What x_s leaves in each cell.

    Raises:
        InputError: there is no step s; the network reads in both directions.
        Exploded: without x_s a state grows beyond what can be computed with.
    """
    T = len(sequence.values)
    if not 1 <= s <= T:
        raise InputError(f"there is no step {s}", "--follow", f"steps go from 1 to {T}")
    if network.D == 2:
        raise InputError("is for one direction", "--follow", "leave --bidirectional out")
    others = run_layers(sequence.without([s]), network)
    return [_followed(s, *both) for both in zip(runs, others, strict=True)]


def _followed(s: int, run: Run, other: Run) -> Followed:
    m, without = (np.stack([_memory(step) for step in each.steps]) for each in (run, other))  # (T, H)
    gates = [found for step in run.steps if (found := _gates(step)) is not None]
    keeps, enters = (np.stack(gate) for gate in zip(*gates, strict=True)) if gates else (None, None)
    delta = m - without  # exactly 0 before s: the same numbers in the same order
    held = np.minimum(np.abs(delta[s - 1]), np.abs(delta[-1]))  # (H,)
    return Followed(s, run, m, without, keeps, enters, delta, np.argsort(-held, kind="stable"))


def _memory(step: Step) -> Array:
    return step.c if isinstance(step, LSTMStep) else step.h


def _gates(step: Step) -> tuple[Array, Array] | None:
    """k and e."""
    match step:
        case RNNStep():
            return None
        case GRUStep():
            return step.z, 1 - step.z
        case LSTMStep():
            return step.f, step.i
