"""How a saved run is told once it has been measured again: its scores, what became of one part, its worst cases."""

from dataclasses import dataclass, replace
from typing import assert_never

from mlcli.core.evaluation import ClassesExamined
from mlcli.core.evaluation_rankings import RankingExamined
from mlcli.core.evaluation_sequences import NumbersExamined, PlacesExamined, TextExamined
from mlcli.core.examined import Evaluation, PartMeasured
from mlcli.core.training import Score
from mlcli.lesson import Cell, Check, Lesson, Result, Scatter, Step, Table
from mlcli.lessons.evaluation_classes import tell_classes
from mlcli.lessons.evaluation_rankings import tell_rankings
from mlcli.lessons.evaluation_sequences import tell_numbers, tell_places, tell_text
from mlcli.lessons.evaluation_told import Told
from mlcli.lessons.training import scored, signed


@dataclass(frozen=True, eq=False)
class Maps:
    """The vectors of the same network before the first step of training and after the last, on a plane each."""

    what: str
    before: Scatter
    after: Scatter


def tell(
    found: Evaluation,
    *,
    maps: Maps | None = None,
    mappable: bool = True,
    plotted: bool = False,
    further: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of one run.

    Args:
        mappable: --map can draw it.
        plotted: --plot was asked for: figures that a picture shows better than characters are there too.
        further: command lines that open the same run.
        seed: of the map; None where nothing is drawn.
    """
    data = found.summary
    told = _told(found, plotted)
    return Lesson(
        title=f"{found.run}: {found.model} on {data.name} ({data.size})",
        command="evaluate",
        rules=(
            ("weights", f"learned from seed {found.seed}; those of epoch {found.epoch}"),
            ("score", _meant(found.score)),
            *told.rules,
        ),
        read=data.read,
        inputs=(_measured(found),),
        steps=(*told.steps, *(() if maps is None else _maps(maps))),
        result=Result(_result(found, told)),
        notice=(*_recorded(found), *told.notice),
        checks=checks,
        next=_next(found, mappable and maps is None, further),
        seed=seed,
    )


def _told(found: Evaluation, plotted: bool) -> Told:
    unit, part = found.summary.unit, found.part
    match found.examined:
        case ClassesExamined() as examined:
            return tell_classes(examined, examined.unit or unit, part, plotted)
        case NumbersExamined() as examined:
            return tell_numbers(examined, part)
        case PlacesExamined() as examined:
            return tell_places(examined, part)
        case TextExamined() as examined:
            return tell_text(examined, part)
        case RankingExamined() as examined:
            return tell_rankings(examined, part)
        case None:
            return Told()
        case _:
            assert_never(found.examined)


def _meant(score: Score) -> str:
    return f"{score.name}: the {'higher' if score.higher else 'lower'} the better"


def _measured(found: Evaluation) -> Table:
    score = found.score
    rows: list[tuple[Cell, ...]] = [
        (part.name, part.cases, part.loss, *_beside(score, part)) for part in found.parts
    ]  # fmt: skip
    columns = ("part", found.summary.unit, "loss", score.name, "recorded", "")
    marked = next(i for i, part in enumerate(found.parts) if part.name == found.part)
    return Table("every part measured again, without dropout", columns, tuple(rows), marked=(marked,))


def _beside(score: Score, part: PartMeasured) -> tuple[str, str, str]:
    if not part.scored:
        return "not scored", "", ""
    assert part.recorded is not None
    verdict = "the same" if part.same else signed(part.difference, ".2g")
    return scored(score, part.score), scored(score, part.recorded), verdict


def _recorded(found: Evaluation) -> tuple[str, ...]:
    compared = [part for part in found.parts if part.scored]
    if all(part.same for part in compared):
        return ("Every score is the one that the run recorded.",)
    others = " and ".join(part.name for part in compared if not part.same)
    return (
        f"Not the recorded score: {others}. Another processor or version rounds otherwise, and a case that is on the "
        "edge then falls to the other side; more than that would mean that the weights are not those of this run.",
    )


def _result(found: Evaluation, told: Told) -> Table:
    part = found.chosen
    rows: list[tuple[Cell, ...]] = [(found.score.name, scored(found.score, part.score), "")]
    rows += [(name, f"{value:.4g}", "") for name, value in found.more.items() if name not in told.rows]
    rows += [(name, value, what) for name, (value, what) in told.rows.items() if name != found.score.name]
    if found.baseline and found.part == "test":
        value = scored(found.score, found.baseline.value, found.baseline.deviation)
        kind = "baseline" if found.baseline.baseline else "published"
        rows.append((kind, value, f"{found.baseline.protocol} ({found.baseline.source})"))
    return Table("", ("", f"{found.part} part", "what it is"), tuple(rows), marked=(0,))


def _maps(maps: Maps) -> tuple[Step, ...]:
    return tuple(
        Step(
            symbol="map",
            title=f"{maps.what}, {when} training",
            formula="",
            figures=(replace(figure, name=f"{when} training: {figure.name}"),),
            note=note,
        )
        for when, figure, note in (
            ("before", maps.before, "The first weights are drawn at random: what is alike here was alike before."),
            ("after", maps.after, "What training has drawn together, and what it has set apart."),
        )
    )


def _next(found: Evaluation, map: bool, further: tuple[str, ...]) -> tuple[str, ...]:
    other = "validation" if found.part == "test" else "test"
    return (
        f"--part {other}",
        "--worst 10",
        *(("--map pca",) if map else ()),
        f"mlcli predict {found.run} INPUT",
        *further,
        "--plot FILE.png",
        "--check (the same outputs by NumPy)",
        "--json",
    )
