"""How long each layer's gradient is: ‖g‖ = √(Σ (∂L/∂w)²) over the layer's weights, the mean over an epoch's steps."""

import re

import numpy as np
import torch
from torch import nn

from mlcli.core.training import Weights

OF_CELLS = re.compile(r"(.*)\.\w+_l(\d+)(?:_reverse)?")  # cells.weight_ih_l0


class GradientNorms:
    """Noted after each backward pass, before long gradients are cut.

    Args:
        epochs: of each epoch the norm of every layer.
    """

    def __init__(self, network: nn.Module) -> None:
        self._layers: dict[str, list[nn.Parameter]] = {}
        for name, weight in network.named_parameters():
            self._layers.setdefault(layer_of(name), []).append(weight)
        self.epochs: list[np.ndarray] = []
        self._sums, self._steps = np.zeros(len(self._layers)), 0

    def add(self) -> None:
        """A step's gradients."""
        for place, weights in enumerate(self._layers.values()):
            norms = [torch.linalg.vector_norm(weight.grad) for weight in weights if weight.grad is not None]
            self._sums[place] += torch.linalg.vector_norm(torch.stack(norms)).item() if norms else 0.0
        self._steps += 1

    def end_epoch(self) -> None:
        """Its mean is kept."""
        self.epochs.append(self._sums / max(1, self._steps))
        self._sums, self._steps = np.zeros(len(self._layers)), 0

    def by_layer(self) -> dict[str, tuple[float, ...]]:
        """Of each layer its epochs."""
        columns = np.array(self.epochs).reshape(-1, len(self._layers)).T
        return {name: tuple(column.tolist()) for name, column in zip(self._layers, columns, strict=True)}

    def state(self) -> Weights:
        """To go on from."""
        epochs = np.array(self.epochs).reshape(-1, len(self._layers))
        return {"epochs": epochs, "step": np.array([*self._sums, self._steps], dtype=np.float64)}

    def restore(self, state: Weights, epochs: int) -> None:
        """
        Raises:
            ValueError, KeyError: it is not of these layers and so many epochs.
        """
        L = len(self._layers)
        if (state["epochs"].shape, state["step"].shape) != ((epochs, L), (L + 1,)):
            raise ValueError("its gradients are not those of this model")
        self.epochs = list(state["epochs"])
        self._sums, self._steps = state["step"][:-1].copy(), int(state["step"][-1])


def layer_of(name: str) -> str:
    """
    >>> layer_of("layers.0.W"), layer_of("cells.weight_ih_l1"), layer_of("E")
    ('layers.0', 'cells.1', 'E')
    """
    if found := OF_CELLS.fullmatch(name):
        return f"{found[1]}.{found[2]}"
    return name.rpartition(".")[0] or name
