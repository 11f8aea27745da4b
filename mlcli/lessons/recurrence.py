"""How a recurrence is told: the rules, the loop and its unfolding, the first steps gate by gate, what is remembered."""

from dataclasses import dataclass

from mlcli.core.recurrence import WeightCount
from mlcli.core.recurrence_cells import UnitSum
from mlcli.core.recurrence_following import Followed
from mlcli.core.recurrence_gradients import Gradients
from mlcli.core.recurrence_layers import Forgotten, Network, Run, outputs
from mlcli.core.recurrence_losses import Clipped, Loss, Score
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Figure, Lesson, Result, Step, Table, Tensor
from mlcli.lessons.recurrence_backward import backward, noticed
from mlcli.lessons.recurrence_drawing import loop, times, unfolded
from mlcli.lessons.recurrence_following import followed_step
from mlcli.lessons.recurrence_rules import named, rules_of, side_by_side
from mlcli.lessons.recurrence_steps import told_step, told_sum
from mlcli.lessons.recurrence_trained import Trained


@dataclass(frozen=True, eq=False)
class WorkedCell:
    """One cell of the state, written out: unit `unit` of `run` at step t."""

    run: Run
    t: int
    unit: int
    sums: list[UnitSum]


@dataclass(frozen=True, eq=False)
class WayBack:
    """What --gradients found.

    Args:
        whole: the gradients that go all the way, if `gradients` were told to stop before.
    """

    loss: Loss | Score
    gradients: Gradients
    whole: Gradients | None = None
    clipped: Clipped | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """All that was found of one network on one sequence.

    Args:
        told: places of the steps of each cell to tell in full, in the order of reading.
        at: to be told in their place.
        followed: what one input leaves in each cell; empty if none was asked for.
    """

    sequence: InputSequence
    network: Network
    counts: dict[str, WeightCount]
    runs: list[Run]
    told: range
    at: WorkedCell | None
    followed: list[Followed]
    forgotten: list[Forgotten]
    back: WayBack | None
    checks: tuple[Check, ...]


