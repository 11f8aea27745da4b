"""The layers that gnn-propagate runs: the rule and σ of each, and where its weights come from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.graph_attention import Join
from mlcli.core.propagation_layers import ATTENTION, SLOPE, WITH_SELF, Activation, Passing, Rule
from mlcli.core.propagation_weights import Shape, Weights, draw_weights, identity_weights
from mlcli.lessons.propagation_rules import Origin
from mlcli.readers.propagation_weights import layers_from, own_from, read_weights
from mlcli.render.show import option
from mlcli.training.checkpoints import CONFIG, TrainedModel, load
from mlcli.training.opened import opened

HIDDEN = 3  # numbers in a vector where nobody says how many: few to follow, and relu mostly leaves one of them

Layers = list[tuple[Passing, Weights]]


@dataclass(frozen=True)
class Network:
    """The layers."""

    aggregate: Rule | None = option(None, "What becomes of the messages; mean is the slide's.  [default: mean]")
    layers: int | None = option(None, "How often messages are passed: K.  [default: 2]", min=1, max=64)
    activation: Activation | None = option(None, "σ, after every layer.  [default: relu]")
    own: bool | None = option(None, "Add B_k h_v, where v is not in the sum itself.", flags=["--self/--no-self"])
    weights: str = option(
        "identity",
        "identity, random, a FILE (.csv .npz .json), or a folder that train --save wrote.",
        show_default=True,
    )
    self_weights: str | None = option(None, "B_k apart: identity, random or a FILE; else as --weights.")
    hidden: int | None = option(None, f"Numbers a vector, for random weights: {HIDDEN}.", min=1, max=4096)
    heads: int = option(1, "Of gat and gatv2.", min=1, max=64, show_default=True)
    join: Join | None = option(None, "AGG: the heads beside each other, or their mean.  [default: concat]")
    shared: bool = option(False, "All heads share one W_k (the slide); else each has its own.", flags=["--shared-W"])
    bent: bool = option(True, "LeakyReLU in gat and gatv2.", flags=["--leaky/--no-leaky"])
    normalise: bool = option(False, "Divide by the vector's length, in sage.")


@dataclass(frozen=True, eq=False)
class Chosen:
    """The layers, where their weights come from, and the run that they were opened from, if any."""

    layers: Layers
    origin: Origin
    drawn: bool
    model: TrainedModel | None = None


def is_run(choice: str) -> bool:
    """Whether --weights names the folder of a saved model."""
    return choice not in ("identity", "random") and Path(choice).is_dir()


def choose(network: Network, F: int, rng: np.random.Generator, default: Rule = "mean") -> Chosen:
    """The layers that were asked for, for features of F numbers."""
    if is_run(network.weights):
        return _run(network, F)
    passing = passing_of(network, default)
    shape = Shape(network.layers or 2, network.hidden or HIDDEN, network.heads, passing.join, network.shared)
    weights, said = _weights(network, F, shape, passing, rng)
    own = network.self_weights
    if own is not None:
        if not (passing.own or passing.rule == "sage"):
            raise InputError("there is no B_k here", "--self-weights", "leave it out, or add --self")
        weights = [replace(w, B=B) for w, B in zip(weights, _own(own, weights, passing, rng), strict=True)]
        said += f"; B_k: {'I' if own == 'identity' else 'drawn alike' if own == 'random' else Path(own).name}"
    identity = network.weights == "identity" and own in (None, "identity")
    drawn = "random" in (network.weights, own)
    origin = Origin(identity, said, network.shared, written_out=not identity)
    return Chosen([(passing, w) for w in weights], origin, drawn)


def passing_of(network: Network, default: Rule) -> Passing:
    """What the layers do with their messages.

    Raises:
        InputError: an option that the rule has no use for.
    """
    rule = network.aggregate or default
    if network.own and rule in WITH_SELF:
        hint = "leave --self out, or take --aggregate mean, sum or max"
        raise InputError(f"{rule} has no B_k: v is among its own neighbours there", "--self", hint)
    if network.own is False and rule == "sage":
        raise InputError("sage joins each vector with its neighbours' mean", "--no-self", "--aggregate mean --no-self")
    asked = {
        "--heads": network.heads > 1,
        "--join": network.join is not None,
        "--shared-W": network.shared,
        "--no-leaky": not network.bent,
    }
    for flag, given in asked.items():
        if given and rule not in ATTENTION:
            raise InputError(f"{rule} has no attention", flag, "--aggregate gat or gatv2")
    if network.heads == 1 and network.weights in ("identity", "random"):
        for flag, given in {"--join": network.join is not None, "--shared-W": network.shared}.items():
            if given:
                raise InputError("there is one head", flag, f"add --heads 2, or leave {flag} out")
    if network.normalise and rule != "sage":
        raise InputError("is for sage", "--normalise", "--aggregate sage")
    own = rule not in WITH_SELF if network.own is None else network.own
    slope = SLOPE if network.bent else 1.0
    return Passing(rule, network.activation or "relu", own, network.join or "concat", slope, network.normalise)


def _weights(
    network: Network, F: int, shape: Shape, passing: Passing, rng: np.random.Generator
) -> tuple[list[Weights], str]:
    rule, has_B = passing.rule, passing.own or passing.rule == "sage"
    attention = {"gat": ", a_source and a_target", "gatv2": ", W_target_k and a"}.get(rule, "")
    match network.weights:
        case "random":
            which = "W_k and B_k" if has_B and network.self_weights is None else "W_k" + attention
            which = "W_k and W2_k" if rule == "gin" else which
            return draw_weights(F, shape, rng), f"{which} drawn from −1 to 1, rounded to one decimal"
        case "identity":
            if network.hidden not in (None, F):
                raise InputError(f"identity weights keep the {F} numbers of a vector", "--hidden", "--weights random")
            if shape.heads > 1 and shape.join == "concat" and shape.layers > 1:
                message = f"identity weights cannot take in the {shape.heads}·{F} numbers of joined heads"
                raise InputError(message, "--heads", "--join mean, --layers 1, or --weights random")
            alike = {
                "gat": ", a_source = a_target = (1 … 1)",
                "gatv2": ", W_target_k = I, a = (1 … 1)",
                "gin": ", W2_k = I, ε = 0",
            }
            said = "W_k = B_k = I" if has_B and network.self_weights is None else "W_k = I"
            return identity_weights(F, shape.layers, shape.heads), said + alike.get(rule, "")
    if network.hidden is not None:
        raise InputError("the file says how many numbers a layer gives", "--hidden", "leave it out")
    found = layers_from(read_weights(network.weights), F, shape, rule, has_B and network.self_weights is None)
    return found, f"from {Path(network.weights).name}"


def _own(choice: str, weights: list[Weights], passing: Passing, rng: np.random.Generator) -> list[np.ndarray]:
    sizes = [(w.W.shape[0], w.W.shape[2]) for w in weights]
    if choice == "random":
        return [np.round(rng.uniform(-1, 1, size), 1) + 0.0 for size in sizes]
    if choice == "identity":
        for k, (F_in, F_out) in enumerate(sizes):
            if F_in != F_out:
                message = f"B_{k} = I keeps {F_in} numbers where W_{k} gives {F_out}"
                raise InputError(message, "--self-weights", f"--hidden {sizes[0][0]}, or --self-weights random")
        return [np.eye(F_in) for F_in, _ in sizes]
    file = read_weights(choice, "B")
    return [own_from(file, k, *size) for k, size in enumerate(sizes)]


def open_run(network: Network) -> TrainedModel:
    """The saved model that --weights names."""
    return load(Path(network.weights))


def _run(network: Network, F: int) -> Chosen:
    for name in ("aggregate", "layers", "activation", "own", "self_weights", "hidden", "join"):
        if getattr(network, name) is not None:
            flag = f"--{'self' if name == 'own' else name.replace('_', '-')}"
            raise InputError("the saved model says this itself", flag, f"leave {flag} out")
    if network.heads > 1 or network.shared or not network.bent or network.normalise:
        raise InputError(
            "the saved model says itself what its layers are", "--weights", "leave the options of layers out"
        )
    model = open_run(network)
    layers = opened(model, network.weights)
    F_in = layers[0][1].W.shape[0]
    if F_in != F:
        message = f"was trained on {F_in:,} features a node, the graph has {F:,}"
        own = Path(network.weights) / CONFIG
        raise InputError(
            message, network.weights, f"leave the graph out: the one that {own} names is read, if unchanged"
        )
    config = model.config
    said = f"learned on {config['data']['name']} by train {config['model']}, seed {config['seed']}"
    said += f"; test {config['score']} {config['scores']['test']:.1%}"
    return Chosen(layers, Origin(False, said), False, model)
