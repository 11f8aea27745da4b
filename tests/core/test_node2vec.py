import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.node2vec import Settings, trace
from mlcli.core.skipgram import Embedding
from mlcli.core.walks import Visits
from tests.core.graphs import drawn_graph


def random_embedding(N: int, D: int) -> Embedding:
    return Embedding(*np.random.default_rng(0).standard_normal((2, N, D)).astype(np.float32))


def test_walk_window_and_update_belong_together() -> None:
    graph, out = drawn_graph(3, nodes=13)
    settings = Settings(p=0.5, q=2.0, length=31, window=5, negative=3)
    embedding = random_embedding(13, 7)
    start = max(out, key=lambda node: len(out[node]))
    visits = Visits(np.arange(1, 14), 91, 13, 0)
    record = trace(arcs_of(graph), embedding, visits, settings, np.random.default_rng(1), None, start)
    assert record.path.tolist() == [start, *(step.to for step in record.steps)]
    assert len(record.path) == 31
    assert (record.window.place, record.window.centre) == (5, record.path[5])
    assert record.update.centre == record.path[5]
    assert record.update.nodes[0] == record.path[6]
    assert len(record.update.nodes) == 4
    assert np.array_equal(record.update.x, embedding.vectors[record.path[5]])
    assert np.array_equal(record.update.Y, embedding.outputs[record.update.nodes])


def test_the_shortest_walk() -> None:
    arcs = arcs_of(Graph(("a", "b"), np.array([[0], [1]]), np.ones(1), directed=True))
    visits = Visits(np.array([5, 10]), 15, 10, 10)
    record = trace(arcs, random_embedding(2, 3), visits, Settings(), np.random.default_rng(0), None, 0)
    assert record.path.tolist() == [0, 1]
    assert record.window.contexts.tolist() == [1]
    assert record.update.nodes.tolist() == [1, 0]  # the only other node is the negative
    with pytest.raises(InputError, match="no edge leads on from b"):
        trace(arcs, random_embedding(2, 3), visits, Settings(), np.random.default_rng(0), None, 1)
