"""How one node's new vector is told: its messages, a row each; their sum; the weights; σ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.propagation_layers import ATTENTION, Layer
from mlcli.core.propagation_messages import Head, Scores, Update
from mlcli.lesson import Cell, Figure, Step, Table, Tensor, Text

MOST_NAMED = 6  # neighbours in the heading
MOST_MESSAGES = 12
HEADS_ABREAST = 4  # columns of a table of all heads' coefficients

Column = tuple[str, list[Cell], Cell]  # head, a cell a message, what stands below them


@dataclass(frozen=True)
class Names:
    """What nodes are called, and their classes or none."""

    nodes: tuple[str, ...]
    groups: tuple[str, ...] = ()


def vector(values: NDArray) -> tuple[float, ...]:
    """A table's cell that is a vector."""
    return tuple(values.tolist())


def update_step(update: Update, layer: Layer, names: Names, of: int, head: int, more: tuple[Figure, ...] = ()) -> Step:
    """One node in one layer.

    Args:
        of: how many layers there are.
        head: the one that is told message by message.
        more: figures to add.
    """
    name, k = names.nodes[update.v], update.k
    symbol = f"h_{name}^{k + 1}"
    others = [names.nodes[u] for u in update.sources if u != update.v]
    itself = len(others) < len(update.sources)
    hears = " and ".join([_listed(others)] * bool(others) + ["itself"] * itself) or "nobody"
    head = min(head, len(update.heads) - 1)
    figures: list[Figure] = []
    several = len(update.heads) > 1
    if several or (names.groups and layer.passing.rule != "max" and len(update.sources)):
        figures += _coefficients(update, layer, names)
        figures += [Text(f"head {head}, message by message:")] if several else []
    figures += [*_messages(update, layer, names, head), _sums(update, layer, symbol, name), *more]
    of_class = f" ({names.groups[update.v]})" if names.groups else ""
    return Step(
        symbol=symbol,
        title=f"layer {k + 1} of {of}, node {name}{of_class}: hears {hears}",
        formula=_formula(update, layer, symbol, name, others[:3], len(others), itself),
        figures=tuple(figures),
        note=_alone(name, itself, layer, update) if not others else "",
    )


def pair(v: str, u: str) -> str:
    """The index of what stands between two nodes: AB, or Ada,Ben."""
    return v + u if len(v) == 1 else f"{v},{u}"


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _alone(name: str, itself: bool, layer: Layer, update: Update) -> str:
    if itself:
        return f"N({name}) is empty: {name} hears itself alone."
    if layer.passing.rule == "gin":
        return f"N({name}) is empty: the sum is 0 by definition, and (1 + ε) h_{name} is what is left."
    own = update.own is not None
    rest = "its own vector is what is left." if own else "nothing is left; with B_k h_v its own vector would be."
    return f"N({name}) is empty: what {name} hears is 0 by definition, no 0/0, and {rest}"


def _formula(update: Update, layer: Layer, symbol: str, name: str, others: list[str], count: int, itself: bool) -> str:
    """The rule with the names of this node and its first neighbours in it."""
    k, rule = update.k, layer.passing.rule
    heard = others + ([name] if itself and len(others) == count else [])
    unit = update.unweighted
    vectors = [f"{'' if unit else f'w_{pair(name, u)} '}h_{u}^{k}" for u in heard]
    vectors += ["…"] if count > len(others) else []
    match rule:
        case "mean" | "mean-self" | "sage":
            below = f"{len(update.sources)}" if unit else "Σ w"
            inner = f"W_{k} ({' + '.join(vectors)}) / {below}"
        case "sum":
            inner = f"W_{k} ({' + '.join(vectors)})"
        case "max":
            inner = f"W_{k} max({', '.join(vectors)})"
        case "gin":
            inner = f"W2_{k} relu(W_{k} ({' + '.join([f'(1 + ε) h_{name}^{k}', *vectors])}))"
        case "gcn" | "gat" | "gatv2":
            c = "c" if rule == "gcn" else "α"
            weighted = [f"{c}_{pair(name, u)} W_{k} h_{u}^{k}" for u in heard] + vectors[len(heard) :]
            inner = " + ".join(weighted)
    own = [f"B_{k} h_{name}^{k}"] if update.own is not None and rule != "gin" else []
    terms = ([inner] if len(update.sources) or rule == "gin" else ["0"]) + own
    terms += [f"b_{k}"] if update.bias is not None and rule != "gin" else []
    if len(update.heads) > 1:
        agg = "concat" if layer.passing.join == "concat" else "mean"
        return f"head: {terms[0]};  {symbol} = σ({' + '.join([f'{agg} of the heads', *terms[1:]])})"
    return f"{symbol} = σ({' + '.join(terms)})"


