"""How one node's new vector is told: its messages, a row each; their sum; the weights; σ."""

import numpy as np

from mlcli.core.propagation_layers import Layer
from mlcli.core.propagation_messages import Products, Update
from mlcli.lesson import Cell, Figure, Part, Step, Table, Tensor, Term, Text, Worked

MOST_NAMED = 6  # neighbours in the heading
MOST_MESSAGES = 12
MOST_TERMS = 12

Column = tuple[str, list[Cell], Cell]  # head, a cell a message, what stands below them


def vector(values: np.ndarray) -> tuple[float, ...]:
    """A table's cell that is a vector."""
    return tuple(values.tolist())


def update_step(update: Update, layer: Layer, names: tuple[str, ...], of: int, written_out: bool) -> Step:
    """One node in one layer.

    Args:
        of: how many layers there are.
        written_out: tell the first number as its sum of products.
    """
    name, k = names[update.v], update.k
    symbol = f"h_{name}^{k + 1}"
    others = [names[u] for u in update.sources if u != update.v]
    itself = len(others) < len(update.sources)
    hears = _listed(others) if others else "nobody"
    figures = [*_messages(update, layer, names), _sums(update, layer, symbol, name)]
    if written_out and all(len(products.values) <= MOST_TERMS for products in update.first):
        if len(update.first) > 1:  # else the sum itself names it
            figures.append(Text(f"{symbol}[0], the first of its numbers, written out:"))
        figures.append(_worked(update, layer, symbol))
    return Step(
        symbol=symbol,
        title=f"layer {k + 1} of {of}, node {name}: hears {hears}" + (" and itself" if itself else ""),
        formula=_formula(update, layer, symbol, name, others[:3], len(others), itself),
        figures=tuple(figures),
        note=_alone(name, itself, update.own is not None) if not others else "",
    )


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _pair(v: str, u: str) -> str:
    """The index of what stands between two nodes: AB, or Ada,Ben."""
    return v + u if len(v) == 1 else f"{v},{u}"


def _alone(name: str, itself: bool, own: bool) -> str:
    if itself:
        return f"N({name}) is empty: {name} hears itself alone."
    rest = "its own vector is what is left." if own else "nothing is left; with B_k h_v its own vector would be."
    return f"N({name}) is empty: what {name} hears is 0 by definition, no 0/0, and {rest}"


def _formula(update: Update, layer: Layer, symbol: str, name: str, others: list[str], count: int, itself: bool) -> str:
    """The rule with the names of this node and its first neighbours in it."""
    k = update.k
    heard = others + ([name] if itself and len(others) == count else [])
    vectors = [f"h_{u}^{k}" for u in heard] + (["…"] if count > len(others) else [])
    match layer.rule:
        case "mean" | "mean-self":
            inner = f"W_{k} ({' + '.join(vectors)}) / {len(update.sources)}"
        case "sum":
            inner = f"W_{k} ({' + '.join(vectors)})"
        case "max":
            inner = f"W_{k} max({', '.join(vectors)})"
        case "gcn" | "gat":
            c = "c" if layer.rule == "gcn" else "α"
            weighted = [f"{c}_{_pair(name, u)} W_{k} h_{u}^{k}" for u in heard] + vectors[len(heard) :]
            inner = " + ".join(weighted)
    terms = ([inner] if len(update.sources) else ["0"]) + ([f"B_{k} h_{name}^{k}"] if update.own is not None else [])
    return f"{symbol} = σ({' + '.join(terms)})"


