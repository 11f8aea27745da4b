import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets.digits_graph import digits_graph, nearest_neighbours, split


@pytest.fixture(scope="module")
def digits() -> LabelledGraph:
    return digits_graph()


def test_the_images_are_scikit_learns(digits: LabelledGraph):
    assert digits.features.shape == (1797, 64)
    assert isinstance(digits.features, np.ndarray)
    assert (digits.features.min(), digits.features.max()) == (0, 1)
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_graph_is_in_one_piece_and_joins_like_with_like(digits: LabelledGraph):
    edges = digits.graph.edges
    assert edges.shape == (2, 8727)
    adjacency = sparse.coo_array((digits.graph.weights, tuple(edges)), (1797, 1797))
    assert sparse.csgraph.connected_components(adjacency, directed=False)[0] == 1
    assert (digits.labels[edges[0]] == digits.labels[edges[1]]).mean() > 0.96


def test_the_split(digits: LabelledGraph):
    assert np.bincount(digits.labels[digits.train]).tolist() == [20] * 10
    assert (len(digits.validation), len(digits.test)) == (500, 1000)
    assert len({*digits.train, *digits.validation, *digits.test}) == 1700
    assert all((np.diff(part) > 0).all() for part in (digits.train, digits.validation, digits.test))


def test_it_is_the_same_always(digits: LabelledGraph):
    again = digits_graph()
    assert again.graph.edges.tobytes() == digits.graph.edges.tobytes()
    assert digits.train[:7].tolist() == [6, 14, 18, 34, 37, 47, 53]
    assert digits.validation[:7].tolist() == [1, 2, 4, 5, 8, 9, 17]
    assert digits.test[:7].tolist() == [0, 3, 7, 10, 11, 12, 13]
    assert digits.graph.edges[1, :7].tolist() == [335, 464, 676, 855, 877, 957, 1029]


def test_a_split_of_few_takes_what_there_is():
    labels = np.repeat([0, 1], [23, 29])
    train, validation, test = split(labels)
    assert np.bincount(labels[train]).tolist() == [20, 20]
    assert (len(validation), len(test)) == (12, 0)


@given(points=arrays(np.float64, (13, 3), elements=st.integers(0, 2).map(float)), k=st.integers(1, 11))
def test_neighbours_are_those_of_a_plain_search(points: NDArray[np.float64], k: int):
    pairs = set()
    for i, point in enumerate(points):
        others = [j for j in range(13) if j != i]
        others.sort(key=lambda j: (((point - points[j]) ** 2).sum(), j))
        pairs |= {(min(i, j), max(i, j)) for j in others[:k]}
    assert [tuple(pair) for pair in nearest_neighbours(points, k).T.tolist()] == sorted(pairs)
