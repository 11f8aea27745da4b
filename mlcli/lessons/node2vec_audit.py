"""How sampled steps are told beside what they should be, and what p and q change."""

from mlcli.core.walk_audit import Audit, PairAudit
from mlcli.core.walk_reach import Reach, most
from mlcli.lesson import Cell, Step, Table
from mlcli.lessons.node2vec_trace import ALPHA


def tell_audit(audit: Audit, nodes: tuple[str, ...]) -> Step:
    """One pair in full, all pairs in a row each, the p-value of all."""
    first = audit.pairs[0]
    rows: list[tuple[Cell, ...]] = []
    for one in audit.pairs:
        t, v = _ends(one, nodes)
        steps = int(one.seen.sum())
        rows.append((t, v, len(one.seen), steps, one.statistic, one.freedom, one.p_value))
    rows.append(("all", "", None, audit.steps, audit.statistic, audit.freedom, audit.p_value))
    columns = ("t", "v", "candidates", "steps", "chi-square", "freedom", "p-value")
    return Step(
        symbol="χ²",
        title=f"audit: {audit.steps:,} sampled steps against their probabilities",
        formula="χ² = Σ (seen − expected)² / expected;  expected = steps · P(x | t, v)",
        figures=(_counts(first, nodes), Table("each pair: came from t, now at v", columns, tuple(rows))),
        note=f"By chance alone χ² would be {audit.statistic:.4g} or more with probability {audit.p_value:.3f}. Below "
        "0.001 there would be reason to doubt the engine; one right engine in twenty shows less than 0.05.",
    )


def _counts(one: PairAudit, nodes: tuple[str, ...]) -> Table:
    choice, (t, v) = one.choice, _ends(one, nodes)
    distance = [] if choice.distance is None else choice.distance.tolist()
    rows = zip(
        [nodes[x] for x in choice.candidates], distance, [ALPHA[d] for d in distance], choice.probability.tolist(),
        one.expected.tolist(), one.seen.tolist(), strict=True,
    )  # fmt: skip
    return Table(f"from {v}, having come from {t}", ("to", f"distance to {t}", "α", "P", "expected", "seen"),
                 tuple(rows))  # fmt: skip


def _ends(one: PairAudit, nodes: tuple[str, ...]) -> tuple[str, str]:
    return nodes[one.choice.previous or 0], nodes[one.choice.current]


def tell_sweep(rows: tuple[Reach, ...]) -> Step:
    """A row for each p and q."""
    columns = ("p", "q", "back", "near", "away", "met", "found", "community", "role")
    cells = tuple(
        (row.p, row.q, row.back, row.near, row.away, row.met, row.found, row.community, row.role) for row in rows
    )
    community, role = (most(rows, what) for what in ("community", "role"))
    return Step(
        symbol="p, q",
        title="what p and q change",
        formula="back, near, away: the shares of steps to a node at distance 0, 1, 2 from the one before;  met: "
        "distinct nodes of a walk over its length;  found: of a node's d neighbours the share among the d most "
        "like it;  community, role: correlation of cosine with nearness in the graph, and with likeness of degree",
        figures=(Table("walks and vectors for each p and q, all with the same seed", columns, cells),),
        note=f"Nearest to community: p {community.p:g}, q {community.q:g}; to role: p {role.p:g}, q {role.q:g}. "
        "Which of two values is larger is worth believing only where it stays so for other seeds.",
    )
