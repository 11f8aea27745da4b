"""How the proofs by running are told: nodes renamed, smoothing, reach, graphs that cannot be told apart."""

from collections.abc import Sequence

import numpy as np

from mlcli.core.propagation_colours import Twins
from mlcli.core.propagation_permutation import Permutation
from mlcli.core.propagation_reach import Reach
from mlcli.core.propagation_smoothing import Smoothing
from mlcli.core.propagation_tree import Place
from mlcli.lesson import Cell, Check, Curve, Figure, Lesson, Result, Series, Step, Table, Text, Tree
from mlcli.lesson import Graph as Drawing
from mlcli.lessons.propagation import Given, title
from mlcli.lessons.propagation_rules import Origin
from mlcli.lessons.propagation_update import vector

MOST_ROWS = 8
COMMAND = "gnn-propagate"


def tell_permutation(
    found: Permutation, given: Given, rule: str, layers: int, origin: Origin, tolerance: float, seed: int
) -> Lesson:
    """The same rows in another order; and the mistake that does not give them."""
    names = given.graph.names
    places = found.order[:MOST_ROWS].tolist()
    moved: list[tuple[Cell, ...]] = [(i, names[i], names[v]) for i, v in enumerate(places)]
    rows, wrong = (
        [(names[v], vector(found.before[v]), vector(values[i])) for i, v in enumerate(places)]
        for values in (found.after, found.mistaken)
    )
    more = len(found.order) - len(places)
    rest: tuple[Figure, ...] = (Text(f"… {more:,} more nodes: see --json"),) if more else ()
    h = f"h_v^{layers}"
    answer = Table(
        "",
        ("renamed", "largest difference"),
        (("nodes and edges", found.difference), ("rows of x only", found.mistake)),
        (0,),
    )
    return Lesson(
        title=f"{title(given, rule, layers)}, nodes renamed at random",
        command=COMMAND,
        rules=(
            ("rule", "f(P x, P A Pᵀ) = P f(x, A) for every permutation P of the nodes"),
            ("P", f"one of the orders of {len(names):,} nodes, drawn by --seed"),
            ("weights", origin.said),
        ),
        inputs=(),
        read=given.read,
        steps=(
            Step("P", "who stands where now", "", (Table("", ("place", "was", "is now"), tuple(moved)), *rest)),
            Step(
                "P h", "x and the edges renamed: each node has its old vector", f"f(P x, P A Pᵀ) beside {h}",
                (Table("", ("v", f"{h} before", "after"), tuple(rows)), *rest),
            ),
            Step(
                "mistake", "the classic mistake: only the rows of x are moved", "f(P x, A) ≠ P f(x, A)",
                (Table("", ("v", f"{h} before", "rows only"), tuple(wrong)), *rest),
                "The edges still name the old places, so each node hears other nodes' neighbours.",
            ),
        ),
        result=Result(answer),
        notice=(_noticed(found),),
        checks=(Check("rows put back in their old order", found.difference, tolerance),),
        next=("another --seed", "--aggregate max", "--smoothing 16", "--reach"),
        seed=seed,
    )  # fmt: skip


def _noticed(found: Permutation) -> str:
    if found.mistake <= found.difference:
        return "This graph does not notice the mistake: its nodes are alike, or each stands where it stood."
    return "A sum over neighbours does not ask in which order they stand: the layer needs no proof beyond that."


def tell_smoothing(found: Smoothing, given: Given, rule: str, origin: Origin, seed: int | None) -> Lesson:
    """MAD and Dirichlet energy by layer."""
    K = len(found.mad) - 1
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (k, mad, energy)
        for k, (mad, energy) in enumerate(zip(found.mad.tolist(), found.dirichlet.tolist(), strict=True))
    )
    layers = np.arange(K + 1)
    answer = Table("", ("k", "MAD", "Dirichlet energy"), rows, whole=K < 65)
    log = bool((found.dirichlet > 0).all())
    mad = Curve("MAD of neighbours", layers, (Series("MAD", found.mad),), "layer k", "MAD")
    energy = Curve("Dirichlet energy", layers, (Series("energy", found.dirichlet),), "layer k", "energy", log_y=log)
    fell = f"MAD fell from {found.mad[0]:.4f} to {found.mad[-1]:.4f} in {K} layers"
    return Lesson(
        title=f"{title(given, rule, K)}, oversmoothing",
        command=COMMAND,
        rules=(
            ("rule", "MAD(h) = mean over the arcs u → v of 1 − cos(h_u, h_v)"),
            ("rule", "energy(h) = ½ Σ over the arcs of ‖h_u / √(1 + d_u) − h_v / √(1 + d_v)‖²"),
            ("weights", origin.said),
        ),
        inputs=(),
        read=given.read,
        steps=(),
        result=Result(answer, (mad, energy, answer)),
        notice=(
            f"{fell}: each layer averages, and what is averaged often enough is the same everywhere."
            if found.mad[-1] < found.mad[0]
            else "Neighbours have not grown more alike here: what is done between the averages holds them apart.",
            "Two or three layers are what most graph networks have; more need skips or other tricks.",
        ),
        next=("--aggregate mean-self", "--weights random --activation relu", "--reach", "--plot smoothing.png"),
        seed=seed,
    )


