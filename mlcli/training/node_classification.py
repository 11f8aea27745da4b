"""The task of the graph networks: tell the class of each node, from a few whose class is known."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.matrices import rows_and_columns
from mlcli.core.numerics import softmax
from mlcli.core.prediction import Asking, ClassPrediction, Given, Neighbour
from mlcli.core.propagation import normalised_adjacency
from mlcli.core.training import DataSummary
from mlcli.core.training_graphs import summarise
from mlcli.models.adjacency import mean_adjacency, sum_adjacency
from mlcli.models.gat import GAT, UniformGAT
from mlcli.models.gatv2 import GATv2
from mlcli.models.gcn import GCN
from mlcli.models.gin import GIN
from mlcli.models.mlp import MLP
from mlcli.models.receptive_field import Field, inputs
from mlcli.models.sage import SAGE
from mlcli.training.classification import Classification
from mlcli.training.digests import digest_of_graph
from mlcli.training.graph_formulas import formulas
from mlcli.training.graph_memory import runs_that_fit
from mlcli.training.graph_settings import GATSettings, GCNSettings, GINSettings, GraphSettings, SAGESettings
from mlcli.training.last_read import last_read
from mlcli.training.settings import Settings
from mlcli.training.stopping import PatienceRule, StoppingRule, WindowRule
from mlcli.training.task import PARTS, Part, Rng, Vectors, shuffled

ADJACENCY = {"sage": mean_adjacency, "gin": sum_adjacency}  # for the others Â with loops


class NodeClassification(Classification):
    """One batch an epoch: all nodes that are trained on, and as much of the graph as they depend on."""

    loss_formula = "−1/{train} Σ_v log softmax(logits_v)[class of v]   v to train on"

    def __init__(self, data: LabelledGraph, settings: Settings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        layers = settings.layers if isinstance(settings, GraphSettings) else 0  # an MLP hears nobody
        self.ready = ready = inputs(data, layers, adjacency=ADJACENCY.get(settings.model, normalised_adjacency))
        self.fields: dict[Part, Field] = {"train": ready.train, "validation": ready.validation, "test": ready.test}

    def summary(self) -> DataSummary:
        """Nodes, edges, features, classes, and how they were read."""
        told = summarise(self.data)
        return replace(told, read=(*told.read, self.data.division)) if self.data.divided else told

    def digest(self) -> str:
        """Of the graph, its features, labels and split."""
        return digest_of_graph(self.data)

    def network(self, rng: Rng) -> nn.Module:
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

    def outputs(self, network: nn.Module) -> NDArray[Any]:
        """Of every node."""
        with torch.no_grad():
            logits, _ = self.logits(network, self.ready.every, None)
        return logits.numpy()

    def at_once(self, most: int) -> int:
        """By what a run takes; the graph itself is shared."""
        return runs_that_fit(self.data, self.settings, most)

    def described(self, part: Part, place: int) -> Mapping[str, Any]:
        """Its name, and the classes of those around it."""
        v = int(getattr(self.data, part)[place])
        known = self.data.labels[self._neighbours(v)]
        counts = np.bincount(known[known >= 0], minlength=len(self.data.classes))
        return {"name": self.data.graph.names[v], "neighbours": tuple(counts.tolist())}

    def _neighbours(self, v: int) -> NDArray[np.int64]:
        """Those whose messages reach v."""
        A = self.ready.A
        heard = A.indices[A.indptr[v] : A.indptr[v + 1]]
        return heard[heard != v].astype(np.int64)

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> ClassPrediction:
        """Of a node, by its name."""
        data, logits = self.data, self.outputs(network).astype(np.float64)
        v = data.graph.position(given.name, "INPUT")
        p = softmax(logits)
        around = tuple(
            Neighbour(data.graph.names[u], label if label >= 0 else None, int(p[u].argmax()), float(p[u].max()))
            for u in self._neighbours(v).tolist()
            for label in (int(data.labels[u]),)
        )
        part = next((part for part in PARTS if v in getattr(data, part)), "")
        label = int(data.labels[v])
        return ClassPrediction(
            given, data.classes, logits[v], p[v], label if label >= 0 else None, part, neighbours=around
        )

    def vectors(self, network: nn.Module) -> Vectors:
        """What the last layer reads of each node."""
        with last_read(network) as read:
            self.outputs(network)
        data = self.data
        groups = tuple(data.classes[label] if label >= 0 else "unknown" for label in data.labels.tolist())
        return Vectors("what the last layer reads of each node", np.concatenate(read), data.graph.names, groups)

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """The messages that a node gets."""
        node = "" if given is None else f" --node {shlex.quote(given)}"
        return (f"mlcli gnn-propagate --weights {run}{node}",)

    @property
    def formulas(self) -> tuple[str, ...]:
        """By the number of layers."""
        return formulas(self.settings) if isinstance(self.settings, GraphSettings) else super().formulas

    def decayed(self, network: nn.Module) -> list[nn.Parameter]:
        """As each paper has it."""
        return network.decayed()  # type: ignore[operator, no-any-return]

    def stopping_rule(self) -> StoppingRule:
        """The one published with the model."""
        match self.settings:
            case GCNSettings():
                return WindowRule(self.settings.window)
            case GATSettings():
                return PatienceRule(self.settings.patience)
        return super().stopping_rule()


class SampledClassification(NodeClassification):
    """Several batches an epoch if the settings say so: a few nodes to train on, and some of what they depend on.

    What is measured is measured on the whole graph.
    """

    def __init__(self, data: LabelledGraph, settings: SAGESettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.batch = settings.batch
        if self.batch:
            self.steps, self.case_axes = -(-len(data.train) // self.batch), (0,)

    def summary(self) -> DataSummary:
        """Also how neighbours are drawn."""
        told = super().summary()
        if not self.batch:
            return told
        heard = ", and each of those ".join(map(_most, self.settings.fanouts))
        drawn = f"in training a node hears {heard}, drawn anew for every step"
        return replace(told, read=(*told.read, drawn))

    def batches(self, rng: Rng) -> Iterable[Any]:
        """Nodes to train on; or what all of them depend on."""
        if not self.batch:
            return super().batches(rng)
        nodes = torch.from_numpy(self.data.train)
        return (nodes[some] for some in shuffled(len(nodes), self.batch, rng))

    def logits(self, network: nn.Module, batch: Any, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Of the nodes wanted."""
        if isinstance(batch, Tensor):
            assert rng is not None
            seed = int(rng.integers(2**63))  # the same in all processes that share the batch
            rng = np.random.default_rng([seed, int(batch[0])])  # each drops of the nodes that it reads
            batch = self.ready.sampled(batch.numpy(), self.settings.fanouts, seed)
        return super().logits(network, batch, rng)


