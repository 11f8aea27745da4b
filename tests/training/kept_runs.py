"""Tasks of a second or less, of every kind of model, with dropout, schedules and several batches an epoch."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mlcli.core.recommendation import RatingSet
from mlcli.core.sequence_problems import Adding
from mlcli.core.texts import Text
from mlcli.datasets.sequence_pairs import load
from mlcli.training.edge_settings import EmbeddingSettings
from mlcli.training.graph_settings import GATSettings, GATv2Settings, GCNSettings, SAGESettings
from mlcli.training.picture_settings import CNNSettings, MLPSettings
from mlcli.training.rating_settings import LightGCNSettings
from mlcli.training.registry import task
from mlcli.training.sequence_settings import GRUSettings, LSTMSettings
from mlcli.training.state import State
from mlcli.training.task import Task
from mlcli.training.transformer_settings import TransformerSettings
from tests.core.recommendation import drawn_ratings
from tests.models.graphs import random_graph
from tests.training.tasks import LineSettings, LineTask, points
from tests.training.test_picture_classification import pictures


def pairs() -> Any:
    data = load("reverse")
    return replace(data, train=data.train[:97], validation=data.validation[:41], test=data.test[:23])


def ratings() -> RatingSet:
    return RatingSet("drawn", drawn_ratings(np.random.default_rng(3), users=23, items=41))


TEXT = Text("rhyme", "the cat sat on the mat; the rat sat on the cat. " * 23)
KEPT: dict[str, Callable[[], Task]] = {
    "line": lambda: LineTask(points(), LineSettings(epochs=3, optimizer="sgd", schedule="step", warmup=2)),
    "gcn": lambda: task(GCNSettings(epochs=7, hidden=5), random_graph(2)),
    "gat": lambda: task(GATSettings(epochs=7, hidden=5, heads=3, optimizer="adamw"), random_graph(2)),
    "sage": lambda: task(SAGESettings(epochs=3, hidden=5, batch=2, fanout="2,3"), random_graph(2)),
    "gatv2": lambda: task(GATv2Settings(epochs=3, hidden=5, heads=3, layers=3), random_graph(2)),
    "mlp": lambda: task(MLPSettings(epochs=3, hidden=5, batch=16, schedule="cosine"), pictures()),
    "cnn": lambda: task(CNNSettings(epochs=3, hidden=13, channels=3, batch=16, dropout=0.3), pictures()),
    "gru": lambda: task(GRUSettings(length=5, hidden=7, epochs=2, steps=3), Adding()),
    "lstm": lambda: task(LSTMSettings(length=5, hidden=7, epochs=3, steps=3, dropout=0.2), TEXT),
    "transformer": lambda: task(
        TransformerSettings(length=3, d_model=8, heads=2, d_ff=5, epochs=2, batch=31, dropout=0.1), pairs()
    ),
    "embedding": lambda: task(EmbeddingSettings(dimensions=3, epochs=3, batch=17), random_graph(2)),
    "lightgcn": lambda: task(LightGCNSettings(dimensions=5, epochs=3, batch=31), ratings()),
}


def same(a: State, b: State) -> bool:
    """To the last bit."""
    return a.to_bytes() == b.to_bytes()
