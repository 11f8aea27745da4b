"""A trained model's logits once more, in NumPy and float64, by the functions that tell each step."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mlcli.core.graph_attention import AttentionWeights, gat
from mlcli.core.graphs import LabelledGraph
from mlcli.core.numerics import row_normalised
from mlcli.core.propagation import gcn
from mlcli.core.recommendation_vectors import Vectors, mean_over_layers
from mlcli.core.translation import Translation, from_weights, translate
from mlcli.lesson import Check
from mlcli.models.gat import GAT
from mlcli.models.gcn import GCN
from mlcli.models.lightgcn import LightGCN
from mlcli.models.node_embedding import NodeEmbedding
from mlcli.models.receptive_field import inputs
from mlcli.models.transformer import Transformer

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

TOLERANCE = 1e-5  # of the largest logit: the model computes in float32


def against_core(network: nn.Module, data: Any) -> Check:
    """max |outputs − core's outputs|: of all nodes, of a table of vectors, or of the first test sequence."""
    if isinstance(network, LightGCN):
        return _vectors_against_core(network)
    if isinstance(network, NodeEmbedding):
        return _products_against_core(network)
    if isinstance(network, Transformer):
        return translation_against_torch(network, translated(network, data.symbols, data.x[data.test[0]]))
    return _of_graph(network, data)  # type: ignore[arg-type]


def translated(network: Transformer, symbols: tuple[str, ...], x: Integers) -> Translation:
    """By core, from the network's weights."""
    weights = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    return translate(from_weights(weights, network.encoder.H, symbols), x)


def translation_against_torch(network: Transformer, record: Translation) -> Check:
    """max |logits − core's logits| over the places and symbols of one answer."""
    with torch.no_grad():
        x, y = (torch.from_numpy(values)[None] for values in (record.x, record.y))
        logits = network(x, y)[0].double().numpy()
    difference = float(np.abs(logits - record.logits).max())
    tolerance = 10 * TOLERANCE * max(1.0, float(np.abs(record.logits).max()))
    return Check("the trained network, in torch and float32", difference, tolerance)


def _of_graph(network: GCN | GAT, graph: LabelledGraph) -> Check:
    every = inputs(graph).every
    with torch.no_grad():
        logits = network(every.parts, every.x).numpy()
    told = core_logits(network, graph)
    difference = float(np.abs(logits - told).max())
    return Check("core, in NumPy and float64", difference, TOLERANCE * max(1.0, float(np.abs(told).max())))


def _products_against_core(network: NodeEmbedding) -> Check:
    """Every node with the next: the pairs that a check needs, whatever was joined."""
    E = network.E.detach().numpy().astype(np.float64)
    u = np.arange(len(E))
    v = np.roll(u, 1)
    with torch.no_grad():
        scores = network(torch.from_numpy(np.stack([u, v]))).numpy()
    told = np.einsum("nd,nd->n", E[u], E[v])
    difference = float(np.abs(scores - told).max())
    return Check("NumPy, in float64", difference, TOLERANCE * max(1.0, float(np.abs(told).max())))


def _vectors_against_core(network: LightGCN) -> Check:
    E = network.E.detach().numpy().astype(np.float64)
    told = mean_over_layers(network.R, Vectors(E[: network.users], E[network.users :]), network.layers)
    with torch.no_grad():
        difference = float(np.abs(network().numpy() - np.concatenate([told.users, told.items])).max())
    return Check("core, in NumPy and float64", difference, TOLERANCE * max(1.0, float(np.abs(E).max())))


def core_logits(network: GCN | GAT, graph: LabelledGraph) -> Array:
    """The last layer's `out`, computed by core from the network's weights."""
    h, arcs = row_normalised(graph.features), graph.graph.arcs()
    layers = _layers(network)
    if isinstance(network, GCN):
        *_, last = gcn(h, [(layer["W"], layer["b"]) for layer in layers], arcs)
    else:
        hidden, output = (AttentionWeights(**layer) for layer in layers)
        *_, last = gat(h, [(hidden, "concat"), (output, "mean")], arcs, network.slope)
    return last.out


def _layers(network: GCN | GAT) -> list[dict[str, Array]]:
    """`layers.0.W` and its like, a layer each, by their symbols."""
    layers: list[dict[str, Array]] = [{} for _ in network.layers]
    for name, weight in network.state_dict().items():
        _, layer, symbol = name.split(".")
        layers[int(layer)][symbol] = weight.numpy().astype(np.float64)
    return layers
