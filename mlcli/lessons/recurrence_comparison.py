"""How RNN, GRU and LSTM are told side by side: what is left of the gradient, and what changes it."""

import numpy as np

from mlcli.core.recurrence import Activation, distances
from mlcli.core.recurrence_comparison import Comparison, Draws, Fading
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Cell, Check, Curve, Lesson, Result, Series, Step, Table, Tensor
from mlcli.lessons.recurrence_drawing import times

MOST_ROWS = 9  # distances in a table
VANISHED = 1e-3
SLOPES: dict[Activation, str] = {
    "tanh": "A slope is 1 at most and less wherever a unit is driven, so the measured line lies below the theory's; "
    "where ρ is large, the states themselves grow and flatten tanh.",
    "relu": "A unit of relu has slope 1 where it is on and 0 where it is off, and passes nothing on; nothing holds the "
    "states where ρ is above 1.",
}


def tell(
    sequence: InputSequence,
    comparison: Comparison,
    draws: Draws,
    *,
    matched: str,
    checks: tuple[Check, ...] = (),
    seed: int,
) -> Lesson:
    """The lesson of one comparison.

    Args:
        matched: what the cells have as many of: `units` or `weights`.
    """
    T = len(sequence.values)
    steps = [_cells(comparison, draws, T)]
    if comparison.biases:
        steps.append(_biases(comparison.biases, T))
    if comparison.radii:
        steps.append(_radii(comparison.radii, draws, T))
    many = len(comparison.seeds)
    loss = "Σ h_T" if not draws.loss.target else "Σ (h_T − y)² / n"
    sizes = ", ".join(f"{_name(one)} {one.H} units, {one.weights:,} weights" for one in comparison.cells)
    seeds = f"seeds {comparison.seeds[0]} … {comparison.seeds[-1]}" if many > 1 else f"seed {seed}"
    return Lesson(
        title=f"{sequence.name} · RNN, GRU and LSTM side by side",
        command="rnn-unroll",
        rules=(
            ("rule", f"r_k = ‖∂L/∂x_{{T−k}}‖ / ‖∂L/∂x_T‖,  L = {loss},  T = {T:,}"),
            ("reads", "what an input k steps before the end still counts, if the last one counts 1"),
            ("size", f"{sizes}: matched by {matched}"),
            ("drawn", f"each weight from U(−1/√H, 1/√H), before any training; {seeds}"
             + (": the median is told" if many > 1 else "")),
        ),
        read=sequence.read,
        inputs=(Tensor("x", sequence.values, ("t", "f"), (times(sequence), sequence.value_names)),),
        steps=tuple(steps),
        result=Result(_answer(comparison, T)),
        notice=_notice(comparison, T),
        checks=checks,
        next=_next(comparison),
        seed=seed,
    )  # fmt: skip


def _cells(comparison: Comparison, draws: Draws, T: int) -> Step:
    return Step(
        "r_k",
        "what is left of the gradient, the further back",
        "r_k = ‖∂L/∂x_{T−k}‖ / ‖∂L/∂x_T‖",
        _figures(comparison.cells, [_name(one) for one in comparison.cells], T, "RNN, GRU and LSTM as they are drawn"),
    )


def _biases(biases: tuple[Fading, ...], T: int) -> Step:
    names = [f"b = {one.setting:g}" for one in biases]
    return Step(
        "σ(b)^k",
        "what the forget bias changes, in the LSTM",
        "c_t = f_t ∘ c_{t−1} + …,  f_t = σ(… + b): if b alone made f_t, r_k would be σ(b)^k",
        (_against(biases, names, "σ(b)", T), *_figures(biases, names, T, "LSTMs by their forget bias b")),
        "The measured line is not the theory's: what x and h add to b moves each f_t, those units fade last whose "
        "f_t is largest, and the gradient has the way through W_hh too.",
    )


def _radii(radii: tuple[Fading, ...], draws: Draws, T: int) -> Step:
    names = [f"ρ = {one.setting:g}" for one in radii]
    return Step(
        "ρ^k",
        "what the spectral radius of W_hh changes, in the RNN",
        f"∂h_{{t−1}} = W_hhᵀ (∂h_t ∘ φ'(a_t)): if φ = {draws.activation} had slope 1 everywhere, r_k would go as ρ^k",
        (_against(radii, names, "ρ", T), *_figures(radii, names, T, "RNNs by their spectral radius ρ")),
        SLOPES[draws.activation],
    )


