"""What holds for either engine."""

import subprocess
import sys

import numpy as np
import pytest

from mlcli.core.arcs import arcs_of
from mlcli.core.embedding import most_similar
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.walks import count_visits, draw_walks
from mlcli.models.skipgram import Engine, fit

SIDE = 7


def two_cliques() -> Graph:
    """Even nodes are joined to each other, odd nodes too, and one edge joins the sides."""
    edges = [(a, b) for a in range(2 * SIDE) for b in range(a) if a % 2 == b % 2] + [(1, 0)]
    return Graph(tuple(map(str, range(2 * SIDE))), np.array(edges).T, np.ones(len(edges)))


def fitted(engine: Engine, seed: int = 0, **numbers: int) -> np.ndarray:
    walks = draw_walks(arcs_of(two_cliques()), 11, 17, seed=5)
    visits = count_visits(walks, 2 * SIDE).of_node
    return fit(walks, visits, **{"dimensions": 13, "epochs": 3, "seed": seed, "engine": engine} | numbers).vectors


@pytest.fixture(params=Engine)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


def test_a_row_is_a_node(engine: Engine) -> None:
    X = fitted(engine)
    assert X.shape == (2 * SIDE, 13)
    for node in range(2, 2 * SIDE):
        assert {other % 2 for other in most_similar(X, node, SIDE - 2).others.tolist()} == {node % 2}


def test_one_seed_one_result_whatever_python_hashes_by(engine: Engine) -> None:
    first = fitted(engine)
    assert fitted(engine).tobytes() == first.tobytes()
    assert fitted(engine, seed=1).tobytes() != first.tobytes()
    program = f"from tests.models.test_skipgram import *; print(fitted(Engine('{engine}')).tobytes().hex())"
    another = subprocess.check_output([sys.executable, "-c", program], env={"PYTHONHASHSEED": "3"}, text=True)
    assert another.strip() == first.tobytes().hex()


def test_progress_counts_every_visit(engine: Engine) -> None:
    walks = np.array([[0, 1, 2], [2, -1, -1], [1, 0, -1]], np.int32)
    told: list[int] = []
    fit(walks, np.array([2, 2, 2]), epochs=3, engine=engine, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 18


def test_two_workers_fit_too() -> None:
    assert np.isfinite(fitted(Engine.GENSIM, workers=2)).all()


@pytest.mark.parametrize("name", ["dimensions", "window", "negative", "epochs", "workers"])
def test_numbers_below_one(engine: Engine, name: str) -> None:
    with pytest.raises(InputError, match="must be at least 1, not 0") as error:
        fitted(engine, **{name: 0})
    assert error.value.where == f"--{name}"


def test_torch_knows_no_cbow() -> None:
    walks = np.array([[0, 1, 2]], np.int32)
    with pytest.raises(InputError, match="torch fits skip-gram only"):
        fit(walks, np.ones(3, np.int64), engine=Engine.TORCH, cbow=True)
    cbow = fit(walks, np.ones(3, np.int64), engine=Engine.GENSIM, cbow=True)
    assert cbow.engine.startswith("gensim")
    assert cbow.vectors.tobytes() != fit(walks, np.ones(3, np.int64), engine=Engine.GENSIM).vectors.tobytes()
