"""One side of one row: epochs of GCN or GAT by mlcli or by PyTorch Geometric, in a process of its own.

    python benchmarks/graph_epoch.py mlcli|pyg gcn|gat cora|cora-all|EDGES THREADS EPOCHS

An epoch is one step of training and one evaluation. `cora` asks for what `mlcli train` asks for: the loss of the 140
training nodes, then that of the 500 validation nodes. `cora-all` and the random graphs ask for every node both times.
Prints what epochs.py reports.
"""

import sys
from collections.abc import Iterator

import numpy as np
import torch
from epochs import CLASSES, HIDDEN, random_graph, report

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.training.graph_settings import GATSettings, GCNSettings


def graph_of(name: str) -> LabelledGraph:
    """Cora, or a random graph with so many edges and a tenth as many nodes."""
    if name.startswith("cora"):
        from mlcli.datasets.labelled_graphs import load

        return load("cora")
    edges, features, labels = random_graph(int(name))
    every = np.arange(len(labels))
    names = tuple(map(str, range(len(labels))))
    return LabelledGraph(
        name=f"random {name}",
        graph=Graph(names, edges, np.ones(edges.shape[1])),
        features=features,
        labels=labels,
        classes=tuple(map(str, range(CLASSES))),
        train=every,
        validation=every,
        test=every,
    )


def settings_of(model: str, name: str, epochs: int) -> GCNSettings | GATSettings:
    """The paper's on Cora; as many hidden columns for both models on the random graphs."""
    hidden = {} if name.startswith("cora") else {"hidden": HIDDEN[model]}
    return GCNSettings(epochs=epochs, **hidden) if model == "gcn" else GATSettings(epochs=epochs, **hidden)


def ours(graph: LabelledGraph, settings: GCNSettings | GATSettings) -> Iterator[float]:
    """The losses of mlcli's epochs."""
    from mlcli.training.fitting import Fitting
    from mlcli.training.registry import task

    for epoch in Fitting(task(settings, graph), 0).run():
        yield epoch.train_loss


def theirs(graph: LabelledGraph, settings: GCNSettings | GATSettings) -> Iterator[float]:
    """The losses of the same model in PyTorch Geometric, as its own examples write it."""
    from torch.nn import functional as F
    from torch_geometric.nn import GATConv, GCNConv

    from mlcli.core.matrices import row_normalised

    torch.manual_seed(0)
    x = row_normalised(graph.features)
    x = torch.from_numpy(x if isinstance(x, np.ndarray) else x.toarray()).float()
    arcs, y = torch.from_numpy(graph.graph.arcs()), torch.from_numpy(graph.labels)
    F_in, C, h = x.shape[1], len(graph.classes), settings.hidden
    if isinstance(settings, GATSettings):
        first = GATConv(F_in, h, settings.heads, dropout=settings.dropout)
        last, act = GATConv(h * settings.heads, C, 1, concat=False, dropout=settings.dropout), F.elu
    else:  # cached: Â is computed once, as ours is
        first, last, act = GCNConv(F_in, h, cached=True), GCNConv(h, C, cached=True), F.relu
    layers = torch.nn.ModuleList([first, last])

    def logits() -> torch.Tensor:
        drop = settings.dropout
        h = act(first(F.dropout(x, drop, layers.training), arcs))
        return last(F.dropout(h, drop, layers.training), arcs)

    adam = torch.optim.Adam(layers.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    train, validation = torch.from_numpy(graph.train), torch.from_numpy(graph.validation)
    for _ in range(settings.epochs):
        layers.train()
        adam.zero_grad()
        loss = F.cross_entropy(logits()[train], y[train])
        loss.backward()
        adam.step()
        layers.eval()
        with torch.no_grad():
            F.cross_entropy(logits()[validation], y[validation]).item()
        yield loss.item()


def main(side: str, model: str, name: str, threads: str, epochs: str) -> None:
    """Run the epochs and print what they took."""
    torch.set_num_threads(int(threads))
    graph = graph_of(name)
    if name == "cora-all":
        known = np.flatnonzero(graph.labels >= 0)
        graph = LabelledGraph(**vars(graph) | {"train": known, "validation": known})
    settings = settings_of(model, name, int(epochs) + 1)
    report((ours if side == "mlcli" else theirs)(graph, settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