def _coefficients(update: Update, layer: Layer, names: Names) -> list[Figure]:
    """What each message counts and what class its source has; of several heads a few abreast."""
    tables: list[Figure] = []
    c, several = "α" if layer.passing.rule in ATTENTION else "c", len(update.heads) > 1
    for first in range(0, len(update.heads), HEADS_ABREAST):
        some = range(first, min(first + HEADS_ABREAST, len(update.heads)))
        columns: list[Column] = [
            (f"{c} head {k}" if several else c, _numbers(update.heads[k].coefficient), _alphas(update.heads[k]))
            for k in some
        ]
        if names.groups:
            classes: list[Cell] = [names.groups[u] for u in update.sources[:MOST_MESSAGES].tolist()]
            columns = [("class", classes, None), *columns]
        tables.append(_table(columns, update, names))
    return tables


def _alphas(head: Head) -> Cell:
    return None if head.scores is None else head.scores.alphas


def _messages(update: Update, layer: Layer, names: Names, which: int) -> list[Figure]:
    head, k, name, rule = update.heads[which], update.k, names.nodes[update.v], layer.passing.rule
    if not len(update.sources):
        return []
    if head.taken is not None:
        return [_maxima(head.messages, head.taken, k, [names.nodes[u] for u in update.sources])]
    h, m = f"h_u^{k}", f"m_u = W_{k} h_u^{k}"
    c, messages, heard = _numbers(head.coefficient), _vectors(head.messages), vector(head.heard)
    weighted = _vectors(head.weighted)
    w: list[Column] = [] if update.unweighted else [("w", _numbers(update.weight), update.total_weight)]
    if rule in ATTENTION:
        assert head.scores is not None
        attended = _attended(head.scores, f"e_{pair(name, 'u')}", f"α_{pair(name, 'u')}", c, weighted, heard)
        found = [_table(columns, update, names) for columns in _found(head, layer, update, name, m)]
        if rule == "gatv2":
            t = Tensor(f"t_{name} = W_target_{k} h_{name}^{k}", head.scores.target, ("out",))
            return [t, *found, _table(attended, update, names)]
        return [*found, _table(attended, update, names)]
    match rule:
        case "sum" | "gin":
            columns: list[Column] = (
                [(h, messages, heard)] if not w else [*w, (h, messages, None), (f"w · {h}", weighted, heard)]
            )
        case "gcn":
            root = f"c = {'w' if w else '1'}/√(d_{name} d_u)"
            w = [(head, cells, None) for head, cells, _ in w]
            columns = [
                *w,
                ("d_u", _numbers(update.degree), None),
                (root, c, None),
                (m, messages, None),
                ("c · m_u", weighted, heard),
            ]
        case _:
            share = "c = w/Σw" if w else f"c = 1/{len(update.sources)}"
            columns = [*w, (share, c, None), (h, messages, None), (f"c · {h}", weighted, heard)]
    return [_table(columns, update, names)]


def _found(head: Head, layer: Layer, update: Update, name: str, m: str) -> list[list[Column]]:
    """How gat and gatv2 come to e."""
    scores, e = head.scores, f"e_{pair(name, 'u')}"
    assert scores is not None
    bent = layer.passing.slope != 1
    if layer.passing.rule == "gatv2":
        joint, it = f"m_u + t_{name}", f"LeakyReLU(m_u + t_{name})" if bent else f"m_u + t_{name}"
        first: list[Column] = [(m, _vectors(head.messages), None), (joint, _vectors(scores.score), None)]
        second: list[Column] = [(it, _vectors(scores.bent), None), (f"{e} = a · it", _numbers(scores.e), None)]
        return [first, second]
    target: list[Cell] = [float(scores.target)] * len(update.sources)
    columns: list[Column] = [
        (m, _vectors(head.messages), None),
        ("a_source·m_u", _numbers(scores.source), None),
        (f"a_target·m_{name}", target[:MOST_MESSAGES], None),
        *([("score", _numbers(scores.score), None)] if bent else []),
        (e, _numbers(scores.e), None),
    ]
    return [columns]


