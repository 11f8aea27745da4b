"""Skip-gram fitted to walks by gensim: the fast form of `mlcli.core.skipgram`, over all pairs."""

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.skipgram import NOISE_POWER, RATE, Embedding

CHUNK = 4096  # walks turned into lists at a time
LONGEST = 10_000  # gensim leaves out what a sentence has beyond


class _Sentences:
    """The walks as gensim reads them, as often as it asks: lists of nodes, without the −1 after an end."""

    def __init__(self, walks: NDArray[np.int32]) -> None:
        self.walks = walks

    def __iter__(self) -> Iterator[list[int]]:
        for low in range(0, len(self.walks), CHUNK):
            chunk = self.walks[low : low + CHUNK]
            for walk, length in zip(chunk.tolist(), (chunk >= 0).sum(axis=1).tolist(), strict=True):
                yield walk[:length]


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
) -> Embedding:
    """The vectors of every node after `epochs` passes over the walks; the same bits for one seed with one worker.

    Args:
        walks: (W, L), −1 after an end.
        visits: (N,) how often the walks come to each node, at least once.
        workers: threads; with more than one they write to the vectors as they come, and no two runs are alike.

    Raises:
        InputError: a number is below 1, or L is beyond what gensim reads.
    """
    named = {"dimensions": dimensions, "window": window, "negative": negative, "epochs": epochs, "workers": workers}
    for name, value in named.items():
        if value < 1:
            raise InputError(f"must be at least 1, not {value}", f"--{name}", "give a larger one")
    if walks.shape[1] > LONGEST:
        raise InputError(f"must be at most {LONGEST:,}, not {walks.shape[1]:,}", "--walk-length", "take more --walks")
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=dimensions,
        window=window,
        negative=negative,
        ns_exponent=NOISE_POWER,
        alpha=RATE,
        sg=1,
        sample=0,  # every visit counts; gensim's thinning of frequent words is made for English
        min_count=1,
        sorted_vocab=0,  # row i is node i
        seed=seed,
        hashfxn=_hash,
        workers=workers,
    )
    model.build_vocab_from_freq(dict(enumerate(visits.tolist())), corpus_count=len(walks))
    model.train(_Sentences(walks), total_examples=len(walks), total_words=int(visits.sum()), epochs=epochs)
    return Embedding(np.asarray(model.wv.vectors, np.float32), np.asarray(model.syn1neg, np.float32))


def _hash(text: object) -> int:
    return zlib.crc32(str(text).encode())  # Python's own differs from run to run
