"""How a table of results is told: each model's mean beside the published one, and in words how it stands to it."""

from mlcli.core.reproduction import Reproduction, Row, Standing, gain, standing
from mlcli.core.training import Published
from mlcli.lesson import Cell, Check, Lesson, Result, Step, Table
from mlcli.lessons.training import scored, signed

COLUMNS = (
    "row", "model", "told", "runs", "first seed", "mean", "deviation", "published", "published deviation", "difference",
    "beyond", "inside", "verdict", "protocol", "source",
)  # fmt: skip


def tell(found: Reproduction, checks: tuple[Check, ...] = ()) -> Lesson:
    """The lesson of one table."""
    data, rows = found.summary, found.rows
    return Lesson(
        title=f"{data.name} ({data.size}): {len(rows)} model{'s' if len(rows) > 1 else ''}",
        command="reproduce",
        rules=(
            ("mean", "Σ s / n   over n runs, seeds apart"),
            ("±", "√(Σ (s − mean)² / (n − 1)), the sample standard deviation"),
            ("s", f"{found.score.name} on the {data.test:,} test {data.unit}, by which nothing is chosen"),
            *_judged(found),
        ),
        read=data.read,
        inputs=(),
        steps=(_fitted(found), *_runs(found), *_published(found)),
        result=Result(_answer(found), (_drawn(found),)),
        notice=_notice(found),
        checks=checks,
        next=("--runs 20", f"--only {','.join(row.name for row in rows[:2])}", "--out table.md", "--json"),
        seed=min(row.seeds[0] for row in rows),
    )


def _judged(found: Reproduction) -> tuple[tuple[str, str], ...]:
    if not any(row.published for row in found.rows):
        return ()
    rule = "inside: |mean − published| ≤ the published deviation; inside ours: ≤ ours, where none is published"
    return (("verdict", rule),)


def _fitted(found: Reproduction) -> Step:
    rows = tuple((row.name, row.told) for row in found.rows)
    return Step("models", "what is fitted", "", (Table("", ("row", "how"), rows),))


def _runs(found: Reproduction) -> tuple[Step, ...]:
    """A line a seed, a column a model."""
    drawn = [row for row in found.rows if len(row.seeds) > 1]
    if not drawn:
        return ()
    lines = tuple(
        (seed, *(scored(found.score, float(row.scores[k])) for row in drawn)) for k, seed in enumerate(drawn[0].seeds)
    )
    table = Table(f"test {found.score.name}", ("seed", *(row.name for row in drawn)), lines)
    others = [row.label for row in found.rows if row not in drawn]
    note = f"The same from every seed: {', '.join(others)}." if others else ""
    return (Step("runs", "every run", "", (table,), note),)


def _published(found: Reproduction) -> tuple[Step, ...]:
    told = [(row, paper) for row in found.rows for paper in (row.published, row.elsewhere) if paper]
    if not told:
        return ()
    rows = tuple((row.name, _value(found, paper), f"{paper.protocol} ({paper.source})") for row, paper in told)
    table = Table("", ("row", "published", "protocol"), rows)
    return (Step("published", "what is published, and how it was measured", "", (table,)),)


def _value(found: Reproduction, paper: Published) -> str:
    return scored(found.score, paper.value, paper.deviation)


def _answer(found: Reproduction) -> Table:
    """Every number; further scores in columns of their own."""
    more = _more(found)
    lines: list[tuple[Cell, ...]] = []
    for row in found.rows:
        stands, paper = standing(row, found.score), row.published
        lines.append(
            (
                row.name, row.label, row.told, len(row.seeds), row.seeds[0], row.mean, row.deviation,
                paper and paper.value, paper and paper.deviation,
                stands and stands.difference, stands and stands.beyond, _inside(stands), _verdict(stands),
                paper and paper.protocol, paper and paper.source, *(row.more_means.get(name) for name in more),
            )
        )  # fmt: skip
    return Table("", (*COLUMNS, *more), tuple(lines))


def _more(found: Reproduction) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in found.rows for name in row.more))


def _drawn(found: Reproduction) -> Table:
    """What a paper would print."""
    more, beside = _more(found), any(row.published for row in found.rows)
    lines = []
    for row in found.rows:
        stands, paper = standing(row, found.score), row.published
        others = (f"{row.more_means[name]:.4f}" if name in row.more else "" for name in more)
        ends = (_value(found, paper) if paper else "", _stands(stands) if stands else "") if beside else ()
        lines.append((row.label, scored(found.score, row.mean, row.deviation), *others, *ends))
    columns = ("published", "verdict") if beside else ()
    runs = max(len(row.seeds) for row in found.rows)
    several = f", {runs} runs; without ± the same from every seed" if runs > 1 else ", one run"
    return Table(f"test {found.score.name}{several}", ("model", "here", *more, *columns), tuple(lines))


def _stands(stands: Standing) -> str:
    """`−0.2, inside`."""
    return f"{signed(stands.difference, '.1f')}, {_verdict(stands)}"


def _inside(stands: Standing | None) -> str | None:
    return None if stands is None or stands.inside is None else "yes" if stands.inside else "no"


def _verdict(stands: Standing | None) -> str:
    if stands is None:
        return "nothing published"
    if stands.inside is None:
        return "one run, no deviation"
    whose = "" if stands.theirs else " ours"
    return f"inside{whose}" if stands.inside else f"{stands.beyond:.1f} outside{whose}"


def _notice(found: Reproduction) -> tuple[str, ...]:
    sentences = [_sentence(found, row) for row in found.rows if row.published]
    for row in found.rows:
        if row.elsewhere:
            value, protocol = _value(found, row.elsewhere), row.elsewhere.protocol
            sentences.append(f"{row.label}: {value} is published by another protocol: {protocol}.")
    attention, edges = gain(found, "gat", "gat-uniform"), gain(found, "gcn", "mlp")
    if attention is not None:
        sentences.append(f"Attention: GAT is {_above(attention)} than where every neighbour counts alike.")
    if edges is not None:
        sentences.append(f"Edges: GCN is {_above(edges)} than the MLP, which sees the same features and no edges.")
    return tuple(sentences)


def _above(points: float) -> str:
    return f"{abs(points):.1f} points {'better' if points >= 0 else 'worse'}"


def _sentence(found: Reproduction, row: Row) -> str:
    """In plain words."""
    stands, paper = standing(row, found.score), row.published
    assert stands is not None and paper is not None
    side = "above" if stands.difference >= 0 else "below"
    by = f"{row.label}: {abs(stands.difference):.1f} points {side} the published {_value(found, paper)}"
    if stands.theirs:
        return f"{by}: {'inside' if stands.inside else f'{stands.beyond:.1f} outside'} its deviation."
    if stands.inside is None:
        return f"{by}, which has no deviation, nor has one run."
    if stands.inside:
        return f"{by}, which has no deviation: ours covers it."
    return f"{by}, which has no deviation: {stands.beyond:.1f} more than ours covers."
