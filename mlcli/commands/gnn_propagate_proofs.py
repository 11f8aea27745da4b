"""What gnn-propagate proves by running, each with a lesson of its own in the place of the trace."""

from dataclasses import dataclass, fields, replace

import numpy as np

from mlcli.commands.gnn_propagate_input import Input
from mlcli.commands.gnn_propagate_weights import Network, choose, is_run, passing_of
from mlcli.commands.options import refuse_given
from mlcli.core.errors import InputError
from mlcli.core.graph_summary import summarise_graph
from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation_colours import compare_twins
from mlcli.core.propagation_layers import WITH_SELF, Passing, Rule, magnitude, propagate
from mlcli.core.propagation_permutation import permute
from mlcli.core.propagation_reach import drawn_nodes, reach
from mlcli.core.propagation_smoothing import diffusion, smoothing
from mlcli.core.propagation_tree import computation_tree
from mlcli.datasets.graphs import hexagon, two_triangles
from mlcli.lesson import Lesson
from mlcli.lessons.propagation import Given
from mlcli.lessons.propagation_proofs import tell_permutation, tell_reach, tell_smoothing, tell_twins
from mlcli.lessons.propagation_rules import MATRICES, Origin
from mlcli.render.show import option

LAYERS = 8  # of --reach, where nobody says how many
FIXED: tuple[Rule, ...] = ("mean", "mean-self", "sum", "sage", "gcn")  # their coefficients do not depend on h
TWIN_RULES: tuple[Rule, ...] = ("mean", "sum", "max", "gin", "gcn", "gat")
MOST_PLACES = 15  # of a tree


@dataclass(frozen=True)
class Proof:
    """Something to be shown in the place of the trace."""

    permute: bool = option(False, "Prove: nodes renamed give the same rows; and the mistake.", is_flag=True)
    smoothing: int | None = option(
        None,
        "Show how alike neighbours grow in K layers; gcn with W = I, no σ, if not said.",
        min=1,
        max=1024,
        metavar="K",
    )
    reach: bool = option(False, "Show how much of the graph a node has heard of.", is_flag=True)
    indistinguishable: bool = option(False, "Show two graphs that it cannot tell apart.", is_flag=True)

    def __post_init__(self) -> None:
        """One at a time.

        Raises:
            InputError: two are asked for.
        """
        asked = [field.name for field in fields(self) if getattr(self, field.name)]
        if len(asked) > 1:
            raise InputError("is one proof, and so is " + f"--{asked[1]}", f"--{asked[0]}", "ask for one at a time")

    @property
    def asked(self) -> str:
        """The option that asks for one, or nothing."""
        return next((f"--{field.name}" for field in fields(self) if getattr(self, field.name)), "")


def prove(
    proof: Proof, found: Input, network: Network, node: str | None, rng: np.random.Generator, seed: int
) -> Lesson:
    """The proof that was asked for."""
    if proof.reach:
        return _reach(found, network, node, rng, seed)
    if proof.smoothing is not None:
        return _smoothing(proof.smoothing, found, network, rng, seed)
    chosen = choose(network, rows_and_columns(found.x)[1], rng)
    layers = list(propagate(found.x, chosen.layers, found.arcs, found.weight))
    permuted = permute(found.x, chosen.layers, found.arcs, found.weight, np.random.default_rng([seed, 1]))
    rule, tolerance = layers[0].passing.rule, 1e-12 * magnitude(layers)
    return tell_permutation(permuted, found.given, rule, len(layers), chosen.origin, tolerance, seed)


def _smoothing(K: int, found: Input, network: Network, rng: np.random.Generator, seed: int) -> Lesson:
    if network.layers is not None:
        raise InputError("--smoothing says how many layers", "--layers", "leave it out")
    if is_run(network.weights):
        raise InputError("a saved model has the layers that it has", "--smoothing", "leave --weights out")
    rule = network.aggregate or "gcn"
    asked = replace(network, aggregate=rule, layers=K, activation=network.activation or "none")
    passing_of(asked, rule)  # or an option is refused that this rule has no use for
    own = network.own or network.self_weights is not None or network.hidden is not None
    if network.weights == "identity" and rule in FIXED and asked.activation == "none" and not own:
        vectors = diffusion(found.x, rule, found.arcs, found.weight, K)
        origin = Origin(True, f"W_k = I, no B_k, no σ: h^k = C^k x with C = {MATRICES[rule]}")
        return tell_smoothing(smoothing(vectors, found.arcs), found.given, rule, origin, seed if found.drawn else None)
    chosen = choose(asked, rows_and_columns(found.x)[1], rng)
    outs = (layer.out for layer in propagate(found.x, chosen.layers, found.arcs, found.weight))
    measured = smoothing((vectors for vectors in (found.x, *outs)), found.arcs)
    drawn = chosen.drawn or found.drawn
    return tell_smoothing(measured, found.given, rule, chosen.origin, seed if drawn else None)


def _reach(found: Input, network: Network, node: str | None, rng: np.random.Generator, seed: int) -> Lesson:
    refuse_given(
        network,
        "--reach counts edges, whatever goes along them",
        ("layers", "weights") if is_run(network.weights) else ("layers",),
    )
    v = 0 if node is None else found.given.graph.position(node, "--node")
    nodes = np.union1d(drawn_nodes(found.N, rng), [v])
    drawn = len(nodes) < found.N
    record = reach(found.arcs, found.N, network.layers or LAYERS, nodes)
    return tell_reach(record, found.given, v, drawn, seed if drawn else None)


def prove_indistinguishable(network: Network, seed: int) -> Lesson:
    """The hexagon and two triangles, under every rule at once."""
    K, examples = network.layers or 2, (hexagon(), two_triangles())
    rules = [Passing(rule, "tanh", rule not in WITH_SELF) for rule in TWIN_RULES]
    first, second = (example.graph.messages()[0] for example in examples)
    twins = compare_twins(first, second, 6, rules, K, np.random.default_rng(seed))
    trees = []
    for example in examples:
        chosen = choose(replace(network, aggregate="mean", layers=min(K, 3), own=False), 1, np.random.default_rng(seed))
        layers = list(propagate(np.ones((6, 1)), chosen.layers, *example.graph.messages()))
        trees.append(computation_tree(layers, 0, MOST_PLACES))
    given = [Given(example.name, example.graph, summarise_graph(example.graph)) for example in examples]
    return tell_twins(twins, given, trees, K, seed)
