"""A saved graph network as layers that core can trace: which rule, which σ, its weights in float64.

Symbols are those of the saved names: `layers.0.W` is W of the first layer.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.propagation_layers import Passing
from mlcli.core.propagation_weights import Weights
from mlcli.training.checkpoints import TrainedModel

Array = NDArray[np.float64]

RULES = {  # σ stands between layers, not after the last
    "gcn": Passing("gcn", "relu"),
    "gat": Passing("gat", "elu"),
    "gatv2": Passing("gatv2", "elu"),
    "sage": Passing("sage", "relu"),
    "gin": Passing("gin", "relu"),
}


def opened(model: TrainedModel, where: str) -> list[tuple[Passing, Weights]]:
    """The layers of a saved model, as `propagate` takes them.

    Raises:
        InputError: it is no graph network whose layers can be traced.
    """
    kind = model.settings.model
    if kind not in RULES:
        raise InputError(f"is a saved {kind}, not one of {', '.join(RULES)}", where, "train one of these with --save")
    layers = by_layer(model.weights)
    if getattr(model.settings, "attention", "on") == "off":
        kind, layers = "gat", [without_attention(arrays) for arrays in layers]
    passing = replace(RULES[kind], slope=getattr(model.settings, "slope", RULES[kind].slope))
    last = replace(passing, activation="none", join="mean")
    return [(last if k == len(layers) - 1 else passing, _weights(arrays)) for k, arrays in enumerate(layers)]


def by_layer(weights: Mapping[str, NDArray]) -> list[dict[str, Array]]:
    """`layers.0.W` and its like, a layer each, by their symbols, in float64."""
    count = 1 + max(int(name.split(".")[1]) for name in weights)
    layers: list[dict[str, Array]] = [{} for _ in range(count)]
    for name, array in weights.items():
        _, layer, symbol = name.split(".")
        layers[int(layer)][symbol] = array.astype(np.float64)
    return layers


def without_attention(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """A layer of GAT with attention off as one whose `a` is 0, which hears all alike too."""
    zeros = np.zeros(arrays["W"].shape[1:])
    return {**arrays, "a_source": zeros, "a_target": zeros}


def _weights(arrays: Mapping[str, Array]) -> Weights:
    """What is not saved is not used by the rule; it stands in at its right size."""
    W = arrays["W"] if arrays["W"].ndim == 3 else arrays["W"][:, None]  # (F_in, K, F_out)
    F_in, K, F_out = W.shape
    ones = np.ones((K, F_out))
    return Weights(
        W=W,
        B=arrays.get("B", np.eye(F_in, F_out)),
        a_source=arrays.get("a_source", arrays.get("a", ones)),
        a_target=arrays.get("a_target", ones),
        W_target=arrays.get("W_target", W),
        W_2=arrays.get("W_2", np.eye(F_out)),
        b=arrays.get("b"),
        b_2=arrays.get("b_2"),
        eps=float(arrays["eps"]) if "eps" in arrays else 0.0,
    )
