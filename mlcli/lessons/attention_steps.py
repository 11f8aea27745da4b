"""The lines of the slide as steps, from Q, K and V to what the heads give; `_Names` says what rows and columns are."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.attention import Attention, Measures, QueryRow, Spread
from mlcli.core.attention_masks import Filled
from mlcli.core.multi_head_attention import Joined, Projection
from mlcli.core.patches import on_grid
from mlcli.lesson import Figure, Picture, Step, Table, Tensor

MOST_LABELLED = 16  # keys up to which a heat map names them


@dataclass(frozen=True)
class Names:
    """What the rows and columns of the record are called.

    Args:
        shown: the heads to show.
        H: how many heads there are; 0 where the record has no axis of heads.
    """

    queries: tuple[str, ...]
    keys: tuple[str, ...]
    shown: tuple[int, ...] = ()
    H: int = 0

    def of_queries(self, name: str, values: NDArray) -> Tensor:
        """A row for each query."""
        return Tensor(name, values, ("t", "d"), (self.queries, None))

    def of_keys(self, name: str, values: NDArray) -> Tensor:
        """A row for each key."""
        return Tensor(name, values, ("s", "d"), (self.keys, None))

    def by_key(self, name: str, values: NDArray) -> Tensor:
        """A row for each query, a column for each key."""
        return Tensor(name, values, ("t", "s"), (self.queries, self.keys))

    def heat_map(self, tensor: Tensor) -> Picture:
        """Weights as shades."""
        labels = (self.queries, self.keys) if max(tensor.values.shape) <= MOST_LABELLED else ()
        return Picture(tensor.name, tensor.values, 0.0, float(tensor.values.max()) or 1.0, labels=labels)

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


def given_steps(record: Attention, names: Names, row: QueryRow | None) -> tuple[Step, ...]:
    """Q, K and V as the user gave them."""
    return (
        Step("Q", "Q, the queries: what each one looks for", "", (marked(names.of_queries("Q", record.Q), row),)),
        Step("K", "K, the keys: what each one is found by", "", (names.of_keys("K", record.K),)),
        Step("V", "V, the values: what each one hands on", "", (names.of_keys("V", record.V),)),
    )


def projected_steps(projection: Projection, names: Names, row: QueryRow | None, bias: str = "") -> tuple[Step, ...]:
    """Q, K and V as products.

    Args:
        bias: ` + b` where biases are part of the rule.
    """
    own = projection.parameters
    context = "C" if projection.crosses else "X"
    Q, K, V = (
        names.of_queries("Q", projection.Q),
        names.of_keys("K", projection.K),
        names.of_keys("V", projection.V),
    )
    return (
        _product("X", "the queries: what each token looks for", own.W_Q, marked(names.under_heads(Q), row), bias),
        _product(context, "the keys: what each token is found by", own.W_K, names.under_heads(K), bias),
        _product(context, "the values: what each token hands on", own.W_V, names.under_heads(V), bias),
    )


def _product(of: str, what: str, W: NDArray, product: Tensor, bias: str) -> Step:
    symbol = product.name
    weights = Tensor(f"W_{symbol}", W, ("d", "d'"), sign=f"{of} ×")
    added = f" + b_{symbol}" if bias else ""
    return Step(
        symbol, f"{symbol}, {what}", f"{symbol} = {of} W_{symbol}{added}", (weights, replace(product, sign="="))
    )


def marked(tensor: Tensor, row: QueryRow | None) -> Tensor:
    """The row of the query that is written out."""
    return tensor if row is None else replace(tensor, marked=tuple((row.t, d) for d in range(tensor.values.shape[1])))


def split_step(record: Attention, names: Names) -> Step:
    """Which columns belong to which head."""
    d_k = record.Q.shape[-1]
    columns = tuple((f"head {h}", f"{h * d_k} to {(h + 1) * d_k - 1}") for h in range(names.H))
    return Step(
        "Q_h",
        "Q_h, K_h, V_h: to each head its columns",
        f"Q_h = Q[:, h·d_k : (h+1)·d_k], d_k = d_model / H = {d_k};  K_h and V_h alike",
        (Table("", ("head", "columns"), columns),),
        "Q.reshape(T, H, d_k), then the axes of T and H swapped; what happens without the swap: --prove split.",
    )


def turn_steps(
    record: Attention, measures: Measures, names: Names, rule: tuple[str, ...], fills: tuple[Filled, ...],
    grid: tuple[int, int] | None,
) -> tuple[Step, ...]:  # fmt: skip
    """From scores to out.

    Args:
        rule: what the mask hides, a sentence each.
        fills: what each fill does to a query that sees nothing; empty for not to tell.
        grid: rows and columns of patches.
    """
    return (
        _scores(record, names),
        _scaled(record, measures, names),
        _masked(record, names, rule, fills),
        weights_step(record, names, grid),
        _entropy(measures, names),
        _out(record, names),
    )


def _scores(record: Attention, names: Names) -> Step:
    return Step(
        "scores",
        "scores: each query (row) with each key (column)",
        "scores = Q Kᵀ:  scores[t][s] = Σ_d Q[t][d] · K[s][d]",
        names.each_head(names.by_key("scores", record.scores)),
    )


def _scaled(record: Attention, measures: Measures, names: Names) -> Step:
    shown = names.each_head(names.by_key("scaled", record.scaled)) if record.divisor != 1 else ()
    single = record.scores.shape[-2:] == (1, 1)
    return Step(
        "scaled",
        "scaled: the scores, kept from growing with d_k" if record.scale else "scaled: the scores as they are",
        scaled_rule(record),
        (*shown, *(() if single else (variances(record, measures),))),
        ""
        if single
        else "Theory: d_k · mean q² · mean k² / divisor²; of unit q, k: the same where these have variance 1. The "
        "higher the variance, the more one key takes all the weight, and the lower the entropy.",
    )


def variances(record: Attention, measures: Measures) -> Table:
    """The scores as they are, divided by √d_k, and as they are used."""

    def name(s: Spread) -> str:
        if s.divisor == 1:
            return "scores"
        return f"scores / {divisor(record) if s.divisor == record.divisor else f'√{record.Q.shape[-1]}'}"

    columns = ("", "variance", "theory", "of unit q, k", "mean entropy", "")
    rows = tuple(
        (name(s), s.variance, s.expected, s.of_unit, s.entropy, "used here" if s.divisor == record.divisor else "")
        for s in measures.spreads
    )
    return Table("", columns, rows)


def divisor(record: Attention) -> str:
    """What the scores are divided by, as it is written: `√4`, `(√4 · 0.5)`, `0.5`."""
    root = f"√{record.Q.shape[-1]}"
    if record.temperature == 1:
        return root if record.scale else "1"
    return f"({root} · {record.temperature:g})" if record.scale else f"{record.temperature:g}"


def scaled_rule(record: Attention) -> str:
    """From scores to scaled."""
    if not record.scale and record.temperature == 1:
        return "scaled = scores, not divided by √d_k"
    symbols = "√d_k" if record.scale else "τ"
    if record.scale and record.temperature != 1:
        symbols = "(√d_k · τ)"
    return f"scaled = scores / {symbols} = scores / {divisor(record)}"


def masked_rule(record: Attention) -> str:
    """From scaled to masked."""
    if record.mask is None:
        return "masked = scaled"
    return f"masked = scaled where mask = 1, else {fill_text(record.fill)}"


def fill_text(fill: float) -> str:
    """`−∞`, `−9e15`."""
    return "−∞" if np.isneginf(fill) else f"{fill:g}".replace("e+", "e").replace("-", "−")


def _masked(record: Attention, names: Names, rule: tuple[str, ...], fills: tuple[Filled, ...]) -> Step:
    title = "masked: what a query may not see is taken out"
    if record.mask is None:
        return Step("masked", title, f"{masked_rule(record)}: without a mask every query sees every key", ())
    mask = names.by_key("mask", record.mask.astype(int))
    masked = names.each_head(names.by_key("masked", record.masked))
    return Step("masked", title, masked_rule(record), (mask, *masked, *fill_tables(fills)), " ".join(rule))


def fill_tables(fills: tuple[Filled, ...]) -> tuple[Table, ...]:
    """What plain softmax makes of a row that sees no key, and of one that sees its first."""
    if not fills:
        return ()
    rows = tuple(
        (fill_text(f.fill), f.precision, f.stored, tuple(f.blind.tolist()), tuple(f.seeing.tolist())) for f in fills
    )
    columns = ("fill", "precision", "is kept as", "weights, no key left", "weights, the first left")
    return (Table("A query that sees no key, by plain softmax (exp(x − max) / Σ)", columns, rows),)


def weights_step(record: Attention, names: Names, grid: tuple[int, int] | None = None) -> Step:
    """The softmax, in numbers and as a heat map; of a picture also where its class token looks."""
    weights = names.each_head(names.by_key("weights", record.weights))
    several = record.weights.shape[-1] > 1
    pictures: list[Figure] = [names.heat_map(w) for w in weights] if several else []
    if grid:
        looks = [(w.name, on_grid(w.values[0], *grid)) for w in weights]
        places = tuple(tuple(map(str, range(size))) for size in grid) if max(grid) <= MOST_LABELLED else ()
        pictures += [
            Picture(f"{name}: the patches that the class token looks at", seen, 0.0, float(seen.max()), labels=places)
            for name, seen in looks
        ]
    return Step(
        "weights",
        "weights: how much a query takes of each value; a row sums to 1",
        "weights[t][s] = exp(masked[t][s]) / Σ_s' exp(masked[t][s'])",
        (*weights, *pictures),
    )


def _entropy(measures: Measures, names: Names) -> Step:
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


def _out(record: Attention, names: Names) -> Step:
    """Of several heads each one's answer; that of a single one is the result, and shown there."""
    symbol = "head" if names.H else "out"
    return Step(
        symbol,
        f"{symbol}: for each query the weighted average of the values",
        f"{symbol} = weights V:  {symbol}[t] = Σ_s weights[t][s] · V[s]",
        tuple(names.of_queries(f"head {h}", record.out[h]) for h in names.shown) if names.H else (),
    )


def joined_steps(joined: Joined, names: Names, bias: str = "") -> tuple[Step, ...]:
    """The heads side by side, and mixed."""
    concat = names.under_heads(names.of_queries("concat", joined.concat))
    W_O = Tensor("W_O", joined.W_O, ("d", "d'"))
    return (
        Step("concat", "concat: what the heads give, side by side", "concat = [head 0 | head 1 | …]", (concat,)),
        Step("out", "out: the heads mixed by the output projection", f"out = concat W_O{bias}", (W_O,)),
    )
