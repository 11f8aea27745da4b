import numpy as np
import pytest

from mlcli.checks.walks import against_probabilities
from mlcli.core import walk_audit
from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.walk_audit import audit_pair, pairs_to_test
from mlcli.core.walks import step
from mlcli.datasets.karate import karate


def karate_arcs() -> Arcs:
    return arcs_of(karate().graph)


def test_the_engine_holds() -> None:
    arcs = karate_arcs()
    pairs = [(0, 1), *pairs_to_test(arcs, 7, np.random.default_rng(0))]
    found = against_probabilities(arcs, 4.0, 0.5, pairs, np.random.default_rng(1))
    assert len(found) == 8
    assert all(check.passed for check in found)
    assert all(check.measure == "chi-square" for check in found)
    first = audit_pair(arcs, 4.0, 0.5, (0, 1), 20_000, np.random.default_rng(1))
    assert found[0].difference == first.statistic
    assert f"p-value {first.p_value:.3f}" in found[0].name


def test_an_engine_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_audit, "step", lambda arcs, t, v, p, q, rng: step(arcs, t, v, p * 1.5, q, rng))
    [check] = against_probabilities(karate_arcs(), 0.5, 1.0, [(0, 1)], np.random.default_rng(2))
    assert not check.passed
