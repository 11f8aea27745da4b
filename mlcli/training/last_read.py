"""What the last layer of a network reads, while the network runs: the vectors that it tells classes apart by."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlcli.models.products import SparseMatrix, product
from mlcli.models.vit import ViT


@contextmanager
def last_read(network: nn.Module) -> Iterator[list[NDArray[np.float64]]]:
    """Filled with a matrix for each batch that the network sees meanwhile: (B, D).

    Of ViT it is what the encoder makes of the class token; of all others the input of the last of its `layers`.
    """
    read: list[NDArray[np.float64]] = []

    def keep(vectors: Tensor | SparseMatrix) -> None:
        if isinstance(vectors, SparseMatrix):  # of a single layer: the features themselves
            vectors = product(vectors, torch.eye(vectors.pattern.columns, dtype=vectors.values.dtype))
        read.append(vectors.detach().double().cpu().numpy())

    def of_class_token(module: nn.Module, inputs: Any, output: Tensor) -> None:
        keep(output[:, 0])

    def of_layer(module: nn.Module, inputs: Any) -> None:
        keep(next(given for given in inputs[::-1] if isinstance(given, (Tensor, SparseMatrix))))

    if isinstance(network, ViT):
        hook = network.encoder.register_forward_hook(of_class_token)
    else:
        hook = network.layers[-1].register_forward_pre_hook(of_layer)  # type: ignore[index, union-attr, operator]
    try:
        yield read
    finally:
        hook.remove()
