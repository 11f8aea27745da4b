"""mlcli gnn-propagate: messages along the edges of a graph, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, get_args

import numpy as np
import typer

from mlcli.commands.gnn_propagate_input import Input, Source, read_input
from mlcli.commands.gnn_propagate_proofs import Proof, prove, prove_indistinguishable
from mlcli.commands.gnn_propagate_weights import Chosen, Network, choose, is_run, open_run
from mlcli.commands.options import command, program, refuse_given
from mlcli.core.errors import InputError
from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation_comparison import compare
from mlcli.core.propagation_layers import WITH_SELF, Layer, Passing, Rule, magnitude, propagate
from mlcli.core.propagation_messages import Update, agreement, work_out
from mlcli.core.propagation_proofs import cancel, verdict
from mlcli.core.propagation_reach import heard_of
from mlcli.core.propagation_tree import computation_tree
from mlcli.lesson import Check, Step
from mlcli.lessons.propagation import Told, tell
from mlcli.lessons.propagation_attention import cancelling_step, verdict_step
from mlcli.lessons.propagation_comparison import comparison_steps
from mlcli.lessons.propagation_rules import Origin
from mlcli.render.show import PlottedOutput, option, show
from mlcli.training.digests import digest_of_graph
from mlcli.training.opened import opened

app = program()

MOST_IN_A_TREE = 30
NEED_MORE: tuple[Rule, ...] = ("sage", "gin", "gat", "gatv2")  # than W
MOST_IN_A_MATRIX = 1_000  # nodes
MOST_IN_A_PICTURE = 200


@dataclass(frozen=True)
class View:
    """What of it to show."""

    node: str | None = option(None, "Show this node.", metavar="NAME")
    show: int = option(1, "Show this many nodes, from the first.", min=0, show_default=True)
    at: str | None = option(None, "Write out one number: node, layer, place, such as A,1,0.", metavar="NODE,K,F")
    head: int = option(0, "The head that is told message by message.", min=0, show_default=True)
    matrices: bool = option(False, "Every layer as matrices too.")
    compare: str | None = option(None, "Rules side by side, such as mean,gcn,gat.", metavar="RULES")
    check: bool = option(False, "Compute it with torch too and compare.", is_flag=True)


@command(
    app,
    examples=(
        "mlcli gnn-propagate sample_data/edges.csv --node Ada",
        "mlcli gnn-propagate --example toy --aggregate gcn",
    ),
)
def gnn_propagate(
    input: Annotated[
        str | None, typer.Argument(help="Edges, such as Ann,Bob a line; .graphml, .gml or .json; - is stdin.")
    ] = None,
    source: Source = Source(),
    network: Network = Network(),
    view: View = View(),
    proof: Proof = Proof(),
    seed: Annotated[int, typer.Option(min=0, help="For random weights and features.")] = 0,
    output: PlottedOutput = PlottedOutput(),
) -> None:
    """Pass messages along the edges of a graph and see each of them, and what a node makes of what it hears."""
    if proof.asked:
        refuse_given(view, f"is for the trace, not for {proof.asked}", ("node",) if proof.reach else ())
    if proof.indistinguishable:
        if input or source.example or source.dataset:
            raise InputError("brings its own two graphs", "--indistinguishable", "leave the graph out")
        refuse_given(source, "--indistinguishable brings its own two graphs")
        refuse_given(network, "--indistinguishable takes every rule in turn", ("layers",))
        return show(prove_indistinguishable(network, seed), output)
    input, source, seed = _of_run(input, source, network, seed)
    rng = np.random.default_rng(seed)
    found = read_input(input, source, rng, seed)
    if proof.asked:
        return show(prove(proof, found, network, view.node, rng, seed), output)
    chosen = choose(network, rows_and_columns(found.x)[1], rng)
    layers = list(propagate(found.x, chosen.layers, found.arcs, found.weight))
    _trace(found, chosen, layers, view, seed, output)


def _of_run(path: str | None, source: Source, network: Network, seed: int) -> tuple[str | None, Source, int]:
    """A saved model knows the data set that it was trained on, or the files; `seed` then is that of their split."""
    if not is_run(network.weights) or path or source.example or source.dataset:
        return path, source, seed
    from mlcli.datasets.labelled_graphs import names

    model = open_run(network)
    opened(model, network.weights)  # or it is refused, whatever the graph
    config = model.config
    name, files = config["data"]["name"], (config.get("source") or {}).get("files")
    if name in names():
        return None, replace(source, dataset=name), seed
    if not files or "labels" not in files:
        raise InputError(
            f"was trained on {name}", network.weights, f"give {name} too, with its --features and --labels"
        )
    options = {key: files[key] for key in ("features", "labels", "directed", "delimiter")}
    return files["edges"], replace(source, weighted=False, **options), config["source"]["seed"]


def _trace(found: Input, chosen: Chosen, layers: list[Layer], view: View, seed: int, output: PlottedOutput) -> None:
    one = None if view.node is None else [found.given.graph.position(view.node, "--node")]
    cell = None if view.at is None else _cell(view.at, found, layers)
    if (one or cell) and view.show != View.show:
        raise InputError("--node and --at show one node", "--show", "leave it out")
    shown = one or ([cell[0].v] if cell else range(min(view.show, found.N)))
    if view.head >= layers[0].weights.heads:
        raise InputError(f"there is no head {view.head}", "--head", f"they are 0 to {layers[0].weights.heads - 1}")
    if view.matrices and found.N > MOST_IN_A_MATRIX:
        message = f"a dense matrix of {found.N:,} nodes has {found.N**2:,} numbers"
        raise InputError(message, "--matrices", f"up to {MOST_IN_A_MATRIX:,} nodes; --node NAME shows the row of one")
    updates = [work_out(layer, v) for layer in layers for v in shown]
    steps = _steps(found, chosen, layers, updates, view, one or list(range(found.N)))
    classes = found.labelled.classes if found.labelled and chosen.model else ()
    told = Told(
        updates,
        [computation_tree(layers, v, MOST_IN_A_TREE) for v in shown],
        view.head,
        view.matrices,
        cell,
        classes,
        steps,
        _drawn(found, len(layers), shown, output),
    )
    lesson = tell(
        layers,
        found.given,
        told,
        _origin(chosen, found),
        compared=view.compare is not None,
        checks=_checks(found, chosen, layers, updates, view.check),
        seed=seed if chosen.drawn or found.drawn else None,
    )
    show(lesson, output)


def _origin(chosen: Chosen, found: Input) -> Origin:
    """Where the weights come from; of a saved model also whether this is the graph that it learned from."""
    if chosen.model is None:
        return chosen.origin
    if found.labelled is None:
        told = "whether this is the graph that it learned from is not known without --labels"
    elif digest_of_graph(found.labelled) != chosen.model.config["data"]["sha256"]:
        told = "this is not what it learned from: edges, features, classes or split are others"
    else:
        return chosen.origin
    return replace(chosen.origin, said=f"{chosen.origin.said}; {told}")


def _drawn(found: Input, K: int, shown: Sequence[int], output: PlottedOutput) -> list[int] | None:
    """The nodes of the picture that --plot asks for: all, or of a large graph those that the shown ones hear of."""
    if not output.plot:
        return None
    if found.N <= MOST_IN_A_PICTURE:
        return list(range(found.N))
    heard = np.unique(np.concatenate([heard_of(found.arcs, found.N, v, K) for v in shown] or [np.zeros(0, np.int64)]))
    if not 0 < len(heard) <= MOST_IN_A_PICTURE:
        message = f"a picture of {len(heard) or found.N:,} nodes shows none of them"
        raise InputError(
            message, "--plot", f"up to {MOST_IN_A_PICTURE}: --node NAME with fewer neighbours, or fewer --layers"
        )
    return heard.tolist()


def _cell(at: str, found: Input, layers: list[Layer]) -> tuple[Update, int]:
    """`A,1,0`: the node, the layer counted from 1, the place counted from 0."""
    parts = at.rsplit(",", 2)
    if len(parts) != 3 or not all(part.strip().isdigit() for part in parts[1:]):
        raise InputError(f'"{at}" is not a node, a layer and a place', "--at", "such as A,1,0")
    v, k, f = found.given.graph.position(parts[0], "--at"), int(parts[1]), int(parts[2])
    if not 1 <= k <= len(layers):
        raise InputError(f"there is no layer {k}", "--at", f"layers are 1 to {len(layers)}")
    if f >= layers[k - 1].out.shape[1]:
        raise InputError(f"layer {k} has no place {f}", "--at", f"its places are 0 to {layers[k - 1].out.shape[1] - 1}")
    return work_out(layers[k - 1], v), f


def _steps(
    found: Input, chosen: Chosen, layers: list[Layer], updates: list[Update], view: View, nodes: list[int]
) -> list[Step]:
    names, first = found.given.graph.names, layers[0]
    steps: list[Step] = []
    if first.passing.rule == "gat" and (first.passing.slope == 1 or view.compare):
        asked = [update for update in updates if update.k == 0 and len(update.sources) > 1][:1]
        steps += [cancelling_step(cancel(first, update, view.head), names) for update in asked]
    if view.compare is not None:
        rules = _rules(view.compare)
        if chosen.model and (lacking := [rule for rule in rules if rule in NEED_MORE and rule != first.passing.rule]):
            message = f"{lacking[0]} needs weights that {first.passing.rule} has not learned"
            raise InputError(message, "--compare", "mean, mean-self, sum and gcn take W alone")
        unbiased = replace(first.weights, b=None, b_2=None)  # a bias was learned for one rule alone
        passings = [(_like(first.passing, rule), unbiased) for rule in rules]
        comparison = compare(found.x, passings, found.arcs, found.weight, nodes)
        steps += comparison_steps(comparison, names, rules)
    if chosen.model and found.labelled:
        labels = found.labelled.labels
        shown = list(dict.fromkeys(update.v for update in updates))
        steps += [
            verdict_step(verdict(layers[-1].out[v], int(labels[v])), names[v], found.labelled.classes) for v in shown
        ]
    return steps


def _rules(asked: str) -> tuple[Rule, ...]:
    known = tuple(rule for rule in get_args(Rule) if rule != "max")
    rules = tuple(rule.strip() for rule in asked.split(","))
    for rule in rules:
        if rule not in known:
            reason = "has no coefficients" if rule == "max" else "is no rule"
            raise InputError(f'"{rule}" {reason}', "--compare", f"choose among {', '.join(known)}")
    return rules  # type: ignore[return-value]


def _like(passing: Passing, rule: Rule) -> Passing:
    return replace(passing, rule=rule, own=passing.own and rule not in WITH_SELF, normalise=False)


def _checks(found: Input, chosen: Chosen, layers: list[Layer], updates: list[Update], check: bool) -> tuple[Check, ...]:
    checks: list[Check] = []
    if updates:
        whole = "whole layer" if layers[0].passing.rule == "max" else "matrix product"
        difference = agreement(layers, updates)
        checks.append(Check(f"message by message against the {whole}", difference, 1e-12 * magnitude(layers)))
    if check and chosen.model and found.labelled:
        from mlcli.checks.propagation import against_model
        from mlcli.training.registry import task

        made = task(chosen.model.settings, found.labelled)
        checks.append(against_model(made.outputs(made.trained(chosen.model.weights)), layers[-1].out))
    elif check:
        from mlcli.checks.propagation import against_torch

        checks.append(against_torch(layers, found.arcs, found.weight))
    return tuple(checks)
