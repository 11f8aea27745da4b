"""One network on one sequence, in mlcli rnn-unroll: forwards, one input followed, and the way back."""

from mlcli.commands.rnn_unroll_input import network_for, read
from mlcli.commands.rnn_unroll_options import Back, Cells, Example, Sequence, View
from mlcli.core.errors import InputError
from mlcli.core.recurrence import spread, weight_count
from mlcli.core.recurrence_cells import agreement, work_out
from mlcli.core.recurrence_following import follow
from mlcli.core.recurrence_gradients import gradients
from mlcli.core.recurrence_layers import Network, Run, forget, run_layers
from mlcli.core.recurrence_losses import Loss, Score, clip
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Lesson
from mlcli.lessons.recurrence import Trace, WayBack, WorkedCell, tell

MOST_FORGOTTEN = 6  # steps that are taken away in turn, beside those that are marked
DRAWN = "The weights here are drawn, not trained: mlcli train lstm --save DIR, then --weights DIR."


def lesson_of_sequence(
    path: str | None, sequence: Sequence, cells: Cells, back: Back, view: View
) -> tuple[Lesson, Network]:
    """The trace of a network whose weights are drawn, or from a file; and the network.

    Raises:
        InputError: see `read`, `network_for`, `traced`.
    """
    given = read(path, sequence, view.seed)
    network, said = network_for(given, cells, view.seed)
    loss = back.parsed_loss()
    trace = traced(given, network, run_layers(given.values, network), back, loss, view)
    drawn = sequence.example in (Example.ADDING, Example.COPY_MEMORY) or not cells.weights
    notice = (DRAWN,) if given.notice and not cells.weights else ()
    return tell(trace, read=said, notice=notice, seed=view.seed if drawn else None), network


def traced(
    given: InputSequence, network: Network, runs: list[Run], back: Back, loss: Loss | Score, view: View
) -> Trace:
    """All that is found, once the network has read the sequence.
    Raises:
        InputError: there is no such step or cell; two directions where there may be one only.
    """
    x = given.values
    worked = _worked(view.at, runs) if view.at else None
    checks = [Check("the written-out sums against the matrix product", agreement(worked.sums), 1e-9)] if worked else []
    way = _way_back(runs, loss, back) if back.wanted else None
    if view.check:
        from mlcli.checks.recurrence import forward_against_torch, gradients_against_torch

        checks.append(forward_against_torch(x, network, runs))
        if way:
            checks.append(gradients_against_torch(x, network, runs, way.gradients, loss))
    away = sorted({*spread(len(x), MOST_FORGOTTEN), *given.marked})
    return Trace(
        given, network, {name: weight_count(w.cell, w.W_ih.shape[1], network.H) for name, w in network.cells()}, runs,
        told=_told(view, runs), at=worked,
        followed=follow(given, network, runs, view.follow) if view.follow else [],
        forgotten=forget(x, network, runs, away), back=way, checks=tuple(checks),
    )  # fmt: skip


def _told(view: View, runs: list[Run]) -> range:
    """Places of the steps to tell in full, as read: the first few, or the one that is followed."""
    if view.first is None and view.follow:
        return range(view.follow - 1, view.follow)
    return range((2 if len(runs) == 1 else 1) if view.first is None else view.first)


def _worked(at: str, runs: list[Run]) -> WorkedCell:
    place, _, name = at.partition(",l")
    run = (
        {run.name: run for run in runs}.get(f"l{name}") if name else next(r for r in runs if r.layer == runs[-1].layer)
    )
    if run is None:
        raise InputError(f"there is no cell l{name}", "--at", f"one of {', '.join(run.name for run in runs)}")
    try:
        t, unit = (int(part) for part in place.split(","))
    except ValueError:
        hint = "step from 1 and unit from 0, such as --at 2,0"
        raise InputError(f'"{at}" is not a cell of the state', "--at", hint) from None
    T = len(run.steps)
    if not 1 <= t <= T:
        raise InputError(f"there is no step {t}", "--at", f"steps go from 1 to {T}")
    step = run.steps[T - t if run.backwards else t - 1]
    return WorkedCell(run, t, unit, work_out(step, run.weights, unit))


def _way_back(runs: list[Run], loss: Loss | Score, back: Back) -> WayBack:
    if back.truncate and any(run.backwards for run in runs):
        raise InputError("is for one direction", "--truncate", "leave it out")
    record = gradients(runs, loss, back.truncate)
    whole = gradients(runs, loss) if back.truncate and back.truncate < len(runs[0].steps) else None
    clipped = clip(record.weights, back.clip) if back.clip and record.exploded is None else None
    return WayBack(loss, record, whole, clipped)
