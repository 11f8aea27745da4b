import numpy as np
import pytest
from hypothesis import assume
from hypothesis import given as drawn
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.core.recommendation import Ratings, given, leave_out, taste, whole
from tests.core.recommendation import drawn_ratings


def ratings(*rows: tuple[int, int, float], rated: bool = True) -> Ratings:
    user, item, value = (np.array(column) for column in zip(*rows, strict=True))
    users, items = (tuple(map(str, range(side.max() + 1))) for side in (user, item))
    return Ratings(users, items, user, item, value.astype(float), rated)


def test_a_rating_counts_above_the_middle_of_the_scale() -> None:
    stars = ratings((0, 0, 1.0), (0, 1, 3.0), (1, 0, 3.5), (1, 1, 5.0))
    found = taste(stars)
    assert (found.low, found.high, found.bound) == (1.0, 5.0, 3.0)
    assert found.likes(stars.value).tolist() == [False, False, True, True]
    assert taste(stars, 3.0).likes(stars.value).tolist() == [False, True, True, True]


def test_constant_ratings_and_counts_tell_no_dislike() -> None:
    assert taste(ratings((0, 0, 4.0), (1, 1, 4.0))).bound is None
    counts = ratings((0, 0, 1.0), (1, 1, 999.0), rated=False)
    assert taste(counts).likes(counts.value).all()


def test_what_is_rated_low_is_seen_but_not_learned_from() -> None:
    stars = ratings((0, 0, 1.0), (0, 1, 5.0), (1, 1, 5.0))
    history = whole(stars, taste(stars))
    assert history.R.toarray().tolist() == [[0, 1], [0, 1]]
    assert history.seen.toarray().tolist() == [[1, 1], [0, 1]]
    assert history.d_u.tolist() == [1, 1]
    assert history.d_i.tolist() == [0, 2]
    assert history.disliked_by(0).tolist() == [0]
    assert history.users_of(1).tolist() == [0, 1]


@drawn(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_what_is_held_out_is_liked_and_neither_seen_nor_learned_from(seed: int, n: int, latest: bool) -> None:
    stars = drawn_ratings(np.random.default_rng(seed))
    everything = whole(stars, taste(stars))
    assume(everything.d_u.max() > n)
    history = leave_out(stars, taste(stars), n, seed, latest)
    held = history.held_out.toarray()
    assert not (held * history.seen.toarray()).any()
    assert np.array_equal(held + history.R.toarray(), everything.R.toarray())
    assert np.array_equal(held.sum(axis=1), np.where(everything.d_u > n, n, 0))
    assert np.array_equal(history.seen.toarray() + held, everything.seen.toarray())
    if latest:
        time = np.zeros(stars.shape)
        time[stars.user, stars.item] = stars.time
        for user in np.flatnonzero(held.any(axis=1)):
            assert time[user][held[user] > 0].min() > time[user][history.R.toarray()[user] > 0].max()


def test_one_seed_holds_out_the_same() -> None:
    stars = drawn_ratings(np.random.default_rng(5))
    one, two, other = (leave_out(stars, taste(stars), 2, seed).held_out.toarray() for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_given_part_is_held_out_as_far_as_it_is_liked() -> None:
    stars = ratings((0, 0, 5.0), (0, 1, 5.0), (1, 0, 5.0), (1, 1, 1.0))
    history = given(stars, taste(stars), np.array([False, True, False, True]))
    assert history.held_out.toarray().tolist() == [[0, 1], [0, 0]]
    assert history.seen.toarray().tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda stars: whole(stars, taste(stars, 6.0)), "--like"),
        (lambda stars: leave_out(stars, taste(stars), 9, 0), "--leave-out"),
        (lambda stars: leave_out(stars, taste(stars), 0, 0), "--leave-out"),
        (lambda stars: leave_out(stars, taste(stars), 1, 0, latest=True), "--latest"),
        (lambda stars: given(stars, taste(stars), np.zeros(3, dtype=bool)), "--test"),
        (lambda stars: stars.user_position("2", "--user"), "--user"),
    ],
)
def test_what_cannot_be_split_is_said(call, where: str) -> None:
    with pytest.raises(InputError) as told:
        call(ratings((0, 0, 1.0), (0, 1, 5.0), (1, 1, 5.0)))
    assert told.value.where == where
    assert told.value.hint