def _messages(update: Update, layer: Layer, names: tuple[str, ...]) -> list[Figure]:
    sources, k, name = [names[u] for u in update.sources], update.k, names[update.v]
    if not sources:
        return []
    if update.taken is not None:
        return [_maxima(update.messages, update.taken, k, sources)]
    h, m = f"h_u^{k}", f"m_u = W_{k} h_u^{k}"
    c, messages, heard = _numbers(update.coefficient), _vectors(update.messages), vector(update.heard)
    weighted = _vectors(update.weighted)
    match layer.rule:
        case "sum" | "max":
            return [_table([(h, messages, heard)], sources)]
        case "mean" | "mean-self":
            columns = [(f"c = 1/{len(sources)}", c, None), (h, messages, None), (f"c · {h}", weighted, heard)]
            return [_table(columns, sources)]
        case "gcn":
            root = f"c = 1/√(d_{name} d_u)"
            columns = [("d_u", _numbers(update.degree), None), (root, c, None), (m, messages, None)]
            return [_table([*columns, ("c · m_u", weighted, heard)], sources)]
        case "gat":
            scores, e, alpha = update.scores, f"e_{_pair(name, 'u')}", f"α_{_pair(name, 'u')}"
            assert scores is not None
            found: list[Column] = [
                (m, messages, None),
                ("a_source·m_u", _numbers(scores.source), None),
                (f"a_target·m_{name}", [scores.target] * len(sources), None),
                ("score", _numbers(scores.score), None),
                (e, _numbers(scores.e), None),
            ]
            used: list[Column] = [
                (e, _numbers(scores.e), None),
                ("exp(e − max e)", _numbers(scores.powers), scores.total),
                (alpha, c, scores.alphas),
                ("α · m_u", weighted, heard),
            ]
            return [_table(found, sources), _table(used, sources)]


def _table(columns: list[Column], sources: list[str]) -> Table:
    """A row a message, and their sum where a column has one."""
    shown = sources[:MOST_MESSAGES]
    rows: list[tuple[Cell, ...]] = [(u, *(cells[i] for _, cells, _ in columns)) for i, u in enumerate(shown)]
    if len(sources) > MOST_MESSAGES:
        rows.append((f"… {len(sources) - MOST_MESSAGES:,} more", *(None for _ in columns)))
    marked: tuple[int, ...] = ()
    if any(below is not None for _, _, below in columns):
        marked = (len(rows),)
        rows.append(("sum", *(below for _, _, below in columns)))
    return Table("", ("u", *(head for head, _, _ in columns)), tuple(rows), marked)


def _maxima(messages: np.ndarray, taken: np.ndarray, k: int, sources: list[str]) -> Tensor:
    marked = tuple((int(i), int(f)) for i, f in np.argwhere(taken[:MOST_MESSAGES]))
    name = f"h_u^{k}, the largest of each column in brackets"
    if len(sources) > MOST_MESSAGES:
        name += f"; {len(sources) - MOST_MESSAGES:,} more u are heard"
    return Tensor(name, messages[:MOST_MESSAGES], ("u", "f"), (tuple(sources[:MOST_MESSAGES]), None), marked=marked)


def _numbers(values: np.ndarray | None) -> list[Cell]:
    return [] if values is None else values[:MOST_MESSAGES].tolist()


def _vectors(values: np.ndarray) -> list[Cell]:
    return [vector(row) for row in values[:MOST_MESSAGES]]


def _sums(update: Update, layer: Layer, symbol: str, name: str) -> Table:
    """From what was heard to h_v^(k+1), a line each."""
    k = update.k
    z = "max" if layer.rule == "max" else "sum"
    rows: list[tuple[Cell, ...]] = []
    if layer.rule == "max" or not len(update.sources):  # no row below the messages has told it
        rows.append((z, vector(update.heard)))
    if layer.rule not in ("gcn", "gat"):
        z = f"W_{k} · {z}"
        rows.append((z, vector(update.transformed)))
    if update.own is not None:
        own = f"B_{k} h_{name}^{k}"
        rows += [(own, vector(update.own)), (f"z = {z} + {own}", vector(update.z))]
        z = "z"
    rows.append((f"{symbol} = {z if layer.activation == 'none' else f'{layer.activation}({z})'}", vector(update.out)))
    return Table("", ("", ""), tuple(rows), (len(rows) - 1,))


def _worked(update: Update, layer: Layer, symbol: str) -> Worked:
    labels = (f"W_{update.k}", f"B_{update.k}")
    parts = tuple(_part(label, products) for label, products in zip(labels, update.first, strict=False))
    after = None if layer.activation == "none" else (layer.activation, float(update.out[0]))
    return Worked(f"{symbol}[0]", parts, float(update.z[0]), after=after)


def _part(label: str, products: Products) -> Part:
    columns = zip(products.values.tolist(), products.coefficients.tolist(), products.products.tolist(), strict=True)
    return Part(label, tuple(Term("", *column) for column in columns), products.total)
