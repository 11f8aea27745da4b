"""Two things that are told of attention alone: how the query cancels, and what a trained run makes of a node."""

from mlcli.core.propagation_proofs import Cancelling, Verdict
from mlcli.lesson import Cell, Step, Table

MOST_ROWS = 12
MOST_CLASSES = 10


def cancelling_step(found: Cancelling, names: tuple[str, ...]) -> Step:
    """α with v's half of the score and without it."""
    rows: list[tuple[Cell, ...]] = [
        (names[u], with_query, without)
        for u, with_query, without in zip(
            found.sources[:MOST_ROWS].tolist(), found.alpha.tolist(), found.without.tolist(), strict=False
        )
    ]
    bent = "LeakyReLU bends them apart" if found.bent else "the same: t_v stands in every exponent and divides out"
    name = names[found.v]
    return Step(
        f"α_{name}",
        f"does {name} itself matter to whom it listens?",
        "e_vu = LeakyReLU(s_u + t_v)" if found.bent else "e_vu = s_u + t_v",
        (Table("", ("u", "α with t_v", "α with t_v = 0"), tuple(rows)),),
        f"largest difference {found.difference:.2g}: {bent}.",
    )


def verdict_step(verdict: Verdict, name: str, classes: tuple[str, ...]) -> Step:
    """The last layer's numbers as a guess of the class."""
    rows: list[tuple[Cell, ...]] = [
        (classes[c], float(verdict.logits[c]), float(verdict.shares[c]), "← its class" if c == verdict.truth else "")
        for c in verdict.order[:MOST_CLASSES].tolist()
    ]
    right = {True: "right", False: "wrong", None: "its class is not known"}[verdict.right]
    return Step(
        f"class of {name}",
        f"what the run takes node {name} for: {classes[int(verdict.order[0])]} ({right})",
        "share = softmax of the logits, the last layer's numbers",
        (Table("", ("class", "logit", "share", ""), tuple(rows), (0,)),),
    )
