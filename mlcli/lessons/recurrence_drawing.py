"""The loop and its unfolding in time, with the vectors that go along its edges; and how cells and times are called."""

import numpy as np

from mlcli.core.recurrence import Cell as CellName
from mlcli.core.recurrence import LSTMStep
from mlcli.core.recurrence_layers import Run
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Cell, Table, Text

MOST_DRAWN = 3  # steps of the unfolded drawing, and the last


def times(sequence: InputSequence) -> tuple[str, ...]:
    """`t=1`; `t=1 h` where steps have names, `t=1 marked` where they have none."""
    if sequence.step_names:
        return tuple(f"t={t} {name}" for t, name in enumerate(sequence.step_names, start=1))
    return tuple(f"t={t}{' marked' if t in sequence.marked else ''}" for t in range(1, len(sequence.values) + 1))


def loop(cell: CellName) -> Text:
    """The cell and its backward edge."""
    back = "h_t, c_t come back" if cell == "lstm" else "h_t comes back"
    return Text(
        "\n".join(
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
    )


def unfolded(run: Run, sequence: InputSequence, name: str) -> Table:
    """Time goes down: the cell once a step, and on the arrow what it hands on to itself.

    Args:
        name: whose unfolding it is, in front of the title; empty for the only cell.
    """
    T, names = len(sequence.values), times(sequence)
    shown = list(range(1, T + 1)) if T <= MOST_DRAWN + 1 else [*range(1, MOST_DRAWN + 1), None, T]
    handed_on = ("h_t", "c_t") if run.weights.cell == "lstm" else ("h_t",)
    arrows = ("", "", "", *["↑" if run.backwards else "↓"] * len(handed_on))
    rows: list[tuple[Cell, ...]] = []
    for t in shown:
        rows += [arrows] if rows else []
        if t is None:
            rows.append(("…", "", "", *[""] * len(handed_on)))
            continue
        step = run.steps[T - t if run.backwards else t - 1]
        state = (step.h, step.c) if isinstance(step, LSTMStep) else (step.h,)
        arrow = f"─> {run.weights.cell.upper()} ─>"
        rows.append((names[t - 1], _vector(step.x), arrow, *(_vector(part) for part in state)))
    begin = f"h_{T + 1}" if run.backwards else "h_0"
    return Table(
        f"{name}unfolded: the same cell at every step, from {begin} = 0", ("", "x_t", "", *handed_on), tuple(rows)
    )


def _vector(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))
