"""How a recurrence is told: the rules, the loop and its unfolding, the first steps gate by gate, what is remembered."""

from dataclasses import dataclass

from mlcli.core.recurrence import WeightCount
from mlcli.core.recurrence_cells import UnitSum
from mlcli.core.recurrence_gradients import Gradients
from mlcli.core.recurrence_layers import Forgotten, Network, Run, outputs
from mlcli.core.recurrence_losses import Clipped, Loss
from mlcli.core.sequences import InputSequence
from mlcli.lesson import Check, Lesson, Result, Step, Table, Tensor
from mlcli.lessons.recurrence_backward import backward, noticed
from mlcli.lessons.recurrence_drawing import loop, times, unfolded
from mlcli.lessons.recurrence_rules import named, rules_of, side_by_side
from mlcli.lessons.recurrence_steps import told_step, told_sum


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

    loss: Loss
    gradients: Gradients
    whole: Gradients | None = None
    clipped: Clipped | None = None


def tell(
    sequence: InputSequence,
    network: Network,
    counts: dict[str, WeightCount],
    runs: list[Run],
    *,
    first: int,
    at: WorkedCell | None,
    forgotten: list[Forgotten],
    back: WayBack | None = None,
    read: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one recurrence.

    Args:
        first: how many steps of each cell to tell in full.
        at: to be told in their place.
        read: what was done while reading the weights, a sentence each.
        seed: None unless something was drawn.
    """
    T, names = len(sequence.values), _value_names(sequence, runs)
    if at:
        told = [told_sum(written, at.run, names[at.run.name], at.t, at.unit) for written in at.sums]
    else:
        told = [step for run in runs for step in _first_steps(run, runs, sequence, names[run.name], first)]
    told.append(_memory(forgotten, sequence, runs))
    if back:
        told += backward(back.gradients, runs, back.loss, back.whole, back.clipped, names)
    left_out = (T - first) * len(runs)
    return Lesson(
        title=f"{sequence.name} · {_title(network)}",
        command="rnn-unroll",
        rules=rules_of(network, counts),
        read=sequence.read + read,
        inputs=(
            Tensor("x", sequence.values, ("t", "f"), (times(sequence), sequence.value_names)),
            *_weights(network, names),
            loop(network.first.cell),
            *(unfolded(run, sequence, f"{run.name} " if len(runs) > 1 else "") for run in runs),
        ),
        steps=tuple(told),
        left_out=f"{left_out:,} more steps: --show {min(T, 9)}, or --at T,UNIT for one cell of the state"
        if left_out > 0 and not at
        else "",
        result=Result(Tensor("h", outputs(runs), ("t", "unit"), (times(sequence), _units(network)))),
        notice=sequence.notice + (noticed(back.gradients, runs) if back else ()),
        checks=checks,
        next=_next(network, back),
        seed=seed,
    )


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


def _first_steps(run: Run, runs: list[Run], sequence: InputSequence, names: tuple[str, ...], first: int) -> list[Step]:
    steps = []
    for step in run.steps[:first]:
        of = f" · {run.name}" if len(runs) > 1 else ""
        name = f" = {sequence.step_names[step.t - 1]}" if sequence.step_names and not run.layer else ""
        x = f"x_{step.t}{name}" if not run.layer else f"x_{step.t}, the states of the layer below"
        own = names if run.layer else sequence.value_names
        steps.append(told_step(step, run, x, own, f"step {step.t:,} of {len(run.steps):,}{of}"))
    return steps


def _memory(forgotten: list[Forgotten], sequence: InputSequence, runs: list[Run]) -> Step:
    T, names = len(sequence.values), times(sequence)
    last = f"(h_{T}, h_1)" if runs[-1].backwards else f"h_{T}"
    both = ": forwards it ends at the last step, backwards at the first" if runs[-1].backwards else ""
    return Step(
        f"{last} without x_t",
        "what is remembered",
        f"‖{last} − {last} with x_t = 0‖: how far the last state moves when one input is taken away{both}",
        (Table("", ("without", f"{last} moves by"), tuple((names[one.t - 1], one.distance) for one in forgotten)),),
    )


def _next(network: Network, back: WayBack | None) -> tuple[str, ...]:
    backward = ("--clip 1",) if back else ("--gradients",)
    other = "gru" if network.first.cell == "lstm" else "lstm"
    more = ("--layers 2",) if len(network.layers) == 1 else ("--bidirectional",) if network.D == 1 else ()
    return *backward, f"--cell {other}", *more, "--compare", "--at 2,0", "--check (the same by torch)", "--json"
