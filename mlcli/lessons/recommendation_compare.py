"""How methods are compared on what was held out: the protocol, NDCG of one user by hand, a row a method."""

from collections.abc import Sequence

from mlcli.core.recommendation_methods import BPRSettings, Method
from mlcli.core.recommendation_ranking import Chance, Gain, Quality
from mlcli.lesson import Cell, Check, Lesson, Part, Result, Step, Table, Term, Worked
from mlcli.lessons.recommendation import CALLED, Told, size, walked

Compared = Sequence[tuple[Method, Quality]]


def tell_comparison(
    told: Told,
    settings: BPRSettings,
    compared: Compared,
    chance: Chance,
    best: Method,
    gain: Gain,
    engine: str,
    *,
    checks: tuple[Check, ...] = (),
) -> Lesson:
    """The lesson of all methods on the same held-out items.

    Args:
        best: the method of the highest NDCG; `gain` works it out for one user.
        engine: what fitted node2vec's vectors.
    """
    k = gain.k
    quality = compared[0][1]
    return Lesson(
        title=f"{told.source}: {len(compared)} methods compared, top {k}",
        command="recommend",
        rules=(
            *size(told),
            ("mean", f"over the {len(quality.users):,} users of whom something was held out"),
            ("measure", f"recall@{k} = hits / n: how many of the n items held out from a user come first"),
            ("measure", f"precision@{k} = hits / {k}"),
            ("measure", f"NDCG@{k} = DCG / IDCG,   DCG = Σ_r hit_r / log₂(r + 1): higher counts more"),
            ("measure", "coverage = the share of all items that is recommended to anyone"),
            ("fit", f"mf and lightgcn: {settings.epochs:,} epoch{'s' * (settings.epochs != 1)}, {settings.dimensions} "
                    f"numbers a node; lightgcn: {settings.layers} layers"),
            ("fit", f"node2vec: {walked()}; by {engine}"),
        ),
        read=told.read,
        inputs=(),
        steps=(_by_hand(told, best, gain),),
        result=Result(_table(compared, chance, best, k)),
        notice=_notice(told, compared, chance, best, k),
        checks=checks,
        next=_next(told, best, gain),
        seed=told.seed,
    )  # fmt: skip


def _next(told: Told, best: Method, gain: Gain) -> tuple[str, ...]:
    same = f"--user {told.ratings.users[gain.user]} --method {best}"
    if told.saved or not told.options:
        return (f"{same} {told.options}".rstrip() + " (the scores themselves)",)
    fewer = () if told.options.split()[1] == "1" else ("--leave-out 1",)
    drawn = () if "--latest" in told.options else (f"--seed {told.seed + 1} (another draw)",)
    return (f"{same} {told.options} (the scores themselves)", *fewer, *drawn)


def _by_hand(told: Told, method: Method, gain: Gain) -> Step:
    items, name = told.ratings.items, told.ratings.users[gain.user]
    cells = zip(
        range(1, len(gain.items) + 1), (items[i] for i in gain.items), gain.hits.tolist(), gain.discounts.tolist(),
        gain.gains.tolist(), gain.ideal_gains.tolist(), strict=True,
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = (*cells, ("sum", "", int(gain.hits.sum()), None, gain.DCG, gain.IDCG))
    ones = tuple(
        Term("", float(hit), discount, worth)
        for hit, discount, worth in zip(gain.hits, gain.discounts.tolist(), gain.gains.tolist(), strict=True)
        if hit
    )
    return Step(
        symbol=f"NDCG@{gain.k}",
        title=f"NDCG@{gain.k} by hand: user {name}, {CALLED[method]}",
        formula="hit_r = 1 if the item at rank r was held out;   best: the n hits at the first ranks",
        figures=(
            Table("", ("rank r", "item", "hit", "1/log₂(r+1)", "gain", "best"), rows,
                  marked=tuple(r for r, hit in enumerate(gain.hits) if hit)),
            *((Worked("DCG", (Part("", ones, gain.DCG),), gain.DCG),) if ones else ()),
        ),
        note=f"NDCG = DCG / IDCG = {gain.DCG:.4f} / {gain.IDCG:.4f} = {gain.NDCG:.4f}.  Recall {gain.hits.sum()} / "
        f"{gain.n} = {gain.recall:.3f}, precision {gain.hits.sum()} / {gain.k} = {gain.precision:.3f}.",
    )  # fmt: skip


def _table(compared: Compared, chance: Chance, best: Method, k: int) -> Table:
    rows: list[tuple[Cell, ...]] = [("at random (expected)", chance.recall, chance.precision, chance.NDCG, None)]
    rows += [
        (CALLED[method], quality.recall, quality.precision, quality.NDCG, quality.coverage)
        for method, quality in compared
    ]
    marked = 1 + [method for method, _ in compared].index(best)
    return Table("", ("method", f"recall@{k}", f"precision@{k}", f"NDCG@{k}", "coverage"), tuple(rows), (marked,))


def _notice(told: Told, compared: Compared, chance: Chance, best: Method, k: int) -> tuple[str, ...]:
    users = len(compared[0][1].users)
    highest = dict(compared)[best].NDCG
    first = [CALLED[method] for method, quality in compared if quality.NDCG == highest]
    sentences = [f"Highest NDCG@{k}: {', '.join(first)}{' alike' * (len(first) > 1)}."]
    if chance.recall == 1:
        sentences.append(
            f"Nobody has more than {k} items to rank, so the first {k} are all of them: recall and precision tell "
            "nothing; a smaller --top does."
        )
    if users < 100:
        sentences.append(
            f"{users} user{'s are' if users > 1 else ' is'} few: another --seed holds out other items, and may put "
            "other methods first."
        )
    if told.taste.bound is not None:
        sentences.append("Items that a user rated but does not like are never recommended, and so are no misses.")
    return tuple(sentences)
