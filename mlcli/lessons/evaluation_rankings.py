"""How recommendations are told, measured over all users: by how much they like, and who gets nothing."""

from mlcli.core.evaluation_rankings import RankingExamined
from mlcli.lesson import Cell, Step, Table
from mlcli.lessons.evaluation_told import Told


def tell_rankings(found: RankingExamined, part: str) -> Told:
    """Of the items held out from each user."""
    quality, chance, k = found.quality, found.chance, found.quality.k
    groups: list[tuple[Cell, ...]] = [
        (f"{g.fewest}" if g.fewest == g.most else f"{g.fewest} to {g.most}", g.users, g.recall, g.NDCG)
        for g in found.groups
    ]
    users: list[tuple[Cell, ...]] = [
        (c.user, c.liked, c.held_out, c.item, f"{c.rank:,} of {c.unseen:,}") for c in found.hardest
    ]
    worst = Step(
        "worst", f"users without a hit among the first {k}: the held-out item that came nearest", "",
        (Table("", ("user", "likes known", "held out", "nearest item", "rank"), tuple(users)),),
    )  # fmt: skip
    return Told(
        rules=(
            ("measure", f"recall@{k} = hits / n: how many of the n items held out from a user are among the first {k}"),
            ("measure", f"NDCG@{k} = DCG / IDCG: a hit counts 1/log₂(rank + 1), beside the best order"),
            ("ranked", "all items that are new to the user"),
        ),
        steps=(
            Step("d_u", f"the {part} part by how many items a user is known to like", "",
                 (Table("", ("likes known", "users", f"recall@{k}", f"NDCG@{k}"), tuple(groups)),)),
            *((worst,) if found.hardest else ()),
        ),
        rows={
            f"NDCG@{k}": (f"{quality.NDCG:.4f}", f"by chance {chance.NDCG:.4f}"),
            f"precision@{k}": (f"{quality.precision:.4f}", f"by chance {chance.precision:.4f}"),
            "coverage": (f"{quality.coverage:.4f}", "the share of all items that is recommended to anyone"),
            "by chance": (f"{chance.recall:.1%}", f"recall@{k} expected of a random order"),
        },
        notice=(f"{found.missed:,} of {len(quality.users):,} users have no hit among their first {k}.",),
    )  # fmt: skip
