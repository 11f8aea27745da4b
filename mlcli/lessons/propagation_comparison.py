"""The same messages under several rules: a row an edge, a column a rule; then how evenly each node listens."""

import math

from mlcli.core.propagation_comparison import Comparison, Listening
from mlcli.core.propagation_layers import Rule
from mlcli.lesson import Cell, Figure, Step, Table, Text
from mlcli.lessons.propagation_update import vector

MOST_ROWS = 24
MOST_NODES = 8
METHODS_ABREAST = 6  # columns of a table; heads are methods of their own
COEFFICIENTS: dict[Rule, str] = {
    "mean": "mean 1/|N(v)|",
    "mean-self": "mean-self 1/(|N(v)| + 1)",
    "sum": "sum 1",
    "sage": "sage 1/|N(v)|",
    "gin": "gin 1",
    "gcn": "gcn 1/√(d_v d_u)",
    "gat": "gat α_vu",
    "gatv2": "gatv2 α_vu",
}


def comparison_steps(comparison: Comparison, names: tuple[str, ...], rules: tuple[Rule, ...]) -> list[Step]:
    """What each message counts; what each node makes of it; how evenly it listens and whom it puts first."""
    told = [_by_arc(comparison, names, rules), _by_node(comparison, names), _results(comparison, names)]
    return told


def _by_arc(comparison: Comparison, names: tuple[str, ...], rules: tuple[Rule, ...]) -> Step:
    figures: list[Figure] = []
    for first in range(0, len(comparison.methods), METHODS_ABREAST):
        some = comparison.methods[first : first + METHODS_ABREAST]
        columns = [method.coefficient[:MOST_ROWS].tolist() for method in some]
        rows: list[tuple[Cell, ...]] = [
            (f"{names[u]} → {names[v]}" + (", itself" if u == v else ""), *(_cell(c) for c in cells))
            for u, v, *cells in zip(*comparison.arcs[:, :MOST_ROWS].tolist(), *columns, strict=True)
        ]
        figures.append(Table("", ("u → v", *(method.name for method in some)), tuple(rows)))
    more = comparison.arcs.shape[1] - MOST_ROWS
    if more > 0:
        figures.append(Text(f"… {more:,} more messages: --node NAME for those to one node"))
    return Step(
        "c_vu",
        f"layer 1 under {_count(len(rules))}: what each message counts",
        ",  ".join(COEFFICIENTS[rule] for rule in dict.fromkeys(rules)) + ";  the same h^0 and W_0",
        tuple(figures),
        "An empty cell: that rule has no such message. mean and α sum to 1 at each v, gcn need not.",
    )


def _by_node(comparison: Comparison, names: tuple[str, ...]) -> Step:
    shown = comparison.listening[: MOST_NODES * len(comparison.methods)]
    rows: list[tuple[Cell, ...]] = [
        (
            names[one.v] if i % len(comparison.methods) == 0 else "",
            one.method,
            one.heard,
            one.entropy,
            one.uniform,
            names[one.top] if one.top >= 0 else "nobody",
            _swapped(one, first=i % len(comparison.methods) == 0),
        )
        for i, one in enumerate(shown)
    ]
    columns = ("v", "rule", "hears", "entropy", "if even", "loudest", "order")
    figures: list[Figure] = [Table("", columns, tuple(rows))]
    more = comparison.nodes - len(shown) // len(comparison.methods)
    if more > 0:
        figures.append(Text(f"… {more:,} more nodes: --node NAME for one"))
    return Step(
        "entropy",
        "how evenly each node listens, and whom it puts first",
        "p_vu = |c_vu| / Σ_u |c_vu|,  entropy_v = −Σ_u p_vu log p_vu,  if even: log of how many it hears",
        tuple(figures),
        "order: pairs of neighbours that the rule in the line above puts the other way round.",
    )


def _results(comparison: Comparison, names: tuple[str, ...]) -> Step:
    nodes = list(dict.fromkeys(one.v for one in comparison.listening))[:MOST_NODES]
    of_rule = {method.name.split()[0]: method.out for method in comparison.methods}
    rows: list[tuple[Cell, ...]] = [
        (names[v] if i == 0 else "", rule, vector(out[v]))
        for v in nodes
        for i, (rule, out) in enumerate(of_rule.items())
    ]
    return Step("h_v^1", "what each node makes of it", "", (Table("", ("v", "rule", "h_v^1"), tuple(rows)),))


def _swapped(one: Listening, first: bool) -> str:
    if first:
        return "–"
    return f"{one.swapped:,} of {one.pairs:,}"


def _cell(c: float) -> Cell:
    return None if math.isnan(c) else c


def _count(rules: int) -> str:
    return "one rule" if rules == 1 else f"{rules} rules"
