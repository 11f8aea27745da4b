from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, chisquare

from mlcli.core import walk_audit
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.walk_audit import audit, audit_pair, p_value, pairs_to_test, pool
from mlcli.core.walks import step
from mlcli.datasets.karate import karate
from tests.core.graphs import drawn_graph


def karate_arcs() -> Arcs:
    return arcs_of(karate().graph)


@pytest.mark.parametrize("seed", range(23))
def test_the_engine_draws_the_exact_distribution(seed: int) -> None:
    """Twenty-three graphs, with weights, with direction, with both, with neither, with nodes that nothing leaves."""
    directed, weighted = bool(seed & 1), bool(seed & 2)
    graph, out = drawn_graph(seed, nodes=29, degree=3 + seed % 2, directed=directed, weighted=weighted)
    assert not directed or any(not ways for ways in out.values())
    rng = np.random.default_rng(seed)
    p, q = np.exp(rng.uniform(-2, 2, 2)).tolist()
    found = audit(arcs_of(graph), p, q, 20_011, rng)
    assert found.p_value > 1e-4, (p, q)
    assert sum(int(one.seen.sum()) for one in found.pairs) == found.steps == 20_011
    assert found.statistic == pytest.approx(sum(one.statistic for one in found.pairs))
    for one in found.pairs:
        mass = {x: w * (1 / p if x == one.choice.previous else 1 if x in out[one.choice.previous or 0] else 1 / q)
                for x, w in out[one.choice.current].items()}  # fmt: skip
        due = [mass[x] / sum(mass.values()) for x in one.choice.candidates.tolist()]
        np.testing.assert_allclose(one.expected, np.array(due) * one.seen.sum(), rtol=1e-10)


def test_an_engine_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_audit, "step", lambda arcs, t, v, p, q, rng: step(arcs, t, v, p * 1.3, q, rng))
    assert audit(karate_arcs(), 0.5, 1.0, 40_000, np.random.default_rng(2)).p_value < 1e-9


def test_the_statistic_is_that_of_scipy() -> None:
    one = audit_pair(karate_arcs(), 4.0, 0.5, (0, 1), 20_000, np.random.default_rng(3))
    oracle = chisquare(one.seen, one.expected)
    assert one.statistic == pytest.approx(oracle.statistic)
    assert one.p_value == pytest.approx(oracle.pvalue)
    assert p_value(7.0, 3) == pytest.approx(chi2.sf(7.0, 3))
    assert p_value(0.0, 0) == 1.0


def test_rare_candidates_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step back, expected once in four thousand such samples, and seen once: alone it would weigh too much."""

    def step_back_once(*arguments: Any) -> np.ndarray:
        drawn = step(*arguments)
        drawn[0] = 0
        return drawn

    monkeypatch.setattr(walk_audit, "step", step_back_once)
    assert audit_pair(karate_arcs(), 1e7, 1.0, (0, 1), 20_000, np.random.default_rng(5)).statistic < 30


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
    seen, due = pool((np.array(expected) * 2).astype(np.int64), np.array(expected))
    assert due.tolist() == pooled
    assert seen.tolist() == [2 * value for value in pooled]


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


def test_too_few_steps() -> None:
    with pytest.raises(InputError, match="at least 1,000, not 7"):
        audit(karate_arcs(), 1.0, 1.0, 7, np.random.default_rng(0))
