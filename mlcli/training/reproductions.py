"""The tables that `reproduce` fills: which models on which data, and how a model is scored from one seed.

Each is scored on the test part, which nothing is chosen by. Networks are those of `train`, with its defaults.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mlcli
from mlcli.core.arcs import arcs_of
from mlcli.core.classification import logistic_regression
from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.node2vec import Settings as WalkSettings
from mlcli.core.pictures import LabelledPictures
from mlcli.core.pictures import summarise as summarise_pictures
from mlcli.core.recommendation import SPLIT_SEED, History, RatingSet, split
from mlcli.core.recommendation_methods import BPRSettings, Method
from mlcli.core.recommendation_ranking import quality
from mlcli.core.reproduction import Reproduction, Row
from mlcli.core.training import ACCURACY, DataSummary, Score
from mlcli.core.training_graphs import summarise as summarise_graph
from mlcli.models.recommenders import recommender
from mlcli.models.skipgram import Engine
from mlcli.training.digests import digest_of_arrays, digest_of_graph, digest_of_ratings
from mlcli.training.fitting import train
from mlcli.training.graph_settings import GATSettings, GCNSettings, SAGESettings
from mlcli.training.node2vec import Fitter
from mlcli.training.picture_settings import CNNSettings, MLPSettings
from mlcli.training.published import ELSEWHERE, PUBLISHED
from mlcli.training.registry import task
from mlcli.training.settings import Settings
from mlcli.training.side_by_side import Work
from mlcli.training.task import Task
from mlcli.training.vit_settings import ViTSettings

K = 20  # places of a ranking that are looked at
RECALL = Score(f"recall@{K}", share=True)
AnyData = LabelledGraph | LabelledPictures | RatingSet


@dataclass(frozen=True)
class Entry:
    """A model of a table, ready to be fitted.

    Args:
        name, label, told: see `Row`.
        settings: all that is chosen for it: with another choice it is another model.
        drawn: a seed changes something; else one run tells all.
    """

    name: str
    label: str
    told: str
    settings: Mapping[str, Any]
    work: Work
    drawn: bool = True

    def seeds(self, first: int, runs: int) -> tuple[int, ...]:
        """Of its runs."""
        return tuple(range(first, first + (runs if self.drawn else 1)))


@dataclass(frozen=True, eq=False)
class Table:
    """What a data set's table is made of.

    Args:
        entries: by name, in the order of telling; made when they are asked for.
    """

    data: AnyData
    score: Score
    summary: DataSummary
    digest: str
    entries: Mapping[str, Callable[[], Entry]]

    def chosen(self, only: str | None) -> list[Entry]:
        """The entries whose names stand in `only`, commas between them; all for None.

        Raises:
            InputError: a name is none of this table's.
        """
        names = list(self.entries) if only is None else [name.strip() for name in only.split(",")]
        for name in names:
            if name not in self.entries:
                message = f'"{name}" is no row of {self.data.name}'
                raise InputError(message, "--only", f"choose from {', '.join(self.entries)}")
        return [make() for name, make in self.entries.items() if name in names]

    def filled(self, entries: Sequence[Entry], scored: Mapping[tuple[str, int], Mapping[str, float]], first: int,
               runs: int) -> Reproduction:  # fmt: skip
        """With the scores of each entry's seeds."""
        rows = []
        for entry in entries:
            seeds = entry.seeds(first, runs)
            columns = {what: np.array([scored[entry.name, seed][what] for seed in seeds]) for what in
                       scored[entry.name, seeds[0]]}  # fmt: skip
            scores = columns.pop(self.score.name)
            pair = (entry.name, self.data.name)
            rows.append(
                Row(entry.name, entry.label, entry.told, seeds, scores, columns, PUBLISHED.get(pair),
                    ELSEWHERE.get(pair))
            )  # fmt: skip
        return Reproduction(self.score, self.summary, tuple(rows), self.digest, versions())


def versions() -> dict[str, str]:
    """What the numbers depend on beside the data."""
    return {"mlcli": mlcli.__version__} | {name: version(name) for name in ("numpy", "scipy", "torch", "gensim")}


def table(data: object) -> Table:
    """The table of a data set, by its kind."""
    match data:
        case LabelledGraph():
            return Table(data, ACCURACY, summarise_graph(data), digest_of_graph(data), _of_nodes(data))
        case LabelledPictures():
            parts = (data.values, data.labels, data.train, data.validation, data.test)
            digest = digest_of_arrays(parts, data.classes)
            return Table(data, ACCURACY, summarise_pictures(data), digest, _of_pictures(data))
        case RatingSet():
            history, held = split(data, SPLIT_SEED)
            users, items = history.shape
            summary = DataSummary(
                data.name, "liked items", {"users": users, "items": items, "edges to learn from": history.R.nnz}, (),
                history.R.nnz, 0, history.held_out.nnz, read=(*data.read, f"to test on: {held}"),
            )  # fmt: skip
            return Table(data, RECALL, summary, digest_of_ratings(data), _of_ratings(history))
    raise NotImplementedError(data)


