"""How a recurrence is told: the rules, the loop and its unfolding, the first steps gate by gate, what is remembered."""

from typing import assert_never

import numpy as np

from mlcli.core.recurrence import GATES, Cell, CellWeights, Forgotten, GRUStep, LSTMStep, RNNStep, WeightCount, states
from mlcli.core.recurrence import Step as CellStep
from mlcli.core.recurrence_cells import UnitSum
from mlcli.core.recurrence_gradients import Gradients
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Curve, Lesson, Part, Result, Series, Step, Table, Tensor, Term, Text, Worked

RULES: dict[Cell, dict[str, tuple[str, str]]] = {
    "rnn": {
        "h": ("h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)", ""),
    },
    "gru": {
        "r": ("r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)", "reset gate"),
        "z": ("z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)", "update gate"),
        "m": ("m_t = W_hn h_{t−1} + b_hn", "what r may reset"),
        "n": ("n_t = tanh(W_in x_t + b_in + r_t ∘ m_t)", "candidate"),
        "h": ("h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}", "state"),
    },
    "lstm": {
        "i": ("i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)", "how much enters"),
        "f": ("f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)", "how much stays"),
        "g": ("g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)", "candidate"),
        "o": ("o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)", "how much shows"),
        "c": ("c_t = f_t ∘ c_{t−1} + i_t ∘ g_t", "memory"),
        "h": ("h_t = o_t ∘ tanh(c_t)", "state"),
    },
}
BACK: dict[Cell, str] = {
    "rnn": "∂a = ∂h ∘ (1 − h²),  ∂h_{t−1} = W_hhᵀ ∂a",
    "gru": "∂h_{t−1} = W_hhᵀ (∂a_r, ∂a_z, r ∘ ∂a_n) + z ∘ ∂h",
    "lstm": "s = ∂c + ∂h ∘ o ∘ (1 − tanh²(c)),  ∂c_{t−1} = f ∘ s,  ∂h_{t−1} = W_hhᵀ (∂a_i, ∂a_f, ∂a_g, ∂a_o)",
}
HELD_FIXED = " What step t hands on is h_t and c_t: each is changed with the other held fixed."
SHRINKS = "shrinks, by the factor above; if it keeps shrinking it vanishes, and what came long ago is hardly learned"
GROWS = "grows, by the factor above; if it keeps growing it explodes, and one step of learning throws weights far off"
RNN_BELOW_1 = (
    "The largest singular value of W_hh is below 1, and the slope of tanh is never above 1: each step back shortens "
    "every gradient, so over a long time it must vanish."
)
WHY: dict[Cell, str] = {
    "rnn": "The largest singular value of W_hh is not below 1, so a step back can lengthen a gradient; the slope of "
    "tanh, never above 1, shortens it. Which wins is seen in the numbers.",
    "gru": "W_hh does not decide alone, the state itself leads back past it: h_{t−1} gets z_t of the gradient of h_t. "
    "A z near 1 keeps it; untrained gates stand near ½ and about halve it at each step.",
    "lstm": "W_hh does not decide alone, the memory leads back past it: c_{t−1} gets f_t of the gradient of c_t. "
    "An f near 1 keeps it; untrained gates stand near ½ and about halve it at each step.",
}
MOST_DRAWN = 3  # steps of the unfolded drawing, so that it fits a narrow page


