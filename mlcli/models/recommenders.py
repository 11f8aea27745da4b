"""The methods of recommending, each fitted to what users like and asked for scores in the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlcli.core.arcs import arcs_of
from mlcli.core.graphs import Graph
from mlcli.core.node2vec import Settings as WalkSettings
from mlcli.core.progress import Progress, silent
from mlcli.core.recommendation import History
from mlcli.core.recommendation_methods import BPRSettings, Method
from mlcli.core.recommendation_neighbours import cosines, neighbours, popularity, with_popularity
from mlcli.core.recommendation_ranking import Scores
from mlcli.core.recommendation_reasons import Fitted
from mlcli.core.recommendation_vectors import Vectors, mean_over_layers
from mlcli.core.walks import count_visits, draw_walks
from mlcli.models.skipgram import Engine
from mlcli.models.skipgram import fit as fit_walks

Watch = Callable[[int, float], None]
WALKS = WalkSettings()


@dataclass(frozen=True, eq=False)
class Recommender:
    """A method that is ready to score: `fitted` are its vectors, if it has any."""

    method: Method
    scores: Scores
    fitted: Fitted | None = None


def recommender(
    history: History, method: Method, settings: BPRSettings, seed: int, watch: Watch, engine: Engine = Engine.TORCH,
    progress: Progress = silent,
) -> Recommender:  # fmt: skip
    """Fit `method` to the history.

    Args:
        watch: is called with each epoch of a training and its mean loss.
        engine: of node2vec's vectors; `progress` is where it tells how far it is.

    Raises:
        RequestFailed: training diverged.
    """
    match method:
        case Method.POPULARITY:
            return Recommender(method, partial(popularity, history))
        case Method.NEIGHBOURS:
            return Recommender(method, partial(neighbours, history, cosines(history.R)))
        case Method.NODE2VEC:
            return by_vectors(history, method, _walked(history, seed, engine, progress))
        case Method.MF | Method.LIGHTGCN:
            return by_vectors(history, method, _trained(history, settings, method, seed, watch))


def by_vectors(history: History, method: Method, fitted: Fitted) -> Recommender:
    """s(u, i) is the dot product of two vectors; for a user who likes nothing s(i) = d_i."""
    P, Q = fitted.vectors.users, fitted.vectors.items

    def scores(users: NDArray[np.int64]) -> NDArray[np.float64]:
        return with_popularity(P[users] @ Q.T, history, users)

    return Recommender(method, scores, fitted)


def mixed_over_layers(
    history: History, first: Vectors, layers: int, decay: float, losses: tuple[float, ...] = ()
) -> Fitted:
    """What scores need of vectors that were trained."""
    vectors = mean_over_layers(history.R, first, layers)
    return Fitted(vectors, vectors, first, layers, decay, losses)


def _trained(history: History, settings: BPRSettings, method: Method, seed: int, watch: Watch) -> Fitted:
    import torch

    from mlcli.models.bpr import first_vectors, fit, new_model

    layers = settings.layers if method == Method.LIGHTGCN else 0
    rng = np.random.default_rng(seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = new_model(history.R, settings.dimensions, layers, rng)
        losses = []
        for loss in fit(model, history.R, settings, rng):
            losses.append(loss)
            watch(len(losses), loss)
    finally:
        torch.set_num_threads(threads)
    return mixed_over_layers(history, first_vectors(model), layers, settings.decay, tuple(losses))


def _walked(history: History, seed: int, engine: Engine, progress: Progress) -> Fitted:
    """Walks from user to item to user …, and skip-gram's vectors; its score for u and i is x_u · y_i."""
    U, N = history.shape[0], sum(history.shape)
    edges = history.R.tocoo()
    names = tuple(map(str, range(N)))  # no step is told, so they are not seen
    graph = Graph(names, np.stack([edges.row, edges.col + U]).astype(np.int64), np.ones(edges.nnz))
    done = progress("walks", WALKS.walks * N)
    walks = draw_walks(arcs_of(graph), WALKS.walks, WALKS.length, WALKS.p, WALKS.q, seed, done)
    visits = count_visits(walks, N)
    embedding = fit_walks(
        walks, visits.of_node, dimensions=WALKS.dimensions, window=WALKS.window, negative=WALKS.negative,
        epochs=WALKS.epochs, seed=seed, engine=engine, progress=progress("skip-gram, visits", visits.total),
    )  # fmt: skip
    x, y = embedding.vectors.astype(np.float64), embedding.outputs.astype(np.float64)
    return Fitted(Vectors(x[:U], y[U:]), Vectors(x[:U], x[U:]), engine=embedding.engine)
