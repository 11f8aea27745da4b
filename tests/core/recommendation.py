"""Drawn ratings, for tests: sizes are primes, and no two the same."""

import numpy as np
from scipy import sparse

from mlcli.core.recommendation import History, Ratings


def drawn_history(rng: np.random.Generator, users: int = 13, items: int = 17, share: float = 0.3) -> History:
    """Every user with some of the items: of these some liked, some not, and of the others some held out."""
    dice = rng.random((users, items))
    liked, disliked = dice < share, (dice >= share) & (dice < share + 0.1)
    held = dice > 0.85
    matrices = [sparse.csr_array(x.astype(np.float64)) for x in (liked, liked | disliked, held)]
    for matrix in matrices:
        matrix.sort_indices()
    return History(*matrices)


def drawn_ratings(rng: np.random.Generator, users: int = 11, items: int = 19) -> Ratings:
    """One to five stars, a time each."""
    user, item = np.nonzero(rng.random((users, items)) < 0.4)
    names = [tuple(f"{kind}{n}" for n in range(size)) for kind, size in (("u", users), ("i", items))]
    stars = rng.integers(1, 6, len(user)).astype(np.float64)
    return Ratings(*names, user.astype(np.int64), item.astype(np.int64), stars, True, rng.permutation(len(user)) + 0.0)
