"""One side of one row: an epoch of sampled GraphSAGE by mlcli, PyTorch Geometric or DGL, in a process of its own.

    python benchmarks/sampled_epoch.py mlcli|pyg|dgl EDGES THREADS EPOCHS

The random graph of the other rows. An epoch is a step of training for every 1,024 nodes, each hearing 10 neighbours at
most and each of those 10, drawn anew; then one evaluation of all nodes that hear all their neighbours. The sizes, the
dropout and the optimiser are those of `mlcli train sage`. The peers sample in this process, as mlcli does: with one
thread, a second process would be a second thread. PyTorch Geometric and DGL have environments of their own
(peers/pyg_sampling.txt, peers/dgl.txt) without mlcli. Prints what epochs.py reports.
"""

import os
import sys
from collections.abc import Callable, Iterator

os.environ.setdefault("DGLBACKEND", "pytorch")  # else DGL writes a settings file into the user's home

import numpy as np
import torch
from epochs import CLASSES, FEATURES, random_graph, report
from torch import Tensor
from torch.nn import functional as F

BATCH, FANOUT, HIDDEN, DROPOUT, RATE, DECAY = 1024, [10, 10], 64, 0.5, 0.01, 5e-4


def ours(E: int, epochs: int) -> Iterator[float]:
    """The losses of mlcli's epochs."""
    from graph_epoch import graph_of

    from mlcli.training.fitting import Fitting
    from mlcli.training.graph_settings import SAGESettings
    from mlcli.training.registry import task

    fanout = ",".join(map(str, FANOUT))
    settings = SAGESettings(
        batch=BATCH, fanout=fanout, hidden=HIDDEN, dropout=DROPOUT, lr=RATE, weight_decay=DECAY, epochs=epochs
    )
    for epoch in Fitting(task(settings, graph_of(str(E))), 0).run():
        if epoch is not None:
            yield epoch.train_loss


def read(E: int) -> tuple[Tensor, Tensor, Tensor]:
    """Arcs both ways, features whose rows sum to one, labels."""
    pairs, features, labels = random_graph(E)
    x = torch.from_numpy(features / abs(features).sum(axis=1, keepdims=True)).float()
    arcs = torch.from_numpy(np.concatenate([pairs, pairs[::-1]], axis=1))
    return arcs, x, torch.from_numpy(labels)


def fit(
    layers: torch.nn.ModuleList,
    epochs: int,
    batches: Callable[[], Iterator[tuple[Callable[[], Tensor], Tensor]]],
    everything: Callable[[], Tensor],
    y: Tensor,
) -> Iterator[float]:
    """The losses of the peers' epochs.

    Args:
        batches: of an epoch, each as a function that computes its logits, and its labels.
        everything: computes the logits of all nodes.
    """
    parameters = [*layers.parameters()]
    matrices, biases = ([p for p in parameters if (p.ndim > 1) == wanted] for wanted in (True, False))
    adam = torch.optim.Adam([{"params": matrices, "weight_decay": DECAY}, {"params": biases}], lr=RATE)
    for _ in range(epochs):
        layers.train()
        total = 0.0
        for logits, labels in batches():
            adam.zero_grad()
            loss = F.cross_entropy(logits(), labels)
            loss.backward()
            adam.step()
            total += loss.item() * len(labels)
        layers.eval()
        with torch.no_grad():
            F.cross_entropy(everything(), y).item()
        yield total / len(y)


def pyg(E: int, epochs: int) -> Iterator[float]:
    """PyTorch Geometric, as its own examples write it."""
    from torch_geometric.data import Data
    from torch_geometric.loader import NeighborLoader
    from torch_geometric.nn import SAGEConv

    torch.manual_seed(0)
    arcs, x, y = read(E)
    layers = torch.nn.ModuleList([SAGEConv(FEATURES, HIDDEN), SAGEConv(HIDDEN, CLASSES)])
    loader = NeighborLoader(Data(x, arcs, y=y), FANOUT, batch_size=BATCH, shuffle=True)

    def logits(x: Tensor, arcs: Tensor) -> Tensor:
        h = F.relu(layers[0](F.dropout(x, DROPOUT, layers.training), arcs))
        return layers[1](F.dropout(h, DROPOUT, layers.training), arcs)

    def batches() -> Iterator[tuple[Callable[[], Tensor], Tensor]]:
        for batch in loader:
            wanted = batch.batch_size  # these come first
            yield lambda batch=batch, wanted=wanted: logits(batch.x, batch.edge_index)[:wanted], batch.y[:wanted]

    return fit(layers, epochs, batches, lambda: logits(x, arcs), y)


def dgl(E: int, epochs: int) -> Iterator[float]:
    """DGL, as its own examples write it."""
    import dgl
    from dgl.dataloading import DataLoader, NeighborSampler
    from dgl.nn.pytorch import SAGEConv

    torch.manual_seed(0)
    arcs, x, y = read(E)
    graph = dgl.graph((arcs[0], arcs[1]), num_nodes=len(x))
    layers = torch.nn.ModuleList([SAGEConv(FEATURES, HIDDEN, "mean"), SAGEConv(HIDDEN, CLASSES, "mean")])
    loader = DataLoader(graph, torch.arange(len(x)), NeighborSampler(FANOUT), batch_size=BATCH, shuffle=True)

    def logits(first: object, last: object, x: Tensor) -> Tensor:
        h = F.relu(layers[0](first, F.dropout(x, DROPOUT, layers.training)))
        return layers[1](last, F.dropout(h, DROPOUT, layers.training))

    def batches() -> Iterator[tuple[Callable[[], Tensor], Tensor]]:
        for read_nodes, wanted, blocks in loader:
            yield lambda r=read_nodes, b=blocks: logits(*b, x[r]), y[wanted]

    return fit(layers, epochs, batches, lambda: logits(graph, graph, x), y)


def main(side: str, edges: str, threads: str, epochs: str) -> None:
    """Run the epochs and print what they took."""
    torch.set_num_threads(int(threads))
    report({"mlcli": ours, "pyg": pyg, "dgl": dgl}[side](int(edges), int(epochs) + 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
