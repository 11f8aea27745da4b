"""What is shown of a node embedding: its map before and after training, and one update in numbers."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.embedding import principal_plane
from mlcli.core.node_embedding import EdgeSplit, draw_non_edges_of
from mlcli.core.skipgram import update
from mlcli.lesson import Cell, Part, Scatter, Step, Table, Tensor, Term, Text, Worked

Array = NDArray[np.float64]
Names = tuple[str, ...]

RATE = 0.05  # of the update that is told


def maps(before: Array, after: Array, names: Names, groups: Names) -> tuple[Step, ...]:
    """All nodes in the plane of most variance, from before the first step and after the last."""
    return tuple(
        Step(symbol="E", title=title, formula="", figures=(_map(E, names, groups),), note=note)
        for title, E, note in (
            ("the nodes before training", before, "Drawn at random: who stands near whom means nothing."),
            ("the nodes after training", after, "Joined nodes have been drawn together, so that groups stand apart."),
        )
    )


def update_on(E: Array, split: EdgeSplit, names: Names, seed: int) -> Step:
    """One step down the gradient on an edge and a pair that is none: skip-gram's, with one table for both ends."""
    rng = np.random.default_rng([seed, 7])
    u, v = split.train[:, rng.integers(split.train.shape[1])].tolist()
    others = draw_non_edges_of(split, u, 1, rng)
    told = update(E, E, u, v, others, RATE)
    told_names = [names[node] for node in told.nodes]
    centre, joined, other = names[u], told_names[0], told_names[-1]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, int(label), *numbers)
        for name, label, *numbers in zip(
            told_names, told.labels, told.scores.tolist(), told.sigmas.tolist(), told.losses.tolist(),
            told.errors.tolist(), told.new_losses.tolist(), strict=True,
        )
    )  # fmt: skip
    total: tuple[Cell, ...] = ("sum", None, None, None, told.loss, None, told.new_loss)
    columns = ("v", "edge", "s = e_u·e_v", "σ(s)", "loss", "σ(s) − edge", "loss after")
    terms = tuple(
        Term(f"e_{name}[0]", *numbers)
        for name, *numbers in zip(
            told_names, told.Y[:, 0].tolist(), told.errors.tolist(), told.pulls[:, 0].tolist(), strict=True
        )
    )
    first = float(told.grad_x[0])
    return Step(
        symbol=f"({centre}, {joined})",
        title=f"one update in numbers: {centre} is joined to {joined}, and not to {other}",
        formula=f"∂L/∂e_u = Σ_v (σ(s) − edge) e_v;   new = old − {RATE:g} · gradient",
        figures=(
            Table("", columns, (*rows, total), marked=(0,)),
            Text(f"The first number of the gradient of u = {centre}:"),
            Worked("∂L/∂e_u[0]", (Part("", terms, first),), first),
            _three(f"e_u of {centre}", "e_u", told.x, told.grad_x, told.new_x),
            _three(f"e_v of {joined}", "e_v", told.Y[0], told.grad_Y[0], told.new_Y[0]),
        ),
        note=f"{joined} is pulled towards {centre}, {other} is pushed away. The vectors are those after training; in "
        "training every edge makes such a step in every epoch, with Adam in the place of a fixed rate.",
    )


def _map(E: Array, names: Names, groups: Names) -> Scatter:
    plane = principal_plane(E)
    x, y = (f"{share:.0%}" for share in plane.shares)
    name = f"the vectors in their plane of most variance (PCA): {x} of it from left to right, {y} upwards"
    return Scatter(name, plane.points, names, groups, "first component", "second component")


def _three(name: str, symbol: str, old: Array, gradient: Array, new: Array) -> Tensor:
    return Tensor(name, np.stack([old, gradient, new]), ("", "dimension"), ((symbol, f"∂L/∂{symbol}", "new"), None))
