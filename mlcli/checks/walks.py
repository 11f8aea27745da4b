"""Steps as the walk engine draws them, against their written-out probabilities: Pearson's chi-square test."""

import numpy as np
from scipy.special import chdtri

from mlcli.core.arcs import Arcs
from mlcli.core.walk_audit import PairAudit, audit_pair
from mlcli.lesson import Check

SAMPLES = 20_000  # steps drawn from each pair of nodes
SIGNIFICANCE = 1e-6  # a right engine fails so seldom


def against_probabilities(
    arcs: Arcs, p: float, q: float, pairs: list[tuple[int, int]], rng: np.random.Generator
) -> list[Check]:
    """Σ (seen − expected)² / expected over the candidates, for each pair: where the walk came from, where it is."""
    return [_check(arcs, audit_pair(arcs, p, q, pair, SAMPLES, rng)) for pair in pairs]


def _check(arcs: Arcs, audit: PairAudit) -> Check:
    choice = audit.choice
    t, v = arcs.names[choice.previous or 0], arcs.names[choice.current]
    return Check(
        f"{SAMPLES:,} sampled steps from {v}, having come from {t}, against P of its {len(choice.candidates)} "
        f"candidates (p-value {audit.p_value:.3f})",
        audit.statistic,
        float(chdtri(max(audit.freedom, 1), SIGNIFICANCE)),
        measure="chi-square",
    )
