"""Which models there are, what each can learn, and by which task; read without torch.

A kind of data is what the catalogue calls it, and what a data set says of itself: `node classification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mlcli.training.edge_settings import EmbeddingSettings
from mlcli.training.graph_settings import GATSettings, GATv2Settings, GCNSettings, GINSettings, SAGESettings
from mlcli.training.picture_settings import CNNSettings, MLPSettings
from mlcli.training.rating_settings import LightGCNSettings
from mlcli.training.sequence_settings import LABELLING, REGRESSION, TEXT, GRUSettings, LSTMSettings, RNNSettings
from mlcli.training.settings import Settings
from mlcli.training.transformer_settings import PAIRS, SETS, TransformerSettings
from mlcli.training.vit_settings import ViTSettings

EDGES = "mlcli.training.edge_prediction:EdgePrediction"
GRAPH = {"node classification": "mlcli.training.node_classification:NodeClassification"}
FEATURES = "mlcli.training.node_classification:FeatureClassification"
PICTURES = "mlcli.training.picture_classification:PictureClassification"
SEQUENCES = {
    REGRESSION: "mlcli.training.sequence_problems:SequenceRegression",
    LABELLING: "mlcli.training.sequence_problems:SequenceLabelling",
    TEXT: "mlcli.training.language:Language",
}


@dataclass(frozen=True)
class Model:
    """One line of the table.

    Args:
        help: one sentence for `--help`.
        tasks: for each kind of data that it can learn, the class of the task: "module:Class".
        default: the data set if none is named.
        examples: command lines that run in a few seconds without a download.
        files: the kinds of data of which the user may give files; None for all that it can learn.
    """

    settings: type[Settings]
    help: str
    tasks: Mapping[str, str]
    default: str
    examples: tuple[str, ...]
    files: tuple[str, ...] | None = None


MODELS: dict[str, Model] = {
    "mlp": Model(
        MLPSettings,
        "Train a network of dense layers on pictures, or on the features of nodes without their edges.",
        {"pictures": PICTURES, "node classification": FEATURES},
        "digits",
        ("mlcli train mlp --epochs 20", "mlcli train mlp --dataset digits-graph"),
    ),
    "cnn": Model(
        CNNSettings,
        "Train a small convolutional network on pictures.",
        {"pictures": PICTURES},
        "digits",
        ("mlcli train cnn --epochs 5", "mlcli train cnn --epochs 3 --channels 4"),
    ),
    "vit": Model(
        ViTSettings,
        "Train a small vision Transformer (ViT), which reads a picture as a text of patches.",
        {"pictures": "mlcli.training.vit_classification:PatchClassification"},
        "digits",
        ("mlcli train vit --epochs 3", "mlcli train vit --epochs 3 --patch 4 --d-model 16"),
    ),
    "gcn": Model(
        GCNSettings,
        "Train a graph convolutional network (GCN), settings as in its paper, and tell how it went.",
        GRAPH,
        "digits-graph",
        ("mlcli train gcn", "mlcli train gcn --dataset karate --runs 3"),
    ),
    "gat": Model(
        GATSettings,
        "Train a graph attention network (GAT), settings as in its paper, and tell how it went.",
        GRAPH,
        "digits-graph",
        (
            "mlcli train gat --epochs 60",
            "mlcli train gat --edges sample_data/edges.csv --labels sample_data/labels.csv",
        ),
    ),
    "embedding": Model(
        EmbeddingSettings,
        "Train a vector for each node by dot products, so that joined nodes score high and others low.",
        {"graph": EDGES, "node classification": EDGES},
        "karate",
        ("mlcli train embedding", "mlcli train embedding --edges sample_data/edges.csv --dimensions 8"),
        files=("graph",),
    ),
    "lightgcn": Model(
        LightGCNSettings,
        "Train LightGCN to recommend, settings as its authors', and rank all items that are new to each user.",
        {"ratings": "mlcli.training.rating_ranking:RatingRanking"},
        "synthetic-ratings",
        (
            "mlcli train lightgcn --epochs 100",
            "mlcli train lightgcn --ratings sample_data/ratings.csv --layers 1 --epochs 50",
        ),
    ),
    "transformer": Model(
        TransformerSettings,
        "Train a Transformer to answer sequences of digits, or its encoder alone to find the odd picture of a set.",
        {
            PAIRS: "mlcli.training.sequence_pairs:SequenceToSequence",
            SETS: "mlcli.training.set_anomaly:OddOneOutTask",
        },
        "reverse",
        (
            "mlcli train transformer --dataset copy --epochs 1 --d-model 16",
            "mlcli train transformer --dataset set-anomaly-digits --epochs 1 --d-model 16",
        ),
    ),
    "gatv2": Model(
        GATv2Settings,
        "Train GATv2, graph attention whose order of neighbours depends on who listens, and tell how it went.",
        GRAPH,
        "digits-graph",
        ("mlcli train gatv2 --dataset karate --epochs 60",),
    ),
    "sage": Model(
        SAGESettings,
        "Train GraphSAGE with the mean of the neighbours, the lecture's own layer, and tell how it went.",
        {"node classification": "mlcli.training.node_classification:SampledClassification"},
        "digits-graph",
        ("mlcli train sage --dataset karate", "mlcli train sage --batch 50 --fanout 5,5 --epochs 10"),
    ),
    "gin": Model(
        GINSettings,
        "Train a graph isomorphism network (GIN), which sums over neighbours, and tell how it went.",
        GRAPH,
        "digits-graph",
        ("mlcli train gin --dataset karate",),
    ),
    "rnn": Model(
        RNNSettings,
        "Train a simple recurrent network (RNN) on adding, copy-memory or the characters of a text.",
        SEQUENCES,
        "adding",
        ("mlcli train rnn --length 10 --epochs 3", "mlcli train rnn --dataset text --hidden 32 --epochs 3"),
    ),
    "gru": Model(
        GRUSettings,
        "Train a gated recurrent network (GRU) on adding, copy-memory or the characters of a text.",
        SEQUENCES,
        "adding",
        ("mlcli train gru --length 10 --epochs 3", "mlcli train gru --dataset copy-memory --length 3 --epochs 3"),
    ),
    "lstm": Model(
        LSTMSettings,
        "Train an LSTM on adding, copy-memory or the characters of a text.",
        SEQUENCES,
        "adding",
        ("mlcli train lstm --length 10 --epochs 5", "mlcli train lstm --dataset text --hidden 32 --epochs 5"),
    ),
}


def models_for(kind: str) -> tuple[str, ...]:
    """Names of the models that can learn this kind of data."""
    return tuple(name for name, model in MODELS.items() if kind in model.tasks)


def task(settings: Settings, data: Any, device: str = "cpu") -> Any:
    """The task of this model on this data: a `training.task.Task`.

    Raises:
        InputError: it would not fit into the memory that is free.
    """
    if data.kind == "node classification":
        from mlcli.training.graph_memory import refuse_too_large

        refuse_too_large(data, settings)
    module, _, name = MODELS[settings.model].tasks[data.kind].partition(":")
    return getattr(import_module(module), name)(data, settings.filled(data.kind), device)
