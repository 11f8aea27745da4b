"""How recommendations for one user are told: what the user likes, how a score comes about, what comes first and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcli.core.node2vec import Settings as WalkSettings
from mlcli.core.recommendation import History, Ratings, Taste
from mlcli.core.recommendation_methods import BPRSettings, Method
from mlcli.core.recommendation_ranking import Ranking
from mlcli.core.recommendation_reasons import Reason, Trace
from mlcli.lesson import Cell, Check, Lesson, Result, Step, Table
from mlcli.lessons.recommendation_counts import counted_steps, listed, path_step
from mlcli.lessons.recommendation_vectors import vector_steps

Rules = tuple[tuple[str, str], ...]

CALLED = {
    Method.POPULARITY: "popularity",
    Method.NEIGHBOURS: "item neighbours",
    Method.MF: "matrix factorisation",
    Method.NODE2VEC: "node2vec",
    Method.LIGHTGCN: "LightGCN",
}
SCORES: dict[Method, tuple[str, ...]] = {
    Method.POPULARITY: ("s(i) = d_i: how many users like i, whoever asks",),
    Method.NEIGHBOURS: (
        "s(u, i) = Σ_j cos(i, j)   j over N(u), the items that u likes",
        "cos(i, j) = n_ij / √(d_i d_j): n_ij users like both, d_i like i, d_j like j",
    ),
    Method.MF: ("s(u, i) = e_u · e_i: a vector for each user and each item",),
    Method.NODE2VEC: (
        "s(u, i) = x_u · y_i: high if walks over the graph meet i near u",
        "a walk steps from user to item to user …; x and y as in mlcli node2vec",
    ),
    Method.LIGHTGCN: (
        "s(u, i) = e_u · e_i,   e = 1/(K + 1) Σ_k e^k   k from 0 to K = {layers}",
        "e_u^(k+1) = Σ_i e_i^k / √(d_u d_i)   i over N(u); for items likewise",
    ),
}
LOSS = "− log σ(s(u, i) − s(u, j)) + λ/2 (‖e_u‖² + ‖e_i‖² + ‖e_j‖²)"
WITH_VECTORS = (Method.MF, Method.NODE2VEC, Method.LIGHTGCN)
COLUMNS = ("rank", "item", "score", "d_i", "your items like it", "users like you")


@dataclass(frozen=True, eq=False)
class Told:
    """What every lesson on recommendations needs to know of its data.

    Args:
        source: what the user calls the ratings.
        held: how the items that were held out were chosen, a sentence; empty for none.
        read: what the reader did, a sentence each.
        options: by which the same items are held out again; empty for none, or where a file says it.
        saved: vectors come from a saved training, which was told what to hold out.
    """

    source: str
    ratings: Ratings
    taste: Taste
    history: History
    held: str
    read: tuple[str, ...]
    seed: int
    options: str = ""
    saved: bool = False


def tell(
    told: Told,
    method: Method,
    settings: BPRSettings,
    ranking: Ranking,
    reasons: Sequence[Reason],
    trace: Trace | None,
    *,
    asked: bool,
    top: int,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of one user's recommendations.

    Args:
        trace: None for a user who likes nothing: what is popular is then recommended.
        asked: the user was named, and not just the first.
    """
    user = ranking.user
    method = method if trace else Method.POPULARITY
    name = told.ratings.users[user]
    first = "" if asked else f"no --user was named: {name} is the first who likes something and has not had everything"
    steps = [_likes(told, user)]
    if trace is not None:
        steps += [*counted_steps(told.ratings, trace), *vector_steps(told.ratings, trace)]
        steps += [path_step(told.ratings, trace)]
    return Lesson(
        title=f"{told.source}: for user {name}, by {CALLED[method]}",
        command="recommend",
        rules=(*rules(method, settings), *size(told)),
        read=(*told.read, *([first] if first else [])),
        inputs=(),
        steps=tuple(steps),
        result=Result(_ranked(told, method, reasons)),
        notice=_notice(told, method, ranking, reasons, trace, top),
        checks=checks,
        next=_next(told, method, ranking, checks),
        seed=told.seed if method in WITH_VECTORS or told.held else None,
    )


def rules(method: Method, settings: BPRSettings) -> Rules:
    """The score, and what is minimised where something is."""
    lines = [("score", line.format(layers=settings.layers)) for line in SCORES[method]]
    if method == Method.NODE2VEC:
        lines.append(("fit", walked()))
    if method in (Method.MF, Method.LIGHTGCN):
        lines += [
            ("loss", LOSS),
            ("loss", f"λ = {settings.decay:g}; the mean over triples drawn at random: u likes i, and is not known to "
                     "like j"),
            ("fit", f"{settings.dimensions} numbers a node; Adam, learning rate {settings.lr:g}; {settings.epochs:,} "
                    f"epoch{'s' * (settings.epochs != 1)}, batches of {settings.batch:,} triples"),
        ]  # fmt: skip
    return tuple(lines)


def walked() -> str:
    """How far walks go, and what is fitted to them: the defaults of `mlcli node2vec`."""
    s = WalkSettings()
    return f"{s.walks} walks of {s.length} nodes from each node, window {s.window}, {s.dimensions} numbers a node"


