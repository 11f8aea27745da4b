import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from mlcli.core.recommendation_neighbours import cosines, neighbour_score, neighbours, popularity, users_in_common
from mlcli.core.recommendation_paths import paths
from mlcli.core.recommendation_vectors import adjacency
from tests.core.recommendation import drawn_history


@pytest.mark.parametrize("seed", range(60))
def test_scores_are_sums_of_scikit_learns_cosines(seed: int) -> None:
    history = drawn_history(np.random.default_rng(seed))
    R = history.R.toarray()
    C = cosine_similarity(R.T)
    np.fill_diagonal(C, 0.0)
    assert np.allclose(cosines(history.R).toarray(), C, rtol=1e-10)
    every = np.arange(13)
    expected = np.where(R.sum(axis=1, keepdims=True) > 0, R @ C, R.sum(axis=0))
    scores = neighbours(history, cosines(history.R), every)
    assert np.allclose(scores, expected, rtol=1e-10)
    assert np.array_equal(popularity(history, every[:3]), np.tile(R.sum(axis=0), (3, 1)))
    for user, item in ((2, 5), (7, 11), (12, 0)):
        told = neighbour_score(history, user, item)
        apart = told.cosines[told.items != item].sum()  # an item that is liked already is its own neighbour
        assert apart == pytest.approx((R[user] @ C)[item], rel=1e-10, abs=1e-12)
        assert np.allclose(told.common * told.coefficients, told.cosines)
        assert (np.diff(told.cosines) <= 0).all()


def test_users_are_alike_as_their_rows_are() -> None:
    history = drawn_history(np.random.default_rng(3))
    R = history.R.toarray()
    alike = users_in_common(history, 4, 6, 9)
    expected = cosine_similarity(R)[4]
    assert np.allclose(alike.cosines, expected[alike.users])
    likers = set(np.flatnonzero(R[:, 6])) - {4}
    assert set(alike.users) == {w for w in likers if expected[w] > 0}


@pytest.mark.parametrize("seed", range(30))
def test_ways_of_three_edges_add_up_to_the_cube_of_the_adjacency(seed: int) -> None:
    history = drawn_history(np.random.default_rng(seed))
    A = adjacency(history.R).toarray()
    cube = np.linalg.matrix_power(A, 3)[:13, 13:]
    edges = np.linalg.matrix_power((A > 0).astype(int), 3)[:13, 13:]
    R = history.R.toarray()
    user, item = (int(end[0]) for end in np.nonzero(R == 0))
    ways = paths(history, user, item, 5)
    assert ways.total == pytest.approx(cube[user, item], rel=1e-10)
    assert ways.count == edges[user, item]
    assert ways.others == max(ways.count - 5, 0)
    assert ways.weights.sum() + ways.others_total == pytest.approx(ways.total)
    for j, w, weight in zip(ways.items, ways.users, ways.weights, strict=True):
        assert R[user, j] == R[w, j] == R[w, item] == 1
        assert weight == pytest.approx(A[user, 13 + j] * A[13 + j, w] * A[w, 13 + item])