def tell_reach(found: Reach, given: Given, v: int, drawn: bool, seed: int | None) -> Lesson:
    """How far each layer lets a node hear."""
    name, K = given.graph.names[v], found.size.shape[1] - 1
    one = found.nodes.tolist().index(v)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            k,
            int(found.size[one, k]),
            *(f"{share:.1%}" for share in (found.share[one, k], found.mean[k], found.least[k], found.most[k])),
        )
        for k in range(K + 1)
    )
    answer = Table("", ("k", f"heard of by {name}", "share", "mean", "least", "most"), rows, whole=K < 65)
    x = np.arange(K + 1)
    curve = Curve(
        "share of the graph that a node has heard of",
        x,
        (Series(f"node {name}", found.share[one]), Series("mean of all", found.mean)),
        "layer k",
        "share",
    )
    sample = f"{len(found.nodes):,} nodes drawn by --seed" if drawn else "all nodes"
    done = int(found.complete[one])
    last = (
        f"after {done} layers {name} hears of nobody new"
        if done >= 0
        else f"after {K} layers {name} still hears of new nodes"
    )
    return Lesson(
        title=f"{given.source} ({given.summary.nodes:,} nodes, {given.summary.edges:,} edges), reach of node {name}",
        command=COMMAND,
        rules=(
            ("rule", "R_v^0 = {v},  R_v^(k+1) = R_v^k ∪ the R_u^k of all u in N(v)"),
            ("share", f"|R_v^k| / N; mean, least and most over {sample}"),
        ),
        inputs=(),
        read=given.read,
        steps=(),
        result=Result(answer, (curve, answer)),
        notice=(
            f"{last[0].upper()}{last[1:]}.",
            "What a node has not heard of cannot change its vector; what all have heard of can hardly tell them apart.",
        ),
        next=("--node NAME", "--layers 12", "--smoothing 16"),
        seed=seed,
    )


def tell_twins(found: Twins, graphs: Sequence[Given], trees: Sequence[Place], layers: int, seed: int) -> Lesson:
    """Two graphs that no bag of messages tells apart, and what does."""
    first, second = graphs
    names = first.graph.names
    drawings = tuple(
        Drawing(given.source, given.graph.names, tuple((u, v) for u, v in given.graph.edges.T.tolist()))
        for given in graphs
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (rule, vector(a), vector(b), found.alike[rule], found.told[rule]) for rule, (a, b) in found.row.items()
    )
    answer = Table("", ("rule", first.source, second.source, "apart", "x apart"), rows)
    colours = [
        (k, " ".join(map(str, colour[: len(names)].tolist())), " ".join(map(str, colour[len(names) :].tolist())))
        for k, colour in enumerate(found.colours.rounds)
    ]
    heads = [f"{given.source}: {' '.join(names)}" for given in graphs]
    return Lesson(
        title=f"{first.source} against {second.source}, {layers} layers",
        command=COMMAND,
        rules=(
            ("rule", "h_v^(k+1) = f(h_v^k, the bag of h_u^k over u in N(v))"),
            ("features", "the same number at every node; `x apart`: a drawn number at each"),
            ("weights", "drawn from −1 to 1 by --seed, the same for both graphs; σ is tanh"),
        ),
        inputs=drawings,
        steps=(
            Step(
                "colour", "colours refined by the bag of neighbours' colours",
                "colour_v^(k+1) = (colour_v^k, bag of colour_u^k)",
                (Table("", ("round", *heads), tuple(colours)),),
                "No round parts the nodes: a colour per node is one for all, in both graphs.",
            ),
            Step(
                "tree", f"the tree of node {names[0]} in each: all that {layers} layers can see of it", "",
                tuple(_shape(place, given.graph.names) for place, given in zip(trees, graphs, strict=True)),
                "Names apart the trees are one tree: every node has two neighbours, these have two, and so on. Whether "
                "a neighbour's neighbours close a triangle is not in it.",
            ),
            Step(
                "triangles", "what does tell them apart", "triangles = trace(A³) / 6",
                (Table("", ("", *(given.source for given in graphs)), (("triangles", *found.triangles),)),),
            ),
        ),
        result=Result(answer),
        notice=(
            "apart: the largest difference between the two graphs' rows, whatever their order. With like features no "
            "rule here tells them apart, not even a sum.",
            "x apart: with features of their own the nodes can be told, and so can the graphs.",
        ),
        next=("--layers 5", "another --seed", "--example triangles --aggregate gin"),
        seed=seed,
    )  # fmt: skip


def _shape(place: Place, names: tuple[str, ...]) -> Tree:
    return Tree(names[place.v], (), tuple(_shape(child, names) for child in place.children))
