"""A training run as it is told: its epochs, what the trained model gets right, several runs beside a published result.

    accuracy = right / all        confusion[i, j] = nodes of class i taken for class j
    mean = Σ a / n                deviation = √(Σ (a − mean)² / (n − 1)), the sample standard deviation

Symbols: a the test accuracy of a run, n the number of runs, C classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.graphs import LabelledGraph
from mlcli.core.numerics import rows_and_columns

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Setting = int | float
Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Epoch:
    """One turn of training: on the training nodes as it went (with dropout), on the validation nodes after it.

    Args:
        epoch: counted from 1.
        train_loss, validation_loss: cross-entropy; accuracies are shares from 0 to 1.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, eq=False)
class Run:
    """One training from one seed.

    Args:
        kept: the epoch after which the weights are those of the trained model.
        stopped: why no epoch followed.
        confusion: of the test nodes: row the class, column what it was taken for.
    """

    seed: int
    epochs: tuple[Epoch, ...]
    kept: int
    stopped: str
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    confusion: Int[Integers, "C C"]


@dataclass(frozen=True)
class Published:
    """A result from a paper.

    Args:
        accuracy, deviation: shares; no deviation where the paper gives none.
        protocol: on what split and over how many runs.
    """

    accuracy: float
    deviation: float | None
    protocol: str
    source: str


@dataclass(frozen=True)
class DataSummary:
    """How large a labelled graph is; `edges` are distinct, without loops.

    Args:
        homophily: share of the edges between labelled nodes that join two of one class; None where there are none.
    """

    name: str
    nodes: int
    edges: int
    directed: bool
    features: int
    classes: tuple[str, ...]
    train: int
    validation: int
    test: int
    homophily: float | None
    read: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Study:
    """One run or several of one model on one graph, seeds apart.

    Args:
        settings: by name, as the options are called.
        changed: names of those that are not the paper's.
        parameters: each weight array's name and shape.
        digest: SHA-256 of the graph, its features, labels and split.
        versions: of the libraries that the numbers depend on.
        threads: of torch in each run.
        published: None where no paper reports this model on this graph.
    """

    model: str
    summary: DataSummary
    settings: Mapping[str, Setting]
    changed: tuple[str, ...]
    parameters: tuple[tuple[str, tuple[int, ...]], ...]
    digest: str
    versions: Mapping[str, str]
    threads: int
    runs: tuple[Run, ...]
    published: Published | None

    @cached_property
    def accuracies(self) -> Float[Array, " n"]:
        """The test accuracy of each run."""
        return np.array([run.test_accuracy for run in self.runs])

    @property
    def mean(self) -> float:
        """Σ a / n."""
        return float(self.accuracies.mean())

    @property
    def deviation(self) -> float | None:
        """√(Σ (a − mean)² / (n − 1)); None for a single run."""
        return float(self.accuracies.std(ddof=1)) if len(self.runs) > 1 else None

    @property
    def confusion(self) -> Int[Integers, "C C"]:
        """Summed over the runs."""
        return np.sum([run.confusion for run in self.runs], axis=0)

    @property
    def best(self) -> Run:
        """The run with the highest validation accuracy, the first of equals; the test nodes have no say in it."""
        return max(self.runs, key=lambda run: run.validation_accuracy)


def summarise(graph: LabelledGraph) -> DataSummary:
    """Counts of nodes, distinct edges, features, classes, and of the nodes in each part of the split."""
    arcs, weights = graph.graph.arcs(), graph.graph.weights
    weighted = ("the weights of the edges are not used: every edge counts 1",) if np.any(weights != 1) else ()
    return DataSummary(
        name=graph.name,
        nodes=len(graph.labels),
        edges=arcs.shape[1] if graph.graph.directed else arcs.shape[1] // 2,
        directed=graph.graph.directed,
        features=rows_and_columns(graph.features)[1],
        classes=graph.classes,
        train=len(graph.train),
        validation=len(graph.validation),
        test=len(graph.test),
        homophily=_homophily(graph.labels[arcs]),
        read=graph.read + weighted,
    )


def _homophily(ends: Int[Integers, "2 E"]) -> float | None:
    known = ends[:, (ends >= 0).all(axis=0)]
    return float(np.mean(known[0] == known[1])) if known.size else None


def accuracy(labels: Integers, predicted: Integers) -> float:
    """right / all.

    >>> accuracy(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]))
    0.75
    """
    return float(np.mean(labels == predicted))


def confusion(labels: Integers, predicted: Integers, classes: int) -> Int[Integers, "C C"]:
    """confusion[i, j] = number of nodes of class i taken for class j.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class ClassResult:
    """What became of the test nodes of one class.

    Args:
        accuracy: right / nodes; None without test nodes.
        taken: the wrong class that most of them were taken for, `times` of them; None where all are right.
    """

    label: int
    nodes: int
    right: int
    accuracy: float | None
    taken: int | None
    times: int


def by_class(confusion: Int[Integers, "C C"]) -> list[ClassResult]:
    """A row of the confusion each; of equal mistakes the first.

    >>> by_class(np.array([[3, 1], [0, 0]]))[0]
    ClassResult(label=0, nodes=4, right=3, accuracy=0.75, taken=1, times=1)
    """
    mistakes = confusion - np.diag(np.diag(confusion))
    results = []
    for label, row in enumerate(confusion):
        nodes, right = int(row.sum()), int(row[label])
        taken = int(np.argmax(mistakes[label]))
        times = int(mistakes[label, taken])
        share = right / nodes if nodes else None
        results.append(ClassResult(label, nodes, right, share, taken if times else None, times))
    return results


def worst(results: Sequence[ClassResult]) -> ClassResult | None:
    """The class with the mistake made most often, the first of equals; None where there is no mistake."""
    found = max(results, key=lambda result: result.times)
    return found if found.times else None


@dataclass(frozen=True)
class Verdict:
    """Our mean beside the published accuracy.

    Args:
        points: by how much ours is higher, in hundredths.
        inside: whether that is at most the published deviation; None where the paper gives none.
    """

    points: float
    inside: bool | None


def compare(mean: float, published: Published) -> Verdict:
    """points = 100 · (mean − published);  inside: |mean − published| ≤ its deviation."""
    difference = mean - published.accuracy
    inside = None if published.deviation is None else abs(difference) <= published.deviation
    return Verdict(100 * difference, inside)


def weight_count(parameters: Sequence[tuple[str, tuple[int, ...]]]) -> int:
    """Σ of the sizes.

    >>> weight_count([("W", (1433, 16)), ("b", (16,))])
    22944
    """
    return sum(int(np.prod(shape)) for _, shape in parameters)
