"""The way back through time: the gradient of each state and weight, the Jacobians and their bound, clipping."""

import numpy as np

from mlcli.core.recurrence import Cell, distances
from mlcli.core.recurrence_gradients import CellGradients, Gradients
from mlcli.core.recurrence_layers import Run
from mlcli.core.recurrence_losses import Clipped, Loss, Score, length, missed
from mlcli.lesson import Curve, Figure, Series, Step, Table, Tensor
from mlcli.lessons.recurrence_rules import side_by_side

GATED_BACK: dict[Cell, str] = {
    "gru": "∂h_{t−1} = W_hhᵀ (∂a_r, ∂a_z, r ∘ ∂a_n) + z ∘ ∂h",
    "lstm": "s = ∂c + ∂h ∘ o ∘ (1 − tanh²(c)),  ∂c_{t−1} = f ∘ s,  ∂h_{t−1} = W_hhᵀ (∂a_i, ∂a_f, ∂a_g, ∂a_o)",
}
MOST_ROWS = 16  # steps in a table
HELD_FIXED = " What step t hands on is h_t and c_t: each is changed with the other held fixed."
SHRINKS = "shrinks, by the factor above; if it keeps shrinking it vanishes, and what came long ago is hardly learned"
LASTING = "stays of its size, see the factor above: what came long ago can still be learned"
LONG, LASTS = 20, 2.0  # over so many steps, a factor below this one is none
GROWS = "grows, by the factor above; if it keeps growing it explodes, and one step of learning throws weights far off"
RNN_BELOW_1 = (
    "The largest singular value of W_hh is below 1, and the slope of {φ} is never above 1: each step back shortens "
    "every gradient, so over a long time it must vanish."
)
RNN = (
    "The largest singular value of W_hh is not below 1, so a step back can lengthen a gradient; the slope of "
    "{φ}, never above 1, shortens it. Which wins is seen in the numbers."
)
WHY: dict[Cell, str] = {
    "gru": "W_hh does not decide alone, the state itself leads back past it: h_{t−1} gets z_t of the gradient of h_t. "
    "A z near 1 keeps it; untrained gates stand near ½ and about halve it at each step.",
    "lstm": "W_hh does not decide alone, the memory leads back past it: c_{t−1} gets f_t of the gradient of c_t. "
    "An f near 1 keeps it; untrained gates stand near ½ and about halve it at each step.",
}


def backward(
    gradients: Gradients,
    runs: list[Run],
    loss: Loss | Score,
    whole: Gradients | None,
    clipped: Clipped | None,
    value_names: dict[str, tuple[str, ...]],
) -> list[Step]:
    """The steps that --gradients adds.

    Args:
        whole: the gradients that go all the way, if `gradients` were told to stop before.
        value_names: what each value of a cell's x is called.
    """
    figures, note = _one_cell(gradients, runs[0]) if len(runs) == 1 else _many_cells(gradients, runs)
    value = Tensor("L", np.array(gradients.loss))
    names = {f"{run.name}: " if len(runs) > 1 else "": run for run in runs}
    weights = tuple(
        side_by_side(cell.weights, value_names[run.name], f"{prefix}∂L/∂ W_ih, W_hh, b_ih, b_hh side by side")
        for (prefix, run), cell in zip(names.items(), gradients.cells, strict=True)
    )
    steps = [
        Step("∂L/∂h_t", "back through time", f"{_rule(loss, runs)},  {_back(runs[-1])}", (value, *figures), note),
        Step(
            "∂L/∂W",
            "gradient of each weight",
            "∂W_ih = Σ_t ∂a_t x_tᵀ,  ∂W_hh = Σ_t ∂a_t h_{t−1}ᵀ,  ∂b = Σ_t ∂a_t",
            weights,
            _stopped(gradients, runs),
        ),
    ]
    if whole:
        steps.append(_truncated(gradients, whole, runs))
    if clipped:
        steps.append(_clipping(clipped, gradients, runs))
    return steps