def size(told: Told) -> Rules:
    """How much there is, what counts as liking, what was held out."""
    ratings, history = told.ratings, told.history
    noun = "rating" if ratings.rated else "row"
    lines = [
        ("size", f"{len(ratings.users):,} users, {len(ratings.items):,} items, {len(ratings.user):,} {noun}s; "
                 f"{history.R.nnz:,} edges user – item to learn from"),
        ("likes", _liking(told)),
        ("ranked", "every item that is new to the user; of equal scores the first in order"),
    ]  # fmt: skip
    return (*lines, *((("held out", told.held),) if told.held else ()))


def _liking(told: Told) -> str:
    taste = told.taste
    if taste.bound is None and told.ratings.rated:
        return f"every rating is {taste.low:g}, which tells nothing: having had an item counts as liking it"
    if taste.bound is None:
        return "having had an item counts as liking it, however often"
    bound = f"at least {taste.bound:g}"
    if taste.middle:
        bound = f"above {taste.bound:g}, the middle of {taste.low:g} … {taste.high:g}"
    return f"a value {bound}; what lies below was had too, and is not offered again"


def _likes(told: Told, user: int) -> Step:
    ratings, history = told.ratings, told.history
    liked = history.items_of(user)
    mine = np.flatnonzero(ratings.user == user)
    value = dict(zip(ratings.item[mine].tolist(), ratings.value[mine].tolist(), strict=True))
    valued = ratings.rated or bool((ratings.value != 1).any())
    columns = ("item", *(("rating" if ratings.rated else "count",) if valued else ()), "users who like it")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (ratings.items[i], *((value[i],) if valued else ()), int(history.d_i[i])) for i in liked.tolist()
    )
    name = ratings.users[user]
    others = [ratings.items[i] for i in history.disliked_by(user)]
    note = f"Had, but not liked, and not offered again: {listed(others)}." if others else ""
    if not rows:
        note = f"{note} Nothing to learn from: this user likes nothing.".strip()
    return Step(
        symbol=f"N({name})",
        title=f"what user {name} likes: {len(rows)} item{'s' * (len(rows) != 1)}",
        formula=f"N(u) with d_u = {len(rows)}",
        figures=(Table("", columns, rows),) if rows else (),
        note=note,
    )


def _ranked(told: Told, method: Method, reasons: Sequence[Reason]) -> Table:
    items, users = told.ratings.items, told.ratings.users
    tested = bool(told.history.held_out.nnz)
    columns = (*COLUMNS, *(("held out",) if tested else ()))
    rows: list[tuple[Cell, ...]] = []
    for rank, reason in enumerate(reasons, start=1):
        own = ", ".join(f"{items[j]} ({cos:.2f})" for j, cos in zip(reason.items, reason.cosines, strict=True))
        others = list(zip(reason.users, reason.user_cosines, strict=True))[: 1 if tested else None]
        alike = ", ".join(f"{users[w]} ({cos:.2f})" for w, cos in others)
        row: tuple[Cell, ...] = (rank, items[reason.item], reason.score, reason.liked_by, own, alike)
        rows.append((*row, "yes" if reason.held_out else "") if tested else row)
    what = "vectors" if method in WITH_VECTORS else "likes"
    return Table(f"d_i users like it; in brackets the cosine of {what}", columns, tuple(rows), marked=(0,))


def _notice(
    told: Told, method: Method, ranking: Ranking, reasons: Sequence[Reason], trace: Trace | None, top: int
) -> tuple[str, ...]:
    name, history = told.ratings.users[ranking.user], told.history
    sentences = []
    if trace is None:
        sentences.append(f"User {name} likes nothing that could be learned from: what is popular is recommended.")
    if ranking.unseen < top:
        are = "is" if ranking.unseen == 1 else "are"
        sentences.append(f"Only {ranking.unseen} of the {len(told.ratings.items):,} items {are} new to user {name}.")
    if held := int(history.held_out[[ranking.user]].nnz):
        hits = sum(reason.held_out for reason in reasons)
        sentences.append(f"{hits} of the {held} items that were held out from user {name} are among these.")
    if unknown := int((history.d_i == 0).sum()):
        those = "1 item is" if unknown == 1 else f"{unknown:,} items are"
        sentences.append(f"{those} liked by nobody in what is learned from: no edge leads there, {_blind(method)}.")
    if method == Method.POPULARITY:
        sentences.append("The same for everyone, but for what each has had: it knows no taste.")
    if trace and trace.engine:
        sentences.append(f"Fitted by {trace.engine}; on another machine the last digits may differ.")
    if method in WITH_VECTORS:
        sentences.append("Another seed gives other vectors, and may rank the lower places otherwise.")
    return tuple(sentences)


def _blind(method: Method) -> str:
    if method in (Method.POPULARITY, Method.NEIGHBOURS):
        return "the score is 0"
    return "the vector is what chance gave at the start"


def _next(told: Told, method: Method, ranking: Ranking, checks: tuple[Check, ...]) -> tuple[str, ...]:
    other = Method.LIGHTGCN if method != Method.LIGHTGCN else Method.NEIGHBOURS
    return (
        *(() if told.saved else (f"--method {other}",)),
        "--compare (all methods on what was held out)",
        f"--user {told.ratings.users[(ranking.user + 1) % len(told.ratings.users)]}",
        *(() if checks else ("--check (the scores once more, by another library)",)),
    )
