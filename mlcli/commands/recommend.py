"""mlcli recommend: what a user may like, from who had what, and why; and how good that is on what was held out."""

import dataclasses
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mlcli.commands.fetching import fetched
from mlcli.commands.options import command, program
from mlcli.core.errors import InputError
from mlcli.core.recommendation import LEFT_OUT, SPLIT_SEED, History, RatingSet, split, taste, whole
from mlcli.core.recommendation_methods import BPRSettings, Method
from mlcli.core.recommendation_ranking import Quality, by_chance, gain, quality, rank
from mlcli.core.recommendation_reasons import reasons, trace
from mlcli.core.recommendation_vectors import Vectors
from mlcli.datasets.ratings import load
from mlcli.lessons.recommendation import Told, tell
from mlcli.lessons.recommendation_compare import tell_comparison
from mlcli.models.recommenders import Recommender, by_vectors, mixed_over_layers, recommender
from mlcli.models.skipgram import Engine
from mlcli.readers.ratings import read_ratings
from mlcli.render.fit_progress import FitProgress
from mlcli.render.progress import WorkProgress
from mlcli.render.show import Output, option, show
from mlcli.training.checkpoints import load as open_model
from mlcli.training.digests import digest_of_ratings
from mlcli.training.rating_settings import LightGCNSettings

DEFAULT = BPRSettings()
app = program()


class Example(StrEnum):
    """Ratings that need no file."""

    SYNTHETIC = "synthetic"


class DataSet(StrEnum):
    """Ratings that are fetched once."""

    LASTFM = "lastfm"
    MOVIELENS = "movielens-100k"


@dataclass(frozen=True)
class Input:
    """Where the ratings come from, and what of them counts."""

    example: Example | None = option(None, "Take this in the place of a file: made up, not of real people.")
    dataset: DataSet | None = option(None, "Take this in the place of a file; fetched once.")
    test: str | None = option(None, "Ratings to test on; the other file alone is learned from.", metavar="FILE")
    leave_out: int | None = option(None, f"Hold out so many liked items of each user; --compare: {LEFT_OUT}.", min=1)
    latest: bool = option(False, "Hold out each user's latest, not a random draw.", is_flag=True)
    like: float | None = option(None, "From which value on a user likes an item; else above the scale's middle.")
    rated: bool | None = option(None, "Whether values are ratings on a scale or counts.", flags=["--ratings/--counts"])
    delimiter: str | None = option(None, "What parts the columns, if it is not found.")


@dataclass(frozen=True)
class Fit:
    """How vectors are fitted; the defaults are those of LightGCN's authors."""

    dimensions: int = option(DEFAULT.dimensions, "mf, lightgcn: numbers that stand for a user or an item.", min=1)
    layers: int = option(DEFAULT.layers, "lightgcn: how far vectors travel along edges.", min=1)
    lr: float = option(DEFAULT.lr, "mf, lightgcn: learning rate of Adam.")
    decay: float = option(DEFAULT.decay, "mf, lightgcn: weight of the penalty on long vectors.")
    batch: int = option(DEFAULT.batch, "mf, lightgcn: triples of a step.", min=1)
    epochs: int = option(DEFAULT.epochs, "mf, lightgcn: passes over the edges.", min=1)
    engine: Engine = option(Engine.TORCH, "node2vec: what fits the vectors.")

    @property
    def settings(self) -> BPRSettings:
        """As core has them."""
        return BPRSettings(self.dimensions, self.layers, self.lr, self.decay, self.batch, self.epochs)

    def refuse_unused(self, method: Method | None, saved: Path | None) -> None:
        """
        Args:
            method: the one that is fitted or opened; None for all.
            saved: where vectors are opened that need no fit any more.

        Raises:
            InputError: an option would change nothing.
        """
        used: dict[str, tuple[Method, ...]] = {"layers": (Method.LIGHTGCN,), "engine": (Method.NODE2VEC,)}
        for field in dataclasses.fields(self):
            flag, methods = f"--{field.name}", used.get(field.name, (Method.MF, Method.LIGHTGCN))
            if getattr(self, field.name) == field.default:
                continue
            if method not in (None, *methods):
                hint = f"add {' or '.join(f'--method {one}' for one in methods)}, or leave {flag} out"
                raise InputError(f"is not for {method}", flag, f"leave {flag} out" if saved else hint)
            if saved and Method.NODE2VEC not in methods:
                raise InputError(f"{saved} says this itself", flag, f"leave {flag} out")


