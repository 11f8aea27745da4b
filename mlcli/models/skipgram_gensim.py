"""Skip-gram fitted to walks by gensim, the reference: one pair after the other."""

import zlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.skipgram import NOISE_POWER, RATE, Embedding

CHUNK = 4096  # walks turned into lists at a time
LONGEST = 10_000  # gensim leaves out what a sentence has beyond


class _Sentences:
    """The walks as gensim reads them, as often as it asks: lists of nodes, without the −1 after an end."""

    def __init__(self, walks: NDArray[np.int32], progress: Callable[[int], object]) -> None:
        self.walks, self.progress, self.read = walks, progress, 0

    def __iter__(self) -> Iterator[list[int]]:
        for low in range(0, len(self.walks), CHUNK):
            chunk = self.walks[low : low + CHUNK]
            lengths = (chunk >= 0).sum(axis=1)
            for walk, length in zip(chunk.tolist(), lengths.tolist(), strict=True):
                yield walk[:length]
            self.read += int(lengths.sum())
            self.progress(self.read)


def fit(
    walks: NDArray[np.int32],
    visits: NDArray[np.int64],
    *,
    dimensions: int,
    window: int,
    negative: int,
    epochs: int,
    seed: int,
    workers: int = 1,
    cbow: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> Embedding:
    """See `mlcli.models.skipgram.fit`; the same bits for one seed with one worker.

    Raises:
        InputError: the walks are longer than gensim reads.
    """
    if walks.shape[1] > LONGEST:
        raise InputError(
            f"gensim reads at most {LONGEST:,}, not {walks.shape[1]:,}", "--walk-length", "take more --walks"
        )
    import gensim
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=dimensions,
        window=window,
        negative=negative,
        ns_exponent=NOISE_POWER,
        alpha=RATE,
        sg=0 if cbow else 1,
        sample=0,  # every visit counts; gensim's thinning of frequent words is made for English
        min_count=1,
        sorted_vocab=0,  # row i is node i
        seed=seed,
        hashfxn=_hash,
        workers=workers,
    )
    model.build_vocab_from_freq(dict(enumerate(visits.tolist())), corpus_count=len(walks))
    model.train(_Sentences(walks, progress), total_examples=len(walks), total_words=int(visits.sum()), epochs=epochs)
    vectors, outputs = (np.asarray(table, np.float32) for table in (model.wv.vectors, model.syn1neg))
    return Embedding(vectors, outputs, f"gensim {gensim.__version__}")


def _hash(text: object) -> int:
    return zlib.crc32(str(text).encode())  # Python's own differs from run to run
