"""A saved CNN's convolutions, as conv-trace slides them: one layer's filters, and what that layer looks at.

Layer conv1 looks at the picture; conv2 at conv1's maps after ReLU and max pooling, as the network has it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.convolution import convolve
from mlcli.core.errors import InputError
from mlcli.core.numerics import relu
from mlcli.core.pooling import pool
from mlcli.core.windows import Window
from mlcli.training.checkpoints import TrainedModel

Array = NDArray[np.float64]

POOL = Window((2, 2), stride=(2, 2))  # of which the largest is kept, as in models/cnn.py


@dataclass(frozen=True, eq=False)
class OpenedLayer:
    """One convolution of a trained network.

    Args:
        A: what it looks at.
        padding: zeros around it, as in training.
        before: the layers that A has been through.
    """

    A: Array
    W: Array
    b: Array
    padding: int
    before: tuple[str, ...]


def opened_layer(model: TrainedModel, layer: str, picture: Array, where: str) -> OpenedLayer:
    """The convolution that `layer` names, and its input made of `picture` by the layers before it.

    Args:
        picture: (C, H, W) in 0..1.

    Raises:
        InputError: no saved CNN, no such layer, or the picture has another number of channels.
    """
    kernels = [(W, model.weights[f"layers.{k}.b"]) for k in range(len(model.weights))
               if (W := model.weights.get(f"layers.{k}.W")) is not None and W.ndim == 4]  # fmt: skip
    if not kernels:
        raise InputError(f"is a saved {model.settings.model}: it has no convolutions", where, "mlcli train cnn --save")
    names = [f"conv{k + 1}" for k in range(len(kernels))]
    if layer not in names:
        raise InputError(f'no layer is called "{layer}"', "--layer", f"one of {', '.join(names)}")
    if (C := kernels[0][0].shape[1]) != len(picture):
        raise InputError(f"the network looks at {C} channel(s), the input has {len(picture)}", where, "try --gray")
    A = picture
    for W, b in kernels[: names.index(layer)]:
        maps = convolve(A, W.astype(np.float64), b.astype(np.float64), padding=_padding(W)).B
        A = pool(relu(maps), "max", POOL).P
    W, b = (array.astype(np.float64) for array in kernels[names.index(layer)])
    return OpenedLayer(A, W, b, _padding(W), tuple(names[: names.index(layer)]))


def _padding(W: NDArray[np.floating]) -> int:
    return W.shape[-1] // 2
