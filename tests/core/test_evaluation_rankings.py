from itertools import pairwise

import numpy as np
import pytest

from mlcli.core.evaluation_rankings import examine_ranking
from mlcli.core.recommendation import split
from mlcli.datasets.ratings import load


def test_groups_and_misses_add_up_to_all_users() -> None:
    data = load("synthetic-ratings")
    history, _ = split(data, 0)
    table = np.random.default_rng(11).standard_normal(data.ratings.shape)
    found = examine_ranking(lambda users: table[users], history, data.ratings.users, data.ratings.items, 5, 99)
    users = [group.users for group in found.groups]
    assert sum(users) == len(found.quality.users)
    bounds = [bound for group in found.groups for bound in (group.fewest, group.most)]
    assert bounds == sorted(bounds) and len({group.most for group in found.groups}) == len(found.groups)
    assert all(low.most < high.fewest for low, high in pairwise(found.groups)), "who like equally much stay together"
    for name in ("recall", "NDCG"):
        parts = [getattr(group, name) for group in found.groups]
        assert np.average(parts, weights=users) == pytest.approx(getattr(found.quality, name))
    assert found.missed == len(found.hardest) == (found.quality.recalls == 0).sum()
    assert all(case.rank > 5 for case in found.hardest)
    case = found.hardest[0]
    user, item = data.ratings.users.index(case.user), data.ratings.items.index(case.item)
    unseen = np.setdiff1d(np.arange(table.shape[1]), history.seen[[user]].indices)
    assert case.rank == 1 + (table[user, unseen] > table[user, item]).sum()
    assert history.held_out[[user]].toarray()[0, item] == 1
