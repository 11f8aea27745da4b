"""node2vec in the small: one walk, the pairs of one window on it, one update of the vectors, every number kept.

Source: Grover & Leskovec, node2vec, 2016; the defaults are those of its authors' code. See `walks` and `skipgram`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from mlcli.core.arcs import Arcs
from mlcli.core.skipgram import Embedding, Update, Window, draw_negatives, update, window_of
from mlcli.core.walks import Visits, WalkStep, walk


@dataclass(frozen=True)
class Settings:
    """What is chosen: the walks' bias, how many from each node and how long, and how vectors are fitted to them.

    Args:
        cbow: the mean of a window predicts its centre, in the place of the centre each of its window.
    """

    p: float = 1.0
    q: float = 1.0
    walks: int = 10
    length: int = 80
    dimensions: int = 128
    window: int = 10
    negative: int = 5
    epochs: int = 1
    cbow: bool = False


@dataclass(frozen=True, eq=False)
class Trace:
    """One walk of n nodes and what it teaches.

    Args:
        steps: how each node of `path` but the first was drawn.
        window: around one node of `path`.
        update: on the pair of that node and the one after it, with the vectors as they are after training; None where
            they are fitted to the means of windows instead (CBOW).
    """

    path: Int[NDArray[np.int64], " n"]
    steps: tuple[WalkStep, ...]
    window: Window
    update: Update | None


def trace(
    arcs: Arcs,
    embedding: Embedding,
    visits: Visits,
    settings: Settings,
    rng: np.random.Generator,
    came_from: int | None,
    start: int,
) -> Trace:
    """A walk from `start`, the window around a node with as many as possible on both sides, an update on a pair of it.

    Raises:
        InputError: see `walk`.
    """
    steps = tuple(walk(arcs, start, settings.length, settings.p, settings.q, rng, came_from))
    path = np.array([start, *(step.to for step in steps)])
    place = min(settings.window, (len(path) - 1) // 2)
    window = window_of(path, place, settings.window, rng)
    if settings.cbow:
        return Trace(path, steps, window, None)
    context = int(path[place + 1])
    negatives = draw_negatives(visits.of_node, context, settings.negative, rng)
    return Trace(path, steps, window, update(embedding.vectors, embedding.outputs, window.centre, context, negatives))
