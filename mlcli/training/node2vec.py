"""From a graph to vectors: walks, then skip-gram; once, for each p and q, or without the edges to be found."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.arcs import Arcs, arcs_of
from mlcli.core.errors import InputError
from mlcli.core.link_prediction import HiddenEdges, LinkPrediction, predict_links
from mlcli.core.node2vec import Settings
from mlcli.core.progress import Progress
from mlcli.core.skipgram import Embedding
from mlcli.core.walk_reach import Reach, reach
from mlcli.core.walks import Visits, count_visits, draw_walks
from mlcli.models.skipgram import Engine, fit
from mlcli.training.memory import LARGE, free_memory, gigabytes

SWEPT = (0.25, 1.0, 4.0)
PER_VISIT, PER_NUMBER = 5.3, 32  # bytes that a walk's step and a node's number take, by measuring


def memory_told(N: int, settings: Settings) -> str:
    """What walks and vectors of N nodes will take beside the graph, in words, where it is large; else nothing.

    Raises:
        InputError: it is more than is free.
    """
    walks = PER_VISIT * N * settings.walks * settings.length
    vectors, free = PER_NUMBER * N * settings.dimensions, free_memory()
    if walks + vectors > free:
        smaller = "fewer --walks, or a shorter --walk-length" if walks > vectors else "fewer --dimensions"
        message = f"walks and vectors of {N:,} nodes take about {gigabytes(walks + vectors)} of memory"
        raise InputError(f"{message}, and {gigabytes(free)} are free", hint=smaller)
    if walks + vectors < LARGE:
        return ""
    return f"about {gigabytes(walks + vectors)} of memory, of {gigabytes(free)} that are free"


@dataclass(frozen=True, eq=False)
class Fitted:
    """The walks, where they came to, and the vectors fitted to them."""

    walks: NDArray[np.int32]
    visits: Visits
    embedding: Embedding


@dataclass(frozen=True)
class Fitter:
    """How vectors are fitted, whatever the graph.

    Args:
        workers: threads of the engine.
        progress: where to tell how far it is.
    """

    settings: Settings
    engine: Engine
    workers: int
    seed: int
    progress: Progress

    def fit(self, arcs: Arcs, what: str = "") -> Fitted:
        """Draw the walks, then fit the vectors to them.

        Args:
            what: stands before `walks` and `visits` where it is told how far it is.

        Raises:
            InputError: see `draw_walks`, `mlcli.models.skipgram.fit`.
        """
        s, N = self.settings, len(arcs.names)
        done = self.progress(f"{what}walks", s.walks * N)
        walks = draw_walks(arcs, s.walks, s.length, s.p, s.q, self.seed, done)
        visits = count_visits(walks, N)
        embedding = fit(
            walks, visits.of_node, dimensions=s.dimensions, window=s.window, negative=s.negative, epochs=s.epochs,
            seed=self.seed, workers=self.workers, engine=self.engine, cbow=s.cbow,
            progress=self.progress(f"{what}skip-gram, visits", s.epochs * visits.total),
        )  # fmt: skip
        return Fitted(walks, visits, embedding)


def sweep(arcs: Arcs, fitter: Fitter, swept: frozenset[str]) -> tuple[Reach, ...]:
    """What changes with p, q, or both, each of them at SWEPT, the other as it was set; all with one seed."""
    s = fitter.settings
    rows = []
    for p in SWEPT if "p" in swept else (s.p,):
        for q in SWEPT if "q" in swept else (s.q,):
            fitted = replace(fitter, settings=replace(s, p=p, q=q)).fit(arcs, f"p {p:g}, q {q:g}: ")
            rng = np.random.default_rng([fitter.seed, 4])  # the same nodes are looked at in each row
            rows.append(reach(arcs, fitted.walks, fitted.embedding.vectors, p, q, rng))
    return tuple(rows)


def evaluate_links(hidden: HiddenEdges, fitter: Fitter, repeats: int, rng: np.random.Generator) -> LinkPrediction:
    """Fit vectors to walks over the edges that are left, and find the hidden ones."""
    vectors = fitter.fit(arcs_of(hidden.left), "without the hidden edges: ").embedding.vectors
    return predict_links(vectors, hidden, repeats, rng)
