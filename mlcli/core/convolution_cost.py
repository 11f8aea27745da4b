"""Why convolution: what it needs beside a dense layer, for one image and as images and hidden nodes grow in number.

    dense  (C_in·H·W) · outputs weights, each used once
    conv   C_out·(C_in / G)·kH·kW weights, each used H_out·W_out times

Symbols: as in `convolution.py`; weights without biases; as many multiply-adds in a dense layer as it has weights.

Source: the lecture counts 250×250 = 62,500 weights for one hidden node on an image that its first line calls 224×224:
that has 50,176 pixels, and in three colours 150,528 numbers.
"""

from dataclasses import dataclass

from mlcli.core.convolution import Convolution
from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window

SIZES = (28, 64, 128, 224, 250, 500, 1000)
NODES = (1, 10, 100, 1000)


@dataclass(frozen=True)
class Cost:
    """What a convolution and a dense layer with as many outputs need for an image of one size.

    Args:
        size: rows and columns of the image.
        node: weights of one hidden node that sees the whole image: C_in·H·W.
    """

    size: Pair
    node: int
    outputs: int
    weights: int
    multiply_adds: int
    dense_weights: int


def cost(record: Convolution) -> Cost:
    """Of the image at hand."""
    return _cost(record.A.shape[0], (record.A.shape[1], record.A.shape[2]), record.W.shape, record.over)


def costs(record: Convolution) -> list[Cost]:
    """Of the image at hand and of square images up to 1000×1000 on which the kernel fits, smallest first."""
    C, H, W = record.A.shape
    found = [cost(record)]
    for n in SIZES:
        if (n, n) != (H, W):
            try:
                found.append(_cost(C, (n, n), record.W.shape, record.over))
            except InputError:  # the kernel is larger than that
                continue
    return sorted(found, key=lambda of: of.node)


def nodes(record: Convolution) -> list[tuple[int, int]]:
    """How many hidden nodes, and the weights of a dense layer of so many on the image at hand."""
    return [(count, count * record.A.size) for count in NODES]


def _cost(channels: int, size: Pair, kernel: tuple[int, ...], over: Window) -> Cost:
    H_out, W_out = over.output(size)
    places = H_out * W_out
    weights = kernel[0] * kernel[1] * kernel[2] * kernel[3]
    node, outputs = channels * size[0] * size[1], kernel[0] * places
    return Cost(size, node, outputs, weights, weights * places, node * outputs)
