"""The peer's side of a row: epochs of GCN or GAT by DGL, in a process of DGL's own environment (peers/dgl.txt).

    python benchmarks/graph_epoch_dgl.py gcn|gat EDGES THREADS EPOCHS

The same random graph, sizes, dropout and optimiser as in graph_epoch.py; every node both in training and in evaluation.
Prints what epochs.py reports.
"""

import os
import sys
from collections.abc import Iterator

os.environ.setdefault("DGLBACKEND", "pytorch")  # else it writes a settings file into the user's home

import dgl
import torch
from dgl.nn.pytorch import GATConv, GraphConv
from epochs import CLASSES, FEATURES, HIDDEN, random_graph, report
from torch.nn import functional as F


def epochs(model: str, E: int, count: int) -> Iterator[float]:
    """The losses of the same model, as DGL's own examples write it."""
    torch.manual_seed(0)
    pairs, features, labels = random_graph(E)
    x, y = torch.from_numpy(features / abs(features).sum(axis=1, keepdims=True)).float(), torch.from_numpy(labels)
    del features
    source, target = torch.from_numpy(pairs)
    graph = dgl.graph((torch.cat([source, target]), torch.cat([target, source])), num_nodes=len(x))
    graph = dgl.add_self_loop(graph)
    h = HIDDEN[model]
    if model == "gat":
        first = GATConv(FEATURES, h, 8, feat_drop=0.6, attn_drop=0.6, activation=F.elu)
        last = GATConv(8 * h, CLASSES, 1, feat_drop=0.6, attn_drop=0.6)
        decayed, rate, drop = [*first.parameters(), *last.parameters()], 0.005, 0.0  # its layers drop their own input
    else:
        first, last = GraphConv(FEATURES, h, activation=F.relu), GraphConv(h, CLASSES)
        decayed, rate, drop = [first.weight], 0.01, 0.5
    layers = torch.nn.ModuleList([first, last])
    rest = [p for p in layers.parameters() if all(p is not q for q in decayed)]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": rest}]
    adam = torch.optim.Adam([group for group in groups if group["params"]], lr=rate)

    def logits() -> torch.Tensor:
        h = first(graph, F.dropout(x, drop, layers.training)).flatten(1)
        return last(graph, F.dropout(h, drop, layers.training)).view(len(x), CLASSES)

    for _ in range(count):
        layers.train()
        adam.zero_grad()
        loss = F.cross_entropy(logits(), y)
        loss.backward()
        adam.step()
        layers.eval()
        with torch.no_grad():
            F.cross_entropy(logits(), y).item()
        yield loss.item()


def main(model: str, edges: str, threads: str, count: str) -> None:
    """Run the epochs and print what they took."""
    torch.set_num_threads(int(threads))
    report(epochs(model, int(edges), int(count) + 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
