"""How propagation is told: the rule, the graph, some nodes message by message, a layer as matrices, the tree."""

from collections.abc import Sequence
from dataclasses import replace

from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import Activation, Comparison, Layer, Rule, Weights, coefficient_matrix
from mlcli.core.propagation_messages import Update
from mlcli.core.propagation_tree import Place
from mlcli.lesson import Cell, Check, Figure, Lesson, Result, Step, Table, Tensor, Text, Tree
from mlcli.lesson import Graph as Drawing
from mlcli.lessons.propagation_update import update_step, vector

MOST_DRAWN = 24  # nodes of a graph that is drawn
MOST_IN_A_MATRIX = 8  # nodes, and numbers in a vector, up to which a layer is told as matrices too
MOST_COMPARED = 24

# `+B` stands where B_k h_v is added, if it is.
RULES: dict[Rule, tuple[str, ...]] = {
    "mean": ("h_v^(k+1) = σ(W_k Σ_{u∈N(v)} h_u^k / |N(v)|+B)",),
    "mean-self": ("h_v^(k+1) = σ(W_k Σ_u h_u^k / (|N(v)| + 1))   u over N(v) and v itself",),
    "sum": ("h_v^(k+1) = σ(W_k Σ_{u∈N(v)} h_u^k+B)",),
    "max": ("h_v^(k+1) = σ(W_k max_{u∈N(v)} h_u^k+B)   each number for itself",),
    "gcn": ("h_v^(k+1) = σ(Σ_u W_k h_u^k / √(d_v d_u))   u over N(v) and v itself",),
    "gat": (
        "h_v^(k+1) = σ(Σ_u α_vu W_k h_u^k)   u over N(v) and v itself",
        "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise",
        "e_vu = LeakyReLU(a_source · W_k h_u^k + a_target · W_k h_v^k)",
    ),
}
MATRICES: dict[Rule, str] = {  # C of H^(k+1) = σ(C H^k W_k + H^k B_k)
    "mean": "D^-1 A",
    "mean-self": "D^-1 (A + I)",
    "sum": "A",
    "gcn": "D^-½ (A + I) D^-½",
    "gat": "α",
}
VARIANTS: dict[Rule, str] = {
    "mean": "the slide's mean: v is not in N(v)",
    "mean-self": "a mean with v among its own neighbours, so there is no B_k",
    "sum": "the slide's sum without its division by |N(v)|: v is not in N(v)",
    "max": "the largest in the place of the slide's mean: v is not in N(v)",
    "gcn": "that of the GCN paper (Kipf & Welling), for which the slide has the mean: v is among its own neighbours, "
    "d counts it, there is no B_k",
    "gat": "that of the GAT paper (Veličković et al.), one head: v is among its own neighbours, LeakyReLU has slope "
    "0.2 below zero, there is no B_k",
}
ACTIVATIONS: dict[Activation, str] = {
    "relu": "relu(z) = z where z > 0, else 0",
    "elu": "elu(z) = z where z > 0, else exp(z) − 1",
    "tanh": "tanh(z), between −1 and 1",
    "none": "none: numbers stay as they are",
}


