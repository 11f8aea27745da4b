"""How one query's attention is told: each score, the softmax and each cell of the output written out."""

from mlcli.core.attention import QueryRow
from mlcli.lesson import Figure, Part, Step, Table, Term, Text, Worked

MOST_TERMS = 48  # of the sums of a step


def query_steps(
    row: QueryRow, query: str, keys: tuple[str, ...], scaling: str, head: int | None = None
) -> tuple[Step, ...]:
    """Scores, weights and output of one query.

    Args:
        query: what it is called.
        scaling: the rules from scores to masked.
        head: which of several it is asked in.
    """
    where, answer = ("", "out") if head is None else (f", head {head}", f"head {head}")
    scores, weights, out = (f"{name}[{query}]" for name in ("scores", "weights", answer))
    return (
        Step(
            scores,
            f"{scores}{where}: its sum of products with each key",
            "scores[t][s] = Σ_d Q[t][d] · K[s][d]",
            written([_score(row, s, query, keys[s]) for s in fitting(*row.products.shape)], len(keys), "key"),
        ),
        Step(
            weights,
            f"{weights}{where}: the scores made positive, with the sum 1",
            f"{scaling};  weights = exp(masked − largest) / sum",
            (_softmax(row, keys),),
            "The largest is taken off first, so that no exponential overflows; the weights are the same."
            if row.normaliser
            else "It sees no key: softmax would be 0/0, so its weights are set to 0.",
        ),
        Step(
            out,
            f"{out}: the values, weighted and summed",
            f"{answer}[t][d] = Σ_s weights[t][s] · V[s][d]",
            written([_out(row, d, answer, query, keys) for d in fitting(*row.parts.T.shape)], len(row.out), "column"),
        ),
    )


def fitting(sums: int, terms: int) -> range:
    """The sums that are written out: at least one."""
    return range(min(sums, max(1, MOST_TERMS // terms)))


def written(worked: list[Worked], size: int, noun: str) -> tuple[Figure, ...]:
    """These sums, and how many more there are."""
    left = size - len(worked)
    return (*worked, Text(f"… and so for {left:,} more {noun}{'s' if left > 1 else ''}")) if left else tuple(worked)


def _score(row: QueryRow, s: int, query: str, key: str) -> Worked:
    terms = tuple(
        Term(f"Q[{query}][{d}]", float(row.q[d]), float(row.K[s, d]), float(product))
        for d, product in enumerate(row.products[s])
    )
    total = float(row.scores[s])
    return Worked(f"{query}·{key}", (Part("", terms, total),), total)


def _softmax(row: QueryRow, keys: tuple[str, ...]) -> Table:
    columns = ("key", "scores", "scaled", "masked", "− largest", "exp", "weights")
    values = (row.scores, row.scaled, row.masked, row.shifted, row.exponentials, row.weights)
    rows = [(key, *(float(column[s]) for column in values)) for s, key in enumerate(keys)]
    total = ("sum", None, None, None, None, row.normaliser, float(row.weights.sum()))
    return Table("", columns, (*rows, total), marked=(len(rows),))


def _out(row: QueryRow, d: int, answer: str, query: str, keys: tuple[str, ...]) -> Worked:
    terms = tuple(
        Term(f"weights[{query}][{key}]", float(row.weights[s]), float(row.V[s, d]), float(row.parts[s, d]))
        for s, key in enumerate(keys)
    )
    total = float(row.out[d])
    return Worked(f"{answer}[{query}][{d}]", (Part("", terms, total),), total)
