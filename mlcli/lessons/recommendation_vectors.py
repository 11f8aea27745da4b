"""How a score of vectors is told: what is heard along the edges, the mean over layers, the dot product, an update."""

import numpy as np

from mlcli.core.recommendation import Ratings
from mlcli.core.recommendation_reasons import Trace
from mlcli.core.recommendation_update import Update
from mlcli.core.recommendation_vectors import Dot, Messages, Mixed, Speakers, largest_terms
from mlcli.lesson import Cell, Curve, Part, Series, Step, Table, Tensor, Term, Text, Worked

BELOW = "A score below 0 is no dislike: a walk meets most nodes seldom. Only the order counts."
MOST_TERMS = 6  # of a dot product that is written out; the others stand as one


def vector_steps(ratings: Ratings, trace: Trace) -> tuple[Step, ...]:
    """The steps of those numbers that the method has."""
    return (
        *((_training(trace.losses),) if trace.losses else ()),
        *(() if trace.messages is None else (_messages(ratings, trace.messages),)),
        *(() if trace.mixed is None or trace.dot is None else (_mixed(ratings, trace.mixed, trace.dot),)),
        *(() if trace.dot is None else (_dot(ratings, trace.dot, bool(trace.engine)),)),
        *(() if trace.speakers is None or trace.dot is None else (_speakers(ratings, trace.speakers, trace.dot),)),
        *(() if trace.update is None else (_update(ratings, trace.update),)),
    )


def _training(losses: tuple[float, ...]) -> Step:
    epochs = np.arange(1, len(losses) + 1)
    return Step(
        symbol="L",
        title=f"training, {len(losses):,} epoch{'s' * (len(losses) != 1)}",
        formula="",
        figures=(Curve("loss, its mean over an epoch", epochs, (Series("loss", np.array(losses)),), "epoch", "loss"),),
        note="− log σ(0) = 0.693 is what guessing costs: both items score alike.",
    )


