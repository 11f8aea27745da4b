"""The same layers in PyTorch, in float64, over a dense matrix of who hears whom; and a saved model's own logits."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from mlcli.checks.training import TOLERANCE
from mlcli.core.errors import InputError
from mlcli.core.propagation_layers import WITH_SELF, Layer, magnitude
from mlcli.lesson import Check

MOST_NODES = 5_000  # a dense matrix of them: 200 MB
ACTIVATIONS = {"relu": torch.relu, "elu": F.elu, "tanh": torch.tanh, "none": torch.clone}


def against_torch(layers: Sequence[Layer], arcs: NDArray[np.int64], weight: NDArray[np.float64]) -> Check:
    """max |h^K − the dense recomputation of all layers| from the same features, weights and arcs.

    Raises:
        InputError: there are more than `MOST_NODES` nodes.
    """
    x = layers[0].h
    h = torch.from_numpy(x if isinstance(x, np.ndarray) else x.toarray())
    N = len(h)
    if N > MOST_NODES:
        message = f"a dense matrix of {N:,} nodes has {N * N:,} numbers"
        raise InputError(message, "--check", f"it recomputes with dense matrices, up to {MOST_NODES:,} nodes")
    A = torch.zeros((N, N), dtype=torch.float64)  # [v, u]
    A[arcs[1], arcs[0]] = torch.from_numpy(weight)
    hears = torch.zeros((N, N), dtype=torch.bool)
    hears[arcs[1], arcs[0]] = True
    for layer in layers:
        h = _dense_layer(h, layer, A, hears)
    return Check("torch, dense matrices", float(np.abs(layers[-1].out - h.numpy()).max()), 1e-12 * magnitude(layers))


def against_model(own: NDArray[np.float32], logits: NDArray[np.float64]) -> Check:
    """max |logits − the saved model's own|, which it computes in float32."""
    difference = float(np.abs(logits - own).max())
    return Check("the saved model in torch", difference, TOLERANCE * max(1.0, float(np.abs(logits).max())))


def _dense_layer(h: torch.Tensor, layer: Layer, A: torch.Tensor, hears: torch.Tensor) -> torch.Tensor:
    passing, w = layer.passing, layer.weights
    if passing.rule in WITH_SELF and passing.rule != "gin":
        lacking = torch.diag(~hears.diagonal())
        A, hears = A + lacking.double(), hears | lacking
    strength = A.sum(dim=1, keepdim=True)  # (N, 1)
    W = torch.from_numpy(w.W)
    own = None
    match passing.rule:
        case "sum":
            z = A @ h @ W[:, 0]
        case "mean" | "mean-self" | "sage":
            z = torch.where(strength > 0, A @ h / strength.clamp(min=1e-300), 0.0) @ W[:, 0]
        case "max":
            z = _largest(h, hears) @ W[:, 0]
        case "gin":
            s = A @ h + (1 + w.eps) * h
            hidden = torch.relu(s @ W[:, 0] + (0 if w.b is None else torch.from_numpy(w.b)))
            z = hidden @ torch.from_numpy(w.W_2)
        case "gcn":
            root = strength.clamp(min=1e-300).rsqrt() * (strength > 0)
            z = root * A * root.T @ h @ W[:, 0]
        case "gat" | "gatv2":
            z = _attend(h, layer, hears)
    if passing.rule == "sage" or (passing.own and passing.rule in ("mean", "sum", "max")):
        own = h @ torch.from_numpy(w.B)
    bias = w.b_2 if passing.rule == "gin" else w.b
    z = z if own is None else z + own
    z = z if bias is None else z + torch.from_numpy(bias)
    out = ACTIVATIONS[passing.activation](z)
    return F.normalize(out, dim=1) if passing.normalise else out


def _largest(h: torch.Tensor, hears: torch.Tensor) -> torch.Tensor:
    largest = [h[:, f].expand(len(h), -1).masked_fill(~hears, -torch.inf).amax(dim=1) for f in range(h.shape[1])]
    return torch.stack(largest, dim=1).masked_fill(~hears.any(dim=1, keepdim=True), 0.0)


def _attend(h: torch.Tensor, layer: Layer, hears: torch.Tensor) -> torch.Tensor:
    w, heads = layer.weights, []
    W, W_target, a_source, a_target = map(torch.from_numpy, (w.W, w.W_target, w.a_source, w.a_target))
    for k in range(w.heads):
        m = h @ W[:, k]
        if layer.passing.rule == "gatv2":
            rows = [F.leaky_relu(m + t, layer.passing.slope) @ a_source[k] for t in h @ W_target[:, k]]
            e = torch.stack(rows)
        else:
            e = F.leaky_relu((m @ a_target[k])[:, None] + (m @ a_source[k])[None], layer.passing.slope)
        heads.append(torch.softmax(e.masked_fill(~hears, -torch.inf), dim=1) @ m)
    return torch.cat(heads, dim=1) if layer.passing.join == "concat" else torch.stack(heads).mean(dim=0)
