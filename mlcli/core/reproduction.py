"""Several models on one data set, several seeds each, beside what was published of them.

    mean = Σ s / n        deviation = √(Σ (s − mean)² / (n − 1)), the sample standard deviation
    difference = mean − published        inside: |difference| ≤ the published deviation

Where a paper gives no deviation, ours has to do: whether the published value lies within it.

Symbols: s the test score from one seed, n the number of seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Float

from mlcli.core.training import Array, DataSummary, Published, Score, compare


@dataclass(frozen=True, eq=False)
class Row:
    """One model.

    Args:
        name: as --only takes it.
        label: as a table has it.
        told: what is fitted, and what is chosen for it.
        seeds: of its runs; a single one where no seed changes anything.
        scores: of each run, on the test part.
        more: further test scores by name, likewise.
        published: None where nothing is.
        elsewhere: published too, but by another protocol: told, and nothing is held against it.
    """

    name: str
    label: str
    told: str
    seeds: tuple[int, ...]
    scores: Float[Array, " n"]
    more: Mapping[str, Float[Array, " n"]] = field(default_factory=dict)
    published: Published | None = None
    elsewhere: Published | None = None

    @property
    def mean(self) -> float:
        """Σ s / n."""
        return float(self.scores.mean())

    @property
    def deviation(self) -> float | None:
        """√(Σ (s − mean)² / (n − 1)); None for a single run."""
        return float(self.scores.std(ddof=1)) if len(self.scores) > 1 else None

    @property
    def more_means(self) -> Mapping[str, float]:
        """Of each further test score."""
        return {name: float(values.mean()) for name, values in self.more.items()}


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The whole table.

    Args:
        digest: SHA-256 of the data and its split.
        versions: of the libraries that the numbers depend on.
    """

    score: Score
    summary: DataSummary
    rows: tuple[Row, ...]
    digest: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """Our mean beside the published value; all but `inside` in the unit of telling, hundredths for a share.

    Args:
        difference: by how much ours is higher.
        allowed: the deviation that it is held against; None where nobody has one.
        theirs: it is the published one, else it is ours.
        inside: whether |difference| is at most that.
        beyond: by how much |difference| is more; 0 inside.
    """

    difference: float
    allowed: float | None
    theirs: bool
    inside: bool | None
    beyond: float


def standing(row: Row, score: Score) -> Standing | None:
    """How a row stands to its published value; None without one.

    >>> import numpy as np
    >>> row = Row("gat", "GAT", "", (0, 1), np.array([0.82, 0.83]), published=Published(0.83, 0.007, "", ""))
    >>> round(standing(row, Score("accuracy", share=True)).difference, 6)
    -0.5
    """
    if row.published is None:
        return None
    theirs = row.published.deviation is not None
    held = Published(row.published.value, row.published.deviation if theirs else row.deviation, "", "")
    verdict = compare(row.mean, held, score)
    if held.deviation is None:
        return Standing(verdict.difference, None, False, None, 0.0)
    allowed = held.deviation * (100 if score.share else 1)
    return Standing(verdict.difference, allowed, theirs, verdict.inside, max(0.0, abs(verdict.difference) - allowed))


def gain(found: Reproduction, name: str, other: str) -> float | None:
    """By how much the mean of one row is above that of another, in the unit of telling; None if one is not there."""
    means = {row.name: row.mean for row in found.rows}
    if name not in means or other not in means:
        return None
    return (means[name] - means[other]) * (100 if found.score.share else 1)
