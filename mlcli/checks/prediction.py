"""What a trained model made of an input once more: by core in NumPy and float64 where torch gave it, else by torch.

    compared: logits, a link's s, the scores of a ranking, o_t, the probabilities of symbols and of characters drawn

A new kind of prediction: its case in `_of`.
"""

from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mlcli.checks.training import TOLERANCE, arrays, core_outputs, judged, outputs_of_pictures
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.core.numerics import softmax
from mlcli.core.prediction import (
    ClassPrediction,
    LinkPrediction,
    NumberPrediction,
    PlacesPrediction,
    Prediction,
    RankingPrediction,
    TextPrediction,
)
from mlcli.core.recommendation_vectors import Vectors, mean_over_layers
from mlcli.core.recurrence_answers import answering
from mlcli.core.recurrence_layers import run_layers
from mlcli.core.sequence_problems import KEPT, SIGN, copy
from mlcli.core.texts import places
from mlcli.lesson import Check
from mlcli.models.lightgcn import LightGCN
from mlcli.models.node_embedding import NodeEmbedding
from mlcli.models.set_anomaly import OddOneOut
from mlcli.models.transformer import Transformer

Array = NDArray[np.float64]
MOST_DRAWN = 200  # characters of a text that are compared


def predictions_again(network: nn.Module, task: Any, predictions: Sequence[Prediction]) -> Check:
    """max |what was told − the same computed another way|, over all that was asked.

    Args:
        task: the `training.task.Task` whose `predicted` gave these.
    """
    difference, largest, name = 0.0, 1.0, "core, in NumPy and float64"
    with torch.no_grad():
        for prediction in predictions:
            told, again, by_torch = _of(network, task, prediction)
            difference = float(np.maximum(difference, np.abs(told - again).max(initial=0.0)))  # NaN stays
            scale = (
                1 / prediction.temperature if isinstance(prediction, TextPrediction) and prediction.temperature else 1.0
            )
            largest = max(largest, scale, float(np.abs(again).max(initial=0.0)))
            name = "the trained network, in torch and float32" if by_torch else name
    return Check(f"{name}, on what was asked", difference, 10 * TOLERANCE * largest)


def _of(network: nn.Module, task: Any, prediction: Prediction) -> tuple[Array, Array, bool]:
    """What was told, the same again, and whether this time torch computed it."""
    match prediction:
        case ClassPrediction():
            return prediction.logits, _logits(network, task, prediction), False
        case LinkPrediction():
            assert isinstance(network, NodeEmbedding)
            ends = [task.data.graph.position(name, "INPUT") for name in (prediction.u, prediction.v)]
            s = network(torch.tensor(ends)[:, None]).double().numpy()
            return np.array([prediction.s]), s, True
        case RankingPrediction():
            assert isinstance(network, LightGCN)
            E = network.E.double().numpy()
            mixed = mean_over_layers(task.whole.R, Vectors(E[: network.users], E[network.users :]), network.layers)
            ranking = prediction.ranking
            return ranking.scores, mixed.items[ranking.items] @ mixed.users[ranking.user], False
        case NumberPrediction():
            return prediction.o, _answers(network, prediction.x)[:, 0], False
        case PlacesPrediction():
            if isinstance(network, Transformer):
                return _stacked(prediction), _by_decoder(network, task.data.symbols, prediction), True
            return _stacked(prediction), _remembered(network, task.settings.length, prediction), False
        case TextPrediction():
            told = np.array([drawn.p for drawn in prediction.drawn[:MOST_DRAWN]])
            return told, _drawn_again(network, task.data.alphabet, prediction), False
    assert_never(prediction)


def _logits(network: nn.Module, task: Any, prediction: ClassPrediction) -> Array:
    data, given = task.data, prediction.given
    if isinstance(network, OddOneOut):
        return judged(network, data.shades(task.sets["test"].members[int(given.name)])).scores
    if isinstance(data, LabelledGraph):
        return core_outputs(network, data, 0)[data.graph.position(given.name, "INPUT")]
    picture = data.values[int(given.name)] / data.brightest if given.values is None else given.values
    return outputs_of_pictures(network, picture[None])[0]


def _answers(network: nn.Module, x: Array) -> Array:
    """(T, F_in) → (T, K)."""
    trained = answering(arrays(network))
    return trained.answers(run_layers(x, trained.network))


def _stacked(prediction: PlacesPrediction) -> Array:
    """Of each place the probability of what was answered, and of the second likeliest."""
    return np.stack([prediction.p, prediction.p_instead], axis=1)


def _by_decoder(network: Transformer, symbols: tuple[str, ...], prediction: PlacesPrediction) -> Array:
    x, y, instead = (
        torch.tensor([symbols.index(symbol) for symbol in row])
        for row in (prediction.x, prediction.y, prediction.instead)
    )
    p = network(x[None], y[None])[0].double().softmax(1)
    return torch.stack([p.gather(1, chosen[:, None])[:, 0] for chosen in (y, instead)], dim=1).numpy()


def _remembered(network: nn.Module, T: int, prediction: PlacesPrediction) -> Array:
    asked = copy(np.array([[int(symbol) for symbol in prediction.x]]), T).x[0]
    p = softmax(_answers(network, np.eye(SIGN + 1)[asked])[-KEPT:])
    return np.sort(p, axis=1)[:, :-3:-1]


def _drawn_again(network: nn.Module, alphabet: str, prediction: TextPrediction) -> Array:
    """By which each character was drawn, after those before it."""
    drawn = places(prediction.text[:MOST_DRAWN], alphabet)
    read = np.concatenate([places(prediction.given.name, alphabet), drawn[:-1]])
    o = _answers(network, np.eye(len(alphabet))[read])[-len(drawn) :]
    if prediction.temperature == 0:
        return (o.argmax(axis=1) == drawn).astype(np.float64)
    return softmax(o / prediction.temperature)[np.arange(len(drawn)), drawn]