def tell(
    trace: Trace,
    *,
    trained: Trained | None = None,
    read: tuple[str, ...] = (),
    notice: tuple[str, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one recurrence.

    Args:
        trained: what the network was trained for, and what it answers.
        read: what was done while reading the weights, a sentence each.
        notice: to be told after what the sequence is for.
        seed: None unless something was drawn.
    """
    sequence, network, runs, at, back = trace.sequence, trace.network, trace.runs, trace.at, trace.back
    T, names = len(sequence.values), _value_names(sequence, runs)
    several = len(runs) > 1
    if at:
        told = [told_sum(written, at.run, names[at.run.name], at.t, at.unit) for written in at.sums]
    else:
        told = [step for run in runs for step in _in_full(run, trace, names[run.name])]
    told += [followed_step(one, sequence, one.run.name if several else "") for one in trace.followed]
    told.append(_memory(trace.forgotten, sequence, runs))
    told += trained.steps if trained else ()
    if back:
        told += backward(back.gradients, runs, back.loss, back.whole, back.clipped, names)
    left_out = (T - len(trace.told)) * len(runs)
    drawings = (
        loop(network.first.cell),
        *(unfolded(run, sequence, f"{run.name} " if several else "") for run in runs),
    )
    return Lesson(
        title=f"{sequence.name} · {'trained ' if trained else ''}{_title(network)}",
        command="rnn-unroll",
        rules=rules_of(network, trace.counts) + (trained.rules if trained else ()),
        read=sequence.read + read,
        inputs=(*_input(sequence), *_weights(network, names), *(() if trained else drawings)),
        steps=tuple(told),
        left_out=f"{left_out:,} more steps: --show {min(T, 9)}, or --at T,UNIT for one cell of the state"
        if left_out > 0 and not at
        else "",
        result=trained.result
        if trained
        else Result(Tensor("h", outputs(runs), ("t", "unit"), (times(sequence), _units(network)))),
        notice=sequence.notice + notice + (noticed(back.gradients, runs) if back else ()),
        checks=trace.checks,
        next=_next(network, back, trained),
        seed=seed,
    )


def _input(sequence: InputSequence) -> list[Figure]:
    """x, and of many numbers the marked ones once more."""
    names, values, heads = times(sequence), sequence.values, sequence.value_names
    x = Tensor("x", values, ("t", "f"), (names, heads))
    if sequence.number is None or heads is None:
        return [x]
    rows = tuple((names[t - 1], *map(float, values[t - 1])) for t in sequence.marked)
    return [x, Table("the marked steps", ("", *heads), rows)]


def _title(network: Network) -> str:
    layers = f", {len(network.layers)} layers" if len(network.layers) > 1 else ""
    return f"{named(network.first)}, hidden {network.H}{layers}{', both directions' if network.D == 2 else ''}"


def _value_names(sequence: InputSequence, runs: list[Run]) -> dict[str, tuple[str, ...]]:
    """For each cell what the values of its x are called: those of the sequence, or the units of the layer below."""
    own = sequence.value_names or tuple(f"x[{f}]" for f in range(sequence.values.shape[1]))
    names = {}
    for run in runs:
        below = [
            f"l{other.layer}_r" if other.backwards else other.name for other in runs if other.layer == run.layer - 1
        ]
        units = range(run.weights.W_hh.shape[1])
        names[run.name] = tuple(f"{name}[{unit}]" for name in below for unit in units) or own
    return names


def _weights(network: Network, names: dict[str, tuple[str, ...]]) -> list[Tensor]:
    several = len(names) > 1
    return [
        side_by_side(weights, names[name], f"{f'{name}: ' if several else ''}W_ih, W_hh, b_ih, b_hh side by side")
        for name, weights in network.cells()
    ]


def _units(network: Network) -> tuple[str, ...] | None:
    if network.D == 1:
        return None
    return tuple(f"{way}[{unit}]" for way in ("forwards", "back") for unit in range(network.H))


def _in_full(run: Run, trace: Trace, names: tuple[str, ...]) -> list[Step]:
    sequence, steps = trace.sequence, []
    for step in run.steps[trace.told.start : trace.told.stop]:
        of = f" · {run.name}" if len(trace.runs) > 1 else ""
        name = f" = {sequence.step_names[step.t - 1]}" if sequence.step_names and not run.layer else ""
        x = f"x_{step.t}{name}" if not run.layer else f"x_{step.t}, the states of the layer below"
        own = names if run.layer else sequence.value_names
        steps.append(told_step(step, run, x, own, f"step {step.t:,} of {len(run.steps):,}{of}"))
    return steps


def _memory(forgotten: list[Forgotten], sequence: InputSequence, runs: list[Run]) -> Step:
    T, names = len(sequence.values), times(sequence)
    last = f"(h_{T}, h_1)" if runs[-1].backwards else f"h_{T}"
    both = ": forwards it ends at the last step, backwards at the first" if runs[-1].backwards else ""
    rows = tuple((names[one.t - 1], one.distance) for one in forgotten)
    marked = tuple(row for row, one in enumerate(forgotten) if one.t in sequence.marked)
    return Step(
        f"{last} without x_t",
        "what is remembered",
        f"‖{last} − {last} with x_t = 0‖: how far the last state moves when one input is taken away{both}",
        (Table("", ("without", f"{last} moves by"), rows, marked),),
    )


def _next(network: Network, back: WayBack | None, trained: Trained | None) -> tuple[str, ...]:
    backward = ("--clip 1",) if back else ("--gradients",)
    if trained:
        return *backward, *trained.next, "--follow 1", "--at 2,0", "--check (the same by torch)", "--json"
    other = "gru" if network.first.cell == "lstm" else "lstm"
    more = ("--layers 2",) if len(network.layers) == 1 else ("--bidirectional",) if network.D == 1 else ()
    follow = ("--follow 1",) if network.D == 1 else ()
    return (
        *backward,
        f"--cell {other}",
        *more,
        *follow,
        "--compare",
        "--at 2,0",
        "--check (the same by torch)",
        "--json",
    )
