"""Steps as the walk engine draws them, against their written-out probabilities: Pearson's chi-square test."""

import numpy as np
from scipy.stats import chi2

from mlcli.core.arcs import Arcs
from mlcli.core.errors import InputError
from mlcli.core.walks import Choice, step, weigh
from mlcli.lesson import Check

SAMPLES = 20_000  # steps drawn from each pair of nodes
LEAST_EXPECTED = 5  # candidates expected less often are counted as one: the test holds for no fewer
SIGNIFICANCE = 1e-6  # a right engine fails so seldom


def against_probabilities(
    arcs: Arcs, p: float, q: float, pairs: list[tuple[int, int]], rng: np.random.Generator
) -> list[Check]:
    """Σ (seen − expected)² / expected over the candidates, for each pair: where the walk came from, where it is."""
    checks = []
    for t, v in pairs:
        start = np.full(SAMPLES, t, np.int32), np.full(SAMPLES, v, np.int32)
        checks.append(_compare(arcs, weigh(arcs, t, v, p, q), step(arcs, *start, p, q, rng)))
    return checks


def pairs_to_test(arcs: Arcs, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Arcs t → v drawn among those after which there is a choice; fewer than `count` if there are fewer.

    Raises:
        InputError: there are none.
    """
    t = np.repeat(np.arange(len(arcs.names)), arcs.degree)
    choices = np.flatnonzero(arcs.degree[arcs.to] > 1)
    if not len(choices):
        raise InputError("no walk on this graph comes to a choice", "--check", "there is nothing to draw, nor to test")
    drawn = rng.choice(choices, min(count, len(choices)), replace=False)
    return [(int(t[arc]), int(arcs.to[arc])) for arc in drawn]


def _compare(arcs: Arcs, choice: Choice, drawn: np.ndarray) -> Check:
    seen = np.bincount(np.searchsorted(choice.candidates, drawn), minlength=len(choice.candidates))
    seen, expected = _pool(seen, choice.probability * len(drawn))
    statistic = float(((seen - expected) ** 2 / expected).sum())
    freedom = max(len(seen) - 1, 1)
    p_value = float(chi2.sf(statistic, freedom))
    t, v = arcs.names[choice.previous or 0], arcs.names[choice.current]
    return Check(
        f"{len(drawn):,} sampled steps from {v}, having come from {t}, against P of its {len(choice.candidates)} "
        f"candidates (p-value {p_value:.3f})",
        statistic,
        float(chi2.isf(SIGNIFICANCE, freedom)),
        measure="chi-square",
    )


def _pool(seen: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same counts with the rarest added up until they are expected often enough."""
    order = np.argsort(expected, kind="stable")
    seen, expected = seen[order], expected[order]
    few = int((expected < LEAST_EXPECTED).sum())
    if few:
        few = max(few, int(np.searchsorted(expected.cumsum(), LEAST_EXPECTED)) + 1)
    starts = [0, *range(max(few, 1), len(seen))]
    return np.add.reduceat(seen, starts), np.add.reduceat(expected, starts)