def _of_nodes(data: LabelledGraph) -> dict[str, Callable[[], Entry]]:
    trained = partial(_trained, data)
    return {
        "mlp": partial(trained, MLPSettings(), "MLP, no edges"),
        "gcn": partial(trained, GCNSettings(), "GCN"),
        "gat": partial(trained, GATSettings(), "GAT"),
        "gat-uniform": partial(
            trained, GATSettings(attention="off"), "GAT, attention off", "gat-uniform", " --attention off"
        ),
        "sage": partial(trained, SAGESettings(), "GraphSAGE"),
        "node2vec": lambda: Entry(
            "node2vec",
            "node2vec",
            "vectors by mlcli node2vec with its defaults (p = q = 1, no features, torch); logistic regression on those "
            "of the nodes to train on",
            WALKED,
            Walked(data),
        ),
    }


def _of_pictures(data: LabelledPictures) -> dict[str, Callable[[], Entry]]:
    trained = partial(_trained, data)
    return {
        "logistic": lambda: Entry(
            "logistic", "logistic regression", "on the pixels: a weight for each pixel and class", {},
            Linear(data), drawn=False,
        ),
        "mlp": partial(trained, MLPSettings(), "MLP"),
        "cnn": partial(trained, CNNSettings(), "CNN"),
        "vit": partial(trained, ViTSettings(), "ViT"),
    }  # fmt: skip


def _of_ratings(history: History) -> dict[str, Callable[[], Entry]]:
    told = {
        Method.POPULARITY: ("popularity", "what most users like comes first"),
        Method.NEIGHBOURS: ("item neighbours", "cosines of items by who likes them; nothing is fitted"),
        Method.MF: ("BPR", "matrix factorisation: LightGCN without layers, its settings"),
        Method.NODE2VEC: ("node2vec", "walks from user to item to user, mlcli node2vec's defaults (p = q = 1), torch"),
        Method.LIGHTGCN: ("LightGCN", "3 layers of 64, 1,000 epochs, the defaults of its authors' code"),
    }
    plain = (Method.POPULARITY, Method.NEIGHBOURS)
    return {
        ("bpr" if method == Method.MF else str(method)): partial(
            Entry,
            "bpr" if method == Method.MF else str(method),
            *told[method],
            WALKED if method == Method.NODE2VEC else dataclasses.asdict(BPRSettings()),
            Recommended(history, method),
            drawn=method not in plain,
        )
        for method in Method
    }


WALKS, ENGINE = WalkSettings(), Engine.TORCH
WALKED = {**dataclasses.asdict(WALKS), "engine": str(ENGINE)}


def _trained(data: AnyData, settings: Settings, label: str, name: str = "", options: str = "") -> Entry:
    made = task(settings, data)
    told = f"mlcli train {settings.model} --dataset {data.name}{options}"
    return Entry(name or settings.model, label, told, dataclasses.asdict(made.settings), Trained(made))


@dataclass(frozen=True, eq=False)
class Trained:
    """A network, trained and tested as `train` does it."""

    task: Task

    def __call__(self, seed: int) -> dict[str, float]:
        """Of the weights that the validation part chose."""
        run = train(self.task, seed, lambda epoch: None).run
        return {self.task.score.name: run.test_score, **run.more}


@dataclass(frozen=True, eq=False)
class Walked:
    """node2vec's vectors of all nodes, and a linear classifier on those of the nodes to train on."""

    data: LabelledGraph

    def __call__(self, seed: int) -> dict[str, float]:
        """Each node is given the class of the highest w · x + b."""
        fitter = Fitter(WALKS, ENGINE, 1, seed, lambda what, total: lambda done: None)
        X = fitter.fit(arcs_of(self.data.graph)).embedding.vectors.astype(np.float64)
        return {ACCURACY.name: _linear(X, self.data)}


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear classifier on pixels from 0 to 1."""

    data: LabelledPictures

    def __call__(self, seed: int) -> dict[str, float]:
        """The same from every seed."""
        X = self.data.values.reshape(len(self.data.labels), -1) / self.data.brightest
        return {ACCURACY.name: _linear(X, self.data)}


@dataclass(frozen=True, eq=False)
class Recommended:
    """A way to score items, measured on what was held out, all unseen items ranked."""

    history: History
    method: Method

    def __call__(self, seed: int) -> dict[str, float]:
        """Means over the users of whom something was held out."""
        fitted = recommender(self.history, self.method, BPRSettings(), seed, lambda epoch, loss: None, ENGINE)
        found = quality(fitted.scores, self.history, K)
        return {RECALL.name: found.recall, f"NDCG@{K}": found.NDCG}


def _linear(X: NDArray[np.float64], data: LabelledGraph | LabelledPictures) -> float:
    """The share of the test part that is right by logistic regression on the training part, each class against all."""
    Y = data.labels[:, None] == np.arange(len(data.classes))
    W, b = logistic_regression(X[data.train], Y[data.train])
    given = (X[data.test] @ W.T + b).argmax(axis=1)
    return float((given == data.labels[data.test]).mean())
