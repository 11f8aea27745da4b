"""A trained model's outputs once more, in NumPy and float64, by the functions that tell each step.

A new model: a function of its layers' weights and the data, and its case in `core_outputs`.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mlcli.core.convolution import convolve
from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights, Join, gat
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.numerics import elu, group_softmax, group_sum, leaky_relu, relu
from mlcli.core.pictures import LabelledPictures
from mlcli.core.propagation import gcn
from mlcli.core.propagation_aggregates import aggregate
from mlcli.core.recommendation_vectors import Vectors, mean_over_layers
from mlcli.core.recurrence_answers import answering
from mlcli.core.recurrence_layers import outputs, run_layers
from mlcli.core.set_anomaly import Verdict, judge
from mlcli.core.translation import Translation, from_weights, translate
from mlcli.core.vit import Sight, see
from mlcli.lesson import Check
from mlcli.models.cnn import CNN, POOL
from mlcli.models.gat import GAT, UniformGAT
from mlcli.models.gatv2 import GATv2
from mlcli.models.gcn import GCN
from mlcli.models.gin import GIN
from mlcli.models.lightgcn import LightGCN
from mlcli.models.mlp import MLP
from mlcli.models.node_embedding import NodeEmbedding
from mlcli.models.recurrent import Recurrent
from mlcli.models.sage import SAGE
from mlcli.models.set_anomaly import OddOneOut
from mlcli.models.transformer import Transformer
from mlcli.models.vit import ViT

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Layers = list[dict[str, Array]]

TOLERANCE = 1e-5  # of the largest output: the model computes in float32


def against_core(network: nn.Module, task: Any) -> Check:
    """max |outputs − core's outputs|; of a table of vectors, what is made of it.

    Args:
        task: a `training.task.Task`, whose `outputs` are of its first cases: all nodes, some test pictures.

    Raises:
        InputError: core does not compute this model.
    """
    if isinstance(network, LightGCN):
        return _vectors_against_core(network)
    if isinstance(network, NodeEmbedding):
        return _products_against_core(network)
    if isinstance(network, Recurrent):
        return recurrent_against_core(network, task.example())
    if isinstance(network, Transformer):
        data = task.data
        return translation_against_torch(network, translated(network, data.symbols, data.x[data.test[0]]))
    outputs = task.outputs(network)
    if isinstance(network, OddOneOut):
        members = task.sets["test"].members[: len(outputs)]
        told = np.array([judged(network, task.data.shades(row)).scores for row in members])
    else:
        told = core_outputs(network, task.data, len(outputs))
    difference = float(np.abs(outputs - told).max())
    return Check("core, in NumPy and float64", difference, TOLERANCE * max(1.0, float(np.abs(told).max())))


def translated(network: Transformer, symbols: tuple[str, ...], x: Integers) -> Translation:
    """By core, from the network's weights."""
    return translate(from_weights(arrays(network), network.encoder.H, symbols), x)


def translation_against_torch(network: Transformer, record: Translation) -> Check:
    """max |logits − core's logits| over the places and symbols of one answer."""
    with torch.no_grad():
        x, y = (torch.from_numpy(values)[None] for values in (record.x, record.y))
        logits = network(x, y)[0].double().numpy()
    return _by_the_network(logits, record.logits)


def judged(network: OddOneOut, pictures: Array) -> Verdict:
    """By core, from the network's weights."""
    return judge(pictures, arrays(network), network.encoder.H)


def verdict_against_torch(network: OddOneOut, record: Verdict) -> Check:
    """max |scores − core's scores| over the pictures of one set."""
    with torch.no_grad():
        scores = network(torch.from_numpy(record.flat)[None].float())[0].double().numpy()
    return _by_the_network(scores, record.scores)


def sight_against_torch(network: ViT, picture: Array, record: Sight) -> Check:
    """max |logits − core's logits| over the classes."""
    with torch.no_grad():
        logits = network(torch.from_numpy(picture)[None].float())[0].double().numpy()
    return _by_the_network(logits, record.logits)


def _by_the_network(outputs: Array, told: Array) -> Check:
    tolerance = 10 * TOLERANCE * max(1.0, float(np.abs(told).max()))
    return Check("the trained network, in torch and float32", float(np.abs(outputs - told).max()), tolerance)


def arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """The weights, by name."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}


def recurrent_against_core(network: Recurrent, x: torch.Tensor) -> Check:
    """max |o_t − core's o_t| over all steps of a few sequences.

    Args:
        x: (T, B, F_in).
    """
    with torch.no_grad():
        o = network(x)[0].numpy()  # (T, B, outputs)
    trained = answering(arrays(network))
    told = trained.answer(outputs(run_layers(x.double().numpy(), trained.network)))
    difference = float(np.abs(o - told).max())
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


def core_outputs(network: nn.Module, data: Any, cases: int) -> Array:
    """The last layer's output, computed by core from the network's weights."""
    layers = layers_of(network)
    match network:
        case GCN():
            *_, last = gcn(data.x(), [(layer["W"], layer["b"]) for layer in layers], data.graph.arcs())
            return last.out
        case GATv2():
            return _gatv2(layers, data, network.slope)
        case GAT():
            if isinstance(network, UniformGAT):
                zeros = [np.zeros(layer["W"].shape[1:]) for layer in layers]
                layers = [{**layer, "a_source": a, "a_target": a} for layer, a in zip(layers, zeros, strict=True)]
            *hidden, output = (AttentionWeights(**layer) for layer in layers)
            joined: list[tuple[AttentionWeights, Join]] = [(weights, "concat") for weights in hidden]
            *_, last = gat(data.x(), [*joined, (output, "mean")], data.graph.arcs(), network.slope)
            return last.out
        case SAGE():
            return _sage(layers, data)
        case GIN():
            return _gin(layers, data)
        case MLP() if isinstance(data, LabelledGraph):
            return _mlp(layers, data.x())
    return outputs_of_pictures(network, _pictures(data, cases))


def outputs_of_pictures(network: nn.Module, pictures: Array) -> Array:
    """(N, C, H, W) → (N, classes), by core.

    Raises:
        InputError: core does not compute this model.
    """
    match network:
        case MLP():
            return _mlp(layers_of(network), pictures.reshape(len(pictures), -1))
        case CNN():
            return _cnn(layers_of(network), pictures)
        case ViT():
            weights = arrays(network)
            return np.array([see(A, weights, network.P, network.encoder.H).logits for A in pictures])
    raise InputError(f"there is no second computation of {type(network).__name__}", "--check", "leave it out")


def layers_of(network: nn.Module) -> Layers:
    """`layers.0.W` and its like, a layer each, by their symbols."""
    found: dict[str, dict[str, Array]] = {}
    for name, weight in network.state_dict().items():
        layer, symbol = name.rsplit(".", 1) if "." in name else ("", name)
        found.setdefault(layer, {})[symbol] = weight.cpu().numpy().astype(np.float64)
    return list(found.values())


def _dense(graph: LabelledGraph) -> Array:
    x = graph.x()
    return x if isinstance(x, np.ndarray) else x.toarray()


def _pictures(pictures: LabelledPictures, cases: int) -> Array:
    return pictures.values[pictures.test[:cases]] / pictures.brightest


def _mlp(layers: Layers, x: Any) -> Array:
    first, *others = layers
    z = x @ first["W"] + first["b"]
    for layer in others:
        z = relu(z) @ layer["W"] + layer["b"]
    return z


def _cnn(layers: Layers, pictures: Array) -> Array:
    first, second, *dense = layers
    rows = []
    for A in pictures:
        for layer in (first, second):
            B = relu(convolve(A, layer["W"], layer["b"], padding=layer["W"].shape[-1] // 2).B)
            C, H, W = B.shape
            cells = B[:, : H - H % POOL, : W - W % POOL].reshape(C, H // POOL, POOL, W // POOL, POOL)
            A = cells.max(axis=(2, 4))
        rows.append(A.ravel())
    return _mlp(dense, np.array(rows))


def _sage(layers: Layers, graph: LabelledGraph) -> Array:
    h, arcs = _dense(graph), graph.graph.arcs()
    for k, layer in enumerate(layers):
        z = aggregate(h, layer["W"], layer["B"], arcs, "mean").out + layer["b"]
        h = z if k == len(layers) - 1 else relu(z)
    return h


def _gin(layers: Layers, graph: LabelledGraph) -> Array:
    h, arcs = _dense(graph), graph.graph.arcs()
    for k, layer in enumerate(layers):
        s = aggregate(h, np.eye(h.shape[1]), None, arcs, "sum").aggregated + (1 + layer["eps"]) * h
        z = _mlp([{"W": layer["W"], "b": layer["b"]}, {"W": layer["W_2"], "b": layer["b_2"]}], s)
        h = z if k == len(layers) - 1 else relu(z)
    return h


def _gatv2(layers: Layers, graph: LabelledGraph, slope: float) -> Array:
    h: Any = graph.x()
    N = len(graph.labels)
    source, target = np.concatenate([graph.graph.arcs(), np.tile(np.arange(N), (2, 1))], axis=1)
    for k, layer in enumerate(layers):
        F_in, K, F_out = layer["W"].shape
        m, m_target = ((h @ layer[W].reshape(F_in, -1)).reshape(N, K, F_out) for W in ("W", "W_target"))
        e = (leaky_relu(m[source] + m_target[target], slope) * layer["a"]).sum(axis=2)  # (E, K)
        alpha = group_softmax(e, target, N)
        heads = group_sum(alpha[:, :, None] * m[source], target, N)  # (N, K, F_out)
        last = k == len(layers) - 1
        h = heads.mean(axis=1) + layer["b"] if last else elu(heads.reshape(N, -1) + layer["b"])
    return h
