"""What each kind of prediction adds to a lesson; and the recommender's, which is short."""

from dataclasses import dataclass

from mlcli.core.prediction import RankingPrediction
from mlcli.lesson import Cell, Step, Table

MOST_LIKED = 8


@dataclass(frozen=True, eq=False)
class Told:
    """Parts of a lesson.

    Args:
        answer: the row of the result: a column's name and its cell each.
    """

    rules: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    answer: tuple[tuple[str, Cell], ...]
    notice: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def bar(share: float) -> str:
    """A share from 0 to 1 as a bar of up to 20 blocks.

    >>> bar(0.25)
    '█████'
    """
    return "█" * round(20 * share)


def tell_items(found: RankingPrediction) -> Told:
    """Which items come first for a user."""
    ranking, user = found.ranking, found.given.name
    rows: list[tuple[Cell, ...]] = [
        (rank, item, score, "held out" if held else "")
        for rank, (item, score, held) in enumerate(
            zip(found.items, ranking.scores.tolist(), found.held_out, strict=True), start=1
        )
    ]
    liked = ", ".join(found.liked[:MOST_LIKED]) + (
        f" and {len(found.liked) - MOST_LIKED:,} more" if len(found.liked) > MOST_LIKED else ""
    )
    hits = sum(found.held_out)
    return Told(
        rules=(("rule", "s(u, i) = e_u · e_i; the unseen items of the highest score come first"),),
        steps=(
            Step(
                f"s({user}, i)",
                f"user {user}: the first {len(rows)} of {ranking.unseen:,} items that are new to them",
                "",
                (Table("", ("rank", "item", "score", ""), tuple(rows)),),
                f"Known to like: {liked or 'nothing'}.",
            ),
        ),
        answer=(("first item", found.items[0] if found.items else ""), ("hits", hits), ("held out", found.likes)),
        notice=(f"{hits} of the {found.likes} items held out from user {user} are among them.",) if found.likes else (),
        next=("--top 20",),
    )
