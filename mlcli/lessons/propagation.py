"""How propagation is told: the rule, the graph, some nodes message by message, a layer as matrices, the tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy import sparse

from mlcli.core.graph_summary import GraphSummary
from mlcli.core.graphs import Graph
from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation_cell import write_out
from mlcli.core.propagation_layers import ATTENTION, Layer, arcs_between, coefficient_matrix
from mlcli.core.propagation_messages import Update
from mlcli.core.propagation_tree import Place
from mlcli.lesson import Check, Figure, Lesson, Result, Step, Tensor, Text, Tree
from mlcli.lesson import Graph as Drawing
from mlcli.lessons.propagation_cell import cell_step, short_enough, worked
from mlcli.lessons.propagation_rules import MATRICES, Origin, has_own, rule_rows, weight_figures
from mlcli.lessons.propagation_update import Names, update_step, vector

MOST_DRAWN = 24  # nodes of a graph that is drawn
MOST_IN_A_MATRIX = 8  # nodes, and numbers in a vector, up to which a layer is told as matrices too
MOST_DEGREES = 8  # different degrees up to which each is counted


@dataclass(frozen=True, eq=False)
class Given:
    """What the messages are passed on.

    Args:
        source: what the user calls it.
        graph: its edges as they were read.
        summary: its counts.
        read: what was done to the input, a sentence each.
        groups: a class for each node, or empty.
    """

    source: str
    graph: Graph
    summary: GraphSummary
    read: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Told:
    """What is to be told of the layers.

    Args:
        updates: the nodes to show, in every layer.
        trees: their computation trees.
        head: the one that is told message by message.
        matrices: tell every layer as matrices too, not only a small first one.
        cell: a layer's update and a place in its vector, to write out.
        classes: what the last layer's numbers stand for, or empty.
        steps: more of them, told between the layers and the trees.
        drawn: the nodes to draw with what each message counts; None draws small graphs under attention only.
    """

    updates: Sequence[Update]
    trees: Sequence[Place]
    head: int = 0
    matrices: bool = False
    cell: tuple[Update, int] | None = None
    classes: tuple[str, ...] = ()
    steps: Sequence[Step] = ()
    drawn: Sequence[int] | None = None


def tell(
    layers: Sequence[Layer],
    given: Given,
    told: Told,
    origin: Origin,
    *,
    compared: bool = False,
    checks: tuple[Check, ...] = (),
    seed: int | None = None,
) -> Lesson:
    """The lesson of K layers.

    Args:
        compared: --compare was asked for already.
        seed: None where nothing was drawn.
    """
    graph, K, first = given.graph, len(layers), layers[0]
    names = Names(graph.names, given.groups)
    rule, N = first.passing.rule, len(graph.names)
    steps: list[Step] = []
    for layer in layers:
        steps += [_update(update, layer, names, K, told, origin) for update in told.updates if update.k == layer.k]
        small = layer is first and max(*rows_and_columns(first.h), *first.out.shape) <= MOST_IN_A_MATRIX
        if rule in MATRICES and (told.matrices or small) and layer.weights.heads == 1:
            steps.append(_as_matrices(layer, origin, graph.names))
    if told.cell:
        update, f = told.cell
        steps.append(cell_step(layers[update.k], update, f, names))
    if told.drawn is not None:
        steps += [_on_the_graph(layer, told, names, told.drawn) for layer in dict.fromkeys((first, layers[-1]))]
    elif rule in ATTENTION and N <= MOST_IN_A_MATRIX:
        steps.append(_on_the_graph(first, told, names, range(N)))
    steps += told.steps
    steps += [_as_tree(tree, graph.names, has_own(first), isinstance(first.h, sparse.csr_array)) for tree in told.trees]
    return Lesson(
        title=title(given, rule, K),
        command="gnn-propagate",
        rules=(
            *rule_rows(first, K, origin, given.summary.weighted, graph.directed),
            ("graph", summary_text(given.summary, graph.names)),
        ),
        read=given.read,
        inputs=_inputs(given, layers, origin),
        steps=tuple(steps),
        left_out=_left_out(N - len(told.trees), N),
        result=Result(Tensor(f"h^{K}", layers[-1].out, ("v", "f"), (graph.names, told.classes or None))),
        notice=_notice(layers, given.summary),
        checks=checks,
        next=_next(first, len(layers), origin, compared, told.classes),
        seed=seed,
    )


def title(given: Given, rule: str, K: int) -> str:
    """What is computed on what."""
    N, E = given.summary.nodes, given.summary.edges
    edges = "directed " * given.summary.directed + "edge" + "s" * (E != 1)
    return f"{given.source} ({N:,} nodes, {E:,} {edges}), {rule}, {K} {'layer' if K == 1 else 'layers'}"


def summary_text(summary: GraphSummary, names: tuple[str, ...]) -> str:
    """Degrees, isolated nodes, loops and weights in a sentence."""
    if len(summary.spread) <= MOST_DEGREES:
        each = ", ".join(f"{nodes:,} {'has' if nodes == 1 else 'have'} {d:,}" for d, nodes in summary.spread)
    else:
        (least, _), (most, _) = summary.spread[0], summary.spread[-1]
        each = f"from {least:,} to {most:,} ({names[summary.busiest]}), {summary.mean_degree:.2f} on average"
    parts = [f"neighbours: {each}"]
    isolated = summary.isolated
    listed = ", ".join(names[v] for v in isolated[:5]) + (" …" if len(isolated) > 5 else "")
    parts.append(f"without an edge: {f'{len(isolated):,} ({listed})' if len(isolated) else 'none'}")
    if len(summary.deaf):
        parts.append(f"hear nobody, but are heard: {len(summary.deaf):,}")
    if summary.loops:
        parts.append(f"edges to itself: {summary.loops:,}")
    if summary.weighted:
        parts.append(f"weights from {summary.lightest:g} to {summary.heaviest:g}")
    return "; ".join(parts)


def _update(update: Update, layer: Layer, names: Names, K: int, told: Told, origin: Origin) -> Step:
    more: tuple[Figure, ...] = ()
    if origin.written_out and len(update.z):
        written = write_out(layer, update, 0)
        if short_enough(written):
            symbol = f"h_{names.nodes[update.v]}^{update.k + 1}[0]"
            several = len(written.parts) > 1  # else the sum itself names it
            more = (Text(f"{symbol}, the first of its numbers, written out:"),) * several + (
                worked(written, layer, symbol),
            )
    return update_step(update, layer, names, K, told.head, more)


def _left_out(more: int, N: int) -> str:
    nodes = "1 more node" if more == 1 else f"{more:,} more nodes"
    return f"{nodes}: --show {min(N, 9)}, or --node NAME for one" if more else ""


def _inputs(given: Given, layers: Sequence[Layer], origin: Origin) -> tuple[Figure, ...]:
    graph, x = given.graph, layers[0].h
    figures: list[Figure] = []
    if len(graph.names) <= MOST_DRAWN:
        edges = tuple((u, v) for u, v in graph.edges.T.tolist())
        weights = tuple(graph.weights.tolist()) if given.summary.weighted else ()
        figures.append(Drawing("graph", graph.names, edges, weights, given.groups, graph.directed))
    if isinstance(x, sparse.csr_array):
        rows, columns = rows_and_columns(x)
        figures.append(Text(f"h^0, the features x: {rows:,}×{columns:,}, {x.nnz:,} of them not 0"))
    else:
        figures.append(Tensor("h^0, the features x", x, ("v", "f"), (graph.names, None)))
    if not origin.identity:
        figures += [figure for layer in layers for figure in weight_figures(layer, origin)]
    return tuple(figures)


def _as_matrices(layer: Layer, origin: Origin, names: tuple[str, ...]) -> Step:
    """z = C H W + H B, W and B left out where they are the identity."""
    k, rule = layer.k, layer.passing.rule
    own = has_own(layer)
    H = layer.h.toarray() if isinstance(layer.h, sparse.csr_array) else layer.h
    H_k, in_out = Tensor(f"H^{k}", H, ("v", "f"), sign="×"), ("in", "out")
    figures = [Tensor(f"C = {MATRICES[rule]}", coefficient_matrix(layer), ("v", "u"), (names, names)), H_k]
    W, B = layer.weights.W[:, 0], layer.weights.B
    figures += [] if origin.identity else [Tensor(f"W_{k}", W, in_out, sign="×")]
    figures += [replace(H_k, sign="+")] if own else []
    figures += [Tensor(f"B_{k}", B, in_out, sign="×")] if own and not origin.identity else []
    figures.append(Tensor("z", layer.passed.out, ("v", "f"), sign="="))
    if rule == "gin":
        formula = f"z = relu(C H^{k} W_{k}) W2_{k},  H^{k + 1} = σ(z)"
        figures.insert(-1, Tensor(f"relu(C H^{k} W_{k})", layer.passed.hidden, ("v", "f"), sign="="))  # type: ignore[union-attr]
        figures.insert(-1, Tensor(f"W2_{k}", layer.weights.W_2, in_out, sign="×"))
    else:
        bias = "" if layer.weights.b is None else f" + b_{k}"
        formula = f"z = C H^{k} W_{k}{f' + H^{k} B_{k}' if own else ''}{bias},  H^{k + 1} = σ(z)"
    if origin.identity:
        formula += f",  W_{k} = B_{k} = I" if own else f",  W_{k} = I"
    return Step(f"H^{k + 1}", f"layer {k + 1} as matrices, all nodes at once", formula, tuple(figures))


def _on_the_graph(layer: Layer, told: Told, names: Names, nodes: Sequence[int]) -> Step:
    """The arcs between some nodes, with what each message counts."""
    head = min(told.head, layer.weights.heads - 1)
    arcs, c = arcs_between(layer, nodes, head)
    place = {v: i for i, v in enumerate(nodes)}
    symbol = "α" if layer.passing.rule in ATTENTION else "c"
    which = f", head {head}" if layer.weights.heads > 1 else ""
    drawn = Drawing(
        f"layer {layer.k + 1}{which}: {symbol} on the edges, u → v",
        tuple(names.nodes[v] for v in nodes),
        tuple((place[u], place[v]) for u, v in arcs),
        () if c is None else c,
        tuple(names.groups[v] for v in nodes) if names.groups else (),
        directed=True,
        marked_nodes=tuple(place[v] for v in dict.fromkeys(update.v for update in told.updates) if v in place),
    )
    return Step(symbol, f"layer {layer.k + 1}{which} on the graph: how much of u reaches v", "", (drawn,))


def _as_tree(place: Place, names: tuple[str, ...], own: bool, sparsely: bool) -> Step:
    symbol = f"h_{names[place.v]}^{place.k}"
    note = "By B_k h_v each node's own vector flows up as well; the tree leaves that out." if own else ""
    return Step(symbol, f"what {symbol} is made of", "", (_tree(place, names, sparsely),), note)


def _tree(place: Place, names: tuple[str, ...], sparsely: bool, marked: bool = True) -> Tree:
    """Features that are mostly 0 are counted, not told."""
    children = [_tree(child, names, sparsely, marked=False) for child in place.children]
    if place.left_out:
        children.append(Tree(f"… {place.left_out:,} more"))
    symbol = f"h_{names[place.v]}^{place.k}"
    if sparsely and place.k == 0:
        return Tree(f"{symbol}  {place.not_zero:,} of {len(place.h):,} are not 0", (), tuple(children), marked)
    return Tree(symbol, vector(place.h), tuple(children), marked)


def _notice(layers: Sequence[Layer], summary: GraphSummary) -> tuple[str, ...]:
    first, K = layers[0], len(layers)
    rule = first.passing.rule
    far = (
        "1 layer a node has heard of nodes 1 edge"
        if K == 1
        else f"{K} layers a node has heard of nodes up to {K} edges"
    )
    told = [f"After {far} away, and of none further."]
    match rule:
        case "mean" | "mean-self" | "sum" | "max" | "sage":
            order = "maximum" if rule == "max" else "sum"
            told.append(f"A {order} asks for no order: name the nodes otherwise and the same rows stand elsewhere.")
        case "gin":
            told.append("A sum tells two like neighbours from one; a mean and a maximum do not.")
        case "gcn":
            told.append("The message of a node with many neighbours counts less: it is divided by √d_u too.")
        case "gat" | "gatv2":
            told.append("α is computed from the two vectors it joins; it sums to 1 over those that a node hears.")
    if rule == "gat" and first.passing.slope == 1:
        told.append(
            "Without LeakyReLU the half of v cancels: exp(s_u + t_v) / Σ_j exp(s_j + t_v) = exp(s_u) / Σ_j exp(s_j), "
            "so nodes that hear the same nodes weigh them alike."
        )
    if any(layer.passing.activation == "relu" and layer.passed.out.any() and not layer.out.any() for layer in layers):
        told.append("relu has turned every number to 0: try another --seed, or --activation elu.")
    if rule in ("mean", "sum", "max") and not has_own(first):
        told.append("Without B_k h_v a node forgets itself at once, and hears of itself again from its neighbours.")
    if len(summary.isolated):
        told.append("A node without neighbours hears 0 by definition, never 0/0.")
    return tuple(told)


def _next(layer: Layer, K: int, origin: Origin, compared: bool, classes: tuple[str, ...]) -> tuple[str, ...]:
    if classes:
        head = ["--head 1"] if layer.weights.heads > 1 else []
        return (
            "another --node",
            *head,
            f"--at NODE,{min(K, 2)},0",
            "--compare mean,gcn,gat",
            "--check (the model's own logits)",
        )
    others = [f"--aggregate {other}" for other in ("mean", "gcn", "gat") if other != layer.passing.rule]
    weights = ["--weights random"] if origin.identity else []
    compare = [] if compared else ["--compare mean,gcn,gat"]
    return (*others, *weights, *compare, "--permute", "--check (the same by torch)", "--json")
