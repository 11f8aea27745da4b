"""How attention is told: a step for each line of the slide, for all queries or for one written out."""

import shlex
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.attention import Attention, Measures, QueryRow
from mlcli.core.multi_head_attention import Joined, Projection
from mlcli.lesson import Check, Figure, Lesson, Picture, Result, Step, Table, Tensor
from mlcli.lessons.attention_query import query_steps

MOST_NUMBERS = 12  # keys up to which weights are told in numbers only; beyond, as a picture too
MOST_HEADS = 2  # heads shown where none is asked for


def tell(
    record: Attention,
    measures: Measures,
    joined: Joined | None = None,
    *,
    source: str,
    queries: tuple[str, ...],
    keys: tuple[str, ...],
    projection: Projection | None = None,
    row: QueryRow | None = None,
    head: int | None = None,
    read: tuple[str, ...] = (),
    repeated: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one attention, or of several heads.

    Args:
        joined: what becomes of several heads' outputs; None for one head.
        source: what the user calls the input.
        queries, keys: what each of them is called.
        projection: where Q, K and V come from; None where they were given.
        row: the query to write out in the place of all of them; of several heads, `head`'s or the first one's.
        head: the only one to show; None for the first few.
        read: what the reader did, a sentence each.
        repeated: the names of the queries that are the same token.
        seed: None unless something was drawn at random.
    """
    H = len(record.Q) if joined else 0
    shown = range(min(H, 1 if row else MOST_HEADS)) if head is None else (head,)
    names = _Names(queries, keys, tuple(shown), H)
    if row:
        scaling = f"{_scaled_rule(record)};  {_masked_rule(record)}"
        turns = query_steps(row, queries[row.t], keys, scaling, names.shown[0] if H else None)
    else:
        turns = (_scores(record, names), _scaled(record, names), _masked(record, names), _weights(record, names),
                 _entropy(measures, names), _out(record, names))  # fmt: skip
    return Lesson(
        title=_title(record, names, source),
        command="attention",
        rules=_rules(record, names, projection),
        inputs=(),
        read=read,
        steps=(
            *(_projected(projection, names, row) if projection else _given(record, names, row)),
            *(_split(record, names) if joined else ()),
            *turns,
            *(_joined(joined, names) if joined else ()),
        ),
        left_out=_left_out(names, row),
        result=Result(_marked(names.of_queries("out", joined.out if joined else record.out), row)),
        notice=_notice(record, measures, projection, repeated),
        checks=checks,
        next=_next(record, names, projection, row),
        seed=seed,
    )


@dataclass(frozen=True)
class _Names:
    """What the rows and columns of the record are called.

    Args:
        shown: the heads to show.
        H: how many heads there are; 0 where the record has no axis of heads.
    """

    queries: tuple[str, ...]
    keys: tuple[str, ...]
    shown: tuple[int, ...]
    H: int

    def of_queries(self, name: str, values: NDArray) -> Tensor:
        """A row for each query."""
        return Tensor(name, values, ("t", "d"), (self.queries, None))

    def by_key(self, name: str, values: NDArray) -> Tensor:
        """A row for each query, a column for each key."""
        return Tensor(name, values, ("t", "s"), (self.queries, self.keys))

    def under_heads(self, tensor: Tensor) -> Tensor:
        """Above each column the head that it belongs to."""
        if not self.H:
            return tensor
        width = tensor.values.shape[1] // self.H
        return replace(tensor, labels=(tensor.labels[0], tuple(f"h{d // width}" for d in range(width * self.H))))

    def each_head(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """A tensor for each head that is shown, from one that has heads as its first axis."""
        if not self.H:
            return (tensor,)
        return tuple(replace(tensor, name=f"{tensor.name}, head {h}", values=tensor.values[h]) for h in self.shown)


def _title(record: Attention, names: _Names, source: str) -> str:
    T, S = record.scores.shape[-2:]
    tokens = f"{T:,} token{'s' if T > 1 else ''}" if names.queries == names.keys else f"{T:,} queries, {S:,} keys"
    masked = "" if record.mask is None else ", causal mask"
    return f"{source}: {tokens}, {f'{names.H} heads' if names.H else 'one head'}{masked}"


def _rules(record: Attention, names: _Names, projection: Projection | None) -> tuple[tuple[str, str], ...]:
    scaled = "Q Kᵀ / √d_k" if _is_scaled(record) else "Q Kᵀ"
    masked = scaled if record.mask is None else f"mask({scaled})"
    sizes = f"d_k = {record.Q.shape[-1]}, d_v = {record.V.shape[-1]}"
    rules = [("rule", f"out = softmax({masked}) V")]
    if names.H:
        rules = [("rule", f"head = softmax({masked}) V"), ("rule", "out = concat(head 0, head 1, …) W_O")]
    if projection is None:
        return (*rules, ("size", sizes))
    sizes = f"T = {len(names.queries):,} tokens, d_model = {projection.X.shape[1]}, {sizes}"
    return (
        *rules,
        ("size", sizes + (" in each head" if names.H else "")),
        ("drawn", "embeddings from N(0, 1), each W from N(0, 1/d_model): as before any training"),
    )


def _given(record: Attention, names: _Names, row: QueryRow | None) -> tuple[Step, ...]:
    K, V = (Tensor(name, values, ("s", "d"), (names.keys, None)) for name, values in (("K", record.K), ("V", record.V)))
    return (
        Step("Q", "Q, the queries: what each one looks for", "", (_marked(names.of_queries("Q", record.Q), row),)),
        Step("K", "K, the keys: what each one is found by", "", (K,)),
        Step("V", "V, the values: what each one hands on", "", (V,)),
    )


def _projected(projection: Projection, names: _Names, row: QueryRow | None) -> tuple[Step, ...]:
    parameters = projection.parameters
    X = _marked(names.of_queries("X", projection.X), row)
    return (
        Step("X", "X, the embeddings: numbers for each token", "X[t] = the embedding of token t", (X,)),
        _product("Q", "the queries: what each token looks for", parameters.W_Q, projection.Q, names, row),
        _product("K", "the keys: what each token is found by", parameters.W_K, projection.K, names),
        _product("V", "the values: what each token hands on", parameters.W_V, projection.V, names),
    )


def _product(symbol: str, what: str, W: NDArray, values: NDArray, names: _Names, row: QueryRow | None = None) -> Step:
    weights = Tensor(f"W_{symbol}", W, ("d", "d'"), sign="X ×")
    product = replace(_marked(names.under_heads(names.of_queries(symbol, values)), row), sign="=")
    return Step(symbol, f"{symbol}, {what}", f"{symbol} = X W_{symbol}", (weights, product))


def _marked(tensor: Tensor, row: QueryRow | None) -> Tensor:
    """The row of the query that is written out."""
    return tensor if row is None else replace(tensor, marked=tuple((row.t, d) for d in range(tensor.values.shape[1])))


def _split(record: Attention, names: _Names) -> tuple[Step, ...]:
    d_k = record.Q.shape[-1]
    columns = tuple((f"head {h}", f"{h * d_k} to {(h + 1) * d_k - 1}") for h in range(names.H))
    return (
        Step(
            "Q_h",
            "Q_h, K_h, V_h: to each head its columns",
            f"Q_h = Q[:, h·d_k : (h+1)·d_k], d_k = d_model / H = {d_k};  K_h and V_h alike",
            (Table("", ("head", "columns"), columns),),
        ),
    )


def _scores(record: Attention, names: _Names) -> Step:
    return Step(
        "scores",
        "scores: each query (row) with each key (column)",
        "scores = Q Kᵀ:  scores[t][s] = Σ_d Q[t][d] · K[s][d]",
        names.each_head(names.by_key("scores", record.scores)),
    )


def _scaled(record: Attention, names: _Names) -> Step:
    return Step(
        "scaled",
        "scaled: the scores, kept from growing with d_k",
        _scaled_rule(record),
        names.each_head(names.by_key("scaled", record.scaled)) if _is_scaled(record) else (),
    )


def _is_scaled(record: Attention) -> bool:
    return record.divisor != 1 or record.Q.shape[-1] == 1


def _scaled_rule(record: Attention) -> str:
    if not _is_scaled(record):
        return "scaled = scores, not divided by √d_k"
    return f"scaled = scores / √d_k = scores / √{record.Q.shape[-1]}"


def _masked(record: Attention, names: _Names) -> Step:
    title = "masked: what a query may not see is taken out"
    if record.mask is None:
        return Step("masked", title, f"{_masked_rule(record)}: without a mask every query sees every key", ())
    mask = names.by_key("mask", record.mask.astype(int))
    masked = names.each_head(names.by_key("masked", record.masked))
    note = "Causal: mask[t][s] = 1 where s ≤ t; no query sees what comes after it."
    return Step("masked", title, _masked_rule(record), (mask, *masked), note)


def _masked_rule(record: Attention) -> str:
    if record.mask is None:
        return "masked = scaled"
    fill = "−∞" if np.isneginf(record.fill) else f"{record.fill:g}".replace("e+", "e").replace("-", "−")
    return f"masked = scaled where mask = 1, else {fill}"


def _weights(record: Attention, names: _Names) -> Step:
    weights = names.each_head(names.by_key("weights", record.weights))
    pictures: tuple[Figure, ...] = ()
    if len(names.keys) > MOST_NUMBERS:
        pictures = tuple(Picture(w.name, w.values, 0.0, float(w.values.max())) for w in weights)
    return Step(
        "weights",
        "weights: how much a query takes of each value; a row sums to 1",
        "weights[t][s] = exp(masked[t][s]) / Σ_s' exp(masked[t][s'])",
        (*weights, *pictures),
    )


def _entropy(measures: Measures, names: _Names) -> Step:
    by_head = [(f"head {h}", measures.entropy[h]) for h in names.shown] if names.H else [("entropy", measures.entropy)]
    rows = tuple(
        (query, *(float(entropy[t]) for _, entropy in by_head), float(measures.largest_entropy[t]))
        for t, query in enumerate(names.queries)
    )
    return Step(
        "entropy",
        "entropy: how widely a query spreads its weight",
        "entropy[t] = −Σ_s weights[t][s] · log weights[t][s],  at most the log of how many keys it sees",
        (Table("", ("query", *(name for name, _ in by_head), "at most"), rows),),
        "0: one key has all the weight. At most: all keys that it sees have the same.",
    )


def _out(record: Attention, names: _Names) -> Step:
    """Of several heads each one's answer; that of a single one is the result, and shown there."""
    symbol = "head" if names.H else "out"
    return Step(
        symbol,
        f"{symbol}: for each query the weighted average of the values",
        f"{symbol} = weights V:  {symbol}[t] = Σ_s weights[t][s] · V[s]",
        tuple(names.of_queries(f"head {h}", record.out[h]) for h in names.shown) if names.H else (),
    )


def _joined(joined: Joined, names: _Names) -> tuple[Step, ...]:
    concat = names.under_heads(names.of_queries("concat", joined.concat))
    W_O = Tensor("W_O", joined.W_O, ("d", "d'"))
    return (
        Step("concat", "concat: what the heads give, side by side", "concat = [head 0 | head 1 | …]", (concat,)),
        Step("out", "out: the heads mixed by the output projection", "out = concat W_O", (W_O,)),
    )


def _left_out(names: _Names, row: QueryRow | None) -> str:
    queries = len(names.queries) - 1
    heads = [h for h in range(names.H) if h not in names.shown]
    parts = []
    if row and queries:
        parts.append(f"{queries:,} more {'queries' if queries > 1 else 'query'}: another --query, or none for all")
    if heads:
        parts.append(f"{len(heads):,} more head{'s' if len(heads) > 1 else ''}: --head {heads[0]}")
    return "; ".join(parts)


def _notice(
    record: Attention, measures: Measures, projection: Projection | None, repeated: tuple[str, ...]
) -> tuple[str, ...]:
    notices = [_variance(record, measures)]
    if record.mask is not None:
        notices.append(
            "The causal mask leaves each query one key at least. With none, −∞ would give 0/0 (mlcli then says 0, as "
            "torch does), and −9e15 equal weights."
        )
    elif repeated:
        notices.append(
            f"{' and '.join(repeated[:2])} have the same row in all of it: without positions, attention does not know "
            "where a token stands."
        )
    if projection:
        notices.append("Embeddings and weights are drawn, not learned: who looks at whom means nothing yet.")
    return tuple(notices)


def _variance(record: Attention, measures: Measures) -> str:
    d_k = record.Q.shape[-1]
    if record.scores.shape[-2:] == (1, 1):
        return "A single query and a single key: the weight is 1, whatever the score."
    theory = f"d_k · mean q² · mean k² = {measures.variance_expected:.3g}"
    if not _is_scaled(record):
        return (
            f"Variance of the scores: {measures.variance:.3g}. Theory: {theory} (d_k = {d_k} for cells of variance 1). "
            "Undivided by √d_k: the larger d_k, the more one key takes all the weight."
        )
    return (
        f"Variance of the scores: {measures.variance:.3g}, divided by √d_k: {measures.scaled_variance:.3g}. Theory: "
        f"{theory}, then {measures.scaled_variance_expected:.3g} (d_k = {d_k}, then 1 for cells of variance 1)."
    )


def _next(record: Attention, names: _Names, projection: Projection | None, row: QueryRow | None) -> tuple[str, ...]:
    options = []
    if row is None:
        options.append(f"--query {shlex.quote(names.queries[len(names.queries) // 3])}")
    if record.mask is None:
        options.append("--mask causal")
    if projection and not names.H and projection.X.shape[1] % 2 == 0:
        options.append("--heads 2")
    if _is_scaled(record):
        options.append("--no-scale")
    return (*options, "--check (the same by torch)", "--json")