def _attended(scores: Scores, e: str, alpha: str, c: list[Cell], weighted: list[Cell], heard: Cell) -> list[Column]:
    return [
        (e, _numbers(scores.e), None),
        ("exp(e − max e)", _numbers(scores.powers), scores.total),
        (alpha, c, scores.alphas),
        ("α · m_u", weighted, heard),
    ]


def _table(columns: list[Column], update: Update, names: Names) -> Table:
    """A row a message, and their sum where a column has one."""
    shown = update.sources[:MOST_MESSAGES].tolist()
    rows: list[tuple[Cell, ...]] = [
        (names.nodes[u], *(cells[i] for _, cells, _ in columns)) for i, u in enumerate(shown)
    ]
    if len(update.sources) > MOST_MESSAGES:
        rows.append((f"… {len(update.sources) - MOST_MESSAGES:,} more", *(None for _ in columns)))
    marked: tuple[int, ...] = ()
    if any(below is not None for _, _, below in columns):
        marked = (len(rows),)
        rows.append(("sum", *(below for _, _, below in columns)))
    return Table("", ("u", *(head for head, _, _ in columns)), tuple(rows), marked)


def _maxima(messages: NDArray, taken: NDArray, k: int, sources: list[str]) -> Tensor:
    marked = tuple((int(i), int(f)) for i, f in np.argwhere(taken[:MOST_MESSAGES]))
    name = f"h_u^{k}, the largest of each column in brackets"
    if len(sources) > MOST_MESSAGES:
        name += f"; {len(sources) - MOST_MESSAGES:,} more u are heard"
    return Tensor(name, messages[:MOST_MESSAGES], ("u", "f"), (tuple(sources[:MOST_MESSAGES]), None), marked=marked)


def _numbers(values: NDArray | None) -> list[Cell]:
    return [] if values is None else values[:MOST_MESSAGES].tolist()


def _vectors(values: NDArray) -> list[Cell]:
    return [vector(row) for row in values[:MOST_MESSAGES]]


def _sums(update: Update, layer: Layer, symbol: str, name: str) -> Table:
    """From what was heard to h_v^(k+1), a line each."""
    k, rule, activation = update.k, layer.passing.rule, layer.passing.activation
    z = "max" if rule == "max" else "sum"
    rows: list[tuple[Cell, ...]] = []
    if len(update.heads) > 1:
        rows += [(f"head {i}", vector(head.heard)) for i, head in enumerate(update.heads)]
        z = "concat" if layer.passing.join == "concat" else "mean"
        rows.append((f"AGG = {z} of the heads", vector(update.joined)))
    elif rule == "max" or not len(update.sources):  # no row below the messages has told it
        rows.append((z, vector(update.joined)))
    if rule == "gin":
        assert update.own is not None and update.s is not None and update.hidden is not None
        bias = "" if layer.weights.b is None else f" + b_{k}"
        own = f"(1 + {layer.weights.eps:g}) h_{name}^{k}" if layer.weights.eps else f"h_{name}^{k}"
        z = f"W2_{k} · relu"
        rows += [
            (own, vector(update.own)),
            (f"s = {own} + sum", vector(update.s)),
            (f"W_{k} s{bias}", vector(update.transformed)),
            ("relu of it", vector(update.hidden)),
        ]
        rows.append((f"z = {z}" + ("" if update.bias is None else f" + b2_{k}"), vector(update.z)))
        z = "z"
    else:
        if rule not in (*ATTENTION, "gcn"):
            z = f"W_{k} · {z}"
            rows.append((z, vector(update.transformed)))
        terms = [z]
        if update.own is not None:
            terms.append(f"B_{k} h_{name}^{k}")
            rows.append((terms[-1], vector(update.own)))
        if update.bias is not None:
            terms.append(f"b_{k}")
            rows.append((terms[-1], vector(update.bias)))
        if len(terms) > 1:
            rows.append((f"z = {' + '.join(terms)}", vector(update.z)))
            z = "z"
    final = z if activation == "none" else f"{activation}({z})"
    if layer.passing.normalise:
        final = f"{final} / its length"
    rows.append((f"{symbol} = {final}", vector(update.out)))
    return Table("", ("", ""), tuple(rows), (len(rows) - 1,))
