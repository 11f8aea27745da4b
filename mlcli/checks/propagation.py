"""The same layers in PyTorch, in float64, each over a dense matrix of who hears whom."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.propagation_layers import WITH_SELF, Activation, Layer, Rule, Weights, magnitude
from mlcli.lesson import Check

MOST_NODES = 5_000  # a dense matrix of them: 200 MB
ACTIVATIONS = {"relu": torch.relu, "elu": torch.nn.functional.elu, "tanh": torch.tanh, "none": torch.clone}


def against_torch(layers: Sequence[Layer], weights: Sequence[Weights], arcs: NDArray[np.int64], own: bool) -> Check:
    """max |h^K − the dense recomputation of all layers| from the same features, weights and arcs.

    Args:
        arcs: the graph's, without loops.
        own: whether B_k h_v is added.

    Raises:
        InputError: there are more than `MOST_NODES` nodes.
    """
    h = torch.from_numpy(layers[0].h)
    N = len(h)
    if N > MOST_NODES:
        message = f"a dense matrix of {N:,} nodes has {N * N:,} numbers"
        raise InputError(message, "--check", f"it recomputes with dense matrices, up to {MOST_NODES:,} nodes")
    hears = torch.zeros((N, N), dtype=torch.bool)  # [v, u]
    hears[arcs[1], arcs[0]] = True
    rule, activation = layers[0].rule, layers[0].activation
    if rule in WITH_SELF:
        hears |= torch.eye(N, dtype=torch.bool)
    for of_layer in weights:
        h = _dense_layer(h, of_layer, hears, rule, activation, own and rule not in WITH_SELF)
    return Check("torch, dense matrices", float(np.abs(layers[-1].out - h.numpy()).max()), 1e-12 * magnitude(layers))


def _dense_layer(
    h: torch.Tensor, weights: Weights, hears: torch.Tensor, rule: Rule, activation: Activation, own: bool
) -> torch.Tensor:
    W, B, a_source, a_target = map(torch.from_numpy, (weights.W, weights.B, weights.a_source, weights.a_target))
    counts = hears.sum(dim=1, keepdim=True).double()  # (N, 1)
    match rule:
        case "sum":
            heard = hears.double() @ h
        case "mean" | "mean-self":
            heard = hears.double() @ h / counts.clamp(min=1)
        case "max":
            largest = [
                h[:, f].expand(len(h), -1).masked_fill(~hears, -torch.inf).amax(dim=1) for f in range(h.shape[1])
            ]
            heard = torch.stack(largest, dim=1).masked_fill(counts == 0, 0.0)
        case "gcn":
            heard = hears / torch.sqrt(counts @ counts.T) @ h
        case "gat":
            m = h @ W
            e = torch.nn.functional.leaky_relu((m @ a_target)[:, None] + (m @ a_source)[None], 0.2)
            heard = torch.softmax(e.masked_fill(~hears, -torch.inf), dim=1) @ h
    z = heard @ W
    return ACTIVATIONS[activation](z + h @ B if own else z)
