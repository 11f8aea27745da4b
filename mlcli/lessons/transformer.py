"""How a Transformer's layers are told: what goes in, each sublayer with its add & norm, what comes out, the weights."""

import shlex
from dataclasses import replace

from mlcli.core.multi_head_attention import MultiHead
from mlcli.core.transformer import FeedForward, LayerNorm, LayerSummary, Stack, Sublayer, summarise
from mlcli.core.transformer_query import NormRow, SublayerRow
from mlcli.core.transformer_weights import WeightCount
from mlcli.lesson import Check, Lesson, Result, Step, Table, Tensor
from mlcli.lessons.attention_input import Origin
from mlcli.lessons.attention_steps import Names, weights_step
from mlcli.lessons.transformer_query import normed, query_block

MOST_HEADS = 2
WHAT = {
    "self-attention": "each token asks all tokens",
    "cross-attention": "each token asks the memory",
    "feed-forward": "each token on its own through a small network",
}
MASKED = {
    "self-attention": "each token asks those that the mask lets it see",
    "cross-attention": "each token asks what the mask leaves of the memory",
}


def tell_block(
    record: Stack,
    count: WeightCount,
    *,
    block: str,
    origin: Origin,
    layer: int = 1,
    head: int | None = None,
    activation: str = "relu",
    mask: str = "",
    mask_rule: tuple[str, ...] = (),
    memory_layers: int = 0,
    memory_mask: str = "",
    memory_rule: tuple[str, ...] = (),
    rows: tuple[SublayerRow, ...] = (),
    last_row: NormRow | None = None,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of a stack of layers, one of them in full.

    Args:
        block: encoder or decoder.
        layer: the one to show in full, from 1.
        head: the only one to show; None for the first few.
        memory_layers: of the encoder that the context went through; 0 for none.
        memory_mask, memory_rule: the name of the cross-attention's mask, and what it hides.
        rows: a single token's way through the layer, in the place of all tokens'.
        last_row: its way through the norm after the last layer, if that is shown.
    """
    L = len(record.layers)
    shown = record.layers[layer - 1]
    attends = _attention(shown[0])
    H = len(attends.heads.Q)
    of_head = range(min(H, 1 if rows else MOST_HEADS)) if head is None else (head,)
    names = Names(origin.queries, origin.keys, tuple(of_head), H)
    steps = [*origin.steps]
    if layer > 1:
        steps.append(Step("x", f"x, what layer {layer - 1} gives", f"x = layer {layer - 1}(…)",
                          (names.of_queries("x", shown[0].X),)))  # fmt: skip
    where = f"layer {layer} of {L}, "
    for sublayer in () if rows else shown:
        hides = memory_rule if sublayer.kind == "cross-attention" else mask_rule
        steps += _sublayer(sublayer, record.pre_norm, names, where, activation, hides, origin)
    for row in rows:
        keys = names.keys if row.kind == "cross-attention" else names.queries
        steps += query_block(row, names.queries[row.t], keys, where=where, pre_norm=record.pre_norm,
                             head=of_head[0], activation=activation)  # fmt: skip
    if last_row:
        steps.append(normed(last_row, "one norm after the last layer", "x", names.queries[rows[0].t]))
    return Lesson(
        title=f"{origin.source}: {_tokens(origin)}, {block}, {_counted(L, 'layer')}, {_counted(H, 'head')}"
        + (f", {mask}" if mask else "")
        + (f", {memory_mask} on the context" if memory_mask else ""),
        command="attention",
        rules=_rules(record, attends, origin, block, memory_layers, activation),
        inputs=(),
        read=origin.read,
        steps=(
            *steps,
            *(() if rows else (*_after(record, names), *_overview(record), _weights(count, L, record.pre_norm))),
        ),
        left_out=_left_out(L, layer, [h for h in range(H) if h not in names.shown], rows),
        result=Result(_out(record, names, rows)),
        notice=_notice(record, origin),
        checks=checks,
        next=_next(record, block, origin.queries, rows),
        seed=origin.seed,
    )


def _attention(sublayer: Sublayer) -> MultiHead:
    assert isinstance(sublayer.work, MultiHead)
    return sublayer.work


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _tokens(origin: Origin) -> str:
    tokens = _counted(len(origin.queries), "token")
    return tokens if origin.queries == origin.keys else f"{tokens}, looking at {len(origin.keys):,}"


def _rules(
    record: Stack, attends: MultiHead, origin: Origin, block: str, memory_layers: int, activation: str
) -> tuple[tuple[str, str], ...]:
    kinds = [sublayer.kind for sublayer in record.layers[0]]
    place = "out = x + sublayer(LayerNorm(x))" if record.pre_norm else "out = LayerNorm(x + sublayer(x))"
    d_ff = next(s.work.hidden.shape[1] for s in record.layers[0] if isinstance(s.work, FeedForward))
    (H, _, d_k), d_model = attends.heads.Q.shape, record.X.shape[1]
    rules = [
        ("rule", f"{place}   ({'pre' if record.pre_norm else 'post'}-norm), for each sublayer in turn:"),
        ("rule", ", ".join(kinds)),
        ("size", f"d_model = {d_model}, {_counted(H, 'head')} of d_k = {d_k}, d_ff = {d_ff}, L = {len(record.layers)}"),
    ]
    if memory_layers:
        told = f"M, what {_counted(memory_layers, 'encoder layer')} of the same kind make of the context"
        rules.append(("memory", told))
    elif block == "decoder":
        rules.append(("memory", "none: a decoder alone, as GPT is; --context gives it a text to look at"))
    if activation != "relu":
        rules.append(("σ", f"{activation}(x) = x Φ(x), Φ the normal distribution"))
    weights = "each W from N(0, 1/rows), biases and β 0, γ 1: as before any training; no dropout"
    return (*rules, ("drawn", f"{origin.drawn}; {weights}" if origin.drawn else weights))


def _sublayer(
    sublayer: Sublayer, pre_norm: bool, names: Names, where: str, activation: str, mask_rule: tuple[str, ...],
    origin: Origin,
) -> list[Step]:  # fmt: skip
    kind, work = sublayer.kind, sublayer.work
    symbol = {"self-attention": "A", "cross-attention": "Z", "feed-forward": "F"}[kind]
    before = [_norm_before(sublayer.norm, where, kind, names)] if pre_norm else []
    if isinstance(work, MultiHead):
        crosses = kind == "cross-attention"
        asks = names if crosses else Names(names.queries, names.queries, names.shown, names.H)
        steps = _attended(work, symbol, asks, where, kind, mask_rule, None if crosses else origin.grid)
    else:
        steps = [_fed(work, symbol, names, where, activation)]
    return [*before, *steps, _added(sublayer, symbol, pre_norm, names, where)]


def _attended(
    work: MultiHead, symbol: str, names: Names, where: str, kind: str, mask_rule: tuple[str, ...],
    grid: tuple[int, int] | None,
) -> list[Step]:  # fmt: skip
    p, context = work.projection, "M" if kind == "cross-attention" else "x"
    Q = names.under_heads(names.of_queries("Q", p.Q))
    K, V = (names.under_heads(names.of_keys(name, values)) for name, values in (("K", p.K), ("V", p.V)))
    weights = weights_step(work.heads, names, grid)
    what = (WHAT if work.heads.mask is None else MASKED)[kind]
    memory = Step("M", "M, the memory: what the encoder makes of the context", "M = encoder(C)",
                  (names.of_keys("M", p.context),))  # fmt: skip
    return [
        *([memory] if kind == "cross-attention" else []),
        Step("Q, K, V", f"{where}{kind}: {what}",
             f"Q = x W_Q + b_Q,  K = {context} W_K + b_K,  V = {context} W_V + b_V,  x as it comes in", (Q, K, V)),
        Step("weights", f"{where}{kind}: weights of each head",
             "head_h = softmax(mask(Q_h K_hᵀ / √d_k)) V_h" if work.heads.mask is not None
             else "head_h = softmax(Q_h K_hᵀ / √d_k) V_h", weights.figures, " ".join(mask_rule)),
        Step(symbol, f"{where}{kind}: {symbol}, what comes of it",
             f"{symbol} = concat(head 0, head 1, …) W_O + b_O", (names.of_queries(symbol, work.out),)),
    ]  # fmt: skip


def _fed(work: FeedForward, symbol: str, names: Names, where: str, activation: str) -> Step:
    return Step(
        symbol,
        f"{where}feed-forward: {WHAT['feed-forward']}",
        f"hidden = x W_1 + b_1,  active = {activation}(hidden),  {symbol} = active W_2 + b_2",
        (
            names.of_queries("hidden", work.hidden),
            names.of_queries("active", work.active),
            names.of_queries(symbol, work.out),
        ),
        "The same W_1 and W_2 for every token: no token hears of another here.",
    )


def _norm_before(norm: LayerNorm, where: str, kind: str, names: Names) -> Step:
    return Step(
        "norm",
        f"{where}norm before {kind}",
        "norm = γ (x − mean) / √(variance + 1e-5) + β, token by token",
        (_moments(norm, names), names.of_queries("norm", norm.out)),
    )


def _added(sublayer: Sublayer, symbol: str, pre_norm: bool, names: Names, where: str) -> Step:
    added = names.of_queries(f"x + {symbol}", sublayer.added)
    if pre_norm:
        return Step(
            "x", f"{where}{sublayer.kind}: add", f"x = x + {symbol}, for the next sublayer", (added,),
            "What came in is kept, and something added: the gradient has a way past the sublayer.",
        )  # fmt: skip
    return Step(
        "x",
        f"{where}{sublayer.kind}: add & norm",
        f"x = γ (x + {symbol} − mean) / √(variance + 1e-5) + β, token by token",
        (added, _moments(sublayer.norm, names), names.of_queries("x", sublayer.norm.out)),
        "γ is 1 and β is 0 here, so that each token has mean 0 and variance 1 again.",
    )


def _moments(norm: LayerNorm, names: Names) -> Table:
    columns = (norm.mean, norm.variance, norm.new_mean, norm.new_variance)
    table = tuple((token, *(float(column[t]) for column in columns)) for t, token in enumerate(names.queries))
    return Table("", ("token", "mean", "variance", "mean after", "variance after"), table)


def _after(record: Stack, names: Names) -> tuple[Step, ...]:
    if record.last is None:
        return ()
    formula = "out = γ (x − mean) / √(variance + 1e-5) + β, of the last layer's x"
    return (Step("out", "one norm after the last layer", formula, (_moments(record.last, names),)),)


def _overview(record: Stack) -> tuple[Step, ...]:
    if len(record.layers) == 1 or len(record.X) == 1:
        return ()
    summaries: list[LayerSummary] = [summarise(layer) for layer in record.layers]
    table = tuple((i, s.entropy, s.likeness) for i, s in enumerate(summaries, start=1))
    return (
        Step(
            "layers", "all layers", "likeness = the mean of cos(x_t, x_s) over all pairs of tokens",
            (Table("", ("layer", "mean entropy of self-attention", "likeness of its outputs"), table),),
            "Averages of averages: where the likeness nears 1, the tokens can hardly be told apart.",
        ),
    )  # fmt: skip


def _weights(count: WeightCount, L: int, pre_norm: bool) -> Step:
    table = [
        (part.part, " + ".join("·".join(f"{n:,}" for n in product) for product in part.summands), part.weights)
        for part in count.parts
    ]
    table.append(("a layer", "", count.layer))
    if L > 1 or pre_norm:
        last = f" + {count.last_norm:,} of the last norm" if pre_norm else ""
        table.append((_counted(L, "layer"), f"{L:,}·{count.layer:,}{last}", count.stack))
    return Step(
        "weights",
        "weights: how many a layer has",
        "attention: W_Q W_K W_V W_O and a bias each;  feed-forward: W_1 b_1 W_2 b_2;  norm: γ and β",
        (Table("", ("part", "sum", "weights"), tuple(table), marked=(len(count.parts),)),),
        "As many for any number of tokens and heads; embeddings come on top.",
    )


def _out(record: Stack, names: Names, rows: tuple[SublayerRow, ...]) -> Tensor:
    """The row of the token that is written out is marked."""
    out = names.of_queries("out", record.out)
    return replace(out, marked=tuple((rows[0].t, d) for d in range(record.out.shape[1]))) if rows else out


def _left_out(L: int, layer: int, heads: list[int], rows: tuple[SublayerRow, ...]) -> str:
    parts = ["the other tokens, all cells, and how many weights there are: leave --query out"] if rows else []
    if L > 1:
        parts.append(f"{_counted(L - 1, 'more layer')}: --layer {layer % L + 1}")
    if heads:
        parts.append(f"{_counted(len(heads), 'more head')}: --head {heads[0]}")
    return "; ".join(parts)


def _notice(record: Stack, origin: Origin) -> tuple[str, ...]:
    notices = ["Each line of attention itself, number by number: the same command without --block."]
    if record.layers[0][0].kind == "self-attention" and len(origin.queries) == 1:
        notices.append("A single token can only attend to itself: its weight is 1.")
    notices.append("Nothing here is learned yet: the shapes and the sums are a trained network's, the numbers are not.")
    return tuple(notices)


def _next(record: Stack, block: str, queries: tuple[str, ...], rows: tuple[SublayerRow, ...]) -> tuple[str, ...]:
    asks = [] if rows else [f"--query {shlex.quote(queries[len(queries) // 3])}"]
    options = [*asks, f"--layers {len(record.layers) + 1}", "--post-norm" if record.pre_norm else "--pre-norm"]
    if block == "encoder":
        options.append('--block decoder --context "le chat"')
    return (*options, "--d-model 512 --heads 8 --d-ff 2048 (the paper's)", "--check (the same by torch)", "--json")
