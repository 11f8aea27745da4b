"""How one walk, one window and one update of node2vec are told, number by number."""

import numpy as np

from mlcli.core.node2vec import Trace
from mlcli.core.skipgram import Update, Window
from mlcli.core.walks import WalkStep
from mlcli.lesson import Cell, Figure, Part, Step, Table, Tensor, Term, Text, Worked

ALPHA = ("1/p", "1", "1/q")  # by distance


def steps_of(trace: Trace, shown: tuple[WalkStep, ...], nodes: tuple[str, ...], weighted: bool) -> tuple[Step, ...]:
    """The shown steps of the walk, the walk, its window, the update.

    Args:
        weighted: whether edges have weights that differ.
    """
    return (
        *(_drawn(step, len(trace.steps), nodes, weighted) for step in shown),
        _walk(trace, nodes),
        _pairs(trace.window, nodes),
        *(() if trace.update is None else (_update(trace.update, nodes),)),
    )


def _drawn(step: WalkStep, turns: int, nodes: tuple[str, ...], weighted: bool) -> Step:
    choice = step.choice
    v = nodes[choice.current]
    first = choice.previous is None
    t = None if choice.previous is None else nodes[choice.previous]
    columns: dict[str, list[Cell]] = {"to": [*(nodes[x] for x in choice.candidates), "sum"]}
    blank: list[Cell] = [None]
    if choice.distance is not None:
        columns[f"distance to {t}"] = choice.distance.tolist() + blank
        columns["α"] = [*(ALPHA[d] for d in choice.distance), None]
        if weighted:
            columns["w"] = choice.weight.tolist() + blank
    columns["w" if first else "α·w"] = [*choice.mass.tolist(), choice.Z]
    columns["P"] = [*choice.probability.tolist(), 1.0]
    columns["summed"] = choice.up_to.tolist() + blank
    columns["draw"] = [step.draw if place == step.place else None for place in range(len(choice.candidates))] + blank
    return Step(
        symbol=f"P(x | v={v})" if first else f"P(x | t={t}, v={v})",
        title=f"step {step.turn} of {turns}   from {v}" + ("" if first else f", having come from {t}"),
        formula=f"P = w(v, x) / Z, as there is no node before;  Z = {choice.Z:.6g}"
        if first
        else f"P = α(t, x) · w(v, x) / Z;  Z = {choice.Z:.6g}",
        figures=(Table("", tuple(columns), tuple(zip(*columns.values(), strict=True)), marked=(step.place,)),),
        note=f"The draw {step.draw:.6f} falls to the first row whose summed P is above it: the walk goes to "
        f"{nodes[step.to]}.",
    )


def _walk(trace: Trace, nodes: tuple[str, ...]) -> Step:
    names = np.array([nodes[node] for node in trace.path], dtype=object)
    turns = tuple(str(turn) for turn in range(len(names)))
    return Step(
        symbol="walk",
        title=f"the walk, {len(names)} nodes",
        formula="",
        figures=(Tensor("walk", trace.path, ("turn",), (turns,), names, ((trace.window.place,),)),),
        note="One walk more, drawn like those that the vectors are fitted to, so that its draws can be shown.",
    )


def _pairs(window: Window, nodes: tuple[str, ...]) -> Step:
    centre = nodes[window.centre]
    return Step(
        symbol="(centre, context)",
        title=f"{len(window.contexts)} pair{'s' * (len(window.contexts) != 1)} from the window at turn {window.place}",
        formula=f"each node at most r steps from the centre {centre} is a context of it;  r = {window.radius}, drawn",
        figures=(
            Table(
                "",
                ("offset", "centre", "context"),
                tuple((int(o), centre, nodes[c]) for o, c in zip(window.offsets, window.contexts, strict=True)),
            ),
        ),
    )


def _update(update: Update, nodes: tuple[str, ...]) -> Step:
    names = [nodes[node] for node in update.nodes]
    centre, context = nodes[update.centre], names[0]
    rows = zip(names, update.labels, update.scores, update.sigmas, update.losses, update.errors, update.new_losses,
               strict=True)  # fmt: skip
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (name, int(label), float(s), float(sigma), float(loss), float(error), float(new))
        for name, label, s, sigma, loss, error, new in rows
    )
    total: tuple[Cell, ...] = ("sum", None, None, None, update.loss, None, update.new_loss)
    columns = ("node", "label", "s = x·y", "σ(s)", "loss", "σ(s) − label", "loss after")
    part = Part(
        "",
        tuple(
            Term(f"y_{name}[0]", float(y), float(error), float(pull))
            for name, y, error, pull in zip(names, update.Y[:, 0], update.errors, update.pulls[:, 0], strict=True)
        ),
        float(update.grad_x[0]),
    )
    figures: tuple[Figure, ...] = (
        Table("", columns, (*cells, total), marked=(0,)),
        Text(f"The first number of the gradient of {centre}'s vector x, Σ y[0] · (σ(s) − label):"),
        Worked("∂L/∂x[0]", (part,), float(update.grad_x[0])),
        _three(f"x of {centre}", "x", update.x, update.grad_x, update.new_x),
        _three(f"y of {context}", "y", update.Y[0], update.grad_Y[0], update.new_Y[0]),
    )
    return Step(
        symbol=f"({centre}, {context})",
        title=f"one update on the pair ({centre}, {context})",
        formula=f"loss = − log σ(s) of the context, − log σ(−s) of a negative;  new = old − {update.rate:g} · gradient",
        figures=figures,
        note=f"{context} is pulled towards {centre}, the negatives are pushed away. The vectors are those after "
        "training; in training every pair of every window makes such a step, at a rate that falls to nearly 0.",
    )


def _three(name: str, symbol: str, old: np.ndarray, gradient: np.ndarray, new: np.ndarray) -> Tensor:
    return Tensor(name, np.stack([old, gradient, new]), ("", "dimension"), ((symbol, f"∂L/∂{symbol}", "new"), None))
