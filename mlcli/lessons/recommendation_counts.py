"""How a score that is counted is told, term by term, and the ways through the graph to the recommended item."""

from collections.abc import Sequence

from mlcli.core.recommendation import Ratings
from mlcli.core.recommendation_neighbours import NeighbourScore, sum_in_parts
from mlcli.core.recommendation_reasons import Trace
from mlcli.lesson import Cell, Figure, Part, Step, Table, Term, Text, Worked

MOST_TERMS = 8  # of a sum that is written out; the others stand as one


def counted_steps(ratings: Ratings, trace: Trace) -> tuple[Step, ...]:
    """The score of the first item as a sum over what the user likes, or as the number of those who like it."""
    if trace.sum is not None:
        return (_sum(ratings, trace.sum),)
    return () if trace.dot is not None else (_likers(ratings, trace),)


def path_step(ratings: Ratings, trace: Trace) -> Step:
    """The heaviest ways u – j – w – i."""
    ways = trace.paths
    u, i = ratings.users[ways.user], ratings.items[ways.item]
    rows: list[tuple[Cell, ...]] = [
        (u, ratings.items[j], ratings.users[w], i, weight)
        for j, w, weight in zip(ways.items, ways.users, ways.weights.tolist(), strict=True)
    ]
    if ways.others:
        rows.append((f"… {ways.others:,} more", None, None, None, ways.others_total))
    if rows:
        rows.append(("all", None, None, None, ways.total))
    worked = "1/√({0}·{1}) · 1/√({1}·{2}) · 1/√({2}·{3})"
    figures: tuple[Figure, ...] = (Table("", ("you", "like", "and so does", "who likes", "weight"), tuple(rows)),)
    note = f"Nobody who likes {i} likes anything that user {u} likes: no way of three edges leads there."
    if rows:
        lead = "1 other user leads" if ways.through == 1 else f"{ways.through:,} other users lead"
        note = (
            f"The first: {worked.format(*ways.degrees)} = {ways.weights[0]:.6f}. {lead} from what user {u} likes to "
            f"{i}. A way counts less over items that many like, and over users who like much."
        )
    return Step(
        symbol="u – j – w – i",
        title=f"the ways to {i} in the graph: {ways.count:,} of three edges",
        formula="weight = 1/√(d_u d_j) · 1/√(d_j d_w) · 1/√(d_w d_i)",
        figures=figures if rows else (),
        note=note,
    )


def _likers(ratings: Ratings, trace: Trace) -> Step:
    i, count = ratings.items[trace.item], len(trace.likers)
    return Step(
        symbol=f"s({i})",
        title=f"the score of {i}: who likes it",
        formula=f"s(i) = d_i = {count}",
        figures=(Text(f"Liked by {listed([ratings.users[w] for w in trace.likers])}."),) if count else (),
    )


def listed(names: Sequence[str], most: int = 12) -> str:
    """`Ann, Bob, Cid and 4 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def _sum(ratings: Ratings, score: NeighbourScore) -> Step:
    u, i = ratings.users[score.user], ratings.items[score.item]
    names = [ratings.items[j] for j in score.items]
    cells = zip(names, score.common.tolist(), score.degrees.tolist(), score.cosines.tolist(), strict=True)
    rows: tuple[tuple[Cell, ...], ...] = (*cells, ("sum", None, None, score.score))
    return Step(
        symbol=f"s({u}, {i})",
        title=f"the score of {i} for user {u}, written out",
        formula=f"s(u, i) = Σ_j n_ij / √(d_i d_j),   d_i = {score.d_i} users like {i}",
        figures=(
            Table("", (f"j, liked by {u}", "n_ij", "d_j", "cos(i, j)"), rows),
            _written_out(f"s({u}, {i})", score),
        ),
        note=f"Each item that user {u} likes speaks for {i} as far as the same users like both.",
    )


def _written_out(symbol: str, score: NeighbourScore) -> Worked:
    numbers = zip(score.common.tolist(), score.coefficients.tolist(), score.cosines.tolist(), strict=True)
    terms = tuple(Term("", float(common), coefficient, cos) for common, coefficient, cos in numbers)
    first, rest = sum_in_parts(score.cosines, MOST_TERMS)
    parts = [Part(f"the first {MOST_TERMS}", terms[:MOST_TERMS], first)]
    if others := len(terms[MOST_TERMS:]):
        parts.append(Part(f"{others} more", (), rest))
    return Worked(symbol, tuple(parts), score.score)