def noticed(gradients: Gradients, runs: list[Run]) -> tuple[str, ...]:
    """What to see in the way back of the last layer, forwards."""
    T = len(runs[0].steps)
    exploded = () if gradients.exploded is None else (
        f"The gradient exploded: on its way back to step {gradients.exploded:,} it is beyond 1e150. The steps before "
        "have no number here, so that there is nothing to clip: --truncate, or a smaller W_hh.",
    )  # fmt: skip
    run = next(run for run in runs if run.layer == runs[-1].layer)
    cell = gradients.cells[runs.index(run)]
    if gradients.back == 1:
        return exploded
    if cell.kept == 0 and not any(at.h.any() for at in cell.steps):
        return ("L is flat here: every gradient is 0.",)
    of = "" if len(runs) == 1 else f"Of {run.name}: "
    gone = () if cell.vanished is None else (
        f"{of}{'at' if of else 'At'} step {cell.vanished:,} and before, it is below 1e-300 and counts as 0: it has "
        "vanished.",
    )  # fmt: skip
    first = f"{of}{'back' if of else 'Back'} from step {T:,} to step {T - gradients.back + 1:,} the gradient"
    way = f"{first} {_what_it_does(cell.kept, gradients.back)}."
    if run.weights.cell != "rnn":
        return *exploded, way, *gone, WHY[run.weights.cell]
    why = RNN_BELOW_1 if cell.largest_singular_value < 1 else RNN
    return *exploded, way, *gone, why.replace("{φ}", run.weights.activation)


def _what_it_does(kept: float, back: int) -> str:
    if back >= LONG and 1 / LASTS < kept < LASTS:
        return LASTING
    return SHRINKS if kept < 1 else GROWS


# --- through time -----------------------------------------------------------------------------------------------------


def _one_cell(gradients: Gradients, run: Run) -> tuple[tuple[Figure, ...], str]:
    [cell], T = gradients.cells, len(run.steps)
    norms, x = cell.norms, gradients.x_norm
    named = {
        "‖∂L/∂h_t‖": norms.h,
        "‖∂L/∂c_t‖": norms.c,
        "‖∂L/∂x_t‖": x,
        f"‖∂h_{T}/∂h_t‖": norms.dh_dh,
        f"‖∂h_{T}/∂c_t‖": norms.dh_dc,
        f"bound s^({T}−t)": norms.bound,
    }
    known = {name: values for name, values in named.items() if values is not None}
    shown = [len(norms.t) - 1 - k for k in distances(len(norms.t), MOST_ROWS)[::-1]]
    rows = tuple((f"t={norms.t[k]}", *(float(values[k]) for values in known.values())) for k in shown)
    series = tuple(Series(name, values, reference=values is norms.bound) for name, values in known.items())
    figures = (
        Table(_shown(len(rows), len(norms.t)), ("", *known), rows),
        Curve("the way back", np.array(norms.t), series, "t", "norm", log_y=True),
        *_jacobians(cell, T),
        Tensor("s, the largest singular value of W_hh", np.array(cell.largest_singular_value)),
        Tensor(f"gradient at step {norms.t[0]} / at the last step", np.array(cell.kept)),
    )
    note = (
        f"‖∂L/∂h_t‖ is the length of a vector; ‖∂h_{T}/∂h_t‖, of a matrix, is the most by which a small change of "
        f"h_t is stretched on its way to h_{T}."
    )
    if norms.bound is not None:
        note += (
            f" That matrix is a product, one factor diag(φ'(a)) W_hh for each step: no slope is above 1, so "
            f"{T}−t factors stretch by s^({T}−t) at most."
        )
    return figures, note + (HELD_FIXED if run.weights.cell == "lstm" else "")


def _shown(rows: int, of: int) -> str:
    return f"{rows} of {of:,} steps, closer together near the end; all are in the curve" if rows < of else ""


def _jacobians(cell: CellGradients, T: int) -> tuple[Tensor, ...]:
    H = len(cell.steps[0].h)
    labels = tuple(f"h_{T}[{unit}]" for unit in range(H)), tuple(f"h_t[{unit}]" for unit in range(H))
    return tuple(
        Tensor(f"∂h_{T}/∂h_t for t = {t}", J, ("h_T", "h_t"), labels)
        for t, J in sorted(cell.jacobians.items(), reverse=True)
    )