def _against(settings: tuple[Fading, ...], names: list[str], symbol: str, T: int) -> Table:
    columns = ("", f"a step: {symbol}", "measured", f"{T - 1:,} steps: {symbol}^{T - 1}", "measured")
    rows = []
    for one, name in zip(settings, names, strict=True):
        theory = one.theory[-1] if one.theory is not None else np.nan
        rows.append((name, one.theory_a_step, _number(one.a_step), _number(theory), _number(one.median)))
    return Table("what is left, by theory and as measured", columns, tuple(rows))


def _figures(fading: tuple[Fading, ...], names: list[str], T: int, whose: str) -> tuple[Table, Curve]:
    rows = tuple((f"k = {k:,}", *(_number(one.left[k]) for one in fading)) for k in distances(T, MOST_ROWS))
    series = []
    for one, name in zip(fading, names, strict=True):
        series.append(Series(name, one.left))
        if one.theory is not None:
            series.append(Series(f"{name}, theory", one.theory, reference=True))
    curve = Curve(
        f"what is left of the gradient: {whose}", np.arange(T), tuple(series), "distance in time k", "r_k", log_y=True
    )
    return Table("", ("distance", *names), rows), curve


def _answer(comparison: Comparison, T: int) -> Table:
    """r_{T−1} of everything: median, smallest and largest draw."""
    told = [(_name(one), one) for one in comparison.cells]
    told += [(f"LSTM, forget bias {one.setting:g}", one) for one in comparison.biases]
    told += [(f"RNN, spectral radius {one.setting:g}", one) for one in comparison.radii]
    many = len(comparison.seeds) > 1
    heads = (f"median of {len(comparison.seeds)} seeds", "smallest", "largest") if many else ("",)
    rows = []
    for name, one in told:
        draws = (_number(min(one.first)), _number(max(one.first))) if many else ()
        rows.append((name, _number(one.median), *draws))
    return Table(f"r_{T - 1}: gradient of the first input / of the last", ("", *heads), tuple(rows))


def _notice(comparison: Comparison, T: int) -> tuple[str, ...]:
    by_name = {_name(one): one for one in comparison.cells}
    rnn, lstm = by_name["RNN"], by_name["LSTM"]
    told = []
    if rnn.median < VANISHED and lstm.median < VANISHED:
        told.append(
            f"As they are drawn both vanish over {T:,} steps, the LSTM too: of the last input's gradient the first "
            f"gets {rnn.median:.1e} in the RNN and {lstm.median:.1e} in the LSTM, whose gates begin near ½ and halve "
            "the memory at each step. A memory cell alone does not cure it."
        )
        told.append(
            "What changes it: a forget bias of 1 to 5, which opens the gate (σ(3) = 0.953); a W_hh whose spectral "
            "radius is near 1; and training, which learns what to keep, once a gradient gets through."
        )
    kept = [one for one in comparison.biases if one.median >= VANISHED]
    if kept and lstm.median < VANISHED:
        least = min(kept, key=lambda one: one.setting or 0.0)
        told.append(f"With a forget bias of {least.setting:g} the LSTM keeps it: {least.median:.2g}.")
    for one in (*comparison.cells, *comparison.biases, *comparison.radii):
        if one.exploded:
            symbol = "b" if one in comparison.biases else "ρ"
            of = f"The {_name(one)}" + ("" if one.setting is None else f" with {symbol} = {one.setting:g}")
            told.append(f"{of} exploded, its numbers grew beyond 1e150 ({'; '.join(one.exploded[:3])}).")
    return tuple(told)


def _next(comparison: Comparison) -> tuple[str, ...]:
    seeds = () if len(comparison.seeds) > 1 else ("--seeds 5",)
    bias = () if comparison.biases else ("--forget-bias 0,1,3,5",)
    radius = () if comparison.radii else ("--spectral-radius 0.5,0.9,1,1.1,1.5",)
    return *bias, *radius, *seeds, "--match weights", "--plot fading.png", "--check (the same by torch)", "--json"


def _name(one: Fading) -> str:
    return one.cell.upper()


def _number(value: float) -> Cell:
    return float(value) if np.isfinite(value) else "exploded"
