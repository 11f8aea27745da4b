"""A saved run measured once more: each part's score beside the recorded one, and what can be told of one part.

Source: see the module of each record in `Examined`, one for each kind of answer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mlcli.core.evaluation import ClassesExamined
from mlcli.core.evaluation_rankings import RankingExamined
from mlcli.core.evaluation_sequences import NumbersExamined, PlacesExamined, TextExamined
from mlcli.core.training import DataSummary, Published, Score

Examined = ClassesExamined | NumbersExamined | PlacesExamined | TextExamined | RankingExamined

SAME = 1e-6  # of the score: what another processor may make of the same weights


@dataclass(frozen=True)
class PartMeasured:
    """One part of the data.

    Args:
        score: NaN where the task does not score this part.
        recorded: what the run's config.json says; None where it says nothing.
    """

    name: str
    cases: int
    loss: float
    score: float
    recorded: float | None

    @property
    def scored(self) -> bool:
        """Whether there is anything to compare."""
        return self.recorded is not None and not math.isnan(self.score)

    @property
    def difference(self) -> float:
        """score − recorded."""
        return self.score - self.recorded if self.recorded is not None else math.nan

    @property
    def same(self) -> bool:
        """Whether the score is the recorded one."""
        return abs(self.difference) <= SAME * max(1.0, abs(self.score))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All of it.

    Args:
        run: the folder.
        seed, epoch: the run's: where it began, and the epoch after which its weights were kept.
        part: the one that is looked at closely.
        more: further scores of it, by name.
        baseline: a published result or what a trivial answer scores, on the test part.
    """

    run: str
    model: str
    seed: int
    epoch: int
    score: Score
    summary: DataSummary
    parts: tuple[PartMeasured, ...]
    part: str
    more: Mapping[str, float]
    examined: Examined | None
    baseline: Published | None

    @property
    def chosen(self) -> PartMeasured:
        """The part that is looked at closely."""
        return next(part for part in self.parts if part.name == self.part)
