"""Random numbers for a batch that several processes share: each process gets what it would have got alone."""

import numpy as np


class SharedGenerator(np.random.Generator):
    """Draws for a whole batch, of which this process has the cases from `start` to `stop`."""

    def __init__(self, rng: np.random.Generator, start: int, stop: int, cases: int) -> None:
        super().__init__(rng.bit_generator)
        self.start, self.stop, self.cases = start, stop, cases


def to_draw(rng: np.random.Generator, cases: int) -> tuple[int, slice]:
    """For how many cases `rng` is to draw, and which of them are the `cases` at hand."""
    if isinstance(rng, SharedGenerator):
        return rng.cases, slice(rng.start, rng.stop)
    return cases, slice(None)