def _messages(ratings: Ratings, heard: Messages) -> Step:
    name = ratings.users[heard.user]
    cells = zip(
        (ratings.items[i] for i in heard.items), heard.degrees.tolist(), heard.coefficients.tolist(),
        map(tuple, heard.vectors.tolist()), map(tuple, heard.products.tolist()), strict=True,
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = (*cells, ("sum", None, None, None, tuple(heard.out.tolist())))
    return Step(
        symbol="e_u^1",
        title=f"layer 1 at user {name}: what comes along each edge",
        formula="e_u^1 = Σ_i c · e_i^0,   c = 1/√(d_u d_i)" + f",   d_u = {heard.d_u}",
        figures=(Table("", ("i", "d_i", "c", "e_i^0", "c · e_i^0"), rows, marked=(len(rows) - 1,)),),
        note="No weights, no σ: LightGCN learns e^0 and nothing else. What many like says less of a taste, and counts "
        "less.",
    )


def _mixed(ratings: Ratings, mixed: Mixed, dot: Dot) -> Step:
    layers = [f"e_u^{k}" for k in range(len(mixed.layers))]
    heard = ("its own", "items it likes", "users who share these", "items of those users")
    rows: list[tuple[Cell, ...]] = [
        (name, heard[k] if k < len(heard) else "further on", tuple(layer))
        for k, (name, layer) in enumerate(zip(layers, mixed.layers.tolist(), strict=True))
    ]
    rows.append(("mean e_u", "", tuple(mixed.mean.tolist())))
    return Step(
        symbol="e_u",
        title=f"the mean over the layers at user {ratings.users[dot.user]}",
        formula=f"e_u = 1/{len(layers)} ({' + '.join(layers)})",
        figures=(Table("", ("layer", "made of", "vector"), tuple(rows), marked=(len(rows) - 1,)),),
        note="The mean keeps what is a node's own, which layer upon layer would wash out.",
    )


def _dot(ratings: Ratings, dot: Dot, walked: bool) -> Step:
    u, i = ratings.users[dot.user], ratings.items[dot.item]
    x, y = ("x_u", "y_i") if walked else ("e_u", "e_i")
    terms = largest_terms(dot, MOST_TERMS)
    first = tuple(
        Term(f"{x}[{d}]", *numbers)
        for d, *numbers in zip(terms.places.tolist(), terms.of_user.tolist(), terms.of_item.tolist(),
                               terms.products.tolist(), strict=True)
    )  # fmt: skip
    parts = [Part(f"the {len(first)} largest", first, terms.sum)]
    if terms.others:
        parts.append(Part(f"{terms.others} more", (), terms.others_sum))
    return Step(
        symbol=f"s({u}, {i})",
        title=f"the score of {i} for user {u}: a dot product",
        formula=f"s(u, i) = Σ_d {x}[d] · {y}[d] over {len(dot.products)} numbers",
        figures=(
            Tensor("the two vectors, and their products", dot.table, ("", "d"), ((x, y, f"{x}[d] {y}[d]"), None)),
            Worked(f"s({u}, {i})", tuple(parts), dot.score),
        ),
        note="High where the same numbers are large in both, with the same sign. No number has a meaning of its own: "
        "what counts is who points the same way." + (f" {BELOW}" if walked else ""),
    )


def _speakers(ratings: Ratings, speakers: Speakers, dot: Dot) -> Step:
    u, i = ratings.users[dot.user], ratings.items[dot.item]
    rows: list[tuple[Cell, ...]] = [(f"user {u} itself", speakers.own)]
    rows += [
        (f"item {ratings.items[j]}", share)
        for j, share in zip(speakers.items, speakers.item_shares.tolist(), strict=True)
    ]
    rows.append(("other items", speakers.other_items))
    rows += [
        (f"user {ratings.users[w]}", share)
        for w, share in zip(speakers.users, speakers.user_shares.tolist(), strict=True)
    ]
    rows += [("other users", speakers.other_users), ("sum", speakers.score)]
    return Step(
        symbol=f"s({u}, {i})",
        title="the same score by whose e^0 it comes from",
        formula="s(u, i) = Σ_v P[u, v] (e_v^0 · e_i),   P = 1/(K + 1) Σ_k Â^k",
        figures=(Table("", ("v", "share of the score"), tuple(rows), marked=(len(rows) - 1,)),),
        note="As layers only add up, the score is an exact sum over all nodes that u hears, however far: the items it "
        "likes and those near them, and the users who like the same.",
    )


def _update(ratings: Ratings, update: Update) -> Step:
    u, i, j = ratings.users[update.user], ratings.items[update.liked], ratings.items[update.other]
    rows: tuple[tuple[Cell, ...], ...] = (
        (f"s(u, i)   i = {i}, liked", update.s_i),
        (f"s(u, j)   j = {j}, not", update.s_j),
        ("x = s(u, i) − s(u, j)", update.x),
        ("σ(x), how sure it is", update.sigma),
        ("loss L", update.loss),
        ("∂L/∂x = − σ(−x)", update.error),
        ("x after", update.new_x),
        ("loss after", update.new_loss),
    )
    part = Part(
        "",
        (
            Term("e_i[0] − e_j[0]", update.gap, update.error, update.pull),
            Term("e_u[0]", float(update.e_u[0]), update.decay, update.shrink),
        ),
        float(update.grad_u[0]),
    )
    return Step(
        symbol=f"({u}, {i}, {j})",
        title=f"one update of BPR: user {u} likes {i}, and is not known to like {j}",
        formula=f"L = − log σ(x) + λ/2 (…);   new = old − η · gradient,   η = {update.rate:g}, λ = {update.decay:g}",
        figures=(
            Table("", ("", "value"), rows),
            Text("The first number of the gradient of e_u, ∂L/∂x · (e_i[0] − e_j[0]) + λ e_u[0]:"),
            Worked("∂L/∂e_u[0]", (part,), float(update.grad_u[0])),
            *(
                Tensor(f"{symbol} of {name}", rows, ("", "d"), ((symbol, f"∂L/∂{symbol}", "new"), None))
                for symbol, name, rows in (
                    ("e_u", f"user {u}", update.table_u), ("e_i", i, update.table_i), ("e_j", j, update.table_j)
                )
            ),
        ),
        note=f"{i} is pulled towards user {u}, {j} pushed away. The vectors are those after training, so little is "
        "left to learn; training makes such steps by the thousand, with Adam in the place of a fixed η.",
    )  # fmt: skip
