"""Skip-gram fitted to walks, by either of two engines: the fast forms of `mlcli.core.skipgram`, over all pairs."""

import gc
from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.skipgram import Embedding


class Engine(StrEnum):
    """What fits the vectors."""

    TORCH = "torch"
    GENSIM = "gensim"


def fit(
    walks: NDArray[np.int32],
    visits: NDArray[np.int64],
    *,
    dimensions: int = 128,
    window: int = 10,
    negative: int = 5,
    epochs: int = 1,
    seed: int = 0,
    workers: int = 1,
    engine: Engine = Engine.TORCH,
    cbow: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> Embedding:
    """The vectors of every node after `epochs` passes over the walks.

    Args:
        walks: (W, L), −1 after an end.
        visits: (N,) how often the walks come to each node, at least once.
        workers: threads. torch gives the same bits whatever their number; gensim's write to the vectors as they come,
            so that with more than one no two runs are alike.
        cbow: the mean of a window predicts its centre, in the place of the centre each of its window; gensim only.
        progress: is called with the number of visits done, of all epochs together.

    Raises:
        InputError: a number is below 1, the walks are longer than gensim reads, or torch is asked for CBOW.
    """
    named = {"dimensions": dimensions, "window": window, "negative": negative, "epochs": epochs, "workers": workers}
    for name, value in named.items():
        if value < 1:
            raise InputError(f"must be at least 1, not {value}", f"--{name}", "give a larger one")
    if engine == Engine.GENSIM:
        from mlcli.models.skipgram_gensim import fit as fit_gensim

        return fit_gensim(
            walks, visits, dimensions=dimensions, window=window, negative=negative, epochs=epochs, seed=seed,
            workers=workers, cbow=cbow, progress=progress,
        )  # fmt: skip
    if cbow:
        raise InputError("torch fits skip-gram only", "--sg", "--engine gensim knows CBOW too")
    gc.disable()  # looking for what torch's import leaves behind, which is nothing, would be a tenth of its time
    from mlcli.models.skipgram_products import fit as fit_torch

    gc.enable()
    return fit_torch(
        walks, visits, dimensions=dimensions, window=window, negative=negative, epochs=epochs, seed=seed,
        workers=workers, progress=progress,
    )  # fmt: skip
