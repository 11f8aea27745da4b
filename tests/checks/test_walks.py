from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from mlcli.checks import walks as checks
from mlcli.checks.walks import SAMPLES, against_probabilities, pairs_to_test
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.walks import step, weigh
from mlcli.datasets.karate import karate
from tests.core.graphs import drawn_graph


def karate_arcs() -> Arcs:
    return arcs_of(karate().graph)


def test_the_engine_holds() -> None:
    arcs = karate_arcs()
    pairs = [(0, 1), *pairs_to_test(arcs, 7, np.random.default_rng(0))]
    found = against_probabilities(arcs, 4.0, 0.5, pairs, np.random.default_rng(1))
    assert len(found) == 8
    assert all(check.passed for check in found)
    assert all(check.measure == "chi-square" for check in found)


def test_an_engine_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "step", lambda arcs, t, v, p, q, rng: step(arcs, t, v, p * 1.5, q, rng))
    [check] = against_probabilities(karate_arcs(), 0.5, 1.0, [(0, 1)], np.random.default_rng(2))
    assert not check.passed


def test_the_statistic_is_that_of_scipy() -> None:
    arcs = karate_arcs()
    start = np.zeros(SAMPLES, np.int32), np.full(SAMPLES, 1, np.int32)
    choice = weigh(arcs, 0, 1, 4.0, 0.5)
    drawn = step(arcs, *start, 4.0, 0.5, np.random.default_rng(3))
    seen = [(drawn == x).sum() for x in choice.candidates]
    oracle = chisquare(seen, choice.probability * SAMPLES)
    [check] = against_probabilities(arcs, 4.0, 0.5, [(0, 1)], np.random.default_rng(3))
    assert check.difference == pytest.approx(oracle.statistic)
    assert f"p-value {oracle.pvalue:.3f}" in check.name


def test_rare_candidates_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step back, expected once in four thousand such samples, and seen once: alone it would weigh too much."""

    def step_back_once(*arguments: Any) -> np.ndarray:
        drawn = step(*arguments)
        drawn[0] = 0
        return drawn

    monkeypatch.setattr(checks, "step", step_back_once)
    [check] = against_probabilities(karate_arcs(), 1e7, 1.0, [(0, 1)], np.random.default_rng(5))
    assert check.difference < 30


@pytest.mark.parametrize(
    ("expected", "pooled"),
    [
        ([7.0, 11.0, 13.0], [7, 11, 13]),
        ([11.0, 2.0, 13.0, 4.0], [6, 11, 13]),
        ([11.0, 2.0, 13.0], [13, 13]),
        ([1.0, 4.5, 4.5, 4.5], [14.5]),
        ([19.0], [19]),
    ],
)
def test_the_rarest_are_added_up(expected: list[float], pooled: list[float]) -> None:
    seen, due = checks._pool(np.array(expected) * 3, np.array(expected))
    assert due.tolist() == pooled
    assert seen.tolist() == [3 * value for value in pooled]


def test_pairs_are_arcs_after_which_there_is_a_choice() -> None:
    graph, out = drawn_graph(5, nodes=11, degree=3, directed=True)
    arcs = arcs_of(graph)
    for t, v in pairs_to_test(arcs, 5, np.random.default_rng(0)):
        assert v in out[t]
        assert len(out[v]) > 1
    star = arcs_of(Graph(("a", "b", "c"), np.array([[0, 0], [1, 2]]), np.ones(2)))
    assert sorted(pairs_to_test(star, 7, np.random.default_rng(0))) == [(1, 0), (2, 0)]
    one_way = arcs_of(Graph(("a", "b"), np.array([[0], [1]]), np.ones(1), directed=True))
    with pytest.raises(InputError, match="no walk on this graph comes to a choice"):
        pairs_to_test(one_way, 3, np.random.default_rng(0))
