"""One step of a recurrent cell, gate by gate; and one unit of it as sums of products."""

from typing import assert_never

import numpy as np

from mlcli.core.recurrence import GRUStep, LSTMStep, RNNStep
from mlcli.core.recurrence import Step as CellStep
from mlcli.core.recurrence_cells import UnitSum
from mlcli.core.recurrence_layers import Run
from mlcli.lesson import Part, Step, Tensor, Term, Worked
from mlcli.lessons.recurrence_rules import rules


def told_step(step: CellStep, run: Run, symbols: str, value_names: tuple[str, ...] | None, title: str) -> Step:
    """Input, what came before, what stands inside σ and tanh, gates, memory, state.

    Args:
        symbols: what the input is called: `x_1 = h`.
    """
    t, before = step.t, step.t + 1 if run.backwards else step.t - 1
    x = Tensor(symbols, step.x, ("f",), (value_names,))
    match step:
        case RNNStep():
            figures = (
                _vectors("before", {f"h_{before}": step.h_before}),
                _vectors(f"inside {run.weights.activation}", {"a_h": step.a_h}),
                _vectors(f"state {run.weights.activation}(a)", {f"h_{t}": step.h}, "→"),
            )
        case GRUStep():
            figures = (
                _vectors("before", {f"h_{before}": step.h_before}),
                _vectors("inside σ", {"a_r": step.a_r, "a_z": step.a_z}),
                _vectors("gates σ(a)", {"r": step.r, "z": step.z}, "→"),
                _vectors("inside tanh", {"m": step.m, "a_n": step.a_n}),
                _vectors(f"(1 − z) ∘ n + z ∘ h_{before}", {"n": step.n, f"h_{t}": step.h}, "→"),
            )
        case LSTMStep():
            memory = {f"c_{t}": step.c, f"tanh(c_{t})": step.tanh_c, f"h_{t}": step.h}
            figures = (
                _vectors("before", {f"h_{before}": step.h_before, f"c_{before}": step.c_before}),
                _vectors("inside σ, tanh", {"a_i": step.a_i, "a_f": step.a_f, "a_g": step.a_g, "a_o": step.a_o}),
                _vectors("gates σ(a), tanh(a_g)", {"i": step.i, "f": step.f, "g": step.g, "o": step.o}, "→"),
                _vectors(f"memory f ∘ c_{before} + i ∘ g, state o ∘ tanh(c_{t})", memory),
            )
        case _:
            assert_never(step)
    return Step(f"h_{t}", title, "", (x, *figures))


def _vectors(name: str, vectors: dict[str, np.ndarray], sign: str = "") -> Tensor:
    return Tensor(name, np.stack([*vectors.values()]), ("vector", "unit"), (tuple(vectors), None), sign=sign)


def told_sum(written: UnitSum, run: Run, value_names: tuple[str, ...] | None, t: int, unit: int) -> Step:
    """A gate, the memory, or the state, of one unit."""
    parts = []
    for part in written.parts:
        labels = value_names if part.of == "x" and value_names else part.labels
        cells = zip(labels, part.values, part.coefficients, part.products, strict=True)
        parts.append(Part(part.of, tuple(Term(label, *map(float, numbers)) for label, *numbers in cells), part.total))
    symbol = f"{written.gives}_{t}[{unit}]"
    after = (written.function, written.value) if written.function else None
    formula, meaning = rules(run.weights.cell, run.weights.activation)[written.gives]
    return Step(symbol, meaning or "state", formula, (Worked(symbol, tuple(parts), written.total, after=after),))
