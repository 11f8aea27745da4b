"""mlcli gnn-propagate: messages along the edges of a graph, one by one."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from mlcli.commands.options import command, program
from mlcli.core.errors import InputError
from mlcli.core.node_features import degrees, one_hot, random_features
from mlcli.core.propagation_layers import (
    WITH_SELF,
    Activation,
    Rule,
    Weights,
    compare,
    draw_weights,
    identity_weights,
    magnitude,
    propagate,
)
from mlcli.core.propagation_messages import agreement, work_out
from mlcli.core.propagation_tree import computation_tree
from mlcli.datasets.graphs import ExampleGraph, karate_club, slide, toy
from mlcli.lesson import Check
from mlcli.lessons.propagation import tell
from mlcli.readers.edge_lists import read_edges
from mlcli.readers.node_features import read_features
from mlcli.render.show import Output, show

app = program()

HIDDEN = 3  # numbers in a vector where nobody says how many: few to follow, and relu mostly leaves one of them
DRAWN_FEATURES = 2
MOST_IN_A_TREE = 30


class Example(StrEnum):
    """Graphs that need no file."""

    SLIDE = "slide"
    TOY = "toy"
    KARATE = "karate"


class WeightChoice(StrEnum):
    """Where W_k and B_k come from."""

    IDENTITY = "identity"
    RANDOM = "random"


@command(
    app,
    examples=(
        "mlcli gnn-propagate sample_data/edges.csv --node Ada",
        "mlcli gnn-propagate --example toy --aggregate gcn",
    ),
)
def gnn_propagate(
    input: Annotated[str | None, typer.Argument(help="An edge list, such as Ann,Bob a line; - is stdin.")] = None,
    example: Annotated[Example | None, typer.Option(help="Take this in the place of a file.")] = None,
    features: Annotated[
        str | None, typer.Option(metavar="FILE", help="A row of numbers a node; or degree, one-hot, random.")
    ] = None,
    nodes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Every node, a name a line: also those without an edge.")
    ] = None,
    directed: Annotated[bool, typer.Option("--directed", help="Ann,Bob is a message from Ann to Bob only.")] = False,
    delimiter: Annotated[str | None, typer.Option(help="What parts the columns, if it is not found.")] = None,
    aggregate: Annotated[Rule, typer.Option(help="What becomes of the messages; mean is the slide's.")] = "mean",
    layers: Annotated[int, typer.Option(min=1, max=64, help="How often messages are passed: K.")] = 2,
    activation: Annotated[Activation, typer.Option(help="σ, after every layer.")] = "relu",
    own: Annotated[
        bool | None, typer.Option("--self/--no-self", help="Add B_k h_v, where v is not in the sum itself.")
    ] = None,
    weights: Annotated[WeightChoice, typer.Option(help="W_k and B_k.")] = WeightChoice.IDENTITY,
    hidden: Annotated[
        int | None, typer.Option(min=1, max=4096, help=f"Numbers a vector, for random weights: {HIDDEN}.")
    ] = None,
    node: Annotated[str | None, typer.Option(metavar="NAME", help="Show this node.")] = None,
    first: Annotated[int, typer.Option("--show", min=0, help="Show this many nodes, from the first.")] = 1,
    side_by_side: Annotated[bool, typer.Option("--compare", help="The same messages under mean, gcn and gat.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compute it with torch too and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="For random weights and features.")] = 0,
    output: Output = Output(),
) -> None:
    """Pass messages along the edges of a graph and see each of them, and what a node makes of what it hears."""
    given = _input(input, example, nodes, directed, delimiter)
    graph, rng = given.graph, np.random.default_rng(seed)
    N = len(graph.names)
    one = None if node is None else [graph.position(node, "--node")]
    shown = one or range(min(first, N))
    own = _own(own, aggregate)
    x, said = _features(features, given, rng)
    of_layers = _weights(weights, x.shape[1], hidden, layers, rng)
    arcs = graph.arcs()
    record = list(propagate(x, of_layers, arcs, aggregate, activation, own))
    updates = [work_out(layer, v) for layer in record for v in shown]
    checks: list[Check] = []
    if updates:
        whole = "whole layer" if aggregate == "max" else "matrix product"
        difference = agreement(record, updates)
        checks.append(Check(f"message by message against the {whole}", difference, 1e-12 * magnitude(record)))
    if check:
        from mlcli.checks.propagation import against_torch

        checks.append(against_torch(record, of_layers, arcs, own))
    lesson = tell(
        record,
        of_layers,
        updates,
        [computation_tree(record, v, MOST_IN_A_TREE) for v in shown],
        source=given.name,
        graph=graph,
        own=own,
        drawn=weights == WeightChoice.RANDOM,
        comparison=compare(x, of_layers[0], arcs, one or range(N)) if side_by_side else None,
        read=given.read + said,
        checks=tuple(checks),
        seed=seed if weights == WeightChoice.RANDOM or features == "random" else None,
    )
    show(lesson, output)


def _input(
    path: str | None, example: Example | None, nodes: Path | None, directed: bool, delimiter: str | None
) -> ExampleGraph:
    if (path is None) == (example is None):
        raise InputError("give either a file or --example", hint="mlcli gnn-propagate --example slide")
    if example and (nodes or delimiter):
        option = "--nodes" if nodes else "--delimiter"
        raise InputError("goes with a file, not with --example", option, f"leave {option} out")
    match example:
        case Example.SLIDE:
            given = slide()
        case Example.TOY:
            given = toy()
        case Example.KARATE:
            given = karate_club()
        case None:
            edges = read_edges(str(path), weighted=False, directed=directed, delimiter=delimiter, nodes=nodes)
            return ExampleGraph(edges.name, edges.graph, None, edges.read)
    return replace(given, graph=replace(given.graph, directed=directed))


def _own(asked: bool | None, rule: Rule) -> bool:
    if asked and rule in WITH_SELF:
        hint = "leave --self out, or take --aggregate mean, sum or max"
        raise InputError(f"{rule} has no B_k: v is among its own neighbours there", "--self", hint)
    return rule not in WITH_SELF if asked is None else asked


def _features(
    asked: str | None, given: ExampleGraph, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """(N, F), and what to say of them."""
    graph = given.graph
    N = len(graph.names)
    match asked:
        case None if given.features is not None:
            return given.features, ()
        case None | "degree":
            said = "" if asked else "no features are given: "
            return degrees(graph.arcs(), N), (f"{said}x_v is the degree, |N(v)|",)
        case "one-hot":
            return one_hot(N), ("x_v is one-hot: 1 at the node's own place",)
        case "random":
            return random_features(N, DRAWN_FEATURES, rng), ("x_v is drawn from −1 to 1, rounded to one decimal",)
    found = read_features(asked, graph.names)
    row = {name: i for i, name in enumerate(found.names)}
    name = Path(asked).name
    return found.values[[row[node] for node in graph.names]], tuple(f"{name}: {note}" for note in found.read)


def _weights(choice: WeightChoice, F: int, hidden: int | None, layers: int, rng: np.random.Generator) -> list[Weights]:
    if choice == WeightChoice.RANDOM:
        return draw_weights(F, hidden or HIDDEN, layers, rng)
    if hidden not in (None, F):
        raise InputError(f"identity weights keep the {F} numbers of a vector", "--hidden", "--weights random")
    return identity_weights(F, layers)
