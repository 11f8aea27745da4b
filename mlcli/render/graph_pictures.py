"""A graph as a picture: a circle a node, its colour the class, a line or an arrow an edge, as wide as its weight."""

from typing import Any

import numpy as np

from mlcli.core.graph_layout import layout
from mlcli.lesson import Graph
from mlcli.render.text import number, safe

MOST_NUMBERED = 48  # edges up to which their weights are written beside them
MOST_NAMED = 80  # nodes
WIDEST = 4.0  # points


def draw_graph_picture(axes: Any, figure: Graph) -> None:
    """Nodes at places like their distances along edges; marked nodes with a thick rim."""
    N = len(figure.nodes)
    edges = np.array(figure.edges, dtype=np.int64).reshape(-1, 2)
    places = layout(edges.T, N)
    weights = np.array(figure.weights) if figure.weights else np.ones(len(edges))
    strongest = float(np.abs(weights).max(initial=0.0)) or 1.0
    radius = 0.035 if N <= 24 else 0.022 if N <= MOST_NAMED else 0.012
    for (u, v), weight in zip(edges.tolist(), weights.tolist(), strict=True):
        width = 0.4 + (WIDEST - 0.4) * abs(weight) / strongest if figure.weights else 1.0
        text = number(weight, 2) if figure.weights and len(edges) <= MOST_NUMBERED else ""
        if u == v:
            _loop(axes, places[u], _free_side(u, edges, places), radius, width, text)
        else:
            _edge(axes, places[u], places[v], radius, width, text, figure.directed)
    _nodes(axes, figure, places, radius)
    axes.set(xlim=(-0.18, 1.18), ylim=(-0.18, 1.18), aspect="equal")
    axes.axis("off")


def _nodes(axes: Any, figure: Graph, places: np.ndarray, radius: float) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Circle

    classes = list(dict.fromkeys(figure.groups))
    colours = colormaps["tab10" if len(classes) <= 10 else "tab20"]
    for i, name in enumerate(figure.nodes):
        colour = colours(classes.index(figure.groups[i]) % colours.N) if figure.groups else "white"
        rim = 2.2 if i in figure.marked_nodes else 0.8
        axes.add_patch(
            Circle(tuple(places[i].tolist()), radius, facecolor=colour, edgecolor="black", linewidth=rim, zorder=3)
        )
        if len(figure.nodes) <= MOST_NAMED:
            inside = len(name) <= 4 and radius > 0.03
            x, y = places[i] if inside else places[i] + (0, radius + 0.004)
            size = 8 if inside and len(name) <= 2 else 6
            side = "center" if inside else "bottom"
            axes.text(x, y, safe(name), ha="center", va=side, fontsize=size, zorder=4, parse_math=False)
    for c, name in enumerate(classes):
        axes.scatter([], [], color=[colours(c % colours.N)], edgecolor="black", label=safe(name))
    if classes:
        axes.legend(fontsize="x-small", loc="lower right")


def _edge(axes: Any, a: np.ndarray, b: np.ndarray, radius: float, width: float, text: str, directed: bool) -> None:
    from matplotlib.patches import FancyArrowPatch

    along = (b - a) / (float(np.linalg.norm(b - a)) or 1.0)
    aside = np.array([along[1], -along[0]])
    bend = 0.12 if directed else 0.0  # so that both ways are seen
    style = "-|>" if directed else "-"
    start, end = (tuple(place.tolist()) for place in (a + along * radius, b - along * radius))
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle=style, mutation_scale=9, linewidth=width, shrinkA=0, shrinkB=0, color="tab:grey",
            connectionstyle=f"arc3,rad={bend}", zorder=1,
        )
    )  # fmt: skip
    if text:
        middle = (
            a + (b - a) * (0.4 if directed else 0.5) + aside * (0.06 * float(np.linalg.norm(b - a)) if directed else 0)
        )
        _number(axes, middle, text)


def _free_side(u: int, edges: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The direction in the middle of the widest gap between a node's edges."""
    ends = np.unique(edges[(edges == u).any(axis=1)])
    away = places[ends[ends != u]] - places[u]
    angles = np.sort(np.arctan2(away[:, 1], away[:, 0]))
    if not len(angles):
        return np.array([0.0, 1.0])
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    middle = angles[gaps.argmax()] + gaps.max() / 2
    return np.array([np.cos(middle), np.sin(middle)])


def _loop(axes: Any, at: np.ndarray, away: np.ndarray, radius: float, width: float, text: str) -> None:
    from matplotlib.patches import Circle

    x, y = (at + away * radius * 1.7).tolist()
    axes.add_patch(Circle((x, y), radius, fill=False, edgecolor="tab:grey", linewidth=width, zorder=1))
    if text:
        _number(axes, at + away * radius * 3.4, text)


def _number(axes: Any, at: np.ndarray, text: str) -> None:
    box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    axes.text(*at, text, fontsize=6, ha="center", va="center", bbox=box, zorder=2)
