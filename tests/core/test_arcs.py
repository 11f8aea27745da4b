import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcli.core.arcs import arcs_of, draw_by_marks, row_marks
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from tests.core.graphs import drawn_graph


@pytest.mark.parametrize("directed", [False, True])
@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_arcs_are_those_of_a_dictionary(directed: bool, seed: int) -> None:
    graph, out = drawn_graph(seed, directed=directed, weighted=True)
    arcs = arcs_of(graph)
    N = len(graph.names)
    for v in range(N):
        row = slice(arcs.first[v], arcs.first[v + 1])
        assert dict(zip(arcs.to[row].tolist(), arcs.weight[row].tolist(), strict=True)) == out[v]
        assert arcs.to[row].tolist() == sorted(out[v])
        assert arcs.strength[v] == pytest.approx(sum(out[v].values()))
    u, v = np.divmod(np.arange(N * N, dtype=np.int32), np.int32(N))
    assert arcs.exist(u, v).tolist() == [b in out[a] for a, b in zip(u.tolist(), v.tolist(), strict=True)]
    assert arcs.weights(u, v).tolist() == [out[a].get(b, 0.0) for a, b in zip(u.tolist(), v.tolist(), strict=True)]


def test_hash_table_decides_nothing_alone() -> None:
    """Far more pairs than places: many that are no arcs fall on a marked one."""
    graph, out = drawn_graph(3, nodes=499, degree=11)
    arcs = arcs_of(graph)
    u, v = np.divmod(np.arange(499 * 499, dtype=np.int32), np.int32(499))
    assert len(arcs._hashed[0]) < 499 * 499
    assert int(arcs.exist(u, v).sum()) == sum(map(len, out.values()))


def test_edges_to_itself_are_left_out() -> None:
    edges = np.array([[0, 1, 1], [1, 1, 2]])
    assert arcs_of(Graph(("a", "b", "c"), edges, np.ones(3))).to.tolist() == [1, 0, 2, 1]


def test_equal_weights_decide_nothing() -> None:
    edges = np.array([[0, 1], [1, 2]])
    assert not arcs_of(Graph(("a", "b", "c"), edges, np.full(2, 0.7))).weighted
    assert arcs_of(Graph(("a", "b", "c"), edges, np.array([0.7, 0.5]))).weighted


def test_marks_draw_in_proportion() -> None:
    mass, first = np.array([3.0, 1.0, 7.0, 2.0, 2.0, 1.0]), np.array([0, 2, 2, 3, 6])  # the second row is empty
    marks = row_marks(mass, first)
    assert marks.tolist() == pytest.approx([0.75, 1.0, 3.0, 3.4, 3.8, 4.0])
    rng = np.random.default_rng(5)
    rows = np.repeat([0, 2, 3], 20_000)
    counts = np.bincount(draw_by_marks(marks, first, rows, rng), minlength=6) / 20_000
    assert counts == pytest.approx([0.75, 0.25, 1.0, 0.4, 0.4, 0.2], abs=0.02)


def test_marks_of_a_light_row_beside_a_heavy_one() -> None:
    """The row's own share counts, however small its mass is beside that of all rows."""
    marks = row_marks(np.array([1e90, 1e90, 1e-90, 3e-90]), np.array([0, 2, 4]))
    assert marks.tolist() == pytest.approx([0.5, 1.0, 1.25, 2.0])


@pytest.mark.parametrize(
    ("names", "edges", "weights", "message"),
    [
        (("a",), [[0], [0]], [1.0], "the graph has 1 node and no edge between two"),
        (("a", "b"), [[0], [0]], [1.0], "the graph has 2 nodes and no edge between two"),
        (("a", "b"), [[0], [1]], [0.0], "the weight of the edge from a to b is 0"),
        (("a", "[/red]"), [[0, 0], [1, 1]], [1.0, -2.5], r"the weight of the edge from a to \[/red\] is -2.5"),
        (("a", "b"), [[0], [1]], [float("nan")], "is nan"),
        (("a", "b"), [[0], [1]], [1e200], r"is 1e\+200"),
    ],
)
def test_what_cannot_be_walked(names: tuple[str, ...], edges: list, weights: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        arcs_of(Graph(names, np.array(edges), np.array(weights)))
