import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.core.node_features import MOST_ONE_HOT, degrees, one_hot, random_features
from mlcli.datasets.graphs import toy


def test_degrees_and_one_hot() -> None:
    assert degrees(toy().graph.arcs(), 5).tolist() == [[1], [3], [2], [2], [0]]
    assert one_hot(3).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_one_hot_of_a_large_graph_is_refused() -> None:
    with pytest.raises(InputError, match="25,010,001 numbers"):
        one_hot(MOST_ONE_HOT + 1)


def test_random_features_are_their_seeds_and_fit_a_pencil() -> None:
    first, again = (random_features(7, 3, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(first, np.round(first, 1))
    assert len(np.unique(first)) > 5
