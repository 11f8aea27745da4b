"""The task of a node embedding: tell pairs of nodes that an edge joins from pairs that none does."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.evaluation import Case, ClassesExamined, hardest, judge
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.node_embedding import EdgeSet, Pairs, have_common_neighbour, split_edges, with_non_edges
from mlcli.core.numerics import sigmoid
from mlcli.core.prediction import Asking, Given, LinkPrediction
from mlcli.core.training import ACCURACY, DataSummary, Published
from mlcli.lesson import Step
from mlcli.models.node_embedding import NodeEmbedding
from mlcli.training.digests import digest_of_arrays
from mlcli.training.edge_settings import EmbeddingSettings
from mlcli.training.edges_shown import maps, update_on
from mlcli.training.stopping import StoppingRule, WindowRule
from mlcli.training.task import Loss, Measured, Part, Rng, Task, Vectors, shuffled

SPLIT_SEED = 0  # one split for all runs
Batch = tuple[Tensor, Tensor]


class EdgePrediction(Task):
    """Edges, and in each epoch as many other pairs drawn anew."""

    score = ACCURACY
    case_axes = (1, 0)
    loss_formula = "the mean of − log σ(s) over edges and of − log σ(−s) over as many pairs drawn anew that are none"

    def __init__(self, data: EdgeSet | LabelledGraph, settings: EmbeddingSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.split = split_edges(data.graph, SPLIT_SEED)
        rng = np.random.default_rng([SPLIT_SEED, 6])
        self.pairs: dict[Part, Pairs] = {
            part: with_non_edges(getattr(self.split, part), self.split, rng) for part in ("train", "validation", "test")
        }
        self.steps = -(-self.split.train.shape[1] // settings.batch)

    def summary(self) -> DataSummary:
        """Nodes and edges; a pair is counted once, whatever its direction and weight."""
        parts = [getattr(self.split, part).shape[1] for part in ("train", "validation", "test")]
        sizes = {"nodes": self.split.nodes, "edges": sum(parts)}
        rule = "a tenth of the edges to validate on and a tenth to test on, each part with as many pairs that are none"
        return DataSummary(self.data.name, "edges", sizes, (), *parts, read=(*_of_edges(self.data), rule))

    def digest(self) -> str:
        """Of the edges and their parts."""
        return digest_of_arrays((self.split.train, self.split.validation, self.split.test), self.data.graph.names)

    def network(self, rng: Rng) -> NodeEmbedding:
        """A vector for each node."""
        return NodeEmbedding(self.split.nodes, self.settings.dimensions, rng)

    def batches(self, rng: Rng) -> Iterator[Batch]:
        """Edges in a random order, with pairs drawn anew."""
        edges = self.split.train
        for some in shuffled(edges.shape[1], self.settings.batch, rng):
            yield _tensors(with_non_edges(edges[:, some.numpy()], self.split, rng))

    def loss(self, network: nn.Module, batch: Batch, rng: Rng) -> Loss:
        """Of the edges and the other pairs alike; the share that is taken for what it is."""
        ends, labels = batch
        s = network(ends)
        return Loss(F.binary_cross_entropy_with_logits(s, labels), _right(s, labels), len(labels))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """On pairs that stay the same; of the test part the area under the ROC curve too."""
        ends, labels = _tensors(self.pairs[part])
        s = network(ends)
        loss = F.binary_cross_entropy_with_logits(s, labels).item()
        more = {"ROC AUC": _auc(s, labels)} if part == "test" else {}
        return Measured(loss, _right(s, labels), more=more)

    def stopping_rule(self) -> StoppingRule:
        """The last weights: few edges are held out, so that their score says little of a single epoch."""
        return WindowRule(0)

    def published(self) -> Published:
        """What is to be beaten."""
        pairs = self.pairs["test"]
        right = float(np.mean(have_common_neighbour(self.split, pairs.ends) == (pairs.labels == 1)))
        guess = "taking a pair for an edge where both ends share a neighbour"
        return Published(right, None, guess, "no learning", baseline=True)

    def examined(self, network: nn.Module, part: Part, most: int) -> ClassesExamined:
        """Pairs of two classes: softmax(0, s) is 1 − σ(s) and σ(s)."""
        ends, labels = _tensors(self.pairs[part])
        s = network(ends).double().numpy()
        judged = judge(labels.long().numpy(), np.stack([np.zeros(len(s)), s], axis=1))
        names = self.data.graph.names
        cases = (
            Case(f"{names[u]}, {names[v]}", int(judged.labels[i]), int(judged.predicted[i]), judged.probabilities[i])
            for i in hardest(judged, most).tolist()
            for u, v in [ends[:, i].tolist()]
        )
        return ClassesExamined(("no edge", "edge"), judged, tuple(cases), "pairs")

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> LinkPrediction:
        """Of two nodes, as an edge is written in a list: Ann,Bob."""
        assert isinstance(network, NodeEmbedding)
        names = self.data.graph.names
        u, v = self._ends(given.name)
        E = network.E.detach().double().numpy()
        ends = np.array([[u], [v]])
        parts = (
            part for part in self.pairs if (np.sort(getattr(self.split, part), 0) == np.sort(ends, 0)).all(0).any()
        )
        scores = E @ E[u]
        free = np.flatnonzero(~self.split.joined(np.stack([np.full(len(E), u), np.arange(len(E))])))
        free = free[free != u]
        s = float(scores[v])
        return LinkPrediction(
            given, names[u], names[v], E[u], E[v], E[u] * E[v], s, float(sigmoid(np.array([s]))[0]), next(parts, ""),
            int((scores[free] > s).sum()), len(free),
        )  # fmt: skip

    def _ends(self, text: str) -> tuple[int, int]:
        graph = self.data.graph
        cuts = [i for i, sign in enumerate(text) if sign == ","]
        pairs = [(text[:i].strip(), text[i + 1 :].strip()) for i in cuts]
        if not pairs:
            example = ",".join(graph.names[:2])
            raise InputError(f'"{text}" is not two nodes', "INPUT", f"as an edge in a list: {example}")
        known = set(graph.names)
        a, b = next((pair for pair in pairs if known.issuperset(pair)), pairs[0])
        u, v = graph.position(a, "INPUT"), graph.position(b, "INPUT")
        if u == v:
            raise InputError(f'"{text}" is one node twice', "INPUT", "an edge joins two")
        return u, v

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """All vectors on a plane."""
        return () if given is None else (f"mlcli evaluate {run} --map pca",)

    def vectors(self, network: nn.Module) -> Vectors:
        """The table itself."""
        assert isinstance(network, NodeEmbedding)
        return Vectors("the node vectors", network.E.detach().double().numpy(), self.data.graph.names,
                       _groups(self.data))  # fmt: skip

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """The map before and after, and one update in numbers."""
        assert isinstance(network, NodeEmbedding)
        first = self.network(np.random.default_rng(SPLIT_SEED))
        before, after = (model.E.detach().numpy().astype(np.float64) for model in (first, network))
        names, groups = self.data.graph.names, _groups(self.data)
        return (*maps(before, after, names, groups), update_on(after, self.split, names, SPLIT_SEED))


def _tensors(pairs: Pairs) -> Batch:
    return torch.from_numpy(pairs.ends), torch.from_numpy(pairs.labels).float()


def _right(s: Tensor, labels: Tensor) -> float:
    return float(((s > 0) == (labels == 1)).double().mean())


def _auc(s: Tensor, labels: Tensor) -> float:
    """The share of (edge, other pair) in which the edge scores higher; a tie counts half."""
    edges, others = s[labels == 1], s[labels == 0].sort().values
    below = torch.searchsorted(others, edges) + torch.searchsorted(others, edges, right=True)
    return float(below.double().mean() / (2 * len(others)))


def _of_edges(data: EdgeSet | LabelledGraph) -> tuple[str, ...]:
    """What was done to the edges; what a labelled graph says next is of features and classes, which are not used."""
    return data.read if isinstance(data, EdgeSet) else data.read[:1]


def _groups(data: EdgeSet | LabelledGraph) -> tuple[str, ...]:
    if isinstance(data, EdgeSet):
        return data.groups
    return tuple(data.classes[label] if label >= 0 else "unknown" for label in data.labels)
