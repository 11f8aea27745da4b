"""A training run as it is told: its epochs, how well the trained model does, several runs beside a published result.

    mean = Σ s / n                deviation = √(Σ (s − mean)² / (n − 1)), the sample standard deviation

Symbols: s the test score of a run, n the number of runs, C classes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Setting = int | float | str
ONE = re.compile(r"(?<=\w)s\b")  # what a noun loses where there is only one: 1 feature, 1 edge to learn from
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Score:
    """What a model is judged by.

    Args:
        name: in words: `accuracy`, `mean squared error`, `bits per character`.
        higher: whether more is better.
        share: it is a share from 0 to 1, told in percent.
    """

    name: str
    higher: bool = True
    share: bool = False

    def better(self, a: float, b: float) -> bool:
        """Whether a beats b.

        >>> Score("mean squared error", higher=False).better(0.1, 0.2)
        True
        """
        return a > b if self.higher else a < b

    @property
    def worst(self) -> float:
        """What every score beats or equals."""
        return -np.inf if self.higher else np.inf


ACCURACY = Score("accuracy", share=True)
SQUARED_ERROR = Score("mean squared error", higher=False)


@dataclass(frozen=True)
class Epoch:
    """One turn of training: on the training part as it went (with dropout), on the validation part after it.

    Args:
        epoch: counted from 1.
        train_score: NaN where a task does not score its training.
    """

    epoch: int
    train_loss: float
    train_score: float
    validation_loss: float
    validation_score: float


@dataclass(frozen=True, eq=False)
class Run:
    """One training from one seed.

    Args:
        kept: the epoch after which the weights are those of the trained model.
        stopped: why no epoch followed.
        confusion: of the test part: row the class, column what it was taken for; None where there are no classes.
        more: further test scores by name.
        gradients: of each layer ‖∂L/∂w‖, the mean over each epoch's steps, before long ones are cut; if watched.
    """

    seed: int
    epochs: tuple[Epoch, ...]
    kept: int
    stopped: str
    train_score: float
    validation_score: float
    test_score: float
    confusion: Int[Integers, "C C"] | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    gradients: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """A result to be held against: from a paper, or what one gets without learning anything.

    Args:
        value: of the score; no deviation where the paper gives none.
        protocol: on what split and over how many runs; or what is answered.
        baseline: it is nobody's result but what a trivial answer scores, and has to be beaten.
    """

    value: float
    deviation: float | None
    protocol: str
    source: str
    baseline: bool = False


@dataclass(frozen=True)
class DataSummary:
    """What was learned from, in numbers.

    Args:
        unit: what one case is, in the plural: `nodes`, `images`, `sequences`.
        sizes: counts in the order of telling: {"nodes": 2708, "edges": 5278}.
        classes: their names; empty where there are none.
        train, validation, test: cases in each part.
        facts: further things that are known: {"homophily": 0.81}.
        read: what was done to the input while reading it, a sentence each.
        alphabet: of a text the characters that stand for the values of x_t; else empty.
    """

    name: str
    unit: str
    sizes: Mapping[str, int]
    classes: tuple[str, ...]
    train: int
    validation: int
    test: int
    facts: Mapping[str, float | bool | None] = field(default_factory=dict)
    read: tuple[str, ...] = ()
    alphabet: str = ""

    @property
    def size(self) -> str:
        """`2,708 nodes, 1 feature, 7 classes`."""
        return ", ".join(
            f"{count:,} {ONE.sub('', what, count=1) if count == 1 else what}" for what, count in self.sizes.items()
        )


@dataclass(frozen=True)
class Description:
    """The model and what it minimises, in formulas, the settings filled in.

    Args:
        formulas: the model's, a line each.
        loss: what is minimised, without the penalty.
        decayed: which weights the penalty holds small.
        dropped: what dropout leaves out.
        stop: when training ends, and which weights are kept.
        batch: cases a step; 0: all.
        others: models that can be trained on the same data.
        checked: what is computed a second time when that is asked for.
    """

    formulas: tuple[str, ...]
    loss: str
    decayed: str
    dropped: str
    stop: str
    batch: int = 0
    others: tuple[str, ...] = ()
    checked: str = "logits"


@dataclass(frozen=True, eq=False)
class Study:
    """One run or several of one model on one data set, seeds apart.

    Args:
        settings: by name, as the options are called.
        changed: names of those that are not the model's own.
        parameters: each weight array's name and shape.
        digest: SHA-256 of the data and its split.
        versions: of the libraries that the numbers depend on.
        threads: of torch in each run.
        published: None where nothing is known of this model on this data set.
        device: that it was trained on, as torch calls it.
        mixed_precision: large products had 16 bits.
    """

    model: str
    score: Score
    summary: DataSummary
    description: Description
    settings: Mapping[str, Setting]
    changed: tuple[str, ...]
    parameters: tuple[tuple[str, tuple[int, ...]], ...]
    digest: str
    versions: Mapping[str, str]
    threads: int
    runs: tuple[Run, ...]
    published: Published | None
    device: str = "cpu"
    mixed_precision: bool = False

    @cached_property
    def scores(self) -> Float[Array, " n"]:
        """The test score of each run."""
        return np.array([run.test_score for run in self.runs], dtype=float)

    @property
    def mean(self) -> float:
        """Σ s / n."""
        return float(self.scores.mean())

    @property
    def deviation(self) -> float | None:
        """√(Σ (s − mean)² / (n − 1)); None for a single run."""
        return float(self.scores.std(ddof=1)) if len(self.runs) > 1 else None

    @property
    def confusion(self) -> Int[Integers, "C C"] | None:
        """Summed over the runs; None where there are no classes."""
        counts = [run.confusion for run in self.runs if run.confusion is not None]
        return np.sum(counts, axis=0) if counts else None

    @property
    def more(self) -> Mapping[str, float]:
        """The mean of each further test score."""
        return {name: float(np.mean([run.more[name] for run in self.runs])) for name in self.runs[0].more}

    @property
    def score_is_loss(self) -> bool:
        """Whether the score is nothing but the loss, so that one curve shows both."""
        return all(epoch.validation_score == epoch.validation_loss for epoch in self.best.epochs)

    @property
    def best(self) -> Run:
        """The run with the best validation score, the first of equals; the test part has no say in it."""
        sign = 1 if self.score.higher else -1
        return max(self.runs, key=lambda run: sign * run.validation_score)


@dataclass(frozen=True)
class Verdict:
    """Our mean beside the published score.

    Args:
        difference: by how much ours is higher; in hundredths for a share.
        inside: whether that is at most the published deviation; None where the paper gives none.
        better: whether ours beats it.
    """

    difference: float
    inside: bool | None
    better: bool


def compare(mean: float, published: Published, score: Score = ACCURACY) -> Verdict:
    """difference = mean − published, times 100 for a share;  inside: |mean − published| ≤ its deviation."""
    difference = mean - published.value
    inside = None if published.deviation is None else abs(difference) <= published.deviation
    return Verdict(100 * difference if score.share else difference, inside, score.better(mean, published.value))


def weight_count(parameters: Sequence[tuple[str, tuple[int, ...]]]) -> int:
    """Σ of the sizes.

    >>> weight_count([("W", (1433, 16)), ("b", (16,))])
    22944
    """
    return sum(int(np.prod(shape)) for _, shape in parameters)