def tell(
    layers: Sequence[Layer],
    weights: Sequence[Weights],
    updates: Sequence[Update],
    trees: Sequence[Place],
    *,
    source: str,
    graph: Graph,
    own: bool,
    drawn: bool,
    comparison: Comparison | None = None,
    read: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of K layers.

    Args:
        updates: the nodes to show, in every layer.
        trees: their computation trees.
        source: what the user calls the graph.
        own: whether B_k h_v is added.
        drawn: the weights were drawn at random; else they are the identity.
        comparison: the first layer's coefficients under three rules.
        read: what was done to the input, a sentence each.
        seed: None where nothing was drawn.
    """
    names, K, first = graph.names, len(layers), layers[0]
    rule, (N, E) = first.rule, (len(names), graph.edges.shape[1])
    steps: list[Step] = []
    for layer in layers:
        steps += [update_step(update, layer, names, K, drawn) for update in updates if update.k == layer.k]
        if layer is first and max(N, *first.h.shape, *first.out.shape) <= MOST_IN_A_MATRIX and rule in MATRICES:
            steps.append(_as_matrices(first, weights[0], own, drawn, names))
    if comparison:
        steps.append(_side_by_side(comparison, names))
    steps += [_as_tree(tree, names, own) for tree in trees]
    plural = "layer" if K == 1 else "layers"
    return Lesson(
        title=f"{source} ({N:,} nodes, {E:,} {'directed ' * graph.directed}edges), {rule}, {K} {plural}",
        command="gnn-propagate",
        rules=_rules(first, own, drawn, graph.directed),
        read=read,
        inputs=_inputs(graph, layers, weights, own, drawn),
        steps=tuple(steps),
        left_out=_left_out(N - len(trees), N),
        result=Result(Tensor(f"h^{K}", layers[-1].out, ("v", "f"), (names, None))),
        notice=_notice(layers, own),
        checks=checks,
        next=_next(rule, drawn, comparison is not None),
        seed=seed,
    )


def _left_out(more: int, N: int) -> str:
    nodes = "1 more node" if more == 1 else f"{more:,} more nodes"
    return f"{nodes}: --show {min(N, 9)}, or --node NAME for one" if more else ""


def _rules(layer: Layer, own: bool, drawn: bool, directed: bool) -> tuple[tuple[str, str], ...]:
    rule = layer.rule
    variant = VARIANTS[rule]
    if rule in ("mean", "sum", "max"):
        variant += "; it comes in by B_k h_v" if own else "; B_k h_v is left out, as in one of the slide's formulas"
    attention = rule == "gat"
    if drawn:
        which = "W_k and B_k" if own else "W_k, a_source and a_target" if attention else "W_k"
        weights = f"{which} drawn from −1 to 1, rounded to one decimal"
    else:
        weights = ("W_k = B_k = I" if own else "W_k = I") + (", a_source = a_target = (1 … 1)" if attention else "")
    rows = [("rule", formula.replace("+B", " + B_k h_v^k" if own else "")) for formula in RULES[rule]]
    if rule in MATRICES:
        C = MATRICES[rule]
        rows.append(("matrices", f"H^(k+1) = σ({C} H^k W_k{' + H^k B_k' if own else ''})"))
        rows.append(("matrices", "a node is a row, so W_k h_u^k is row u of H^k W_k"))
    else:
        rows.append(("matrices", "none: a maximum is no product of matrices"))
    rows += [("variant", variant), ("σ", ACTIVATIONS[layer.activation]), ("weights", weights)]
    if directed:
        rows.append(("edges", "u → v is a message from u to v: N(v) are those that point to v"))
    return tuple(rows)


def _inputs(
    graph: Graph, layers: Sequence[Layer], weights: Sequence[Weights], own: bool, drawn: bool
) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    if len(graph.names) <= MOST_DRAWN:
        edges = tuple((u, v) for u, v in graph.edges.T.tolist())
        figures.append(Drawing("graph", graph.names, edges, directed=graph.directed))
    figures.append(Tensor("h^0, the features x", layers[0].h, ("v", "f"), (graph.names, None)))
    for layer, of_layer in zip(layers, weights, strict=True):
        if drawn:
            figures += _weights(of_layer, layer.k, layer.rule, own)
    return tuple(figures)


def _weights(weights: Weights, k: int, rule: Rule, own: bool) -> list[Figure]:
    axes = ("in", "out")
    figures: list[Figure] = [Tensor(f"W_{k}", weights.W, axes)]
    if own:
        figures.append(Tensor(f"B_{k}", weights.B, axes, sign=","))
    if rule == "gat":
        figures += [
            Tensor(f"a_source of W_{k}", weights.a_source, ("out",), sign=","),
            Tensor(f"a_target of W_{k}", weights.a_target, ("out",), sign=","),
        ]
    return figures


def _as_matrices(layer: Layer, weights: Weights, own: bool, drawn: bool, names: tuple[str, ...]) -> Step:
    """z = C H W + H B, W and B left out where they are the identity."""
    H, in_out = Tensor("H^0", layer.h, ("v", "f"), sign="×"), ("in", "out")
    figures = [Tensor(f"C = {MATRICES[layer.rule]}", coefficient_matrix(layer), ("v", "u"), (names, names)), H]
    figures += [Tensor("W_0", weights.W, in_out, sign="×")] if drawn else []
    figures += [replace(H, sign="+")] if own else []
    figures += [Tensor("B_0", weights.B, in_out, sign="×")] if own and drawn else []
    figures.append(Tensor("z", layer.passed.out, ("v", "f"), sign="="))
    formula = f"z = C H^0 W_0{' + H^0 B_0' if own else ''},  H^1 = σ(z)"
    if not drawn:
        formula += ",  W_0 = B_0 = I" if own else ",  W_0 = I"
    return Step("H^1", "layer 1 as matrices, all nodes at once", formula, tuple(figures))


def _side_by_side(comparison: Comparison, names: tuple[str, ...]) -> Step:
    columns = [values[:MOST_COMPARED].tolist() for values in (comparison.mean, comparison.gcn, comparison.gat)]
    rows: list[tuple[Cell, ...]] = [
        (f"{names[u]} → {names[v]}" + (", itself" if u == v else ""), *cells)
        for u, v, *cells in zip(*comparison.arcs[:, :MOST_COMPARED].tolist(), *columns, strict=True)
    ]
    figures: list[Figure] = [Table("", ("u → v", "mean", "gcn", "gat"), tuple(rows))]
    if len(comparison.mean) > MOST_COMPARED:
        more = len(comparison.mean) - MOST_COMPARED
        figures.append(Text(f"… {more:,} more messages: --node NAME for those to one node"))
    return Step(
        "c_vu",
        "layer 1 under three rules: what each message counts",
        "mean 1/|N(v)|,  gcn 1/√(d_v d_u),  gat α_vu with the same W_0",
        tuple(figures),
        "mean and gat sum to 1 at each v, gcn need not; the mean gives v itself no weight.",
    )


def _as_tree(place: Place, names: tuple[str, ...], own: bool) -> Step:
    symbol = f"h_{names[place.v]}^{place.k}"
    note = "By B_k h_v each node's own vector flows up as well; the tree leaves that out." if own else ""
    return Step(symbol, f"what {symbol} is made of", "", (_tree(place, names),), note)


def _tree(place: Place, names: tuple[str, ...], marked: bool = True) -> Tree:
    children = [_tree(child, names, marked=False) for child in place.children]
    if place.left_out:
        children.append(Tree(f"… {place.left_out:,} more"))
    return Tree(f"h_{names[place.v]}^{place.k}", vector(place.h), tuple(children), marked)


def _notice(layers: Sequence[Layer], own: bool) -> tuple[str, ...]:
    rule, K = layers[0].rule, len(layers)
    far = (
        "1 layer a node has heard of nodes 1 edge"
        if K == 1
        else f"{K} layers a node has heard of nodes up to {K} edges"
    )
    told = [f"After {far} away, and of none further."]
    match rule:
        case "mean" | "mean-self" | "sum" | "max":
            order = "maximum" if rule == "max" else "sum"
            told.append(f"A {order} asks for no order: name the nodes otherwise and the same rows stand elsewhere.")
        case "gcn":
            told.append("The message of a node with many neighbours counts less: it is divided by √d_u too.")
        case "gat":
            told.append("α is computed from the two vectors it joins; it sums to 1 over those that a node hears.")
    if any(layer.activation == "relu" and layer.passed.out.any() and not layer.out.any() for layer in layers):
        told.append("relu has turned every number to 0: try another --seed, or --activation elu.")
    if rule in ("mean", "sum", "max") and not own:
        told.append("Without B_k h_v a node forgets itself at once, and hears of itself again from its neighbours.")
    return tuple(told)


def _next(rule: Rule, drawn: bool, compared: bool) -> tuple[str, ...]:
    others = [f"--aggregate {other}" for other in ("mean", "gcn", "gat") if other != rule]
    weights = [] if drawn else ["--weights random"]
    compare = [] if compared else ["--compare"]
    return (*others, *weights, *compare, "--check (the same by torch)", "--json")
