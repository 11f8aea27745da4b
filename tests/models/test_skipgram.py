import subprocess
import sys

import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.embedding import most_similar
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.walks import count_visits, draw_walks
from mlcli.models import skipgram
from mlcli.models.skipgram import fit

SIDE = 7


def two_cliques() -> Graph:
    """Even nodes are joined to each other, odd nodes too, and one edge joins the sides."""
    edges = [(a, b) for a in range(2 * SIDE) for b in range(a) if a % 2 == b % 2] + [(1, 0)]
    return Graph(tuple(map(str, range(2 * SIDE))), np.array(edges).T, np.ones(len(edges)))


def fitted(seed: int = 0, **numbers: int) -> np.ndarray:
    walks = draw_walks(arcs_of(two_cliques()), 11, 17, seed=5)
    visits = count_visits(walks, 2 * SIDE).of_node
    return fit(walks, visits, **{"dimensions": 13, "epochs": 7, "seed": seed} | numbers).vectors


def test_a_row_is_a_node() -> None:
    X = fitted()
    assert X.shape == (2 * SIDE, 13)
    for node in range(2, 2 * SIDE):
        assert {other % 2 for other in most_similar(X, node, SIDE - 2).others.tolist()} == {node % 2}


def test_one_seed_one_result_whatever_python_hashes_by() -> None:
    first = fitted()
    assert fitted().tobytes() == first.tobytes()
    assert fitted(seed=1).tobytes() != first.tobytes()
    program = "from tests.models.test_skipgram import fitted; print(fitted().tobytes().hex())"
    another = subprocess.check_output([sys.executable, "-c", program], env={"PYTHONHASHSEED": "3"}, text=True)
    assert another.strip() == first.tobytes().hex()


def test_walks_are_read_without_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipgram, "CHUNK", 2)
    sentences = skipgram._Sentences(np.array([[0, 1, 2], [2, -1, -1], [1, 0, -1]], np.int32))
    assert list(sentences) == list(sentences) == [[0, 1, 2], [2], [1, 0]]


def test_two_workers_fit_too() -> None:
    assert np.isfinite(fitted(workers=2)).all()


@pytest.mark.parametrize("name", ["dimensions", "window", "negative", "epochs", "workers"])
def test_numbers_below_one(name: str) -> None:
    with pytest.raises(InputError, match="must be at least 1, not 0") as error:
        fitted(**{name: 0})
    assert error.value.where == f"--{name}"


def test_walks_that_gensim_would_cut() -> None:
    with pytest.raises(InputError, match="at most 10,000, not 10,007"):
        fit(np.zeros((1, 10_007), np.int32), np.array([1]))
