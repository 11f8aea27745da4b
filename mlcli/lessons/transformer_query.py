"""How one token's way through a layer is told: each sublayer's sums written out, then what is added and normalised."""

from dataclasses import replace

import numpy as np

from mlcli.core.transformer_query import NormRow, SublayerRow, Sum
from mlcli.lesson import Figure, Part, Step, Table, Term, Worked
from mlcli.lessons.attention_query import fitting, query_steps, written

SYMBOLS = {"self-attention": "A", "cross-attention": "Z", "feed-forward": "F"}
MOST_CELLS = 4  # of a row that are written out


def query_block(
    row: SublayerRow, query: str, keys: tuple[str, ...], *, where: str, pre_norm: bool, head: int, activation: str
) -> list[Step]:
    """The steps of one sublayer.

    Args:
        query: what the token is called.
        keys: what it can look at.
        where: `layer 1 of 2, `.
    """
    before = [normed(row.norm, f"{where}norm before {row.kind}", "x", query)] if pre_norm else []
    work = _fed(row, query, where, activation) if row.head is None else _attended(row, query, keys, where, head)
    return [*before, *work, _added(row, query, where, pre_norm)]


def _attended(row: SublayerRow, query: str, keys: tuple[str, ...], where: str, head: int) -> list[Step]:
    symbol, d_k = SYMBOLS[row.kind], len(row.first)
    assert row.head is not None
    context = "M" if row.kind == "cross-attention" else "x"
    masked = "masked = scaled" if np.isfinite(row.head.masked).all() else "masked = scaled where mask = 1, else −∞"
    steps = query_steps(row.head, query, keys, f"scaled = scores / √d_k = scores / √{d_k};  {masked}", head)
    return [
        Step(f"Q[{query}]", f"{where}{row.kind}, head {head}: Q[{query}], what it looks for",
             f"Q = x W_Q + b_Q, of which head {head} has {d_k} columns;  K and V likewise, from {context}",
             _sums(row.first, f"Q[{query}]", f"x[{query}]", "column")),
        *(replace(step, title=f"{where}{row.kind}: {step.title}") for step in steps),
        Step(f"{symbol}[{query}]", f"{where}{row.kind}: {symbol}[{query}], all heads mixed",
             f"{symbol} = concat(head 0, head 1, …) W_O + b_O",
             _sums(row.second, f"{symbol}[{query}]", f"concat[{query}]", "column")),
    ]  # fmt: skip


def _fed(row: SublayerRow, query: str, where: str, activation: str) -> list[Step]:
    assert row.active is not None
    hidden = _sums(row.first, f"hidden[{query}]", f"x[{query}]", "cell", (activation, row.active))
    return [
        Step(f"hidden[{query}]", f"{where}feed-forward: {query} on its own through a small network",
             f"hidden = x W_1 + b_1,  active = {activation}(hidden)", hidden),
        Step(f"F[{query}]", f"{where}feed-forward: F[{query}]", "F = active W_2 + b_2",
             _sums(row.second, f"F[{query}]", f"active[{query}]", "column"),
             "No other token takes part in this."),
    ]  # fmt: skip


def _sums(
    cells: tuple[Sum, ...], symbol: str, of: str, noun: str, after: tuple[str, np.ndarray] | None = None
) -> tuple[Figure, ...]:
    worked = []
    for d in fitting(len(cells), len(cells[0].x))[:MOST_CELLS]:
        cell = cells[d]
        terms = tuple(
            Term(f"{of}[{i}]", float(x), float(w), float(product))
            for i, (x, w, product) in enumerate(zip(cell.x, cell.w, cell.products, strict=True))
        )
        parts, end = (Part("", terms, cell.total),), None if after is None else (after[0], float(after[1][d]))
        worked.append(Worked(f"{symbol}[{d}]", parts, cell.total, cell.bias or None, after=end))
    return written(worked, len(cells), noun)


def _added(row: SublayerRow, query: str, where: str, pre_norm: bool) -> Step:
    symbol = SYMBOLS[row.kind]
    outs = tuple(cell.total for cell in row.second)
    columns = ("d", "x", symbol, f"x + {symbol}")
    table = tuple(
        (d, float(x), out, float(added)) for d, (x, out, added) in enumerate(zip(row.x, outs, row.added, strict=True))
    )
    figure = Table("", columns, table)
    if pre_norm:
        return Step(f"x[{query}]", f"{where}{row.kind}: add, the new x[{query}]", f"x = x + {symbol}", (figure,))
    norm = normed(row.norm, f"{where}{row.kind}: add & norm, the new x[{query}]", f"x + {symbol}", query)
    return replace(norm, symbol=f"x[{query}]", figures=(figure, *norm.figures))


def normed(row: NormRow, title: str, symbol: str, query: str) -> Step:
    """One token's numbers brought to mean 0 and variance 1, then to γ and β; `symbol` is what they are before."""
    moments = Table("", ("mean", "variance", "√(variance + 1e-5)"), ((row.mean, row.variance, row.divisor),))
    cells = (row.x, row.centred, row.unit, row.gain, row.shift, row.out)
    table = Table(
        "", ("d", symbol, "− mean", "/ √…", "γ", "β", "out"),
        tuple((d, *(float(value) for value in values)) for d, values in enumerate(zip(*cells, strict=True))),
    )  # fmt: skip
    formula = "mean = Σ_d x[d] / d_model,  variance = Σ_d (x[d] − mean)² / d_model,  out = γ (x − mean) / √… + β"
    return Step(f"norm[{query}]", title, formula, (moments, table))
