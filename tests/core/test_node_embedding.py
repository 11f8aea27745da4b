import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.node_embedding import draw_non_edges_of, have_common_neighbour, split_edges, with_non_edges


def graph(edges: np.ndarray, N: int) -> Graph:
    return Graph(tuple(map(str, range(N))), edges.astype(np.int64), np.ones(edges.shape[1]))


@given(st.integers(0, 10**6), st.integers(5, 23), st.floats(0.2, 0.8))
def test_parts_are_the_graphs_edges_and_the_other_pairs_are_none(seed: int, N: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    A = np.triu(rng.random((N, N)) < share, 1)
    A[0, 1:4], A[N - 2, N - 1] = True, False
    both = np.concatenate([np.array(np.nonzero(A)), np.array(np.nonzero(A))[::-1], [[2], [2]]], axis=1)
    split = split_edges(graph(both, N), seed)
    parts = np.concatenate([split.train, split.validation, split.test], axis=1)
    assert len(np.unique(parts, axis=1).T) == parts.shape[1] == A.sum()
    assert A[parts[0], parts[1]].all()
    pairs = with_non_edges(split.train, split, rng)
    others = pairs.ends[:, pairs.labels == 0]
    assert others.shape == split.train.shape
    assert not (A | A.T)[others[0], others[1]].any()
    assert (others[0] != others[1]).all()
    free = draw_non_edges_of(split, N - 1, N, rng)
    assert set(free) == set(np.flatnonzero(~(A | A.T)[N - 1])) - {N - 1}
    every = np.array(np.nonzero(np.ones((N, N))))
    assert np.array_equal(split.joined(every), (A | A.T)[every[0], every[1]])
    T = np.zeros((N, N), dtype=int)
    T[split.train[0], split.train[1]] = T[split.train[1], split.train[0]] = 1
    assert np.array_equal(have_common_neighbour(split, parts), (T @ T)[parts[0], parts[1]] > 0)


@pytest.mark.parametrize(
    ("edges", "N", "message"),
    [
        ([[0, 1], [1, 2]], 3, "2 edges; to train, validate and test"),
        ([[0, 1, 0], [1, 2, 2]], 3, "every node is joined"),
    ],
)
def test_graphs_without_enough_to_tell_apart(edges: list[list[int]], N: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split_edges(graph(np.array(edges), N), 0)
