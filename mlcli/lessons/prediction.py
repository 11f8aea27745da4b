"""How what a trained model makes of one input is told, one input or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from mlcli.core.prediction import (
    ClassPrediction,
    LinkPrediction,
    NumberPrediction,
    PlacesPrediction,
    Prediction,
    RankingPrediction,
    TextPrediction,
)
from mlcli.lesson import Cell, Check, Lesson, Result, Table
from mlcli.lessons.prediction_classes import tell_class, tell_link
from mlcli.lessons.prediction_sequences import tell_number, tell_places, tell_text
from mlcli.lessons.prediction_told import Told, tell_items


@dataclass(frozen=True)
class Run:
    """The run that is asked: its folder, model, data, and its score on the test part, as it is told."""

    folder: str
    model: str
    data: str
    seed: int
    epoch: int
    tested: str


def tell(
    run: Run,
    predictions: Sequence[Prediction],
    *,
    most: int = 3,
    further: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one input or several: the first few in full, all in the result.

    Args:
        most: so many are told in full.
        further: command lines that open the same run.
    """
    told = [tell_one(prediction) for prediction in predictions]
    first = told[0]
    steps = [step for one in told[:most] for step in one.steps]
    left = len(told) - most
    one = predictions[0]
    notes = [sentence for one in told[:most] for sentence in one.notice]
    return Lesson(
        title=f"{run.folder}, asked about {_named([p.given.name for p in predictions])}",
        command="predict",
        rules=(
            ("run", f"{run.model}, learned on {run.data} from seed {run.seed}, weights of epoch {run.epoch}"),
            ("tested", run.tested),
            *first.rules,
        ),
        read=tuple(dict.fromkeys(sentence for p in predictions for sentence in p.given.read)),
        inputs=(),
        steps=tuple(steps),
        left_out=f"{left} more told in the result only: --show {len(told)}" if left > 0 else "",
        result=Result(_result(predictions, told)),
        notice=tuple(dict.fromkeys(notes)),
        checks=checks,
        next=(*further, *first.next, "--json"),
        seed=one.seed if isinstance(one, TextPrediction) and one.temperature else None,
    )


def tell_one(prediction: Prediction) -> Told:
    """Of one input."""
    match prediction:
        case ClassPrediction():
            return tell_class(prediction)
        case LinkPrediction():
            return tell_link(prediction)
        case RankingPrediction():
            return tell_items(prediction)
        case NumberPrediction():
            return tell_number(prediction)
        case PlacesPrediction():
            return tell_places(prediction)
        case TextPrediction():
            return tell_text(prediction)
        case _:
            assert_never(prediction)


def _result(predictions: Sequence[Prediction], told: Sequence[Told]) -> Table:
    columns = ("input", *(name for name, _ in told[0].answer))
    rows: list[tuple[Cell, ...]] = [
        (p.given.name, *(cell for _, cell in one.answer)) for p, one in zip(predictions, told, strict=True)
    ]
    return Table("", columns, tuple(rows), marked=(0,) if len(rows) == 1 else (), whole=True)


def _named(names: list[str]) -> str:
    return f'"{names[0]}"' if len(names) == 1 else f"{len(names)} inputs"
