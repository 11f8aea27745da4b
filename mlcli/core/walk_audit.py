"""Steps as the walk engine draws them, held against their written-out probabilities: Pearson's chi-square test.

    χ² = Σ (seen − expected)² / expected      expected = steps · P(x | t, v)      p-value = P(χ² so large by chance)

Symbols: t, v, x as in `walks`; candidates expected fewer than LEAST_EXPECTED times are counted as one, since the test
holds for no fewer; freedom is the number of candidates, so counted, less one. The sum over pairs is tested as one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.special import chdtrc

from mlcli.core.arcs import Arcs
from mlcli.core.errors import InputError
from mlcli.core.walks import Choice, step, weigh

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

LEAST_EXPECTED = 5
LEAST_STEPS, MOST_PAIRS = 1000, 20  # of an audit: steps from each pair, pairs


@dataclass(frozen=True, eq=False)
class PairAudit:
    """The steps from one pair of nodes, `seen` and `expected` for each of its C candidates."""

    choice: Choice
    seen: Int[Counts, " C"]
    expected: Float[Array, " C"]
    statistic: float
    freedom: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Audit:
    """All pairs, and the test of their sum."""

    pairs: tuple[PairAudit, ...]
    steps: int
    statistic: float
    freedom: int
    p_value: float


def audit(arcs: Arcs, p: float, q: float, steps: int, rng: np.random.Generator) -> Audit:
    """`steps` steps from pairs drawn at random, as many from each but for a remainder.

    Raises:
        InputError: fewer steps than are enough for one pair, or no walk ever comes to a choice.
    """
    if steps < LEAST_STEPS:
        raise InputError(f"must be at least {LEAST_STEPS:,}, not {steps:,}", "--audit", "fewer steps show too little")
    pairs = pairs_to_test(arcs, min(MOST_PAIRS, steps // LEAST_STEPS), rng)
    shares = np.diff(np.linspace(0, steps, len(pairs) + 1).astype(int)).tolist()
    audits = tuple(audit_pair(arcs, p, q, pair, share, rng) for pair, share in zip(pairs, shares, strict=True))
    statistic, freedom = sum(one.statistic for one in audits), sum(one.freedom for one in audits)
    return Audit(audits, steps, statistic, freedom, p_value(statistic, freedom))


def audit_pair(
    arcs: Arcs, p: float, q: float, pair: tuple[int, int], steps: int, rng: np.random.Generator
) -> PairAudit:
    """`steps` steps from v = pair[1], having come from t = pair[0], by the engine that draws whole walks."""
    t, v = (np.full(steps, node, np.int32) for node in pair)
    choice, drawn = weigh(arcs, *pair, p, q), step(arcs, t, v, p, q, rng)
    seen = np.bincount(np.searchsorted(choice.candidates, drawn), minlength=len(choice.candidates))
    expected = choice.probability * steps
    few, due = pool(seen, expected)
    statistic, freedom = float(((few - due) ** 2 / due).sum()), len(few) - 1
    return PairAudit(choice, seen, expected, statistic, freedom, p_value(statistic, freedom))


def pairs_to_test(arcs: Arcs, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Arcs t → v drawn among those after which there is a choice; fewer than `count` if there are fewer.

    Raises:
        InputError: there are none.
    """
    t = np.repeat(np.arange(len(arcs.names)), arcs.degree)
    choices = np.flatnonzero(arcs.degree[arcs.to] > 1)
    if not len(choices):
        raise InputError("no walk on this graph comes to a choice", hint="there is nothing to draw, nor to test")
    drawn = rng.choice(choices, min(count, len(choices)), replace=False)
    return [(int(t[arc]), int(arcs.to[arc])) for arc in drawn]


def pool(seen: Int[Counts, " C"], expected: Float[Array, " C"]) -> tuple[Int[Counts, " c"], Float[Array, " c"]]:
    """The same counts with the rarest added up until they are expected often enough."""
    order = np.argsort(expected, kind="stable")
    seen, expected = seen[order], expected[order]
    few = int((expected < LEAST_EXPECTED).sum())
    if few:
        few = max(few, int(np.searchsorted(expected.cumsum(), LEAST_EXPECTED)) + 1)
    starts = [0, *range(max(few, 1), len(seen))]
    return np.add.reduceat(seen, starts), np.add.reduceat(expected, starts)


def p_value(statistic: float, freedom: int) -> float:
    """How often so large a χ² comes by chance; 1 where nothing is free to differ."""
    return float(chdtrc(freedom, statistic)) if freedom else 1.0
