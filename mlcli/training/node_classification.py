"""The task of the graph networks: tell the class of each node, from a few whose class is known."""

from collections.abc import Iterable
from dataclasses import replace

from torch import Tensor, nn

from mlcli.core.graphs import LabelledGraph
from mlcli.core.numerics import rows_and_columns
from mlcli.core.training import DataSummary
from mlcli.core.training_graphs import summarise
from mlcli.models.gat import GAT
from mlcli.models.gcn import GCN
from mlcli.models.receptive_field import Field, inputs
from mlcli.training.digests import digest_of_graph
from mlcli.training.graph_settings import GATSettings, GCNSettings
from mlcli.training.stopping import PatienceRule, StoppingRule, WindowRule
from mlcli.training.task import Classification, Part, Rng

Network = GCN | GAT


class NodeClassification(Classification):
    """One batch an epoch: all nodes that are trained on, and as much of the graph as they depend on."""

    loss_formula = "−1/{train} Σ_v log softmax(logits_v)[class of v]   v to train on"

    def __init__(self, data: LabelledGraph, settings: GCNSettings | GATSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        ready = inputs(data)
        self.fields: dict[Part, Field] = {"train": ready.train, "validation": ready.validation, "test": ready.test}

    def summary(self) -> DataSummary:
        """Nodes, edges, features, classes, and how they were read."""
        told = summarise(self.data)
        return replace(told, read=(*told.read, "each node's features are divided by the sum of their sizes"))

    def digest(self) -> str:
        """Of the graph, its features, labels and split."""
        return digest_of_graph(self.data)

    def network(self, rng: Rng) -> Network:
        """With as many inputs as there are features and as many outputs as there are classes."""
        return new_network(self.settings, rows_and_columns(self.data.features)[1], len(self.data.classes), rng)

    def batches(self, rng: Rng) -> Iterable[Field]:
        """All nodes to train on."""
        return (self.fields["train"],)

    def parts(self, part: Part) -> Iterable[Field]:
        """All nodes of the part."""
        return (self.fields[part],)

    def logits(self, network: nn.Module, batch: Field, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Of the nodes wanted."""
        return network(batch.parts, batch.x, rng), batch.labels

    def decayed(self, network: nn.Module) -> list[nn.Parameter]:
        """As each paper has it."""
        return network.decayed()  # type: ignore[operator, no-any-return]

    def stopping_rule(self) -> StoppingRule:
        """The one published with the model."""
        settings = self.settings
        return WindowRule(settings.window) if hasattr(settings, "window") else PatienceRule(settings.patience)


def new_network(settings: GCNSettings | GATSettings, F_in: int, classes: int, rng: Rng) -> Network:
    """A network before training."""
    match settings:
        case GCNSettings():
            return GCN(F_in, settings.hidden, classes, settings.dropout, rng)
        case GATSettings():
            return GAT(
                F_in,
                settings.hidden,
                classes,
                heads=settings.heads,
                output_heads=settings.output_heads,
                dropout=settings.dropout,
                slope=settings.slope,
                rng=rng,
            )