def _many_cells(gradients: Gradients, runs: list[Run]) -> tuple[tuple[Figure, ...], str]:
    """A table for each quantity, a column for each cell."""
    T, cells = len(runs[0].steps), gradients.cells
    by_time = [dict(zip(cell.norms.t, range(gradients.back), strict=True)) for cell in cells]
    ts = sorted(by_time[0])
    shown = [len(ts) - 1 - k for k in distances(len(ts), MOST_ROWS)[::-1]]
    names = tuple(run.name for run in runs)
    x = gradients.x_norm

    def table(name: str, columns: list[np.ndarray], *more: tuple[str, np.ndarray]) -> Table:
        heads = ("", *names, *(head for head, _ in more))
        rows = []
        for k, t in ((k, ts[k]) for k in shown):
            row = [float(column[at[t]]) for column, at in zip(columns, by_time, strict=True)]
            rows.append((f"t={t}", *row, *(float(values[k]) for _, values in more)))
        return Table(name, heads, tuple(rows))

    series = tuple(
        Series(name, np.array([cell.norms.h[at[t]] for t in ts]))
        for name, cell, at in zip(names, cells, by_time, strict=True)
    )
    factors = tuple((run.name, cell.largest_singular_value, cell.kept) for run, cell in zip(runs, cells, strict=True))
    figures = (
        table("‖∂L/∂h_t‖ of each cell, and of x", [cell.norms.h for cell in cells], ("‖∂L/∂x_t‖", x)),
        Curve("the way back, ‖∂L/∂h_t‖", np.array(ts), series, "t", "norm", log_y=True),
        table("‖∂h_T/∂h_t‖ of each cell, h_T being what it has at its end", [cell.norms.dh_dh for cell in cells]),
        Table(
            "s, the largest singular value of W_hh, and the gradient where a cell begins / where it ends",
            ("", "s", "begins / ends"),
            factors,
        ),
    )
    note = (
        f"‖∂L/∂h_t‖ takes all ways to L, through the layers above too; ‖∂h_T/∂h_t‖, a matrix's largest stretch, the "
        f"cell's own way from step t to its end: t = {T}"
        + (", or t = 1 for one that reads backwards." if any(run.backwards for run in runs) else ".")
    )
    return figures, note


def _rule(loss: Loss | Score, runs: list[Run]) -> str:
    last = "(h_T, h_1)" if any(run.backwards for run in runs) else f"h_{len(runs[0].steps)}"
    if isinstance(loss, Score):
        return f"L = {loss.name}, of W {last} + b"
    if not loss.target:
        return f"L = Σ {last}"
    return f"L = Σ ({last} − y)² / n,  y = {' '.join(f'{value:g}' for value in loss.target)}"


def _back(run: Run) -> str:
    slope = "(1 − h²)" if run.weights.activation == "tanh" else "[a > 0]"
    return GATED_BACK.get(run.weights.cell) or f"∂a = ∂h ∘ {slope},  ∂h_{{t−1}} = W_hhᵀ ∂a"


# --- of the weights ---------------------------------------------------------------------------------------------------


def _stopped(gradients: Gradients, runs: list[Run]) -> str:
    T = len(runs[0].steps)
    reached = f"Summed over the steps that the way back reaches: t = {T - gradients.back + 1:,} … {T:,}."
    return reached if gradients.back < T else ""


def _truncated(gradients: Gradients, whole: Gradients, runs: list[Run]) -> Step:
    K, T = gradients.back, len(runs[0].steps)
    against = [missed([g], [cut]) for g, cut in zip(whole.weights, gradients.weights, strict=True)]
    against.append(missed(whole.weights, gradients.weights))
    rows = tuple((name, one.whole, one.cut, one.share) for name, one in zip(_array_names(runs), against, strict=True))
    return Step(
        "∂L/∂W truncated",
        "what truncation leaves out",
        f"the way back ends after {K:,} of {T:,} steps: h_{T - K} counts as given",
        (Table("", ("gradient of", "whole ‖g‖", "truncated ‖g‖", "‖difference‖ / ‖g‖"), rows),),
        "Small differences where the gradient vanishes anyway; what needs a longer memory is then not learned at all.",
    )


def _clipping(clipped: Clipped, gradients: Gradients, runs: list[Run]) -> Step:
    norms = [(length([g]), length([part])) for g, part in zip(gradients.weights, clipped.parts, strict=True)]
    norms.append((clipped.before, clipped.after))
    rows = tuple((name, *both) for name, both in zip(_array_names(runs), norms, strict=True))
    limit = f"{clipped.limit:g}"
    note = (
        "All are multiplied by the same factor, so that the direction of the step of learning stays."
        if clipped.factor < 1
        else f"‖g‖ is not above {limit}: nothing is clipped."
    )
    factor = Tensor("factor limit / ‖g‖, at most 1", np.array(clipped.factor))
    return Step(
        "g",
        f"clipping at {limit}",
        f"g ← g · {limit} / ‖g‖ where ‖g‖ > {limit},  ‖g‖ over all weights together",
        (Table("", ("gradient of", "‖g‖ before", "‖g‖ after"), rows, marked=(len(rows) - 1,)), factor),
        note,
    )


def _array_names(runs: list[Run]) -> list[str]:
    """As `Gradients.weights` lists them, and what they are together."""
    symbols = ("W_ih", "W_hh", "b_ih", "b_hh")
    return [*(symbol if len(runs) == 1 else f"{run.name} {symbol}" for run in runs for symbol in symbols), "all"]