class FeatureClassification(NodeClassification):
    """The same nodes and split for a model that sees no edges: what the graph adds is the difference."""

    def summary(self) -> DataSummary:
        """Nodes, features, classes; nothing of the edges."""
        told = super().summary()
        sizes = {what: count for what, count in told.sizes.items() if what != "edges"}
        return replace(told, sizes=sizes, facts={}, read=(*told.read, "the edges are not looked at"))

    def network(self, rng: Rng) -> MLP:
        """With as many inputs as there are features and as many outputs as there are classes."""
        F_in = rows_and_columns(self.data.features)[1]
        return MLP((F_in, self.settings.hidden, len(self.data.classes)), self.settings.dropout, rng)

    def logits(self, network: nn.Module, batch: Field, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Of the nodes wanted."""
        return network(batch.x, rng), batch.labels

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """No messages: none."""
        return ()

    def stopping_rule(self) -> StoppingRule:
        """That of GCN, beside which it is published; with patience the best weights."""
        return super().stopping_rule() if self.settings.patience else WindowRule(self.settings.window)


def _most(neighbours: int) -> str:
    return f"{neighbours} of its neighbours at most" if neighbours else "all of its neighbours"


def new_network(settings: Settings, F_in: int, classes: int, rng: Rng) -> nn.Module:
    """A network before training."""
    match settings:
        case GCNSettings() | SAGESettings() | GINSettings():
            kind = {"gcn": GCN, "sage": SAGE, "gin": GIN}[settings.model]
            return kind(F_in, settings.hidden, classes, settings.dropout, rng, settings.layers)
        case GATSettings():
            kind = {"gat": GAT, "gatv2": GATv2}[settings.model] if settings.attention == "on" else UniformGAT
            return kind(
                F_in,
                settings.hidden,
                classes,
                heads=settings.heads,
                output_heads=settings.output_heads,
                dropout=settings.dropout,
                slope=settings.slope,
                rng=rng,
                layers=settings.layers,
            )
    raise NotImplementedError(settings.model)
