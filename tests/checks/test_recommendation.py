import numpy as np
import pytest

from mlcli.checks.recommendation import against_dense, against_sklearn
from mlcli.core.recommendation_methods import Method
from mlcli.core.recommendation_ranking import quality
from mlcli.core.recommendation_vectors import Vectors
from mlcli.models.recommenders import by_vectors, mixed_over_layers
from tests.core.recommendation import drawn_history

USER = 4


def recommender(method: Method):
    rng = np.random.default_rng(1)
    history = drawn_history(rng)
    first = Vectors(rng.normal(size=(13, 5)), rng.normal(size=(17, 5)))
    layers = 3 if method == Method.LIGHTGCN else 0
    return history, by_vectors(history, method, mixed_over_layers(history, first, layers, 0.0))


@pytest.mark.parametrize("method", [Method.MF, Method.LIGHTGCN])
def test_a_wrong_score_fails(method: Method) -> None:
    history, ready = recommender(method)
    scores = ready.scores(np.array([USER]))[0]
    assert against_dense(scores, history, method, ready.fitted, USER).passed
    scores[3] += 1e-9
    assert not against_dense(scores, history, method, ready.fitted, USER).passed


def test_a_ranking_that_shows_what_was_seen_fails() -> None:
    history, ready = recommender(Method.LIGHTGCN)
    right = quality(ready.scores, history, 5)
    assert against_sklearn(ready.method, ready.scores, history, right).passed
    wrong = quality(lambda users: ready.scores(users) + np.arange(17), history, 5)
    assert not against_sklearn(ready.method, ready.scores, history, wrong).passed
