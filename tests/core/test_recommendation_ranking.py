import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import ndcg_score

from mlcli.core.recommendation import History
from mlcli.core.recommendation_ranking import by_chance, gain, quality, rank, rank_all
from tests.core.recommendation import drawn_history


def of(table: np.ndarray):
    return lambda users: table[users]


@pytest.mark.parametrize("seed", range(100))
def test_measures_are_those_of_scikit_learn_and_of_sets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = drawn_history(rng)
    scores, k = rng.normal(size=history.shape), int(rng.integers(1, 23))
    found = quality(of(scores), history, k)
    held = history.held_out.toarray()
    assert np.array_equal(found.users, np.flatnonzero(held.any(axis=1)))
    shown = set()
    for place, user in enumerate(found.users):
        masked = np.where(history.seen.toarray()[user] > 0, -np.inf, scores[user])
        unseen = np.flatnonzero(np.isfinite(masked))
        first = unseen[np.argsort(-masked[unseen])][:k]
        hits = len(set(first) & set(np.flatnonzero(held[user])))
        shown |= set(first)
        assert found.recalls[place] == hits / held[user].sum()
        assert found.precisions[place] == hits / k
        expected = ndcg_score(held[user][unseen][None], scores[user][unseen][None], k=k)
        assert found.NDCGs[place] == pytest.approx(expected, rel=1e-10)
        alone = gain(rank(scores[user], history.seen, int(user), k), history, k)
        assert (alone.NDCG, alone.recall) == pytest.approx((found.NDCGs[place], found.recalls[place]), rel=1e-10)
    assert found.coverage == len(shown) / 17
    assert found.NDCG == pytest.approx(found.NDCGs.mean())


@given(st.integers(0, 10**6), st.integers(1, 19))
def test_seen_items_are_never_ranked_and_ties_go_by_the_order_of_items(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    history = drawn_history(rng)
    scores = rng.integers(0, 3, history.shape).astype(float)
    top = rank_all(of(scores), history, np.arange(13), k)
    for user in range(13):
        one = rank(scores[user], history.seen, user, k)
        assert not set(one.items) & set(np.flatnonzero(history.seen.toarray()[user]))
        assert np.array_equal(top[user][top[user] >= 0], one.items)
        keys = [(-scores[user][item], item) for item in one.items]
        assert keys == sorted(keys)
        assert one.unseen == 17 - history.seen[[user]].nnz


def test_ndcg_by_hand() -> None:
    held = sparse.csr_array(np.array([[0.0, 1.0, 0.0, 1.0, 1.0]]))
    none = sparse.csr_array((1, 5))
    history = History(none, none, held)
    one = gain(rank(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), none, 0, 4), history, 4)
    assert one.hits.tolist() == [0, 1, 0, 1]
    assert pytest.approx(1 / np.log2(3) + 1 / np.log2(5)) == one.DCG
    assert pytest.approx(1 + 1 / np.log2(3) + 1 / 2) == one.IDCG
    assert (one.recall, one.precision) == (2 / 3, 2 / 4)


def test_chance_is_what_random_orders_reach_on_average() -> None:
    rng = np.random.default_rng(7)
    history = drawn_history(rng)
    expected = by_chance(history, 5)
    found = [quality(of(rng.random(history.shape)), history, 5) for _ in range(700)]
    for name in ("recall", "precision", "NDCG"):
        values = np.array([getattr(one, name) for one in found])
        assert abs(values.mean() - getattr(expected, name)) < 5 * values.std() / np.sqrt(700)
