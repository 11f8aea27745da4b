import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.link_prediction import OPERATORS, HiddenEdges, hide_edges, pairs_without, predict_links, roc_auc
from tests.core.graphs import drawn_graph


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=31), st.integers(0, 2**32 - 1))
def test_auc_is_that_of_scikit_learn(scores: list[int], seed: int) -> None:
    positive = np.random.default_rng(seed).random(len(scores)) < 0.5
    positive[:2] = True, False
    ours = roc_auc(np.array(scores, float), positive)
    assert ours == pytest.approx(roc_auc_score(positive, scores), rel=1e-12)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_hidden_edges_leave_no_part_of_the_graph_alone(seed: int, directed: bool) -> None:
    graph, out = drawn_graph(seed, nodes=37, degree=5, directed=directed, weighted=True)
    hidden = hide_edges(graph, 0.3, np.random.default_rng(seed))
    E = graph.edges.shape[1]
    assert hidden.edges.shape == hidden.others.shape == (2, round(0.3 * E))
    every = {(u, v, w) for u, v, w in zip(*graph.edges.tolist(), graph.weights.tolist(), strict=True)}
    left = {(u, v, w) for u, v, w in zip(*hidden.left.edges.tolist(), hidden.left.weights.tolist(), strict=True)}
    gone = {(u, v) for u, v in hidden.edges.T.tolist()}
    assert {(u, v) for u, v, _ in every - left} == gone
    assert left <= every
    whole, rest = nx.Graph(graph.edges.T.tolist()), nx.Graph(hidden.left.edges.T.tolist())
    assert nx.number_connected_components(rest) == nx.number_connected_components(whole)
    assert set(rest) == set(whole)
    for u, v in hidden.others.T.tolist():
        assert u != v
        assert v not in out[u]
    assert len({tuple(pair) for pair in hidden.others.T.tolist()}) == hidden.others.shape[1]


def test_fewer_are_hidden_where_the_tree_needs_the_rest() -> None:
    ring = Graph(tuple("abcdefg"), np.array([range(7), [*range(1, 7), 0]]), np.ones(7))
    with pytest.raises(InputError, match="no two edges can be hidden"):
        hide_edges(ring, 0.5, np.random.default_rng(0))
    chords = Graph(ring.names, np.hstack([ring.edges, [[0, 1, 2], [2, 3, 4]]]), np.ones(10))
    assert hide_edges(chords, 0.9, np.random.default_rng(0)).edges.shape == (2, 4)  # of 10 edges a tree needs 6


def test_pairs_without_an_edge_can_run_out() -> None:
    full = Graph(tuple("abcde"), np.array(np.triu_indices(5, 1)), np.ones(10))
    with pytest.raises(InputError, match="0 pairs of nodes have no edge, 3 are needed"):
        pairs_without(full, 3, np.random.default_rng(0))
    one_way = Graph(full.names, full.edges, full.weights, directed=True)
    back = pairs_without(one_way, 10, np.random.default_rng(0))
    assert {(u, v) for u, v in back.T.tolist()} == {(v, u) for u, v in full.edges.T.tolist()}


def test_operators() -> None:
    x, y = np.array([[1.0, -2.0]]), np.array([[3.0, 5.0]])
    values = {name: operator(x, y).tolist() for name, operator in OPERATORS.items()}
    assert values == {
        "average": [[2.0, 1.5]], "hadamard": [[3.0, -10.0]], "weighted-L1": [[2.0, 7.0]], "weighted-L2": [[4.0, 49.0]]
    }  # fmt: skip


def test_vectors_that_know_the_edges_find_them() -> None:
    rng = np.random.default_rng(0)
    side = np.arange(101) % 2
    X = np.stack([side - 0.5, 0.3 * rng.standard_normal(101)], axis=1)
    inside = np.array([(u, v) for u in range(101) for v in range(u) if side[u] == side[v]]).T
    across = np.array([(u, v) for u in range(101) for v in range(u) if side[u] != side[v]]).T
    graph = Graph(tuple(map(str, range(101))), inside, np.ones(inside.shape[1]))
    hidden = HiddenEdges(graph, inside[:, ::7][:, :300], across[:, ::7][:, :300])
    record = predict_links(X, hidden, 3, rng)
    assert record.operators == tuple(OPERATORS)
    assert record.auc.shape == (4, 3)
    assert record.auc[1:].min() > 0.99
    assert record.auc[0].max() < 0.7  # a mean of opposite ends tells nothing that a line could part
    assert record.dot > 0.99
    assert record.best != 0
    noise = predict_links(rng.standard_normal((101, 5)), hidden, 3, rng)
    assert 0.35 < noise.auc.mean() < 0.65