def tell(
    sequence: InputSequence,
    weights: CellWeights,
    count: WeightCount,
    steps: list[CellStep],
    *,
    first: int,
    sums: list[UnitSum],
    at: tuple[int, int] | None,
    forgotten: list[Forgotten],
    gradients: Gradients | None = None,
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one recurrence.

    Args:
        first: how many steps to tell in full.
        sums, at: the sums of one cell of the state, and its step and unit, to tell in their place; else empty and None.
        seed: None unless the weights were drawn.
    """
    T, H = len(steps), len(steps[0].h)
    if at:
        told = [_sum(written, weights.cell, sequence, *at) for written in sums]
    else:
        told = [_step(step, sequence, T) for step in steps[:first]]
    told.append(_memory(forgotten, sequence, T))
    if gradients:
        told += _backward(gradients, weights.cell, sequence, T)
    return Lesson(
        title=f"{sequence.name} · {weights.cell.upper()}, hidden {H}",
        command="rnn-unroll",
        rules=_rules(weights.cell, count),
        read=sequence.read,
        inputs=(
            Tensor("x", sequence.values, ("t", "f"), (_times(sequence, T), sequence.value_names)),
            _weights(weights, sequence, "W_ih, W_hh, b_ih, b_hh side by side"),
            Text(_loop(weights.cell)),
            Text(_unfolded(weights.cell, T)),
        ),
        steps=tuple(told),
        left_out=f"{T - first:,} more steps: --show {min(T, 9)}, or --at T,UNIT for one cell of the state"
        if first < T and not at
        else "",
        result=Result(Tensor("h", states(steps), ("t", "unit"), (_times(sequence, T), None))),
        notice=sequence.notice + _notice(weights.cell, gradients, T),
        checks=checks,
        next=_next(weights.cell, gradients),
        seed=seed,
    )


# --- what goes in -----------------------------------------------------------------------------------------------------


def _rules(cell: Cell, count: WeightCount) -> tuple[tuple[str, str], ...]:
    G, F, H = len(count.gates), count.F, count.H
    longest = max(len(formula) for formula, _ in RULES[cell].values())
    rules = [("rule", f"{formula:<{longest}}   {meaning}".rstrip()) for formula, meaning in RULES[cell].values()]
    each = f"{H}·{F} in W_ih + {H}·{H} in W_hh + {H} in b_ih + {H} in b_hh = {count.each:,}"
    if G == 1:
        return *rules, ("weights", each)
    gates = " + ".join(f"{gate} {count.each:,}" for gate in count.gates)
    blocks = ", ".join(f"W_i{gate}" for gate in count.gates)
    return (
        *rules,
        ("layout", f"W_ih holds {blocks} below each other; W_hh and the biases likewise"),
        ("weights", f"each gate {each}; {gates} = {count.total:,}"),
    )


def _times(sequence: InputSequence, T: int) -> tuple[str, ...]:
    names = [f" {name}" for name in sequence.step_names] if sequence.step_names else [""] * T
    return tuple(f"t={t}{name}" for t, name in enumerate(names, start=1))


def _weights(weights: CellWeights, sequence: InputSequence, name: str) -> Tensor:
    """All in one, a row for each unit of each gate: it meets x_t, h_{t−1}, 1 and 1."""
    F, H = weights.W_ih.shape[1], weights.W_hh.shape[1]
    rows = tuple(f"{gate}[{unit}]" for gate in GATES[weights.cell] for unit in range(H))
    values = sequence.value_names or tuple(f"x[{f}]" for f in range(F))
    columns = (*values, *(f"h[{unit}]" for unit in range(H)), "b_ih", "b_hh")
    side_by_side = np.column_stack([weights.W_ih, weights.W_hh, weights.b_ih, weights.b_hh])  # (G·H, F + H + 2)
    return Tensor(name, side_by_side, ("row", "column"), (rows, columns))


def _loop(cell: Cell) -> str:
    back = "h_t, c_t come back" if cell == "lstm" else "h_t comes back"
    return "\n".join(
        [
            "the loop",
            "         h_t",
            "          ^",
            f"   ┌──> {cell.upper():^5}──┐",
            f"   │      ^    │   {back}",
            "   └──────│────┘   with the next input",
            "         x_t",
        ]
    )


def _unfolded(cell: Cell, T: int) -> str:
    """The same cell once a step, left to right; what lies between is left out, the last step is not."""
    times = list(range(1, T + 1)) if T <= MOST_DRAWN + 1 else [*range(1, MOST_DRAWN + 1), None, T]
    above, arrows, cells, below = " " * 5, " " * 5, " h_0 ", " " * 5
    for t in times:
        above += f"{'' if t is None else f'   h_{t}':<8}"
        arrows += f"{'' if t is None else '    ^':<8}"
        cells += f"{'─> ...' if t is None else f'─> {cell.upper():^4}':<8}"
        below += f"{'' if t is None else f'   x_{t}':<8}"
    return "\n".join(line.rstrip() for line in ["unfolded", above, arrows, cells, arrows, below])


# --- forward ----------------------------------------------------------------------------------------------------------


def _step(step: CellStep, sequence: InputSequence, T: int) -> Step:
    t = step.t
    name = f" = {sequence.step_names[t - 1]}" if sequence.step_names else ""
    x = Tensor(f"x_{t}{name}", step.x, ("f",), (sequence.value_names,))
    match step:
        case RNNStep():
            figures = (
                _vectors("before", {f"h_{t - 1}": step.h_before}),
                _vectors("inside tanh", {"a_h": step.a_h}),
                _vectors("state tanh(a)", {f"h_{t}": step.h}, "→"),
            )
        case GRUStep():
            figures = (
                _vectors("before", {f"h_{t - 1}": step.h_before}),
                _vectors("inside σ", {"a_r": step.a_r, "a_z": step.a_z}),
                _vectors("gates σ(a)", {"r": step.r, "z": step.z}, "→"),
                _vectors("inside tanh", {"m": step.m, "a_n": step.a_n}),
                _vectors(f"(1 − z) ∘ n + z ∘ h_{t - 1}", {"n": step.n, f"h_{t}": step.h}, "→"),
            )
        case LSTMStep():
            memory = {f"c_{t}": step.c, f"tanh(c_{t})": step.tanh_c, f"h_{t}": step.h}
            figures = (
                _vectors("before", {f"h_{t - 1}": step.h_before, f"c_{t - 1}": step.c_before}),
                _vectors("inside σ, tanh", {"a_i": step.a_i, "a_f": step.a_f, "a_g": step.a_g, "a_o": step.a_o}),
                _vectors("gates σ(a), tanh(a_g)", {"i": step.i, "f": step.f, "g": step.g, "o": step.o}, "→"),
                _vectors(f"memory f ∘ c_{t - 1} + i ∘ g, state o ∘ tanh(c_{t})", memory),
            )
        case _:
            assert_never(step)
    return Step(f"h_{t}", f"step {t:,} of {T:,}", "", (x, *figures))


def _vectors(name: str, vectors: dict[str, np.ndarray], sign: str = "") -> Tensor:
    return Tensor(name, np.stack([*vectors.values()]), ("vector", "unit"), (tuple(vectors), None), sign=sign)


def _sum(written: UnitSum, cell: Cell, sequence: InputSequence, t: int, unit: int) -> Step:
    """A gate, the memory, or the state, of one unit."""
    parts = []
    for part in written.parts:
        labels = sequence.value_names if part.of == "x" and sequence.value_names else part.labels
        cells = zip(labels, part.values, part.coefficients, part.products, strict=True)
        parts.append(Part(part.of, tuple(Term(label, *map(float, numbers)) for label, *numbers in cells), part.total))
    symbol = f"{written.gives}_{t}[{unit}]"
    after = (written.function, written.value) if written.function else None
    formula, meaning = RULES[cell][written.gives]
    return Step(symbol, meaning or "state", formula, (Worked(symbol, tuple(parts), written.total, after=after),))


def _memory(forgotten: list[Forgotten], sequence: InputSequence, T: int) -> Step:
    names = _times(sequence, T)
    return Step(
        f"h_{T} without x_t",
        "what is remembered",
        f"‖h_{T} − h_{T} with x_t = 0‖: how far the last state moves when one input is taken away",
        (Table("", ("without", f"h_{T} moves by"), tuple((names[one.t - 1], one.distance) for one in forgotten)),),
    )


# --- backward ---------------------------------------------------------------------------------------------------------


def _backward(gradients: Gradients, cell: Cell, sequence: InputSequence, T: int) -> list[Step]:
    norms = gradients.norms
    named = {
        "‖∂L/∂h_t‖": norms.h,
        "‖∂L/∂c_t‖": norms.c,
        "‖∂L/∂x_t‖": norms.x,
        f"‖∂h_{T}/∂h_t‖": norms.dh_dh,
        f"‖∂h_{T}/∂c_t‖": norms.dh_dc,
    }
    known = {name: values for name, values in named.items() if values is not None}
    times = np.arange(1, T + 1)
    rows = tuple((f"t={t}", *(float(values[t - 1]) for values in known.values())) for t in times.tolist())
    series = tuple(Series(name, values) for name, values in known.items() if values is not norms.x)
    return [
        Step(
            "∂L/∂h_t",
            "back through time",
            f"L = Σ h_{T},  {BACK[cell]}",
            (
                Table("", ("", *known), rows),
                Curve("the way back", times, series, "t", "norm", log_y=True),
                Tensor("largest singular value of W_hh", np.array(gradients.largest_singular_value)),
                Tensor("gradient at step 1 / at the last step", np.array(gradients.kept)),
            ),
            f"‖∂L/∂h_t‖ is the length of a vector; ‖∂h_{T}/∂h_t‖, of a matrix, is the most by which a small change of "
            f"h_t is stretched on its way to h_{T}." + (HELD_FIXED if cell == "lstm" else ""),
        ),
        Step(
            "∂L/∂W",
            "gradient of each weight",
            "∂W_ih = Σ_t ∂a_t x_tᵀ,  ∂W_hh = Σ_t ∂a_t h_{t−1}ᵀ,  ∂b = Σ_t ∂a_t",
            (_weights(gradients.weights, sequence, "∂L/∂ W_ih, W_hh, b_ih, b_hh side by side"),),
        ),
    ]


def _notice(cell: Cell, gradients: Gradients | None, T: int) -> tuple[str, ...]:
    if gradients is None or T == 1:
        return ()
    way = SHRINKS if gradients.kept < 1 else GROWS
    below = cell == "rnn" and gradients.largest_singular_value < 1
    return f"Back from step {T:,} to step 1 the gradient {way}.", RNN_BELOW_1 if below else WHY[cell]


def _next(cell: Cell, gradients: Gradients | None) -> tuple[str, ...]:
    backward = () if gradients else ("--gradients",)
    other = "gru" if cell == "lstm" else "lstm"
    return *backward, f"--cell {other}", "--at 2,0", "--steps 3", "--check (the same by torch)", "--json"