@command(
    app,
    examples=(
        "mlcli recommend sample_data/ratings.csv --user 7",
        "mlcli recommend --example synthetic --compare --epochs 100",
    ),
)
def recommend(
    ratings: Annotated[
        str | None,
        typer.Argument(help="A user and an item a line, maybe a rating and a time; - is stdin.", show_default=False),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="For whom; else the first who likes anything.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many items.")] = 10,
    method: Annotated[
        Method | None, typer.Option(help="How items are scored; neighbours if none is named.", show_default=False)
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="All methods, measured on what was held out.")] = False,
    weights: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Score by what train lightgcn --save has written here.")
    ] = None,
    input: Input = Input(),
    fit: Fit = Fit(),
    check: Annotated[bool, typer.Option("--check", help="Compute it again by another library and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="For what is held out, and the vectors.")] = 0,
    output: Output = Output(),
) -> None:
    """Recommend items to a user from who had what, with the reason for each; or compare all methods."""
    if compare and method is not None:
        raise InputError("--compare measures every method", "--method", "leave one of the two out")
    data = _read(ratings, input)
    saved = None if weights is None else _open(weights, data, method)
    settings = saved.settings if saved else fit.settings
    if saved:
        _refuse_other_split(input)
    chosen = saved.method if saved else method or Method.NEIGHBOURS
    fit.refuse_unused(None if compare else chosen, weights)
    told = _told(data, input, compare, saved, seed)
    asked = None if user is None else told.ratings.user_position(user, "--user")
    if compare:
        _compare(told, settings, saved, fit.engine, asked, top, check, output)
    else:
        _recommend(told, settings, saved, chosen, fit.engine, asked, top, check, output)


def _recommend(
    told: Told, settings: BPRSettings, saved: "_Saved | None", method: Method, engine: Engine, asked: int | None,
    top: int, check: bool, output: Output,
) -> None:  # fmt: skip
    history = told.history
    user = _first_to_tell(history) if asked is None else asked
    _refuse_nothing_new(told, user)
    ready = _fit(history, method, settings, saved, engine, told.seed)
    scores = ready.scores(np.array([user]))[0]
    ranking = rank(scores, history.seen, user, top)
    known = bool(history.d_u[user])
    checks = ()
    if check:
        from mlcli.checks.recommendation import against_dense

        checks = (against_dense(scores, history, method, ready.fitted, user),)
    lesson = tell(
        told,
        method,
        settings,
        ranking,
        reasons(history, ranking, ready.fitted if known else None),
        trace(history, ranking, method, ready.fitted, told.seed) if known else None,
        asked=asked is not None,
        top=top,
        checks=checks,
    )
    show(lesson, output)


def _compare(
    told: Told, settings: BPRSettings, saved: "_Saved | None", engine: Engine, asked: int | None, top: int, check: bool,
    output: Output,
) -> None:  # fmt: skip
    history = told.history
    if asked is not None and not history.held_out[[asked]].nnz:
        message = f"nothing was held out from user {told.ratings.users[asked]}"
        raise InputError(message, "--user", "leave it out, or hold out fewer with --leave-out")
    ready = [_fit(history, method, settings, saved, engine, told.seed) for method in Method]
    measured = [quality(one.scores, history, top) for one in ready]
    best = int(np.argmax([one.NDCG for one in measured]))
    user = _worth_telling(measured[best]) if asked is None else asked
    ranking = rank(ready[best].scores(np.array([user]))[0], history.seen, user, top)
    checks = ()
    if check:
        from mlcli.checks.recommendation import against_sklearn

        pairs = zip(ready, measured, strict=True)
        checks = tuple(against_sklearn(one.method, one.scores, history, found) for one, found in pairs)
    lesson = tell_comparison(
        told,
        settings,
        list(zip(Method, measured, strict=True)),
        by_chance(history, top),
        ready[best].method,
        gain(ranking, history, top),
        engine,
        checks=checks,
    )
    show(lesson, output)


@dataclass(frozen=True, eq=False)
class _Saved:
    """What `mlcli train lightgcn --save` has left: `seed` is that of what was held out to test on."""

    settings: BPRSettings
    first: Vectors
    method: Method
    seed: int = SPLIT_SEED


def _open(folder: Path, data: RatingSet, method: Method | None) -> _Saved:
    model = open_model(folder)
    if not isinstance(model.settings, LightGCNSettings):
        raise InputError(
            f"was trained as {model.settings.model}, which scores no items", str(folder), "mlcli train lightgcn"
        )
    if model.config["data"]["sha256"] != digest_of_ratings(data):
        name = model.config["data"]["name"]
        raise InputError(f"was trained on other ratings, or another --like: {name}", str(folder), "train it on these")
    used = Method.LIGHTGCN if model.settings.layers else Method.MF
    if method not in (None, used):
        raise InputError(f"{folder} holds vectors for {used}", "--method", "leave it out")
    plain = {field.name: getattr(model.settings, field.name) for field in dataclasses.fields(BPRSettings)}
    E = model.weights["E"].astype(np.float64)
    users = len(data.ratings.users)
    return _Saved(BPRSettings(**{**plain, "epochs": model.config["epoch"]}), Vectors(E[:users], E[users:]), used)


def _fit(
    history: History, method: Method, settings: BPRSettings, saved: _Saved | None, engine: Engine, seed: int
) -> Recommender:
    if saved and method == saved.method:
        return by_vectors(history, method, mixed_over_layers(history, saved.first, settings.layers, settings.decay))
    with FitProgress(method, settings.epochs) as watch, WorkProgress() as progress:
        return recommender(history, method, settings, seed, watch, engine, progress)


def _worth_telling(measured: Quality) -> int:
    """The first user with a hit that is not at its best place; else the first."""
    between = np.flatnonzero((measured.NDCGs > 0) & (measured.NDCGs < 1))
    return int(measured.users[between[0] if len(between) else 0])


def _refuse_other_split(input: Input) -> None:
    """Other held-out items than those of the training would be tested on what was learned from."""
    for name, other in {"--leave-out": input.leave_out not in (None, LEFT_OUT), "--latest": input.latest}.items():
        if other:
            message = f"{LEFT_OUT} items of each user, drawn at random, were held out from the saved training"
            raise InputError(message, name, "leave it out: the same are held out now")


def _first_to_tell(history: History) -> int:
    """The first user who likes anything and has not had everything."""
    open_to = (history.d_u > 0) & (np.diff(history.seen.indptr) < history.shape[1])
    if not open_to.any():
        message = "everybody who likes anything has had every item: nothing is left to recommend"
        raise InputError(message, hint="--leave-out 1 holds an item of each user out, and ranks it")
    return int(np.argmax(open_to))


def _refuse_nothing_new(told: Told, user: int) -> None:
    items = len(told.ratings.items)
    if told.history.seen[[user]].nnz == items:
        every = "the only item" if items == 1 else f"all {items:,} items"
        message = f"user {told.ratings.users[user]} has had {every}: nothing is left to recommend"
        raise InputError(message, "--user", "ask for another user")


def _read(path: str | None, input: Input) -> RatingSet:
    if [path, input.example, input.dataset].count(None) != 2:
        raise InputError("give one of a file, --example, --dataset", hint="mlcli recommend --example synthetic")
    if path is not None:
        return replace(read_ratings(path, input.test, rated=input.rated, delimiter=input.delimiter), like=input.like)
    refused = {"--test": input.test, "--delimiter": input.delimiter, "--ratings/--counts": input.rated}
    for name, value in refused.items():
        if value is not None:
            raise InputError("is for a file of ratings", name, "leave it out, or give a file")
    return replace(load(fetched(input.dataset or "synthetic-ratings")), like=input.like)


def _told(data: RatingSet, input: Input, compare: bool, saved: _Saved | None, seed: int) -> Told:
    seed = saved.seed if saved else seed
    likes = taste(data.ratings, data.like)
    if data.test is not None and (input.leave_out is not None or input.latest):
        raise InputError("what is held out is given already", "--leave-out", "leave it out")
    options = ""
    if data.test is not None or compare or saved or input.leave_out is not None or input.latest:
        n = input.leave_out or LEFT_OUT
        history, held = split(data, seed, n, input.latest)
        if data.test is None:
            options = f"--leave-out {n}{' --latest' * input.latest}"
    else:
        history, held = whole(data.ratings, likes), ""
    return Told(data.name, data.ratings, likes, history, held, data.read, seed, options, saved is not None)
