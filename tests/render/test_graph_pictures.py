from pathlib import Path

import numpy as np
import pytest

from mlcli.core.graph_layout import layout
from mlcli.datasets.graphs import karate_club, ring, two_triangles
from mlcli.lesson import Graph, Lesson, Result, Step, Tensor
from mlcli.render.plot_files import write_plot


def drawn(graph: Graph) -> Lesson:
    step = Step("α", "on the graph", "", (graph,))
    return Lesson("t", "gnn-propagate", (), (), (step,), Result(Tensor("h", np.zeros((1, 1)))))


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_graph_is_drawn_the_same_each_time(tmp_path: Path, suffix: str) -> None:
    arcs = ((0, 1), (1, 0), (1, 2), (2, 2))
    graph = Graph("α on $the$ edges", ("Ann", "B", "C\x1b"), arcs, (0.2, 0.7, 1.0, 0.1), ("x", "y", "x"), True, (1,))
    for name in ("a", "b"):
        write_plot(drawn(graph), tmp_path / f"{name}{suffix}")
    first = (tmp_path / f"a{suffix}").read_bytes()
    assert len(first) > 1000
    assert first == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("edges", [(), ((0, 1),)])
def test_graphs_of_hardly_anything(tmp_path: Path, edges: tuple) -> None:
    nodes = ("a", "b") if edges else ("a",)
    write_plot(drawn(Graph("g", nodes, edges)), tmp_path / "g.png")
    assert (tmp_path / "g.png").exists()


def test_near_in_the_graph_is_near_on_paper() -> None:
    places = layout(ring().graph.edges, 6)
    sides = np.linalg.norm(places - np.roll(places, -1, axis=0), axis=1)
    assert sides == pytest.approx(np.full(6, sides[0]), rel=1e-3), "a ring is a regular hexagon"
    club = karate_club().graph
    places = layout(club.edges, 34)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    joined = np.zeros((34, 34), dtype=bool)
    joined[club.edges[0], club.edges[1]] = joined[club.edges[1], club.edges[0]] = True
    assert apart[joined].mean() < 0.7 * apart[~joined].mean()
    assert (places.min() >= 0, places.max() <= 1) == (True, True)


def test_parts_that_are_not_joined_stand_apart() -> None:
    places = layout(two_triangles().graph.edges, 6)
    first, second = places[:3], places[3:]
    within = max(np.linalg.norm(part[:, None] - part[None], axis=2).max() for part in (first, second))
    assert np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)) > within
