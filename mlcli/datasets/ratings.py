"""The named data sets of ratings: who had what."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.recommendation import Ratings, RatingSet
from mlcli.datasets.catalogue import DATA_SETS, named
from mlcli.datasets.samples import sample
from mlcli.datasets.storage import copies

Array = NDArray[np.float64]


def names() -> tuple[str, ...]:
    """What `load` takes."""
    return tuple(data_set.name for data_set in DATA_SETS if data_set.kind == "ratings")


def load(name: str) -> RatingSet:
    """The ratings of a named data set.

    Raises:
        InputError: there is no such data set, or it is not of ratings.
        RequestFailed: it is not at hand and cannot be downloaded, or a file of it is not the pinned one.
    """
    data_set = named(name)
    loaders: dict[str, Callable[[], RatingSet]] = {
        "synthetic-ratings": _synthetic,
        "lastfm": _lastfm,
        "movielens-100k": _movielens,
    }
    if name not in loaders:
        raise InputError(f"{name} is a data set of {data_set.kind}", hint=f"choose one of {', '.join(names())}")
    return loaders[name]()


def _synthetic() -> RatingSet:
    rows = np.loadtxt(sample("ratings.csv"), delimiter=",", skiprows=1)
    note = "synthetic: users, items and stars were made up by a program; odd users tend to like odd items"
    return RatingSet("synthetic-ratings", _ratings(rows, rated=True), read=(note,))


def _lastfm() -> RatingSet:
    train, test = (np.loadtxt(io.BytesIO(copy.content)) for copy in copies(named("lastfm")))
    tested = np.arange(len(train) + len(test)) >= len(train)
    notes = (
        "a count is how often a user listened to an artist: any above 0 says that it was had",
        "what to test on is what LightGCN's authors set aside",
    )
    return RatingSet("lastfm", _ratings(np.concatenate([train, test]), rated=False), tested, notes)


def _movielens() -> RatingSet:
    ratings, films = (copy.content for copy in copies(named("movielens-100k")))
    made = _ratings(np.loadtxt(io.BytesIO(ratings)), rated=True)
    titles = dict(line.split("|", 2)[:2] for line in films.decode("latin-1").splitlines())
    called = tuple(f"{titles[number]} [{number}]" for number in made.items)
    notes = ("films are called by their title, their number behind it: some films stand there twice",)
    return RatingSet("movielens-100k", replace(made, items=called), read=notes)


def _ratings(rows: Array, rated: bool) -> Ratings:
    """Users, items, values and maybe times in columns; numbers name the users and the items."""
    users, user = np.unique(rows[:, 0].astype(np.int64), return_inverse=True)
    items, item = np.unique(rows[:, 1].astype(np.int64), return_inverse=True)
    time = rows[:, 3] if rows.shape[1] > 3 else None
    return Ratings(tuple(map(str, users)), tuple(map(str, items)), user, item, rows[:, 2], rated, time)
