"""How it is told what the vectors are good for: classes read off them, hidden edges found by them."""

from mlcli.core.classification import Classification
from mlcli.core.link_prediction import LinkPrediction
from mlcli.lesson import Cell, Step, Table


def tell_classes(record: Classification) -> Step:
    """F1 for each share of the nodes to learn from."""
    count = (
        f"some nodes have several, up to {record.most_classes}: a node is given as many of the highest scores as it "
        "has classes, a count that is known of it (the protocol of DeepWalk and node2vec)"
        if record.most_classes > 1
        else "each node has one: it is given the class of the highest score"
    )
    return Step(
        symbol="F1",
        title="can classes be read off the vectors?",
        formula="one logistic regression a class against the rest on x, C = 1;  F1 = 2 TP / (2 TP + FP + FN), micro "
        "over all decisions, macro the mean of the classes",
        figures=(
            Table(
                f"{record.nodes:,} nodes, {record.classes} classes, {record.micro.shape[1]} random splits a share",
                ("learned from", "micro F1", "±", "macro F1", "± "),
                tuple((f"{share:.0%}", *scores) for share, *scores in record.rows),
            ),
        ),
        note=f"Protocol: {count}. ± is the standard deviation over the splits; the vectors are the same in all.",
    )


def tell_links(record: LinkPrediction) -> Step:
    """AUC for each way to make one vector of two."""
    rows: list[tuple[Cell, ...]] = [
        (name, rule, mean, spread) for (name, mean, spread), rule in zip(record.rows, RULES, strict=True)
    ]
    rows.append(("dot product", "x_u · x_v, nothing learned", record.dot, None))
    return Step(
        symbol="AUC",
        title="can hidden edges be told from pairs without one?",
        formula="AUC = P(an edge scores higher than a pair without one): 0.5 is chance, 1 is always",
        figures=(
            Table(
                f"{record.hidden:,} of {record.edges:,} edges hidden, and as many pairs without an edge",
                ("operator", "the pair's vector", "AUC", "±"),
                tuple(rows),
                marked=(record.best,),
            ),
        ),
        note="Protocol: the edges are hidden before any walk is drawn, at random but so that no part of the graph "
        f"falls off; a logistic regression learns from one half of the pairs and is asked about the other, in "
        f"{record.auc.shape[1]} random halvings. These vectors are not those of the map, which know every edge.",
    )


RULES = ("(x_u + x_v) / 2", "x_u ∘ x_v", "|x_u − x_v|", "(x_u − x_v)²")
