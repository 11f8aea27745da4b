import networkx as nx
import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.graphs import Graph
from mlcli.core.walk_reach import Reach, met, most, reach, step_shares
from mlcli.core.walks import draw_walks
from mlcli.datasets.karate import karate
from tests.core.graphs import drawn_graph


@pytest.mark.parametrize("directed", [False, True])
def test_shares_of_steps_are_those_counted_one_by_one(directed: bool) -> None:
    graph, out = drawn_graph(1, nodes=17, degree=3, directed=directed)
    walks = draw_walks(arcs_of(graph), 5, 13, 0.5, 2.0)
    counts, distinct = [0, 0, 0], []
    for walk in walks.tolist():
        path = [node for node in walk if node >= 0]
        distinct.append(len(set(path)) / len(path))
        for t, x in zip(path, path[2:], strict=False):
            counts[0 if t == x else 1 if x in out[t] else 2] += 1
    assert step_shares(arcs_of(graph), walks) == pytest.approx(np.array(counts) / sum(counts))
    assert met(walks) == pytest.approx(np.mean(distinct))


def test_p_sends_back_and_q_sends_away() -> None:
    arcs = arcs_of(karate().graph)
    shares = {(p, q): step_shares(arcs, draw_walks(arcs, 10, 80, p, q)) for p in (0.25, 4.0) for q in (0.25, 4.0)}
    for q in (0.25, 4):
        assert shares[0.25, q][0] > shares[4, q][0]
    for p in (0.25, 4):
        assert shares[p, 0.25][2] > shares[p, 4][2]


def test_vectors_that_know_the_graph() -> None:
    """Vectors made of nearness itself, and others made of the degree, against networkx and NumPy."""
    graph = karate().graph
    arcs, club = arcs_of(graph), nx.Graph(graph.edges.T.tolist())
    steps = nx.floyd_warshall_numpy(club, nodelist=range(34))
    nearness = np.where(steps == 0, 1.0, 1 / np.maximum(steps, 1))
    walks = draw_walks(arcs, 2, 11)
    values, axes = np.linalg.eigh(nearness)
    near = reach(arcs, walks, axes * np.sqrt(np.maximum(values, 0)), 1.0, 2.0, np.random.default_rng(0))
    assert (near.p, near.q) == (1.0, 2.0)
    assert near.back + near.near + near.away == pytest.approx(1)
    assert near.community is not None
    assert near.community > 0.9
    assert near.found > 0.7
    angle = np.log(arcs.degree) * 0.4
    role = reach(arcs, walks, np.stack([np.cos(angle), np.sin(angle)], axis=1), 1.0, 1.0, np.random.default_rng(0))
    assert role.role is not None
    assert role.role > 0.9
    assert most((near, role), "role") is role
    assert most((near, role), "community") is near


def test_where_nothing_varies_there_is_no_correlation() -> None:
    ring = Graph(tuple(map(str, range(3))), np.array([[0, 1, 2], [1, 2, 0]]), np.ones(3))
    row = reach(arcs_of(ring), draw_walks(arcs_of(ring), 1, 5), np.eye(3), 1.0, 1.0, np.random.default_rng(0))
    assert (row.community, row.role, row.found) == (None, None, 1.0)
    assert most((row, Reach(*[1.0] * 7, -0.9, 0.0)), "community").community == -0.9


def test_unreachable_nodes_have_no_nearness() -> None:
    apart = Graph(tuple("abcde"), np.array([[0, 1, 3], [1, 2, 4]]), np.ones(3))
    X = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1.0]])
    row = reach(arcs_of(apart), draw_walks(arcs_of(apart), 1, 5), X, 1.0, 1.0, np.random.default_rng(0))
    assert row.community is not None
    assert row.community > 0.8
