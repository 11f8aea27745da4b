"""Zachary's karate club: 34 members, who met whom, and the half each joined when the club split.

The split for learning is the one that the question suggests: the two leaders are known, who follows whom?
"""

import numpy as np

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph

LEADERS = (0, 33)  # Mr. Hi, the instructor; and the officer
CLUBS = ("Mr. Hi", "Officer")


def karate(weighted: bool = False) -> LabelledGraph:
    """The two leaders to train on, every fourth of the others to validate, the rest to test; one-hot features.

    Args:
        weighted: an edge counts as much as networkx says, the number of places where the two met; else each counts 1.
    """
    import networkx

    club = networkx.karate_club_graph()
    edges = np.array(club.edges).T  # (2, 78)
    weights = np.array([weight for *_, weight in club.edges(data="weight")], dtype=float)
    N = len(club)
    others = np.setdiff1d(np.arange(N), LEADERS)
    return LabelledGraph(
        name="karate",
        graph=Graph(tuple(str(node) for node in club), edges, weights if weighted else np.ones(edges.shape[1])),
        features=np.eye(N),
        labels=np.array([CLUBS.index(half) for _, half in club.nodes(data="club")]),
        classes=CLUBS,
        train=np.array(LEADERS),
        validation=others[::4],
        test=np.delete(others, np.s_[::4]),
        read=(
            "networkx gives each edge a weight, the number of places where the two met: "
            + ("an edge counts as much" if weighted else "left out, every edge counts 1"),
            "features are one-hot: they tell the members apart and nothing else",
            f"only the two leaders' clubs are known in training, {CLUBS[0]} (0) and the {CLUBS[1].lower()} (33)",
        ),
    )
