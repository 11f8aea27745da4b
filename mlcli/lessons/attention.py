"""How attention is told: a step for each line of the slide, for all queries or for one written out."""

import shlex

from mlcli.core.attention import Attention, Measures, QueryRow
from mlcli.core.attention_masks import Filled
from mlcli.core.multi_head_attention import Joined, Projection
from mlcli.lesson import Check, Lesson, Result
from mlcli.lessons.attention_input import Origin
from mlcli.lessons.attention_query import query_steps
from mlcli.lessons.attention_steps import (
    Names,
    divisor,
    given_steps,
    joined_steps,
    marked,
    masked_rule,
    projected_steps,
    scaled_rule,
    split_step,
    turn_steps,
)

MOST_HEADS = 2  # heads shown where none is asked for


def tell(
    record: Attention,
    measures: Measures,
    joined: Joined | None = None,
    *,
    origin: Origin,
    projection: Projection | None = None,
    mask: str = "",
    mask_rule: tuple[str, ...] = (),
    fills: tuple[Filled, ...] = (),
    row: QueryRow | None = None,
    head: int | None = None,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one attention, or of several heads.

    Args:
        joined: what becomes of several heads' outputs; None for one head.
        origin: where X comes from, or Q, K and V.
        projection: where Q, K and V come from; None where they were given.
        mask, mask_rule: its name, and what it hides.
        fills: what each fill does to a query that sees nothing; empty where there is none.
        row: the query to write out in the place of all of them; of several heads, `head`'s or the first one's.
        head: the only one to show; None for the first few.
    """
    H = len(record.Q) if joined else 0
    shown = range(min(H, 1 if row else MOST_HEADS)) if head is None else (head,)
    names = Names(origin.queries, origin.keys, tuple(shown), H)
    if row:
        scaling = f"{scaled_rule(record)};  {masked_rule(record)}"
        turns = query_steps(row, names.queries[row.t], names.keys, scaling, names.shown[0] if H else None)
    else:
        turns = turn_steps(record, measures, names, mask_rule, fills, origin.grid)
    return Lesson(
        title=_title(record, names, origin, mask),
        command="attention",
        rules=_rules(record, names, projection, origin),
        inputs=(),
        read=origin.read,
        steps=(
            *origin.steps,
            *(projected_steps(projection, names, row) if projection else given_steps(record, names, row)),
            *((split_step(record, names),) if joined else ()),
            *turns,
            *(joined_steps(joined, names) if joined else ()),
        ),
        left_out=_left_out(names, row),
        result=Result(marked(names.of_queries("out", joined.out if joined else record.out), row)),
        notice=_notice(record, measures, projection, origin, row),
        checks=checks,
        next=_next(record, names, projection, row),
        seed=origin.seed,
    )


def _title(record: Attention, names: Names, origin: Origin, mask: str) -> str:
    T, S = record.scores.shape[-2:]
    tokens = f"{T:,} token{'s' if T > 1 else ''}" if names.queries == names.keys else f"{T:,} queries, {S:,} keys"
    masked = f", {mask}" if mask else ""
    return f"{origin.source}: {tokens}, {f'{names.H} heads' if names.H else 'one head'}{masked}"


def _rules(
    record: Attention, names: Names, projection: Projection | None, origin: Origin
) -> tuple[tuple[str, str], ...]:
    symbols = "√d_k" if record.scale else ""
    if record.temperature != 1:
        symbols = f"({symbols} τ)" if symbols else "τ"
    scaled = f"Q Kᵀ / {symbols}" if symbols else "Q Kᵀ"
    masked = scaled if record.mask is None else f"mask({scaled})"
    sizes = f"d_k = {record.Q.shape[-1]}, d_v = {record.V.shape[-1]}"
    if record.temperature != 1:
        sizes += f", τ = {record.temperature:g}"
    rules = [("rule", f"out = softmax({masked}) V")]
    if names.H:
        rules = [("rule", f"head = softmax({masked}) V"), ("rule", "out = concat(head 0, head 1, …) W_O")]
    if projection is None:
        return (*rules, ("size", sizes))
    T, S = len(names.queries), len(names.keys)
    how_many = f"T = {T:,} queries, S = {S:,} keys" if projection.crosses else f"T = {T:,} tokens"
    sizes = f"{how_many}, d_model = {projection.X.shape[1]}, {sizes}{' in each head' if names.H else ''}"
    drawn = f"{origin.drawn}, each W from N(0, 1/d_model)" if origin.drawn else "each W from N(0, 1/d_model)"
    return (*rules, ("size", sizes), ("drawn", f"{drawn}: as before any training"))


def _left_out(names: Names, row: QueryRow | None) -> str:
    queries = len(names.queries) - 1
    heads = [h for h in range(names.H) if h not in names.shown]
    parts = []
    if row and queries:
        parts.append(f"{queries:,} more {'queries' if queries > 1 else 'query'}: another --query, or none for all")
    if heads:
        parts.append(f"{len(heads):,} more head{'s' if len(heads) > 1 else ''}: --head {heads[0]}")
    return "; ".join(parts)


def _notice(
    record: Attention, measures: Measures, projection: Projection | None, origin: Origin, row: QueryRow | None
) -> tuple[str, ...]:
    notices = []
    if record.scores.shape[-2:] == (1, 1):
        notices.append("A single query and a single key: the weight is 1, whatever the score.")
    elif row:
        notices.append(_variance(record, measures))
    if record.mask is not None and not record.mask.any(axis=1).all():
        notices.append(
            "A query that sees no key: with −∞ its softmax is 0/0, for which mlcli says weights 0, as torch's function "
            "does, where plain code gives NaN; with −9e15 it averages all that it must not see."
        )
    elif record.mask is not None:
        notices.append("Every query is left a key at least, so that −∞ and −9e15 give the same weights.")
    elif origin.repeated:
        notices.append(
            f"{' and '.join(origin.repeated[:2])} have the same row in all of it: without positions, attention does "
            "not know where a token stands."
        )
    if projection:
        what = "Embeddings and weights are" if origin.drawn else "The weights are"
        notices.append(f"{what} drawn, not learned: who looks at whom means nothing yet.")
    return tuple(notices)


def _variance(record: Attention, measures: Measures) -> str:
    raw, used = measures.spreads[0], next(s for s in measures.spreads if s.divisor == record.divisor)
    theory = f"d_k · mean q² · mean k² = {raw.expected:.3g}"
    unit = f"d_k = {record.Q.shape[-1]}"
    if record.divisor == 1:
        return (
            f"Variance of the scores: {raw.variance:.3g}. Theory: {theory} ({unit} for cells of variance 1). "
            "Undivided by √d_k: the larger d_k, the more one key takes all the weight."
        )
    return (
        f"Variance of the scores: {raw.variance:.3g}, divided by {divisor(record)}: {used.variance:.3g}. Theory: "
        f"{theory}, then {used.expected:.3g} ({unit}, then {used.of_unit:g} for cells of variance 1)."
    )


def _next(record: Attention, names: Names, projection: Projection | None, row: QueryRow | None) -> tuple[str, ...]:
    options = []
    if row is None:
        options.append(f"--query {shlex.quote(names.queries[len(names.queries) // 3])}")
    if record.mask is None:
        options.append("--mask causal")
    if projection and not names.H and projection.X.shape[1] % 2 == 0:
        options.append("--heads 2")
    if record.scale:
        options.append("--no-scale")
    if projection and not projection.crosses:
        options.append("--block encoder")
    return (*options, "--prove shuffle", "--check (the same by torch)", "--json")
