"""How one input is followed through the memory: who holds it, what its gates do meanwhile, what is left at the end."""

import numpy as np

from mlcli.core.recurrence import Cell, around
from mlcli.core.recurrence_following import Followed, Held
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Curve, Figure, Picture, Series, Step, Table
from mlcli.lessons.recurrence_drawing import times

MOST_UNITS = 6  # in a table
MOST_TIMES = 9  # evenly apart, beside the steps that are marked
HELD = 0.5  # of ‖Δ_s‖ at the end

MEMORY: dict[Cell, str] = {"rnn": "h", "gru": "h", "lstm": "c"}
GATES: dict[Cell, tuple[str, str, str]] = {"gru": ("z", "1 − z", "update"), "lstm": ("f", "i", "forget")}


def followed_step(followed: Followed, sequence: InputSequence, of: str = "") -> Step:
    """What x_s leaves in one cell.

    Args:
        of: the cell, where there are several.
    """
    s, cell, T = followed.s, followed.run.weights.cell, len(followed.m)
    m, x = MEMORY[cell], sequence.content(s)
    held = [followed.held(int(unit)) for unit in followed.units[:MOST_UNITS]]
    ts = around(T, {s, *sequence.marked}, MOST_TIMES)
    gate = f";  if nothing but {GATES[cell][0]} acts on it, Δ_T = Δ_s · ∏ {GATES[cell][0]}_t" if cell in GATES else ""
    return Step(
        f"Δ_t{f' of {of}' if of else ''}",
        f"what {x} leaves in the memory",
        f"Δ_t = {m}_t − {m}_t with {x} = 0{gate}",
        (
            _holders(followed, held, m),
            _curve(followed, sequence, held[0].unit, m),
            *_through_time(followed, sequence, held[0].unit, m, ts),
        ),
        _verdict(followed, held[0], m, x),
    )


def _holders(followed: Followed, held: list[Held], m: str) -> Table:
    s, T, cell = followed.s, len(followed.m), followed.run.weights.cell
    gated = cell in GATES and s < T
    heads = ("unit", f"Δ_{s}", f"Δ_{T}", *([f"∏ {GATES[cell][0]}_t"] if gated else []))
    rows = tuple((f"{m}[{one.unit}]", one.first, one.last, *([one.product] if gated else [])) for one in held)
    return Table(
        f"who holds it: Δ as x_{s} is read, and at the end; {len(held)} of {len(followed.units):,} units", heads, rows
    )


def _curve(followed: Followed, sequence: InputSequence, unit: int, m: str) -> Curve:
    s, T = followed.s, len(followed.m)
    few, x = sequence.marked if len(sequence.marked) <= 2 else (), sequence.content(s)
    return Curve(
        f"{m}[{unit}] with {x} and without",
        np.arange(1, T + 1),
        (Series(f"{m}_t[{unit}]", followed.m[:, unit]), Series(f"with {x} = 0", followed.without[:, unit])),
        "t",
        m,
        marks=tuple((float(t), f"x_{t}") for t in sorted({s, *few})),
    )


def _through_time(followed: Followed, sequence: InputSequence, unit: int, m: str, ts: list[int]) -> tuple[Figure, ...]:
    names, s, cell = times(sequence), followed.s, followed.run.weights.cell
    columns = {m: followed.m, "Δ": followed.delta}
    if followed.keeps is not None and followed.enters is not None:
        keep, enter, _ = GATES[cell]
        columns = {enter: followed.enters, keep: followed.keeps, **columns}
    rows = tuple((names[t - 1], *(float(column[t - 1, unit]) for column in columns.values())) for t in ts)
    marked = tuple(k for k, t in enumerate(ts) if t in {s, *sequence.marked})
    table = Table(f"unit {unit} through time", ("", *columns), rows, marked=marked, whole=True)
    if followed.keeps is None or followed.enters is None:
        return (table,)
    keep, enter, gate = GATES[cell]
    meaning = {enter: (followed.enters, "how much enters"), keep: (followed.keeps, f"the {gate} gate: how much stays")}
    labels = tuple(names[t - 1] for t in ts), tuple(f"{m}[{unit}]" for unit in followed.units[:MOST_UNITS])
    maps = [_shades(f"{symbol}, {of}", gates, followed, ts, labels) for symbol, (gates, of) in meaning.items()]
    return table, *maps


def _shades(
    name: str, gates: np.ndarray, followed: Followed, ts: list[int], labels: tuple[tuple[str, ...], ...]
) -> Picture:
    shown = gates[np.array(ts) - 1][:, followed.units[:MOST_UNITS]]  # (times, units)
    return Picture(name, shown, float(shown.min()), float(shown.max()), labels=labels)


def _verdict(followed: Followed, top: Held, m: str, x: str) -> str:
    s, T, cell = followed.s, len(followed.m), followed.run.weights.cell
    if s == T:
        return f"x_{s} is the last input: what it leaves is what there is at the end."
    if not followed.delta.any():
        return f"{x} leaves nothing: with 0 in its place the memory is the same."
    left = f"at the end ‖Δ‖, over all units, is {followed.left:.2g} times what it was when x_{s} was read"
    if cell not in GATES:
        return f"An RNN has no gate that keeps: Δ goes through W_hh and its activation at each step, and {left}."
    if followed.left < HELD or top.product is None:
        return f"It is not held: {left}."
    unit, gate = f"{m}[{top.unit}]", f"{GATES[cell][2]} gate"
    alone = f"its {gate} alone would have left {top.product:.2g} of that"
    if top.product < HELD:
        return (
            f"It is handed on rather than held: {left}. In {unit} {alone}; the rest went through h, from unit to unit."
        )
    ends = f"{top.first:.3g} when it was read, {top.last:.3g} at the end"
    return f"It is held: {left}. {unit} holds it longest: {ends}, where {alone}; the rest came and went through h."
