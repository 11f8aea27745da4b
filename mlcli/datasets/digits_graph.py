"""Handwritten digits as a graph: each image joined to those nearest to it, pixel by pixel.

Symbols: N images, F = 64 pixels, k neighbours.

Source: the 1,797 images of 8×8 pixels that come with scikit-learn (UCI, Alpaydin & Kaynak 1998). The graph and
the split are ours; the split has the sizes of Planetoid's.
"""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph

NEIGHBOURS = 7  # the fewest that leave no image cut off from the others
DARKEST = 16.0
TRAIN_A_CLASS, VALIDATION, TEST = 20, 500, 1000
SPLIT_SEED = 0


def digits_graph() -> LabelledGraph:
    """Features are pixels between 0 and 1; 20 images a digit to train on, 500 to validate, 1,000 to test."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)  # (N, F) whole numbers 0…16, (N,)
    edges = nearest_neighbours(pixels, NEIGHBOURS)
    train, validation, test = split(labels)
    return LabelledGraph(
        name="digits-graph",
        graph=Graph(tuple(str(image) for image in range(len(labels))), edges, np.ones(edges.shape[1])),
        features=pixels / DARKEST,
        labels=labels.astype(np.int64),
        classes=tuple("0123456789"),
        train=train,
        validation=validation,
        test=test,
        read=(
            f"each image is joined to the {NEIGHBOURS} nearest by squared pixel difference; an edge holds both ways",
        ),
    )


def nearest_neighbours(points: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """‖x_i − x_j‖² = ‖x_i‖² + ‖x_j‖² − 2 x_i·x_j: (2, E) every pair of which one is among the other's k nearest.

    Args:
        points: (N, F) whole numbers, so that distances are exact; of two equally near, the earlier is nearer.
    """
    N = len(points)
    squares = (points**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * points @ points.T  # (N, N)
    order = distance * N + np.arange(N)  # no two alike in a row, so the choice is the same everywhere
    np.fill_diagonal(order, np.inf)
    nearest = np.argpartition(order, k - 1, axis=1)[:, :k]  # (N, k)
    pairs = np.stack([np.repeat(np.arange(N), k), nearest.ravel()])
    return np.unique(np.sort(pairs, axis=0), axis=1)


def split(labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Positions to train on, to validate and to test, drawn once and for all."""
    order = np.random.RandomState(SPLIT_SEED).permutation(len(labels))  # this old generator never changes its stream
    train = np.concatenate([order[labels[order] == digit][:TRAIN_A_CLASS] for digit in np.unique(labels)])
    rest = order[~np.isin(order, train)]
    return np.sort(train), np.sort(rest[:VALIDATION]), np.sort(rest[VALIDATION : VALIDATION + TEST])
