"""The weights of recurrent cells under PyTorch's names, so that they move both ways.

    weight_ih_l0 (G·H, F)   weight_hh_l0 (G·H, H)   bias_ih_l0, bias_hh_l0 (G·H,)     l1, l2: the layers above
    …_l0_reverse: the cell that reads backwards; a layer above it takes D·H values a step

Symbols as in `recurrence` and `recurrence_layers`. G, which the shape tells, tells the cell: 1 RNN, 3 GRU, 4 LSTM.

Source: the state of torch.nn.RNN, GRU and LSTM.
"""

import re
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.recurrence import GATES, Activation, Cell, CellWeights
from mlcli.core.recurrence_layers import Network

Array = NDArray[np.float64]
Parameters = Mapping[str, Float[Array, "..."]]

KINDS = {"W_ih": "weight_ih", "W_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
NAME = re.compile(r"(?P<prefix>.*?)(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)_(?P<cell>l\d+(_reverse)?)")
HINT = "PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, _l1 …, _reverse"


def parameters(network: Network) -> dict[str, Array]:
    """Every array by its name."""
    return {
        f"{theirs}_{name}": getattr(weights, ours)
        for name, weights in network.cells()
        for ours, theirs in KINDS.items()
    }


def network_of(given: Parameters, activation: Activation = "tanh") -> tuple[Network, tuple[str, ...]]:
    """The network that `parameters` took apart, and what was made of the names, a sentence each.

    Names may share a beginning (`encoder.rnn.weight_ih_l0`); others than those of a recurrent network are left unread.

    Raises:
        InputError: no such names, several networks, a gap in the layers, or an array of the wrong shape.
    """
    found = {name: match for name in given if (match := NAME.fullmatch(name))}
    prefixes = sorted({match["prefix"] for match in found.values()})
    if not found:
        raise InputError(f"holds no weights of a recurrent network; its arrays: {_listed(given)}", hint=HINT)
    if len(prefixes) > 1:
        raise InputError(f"holds several recurrent networks: {', '.join(prefixes)}", hint="save one of them alone")
    if any(match["kind"] == "weight_hr" for match in found.values()):
        raise InputError("holds an LSTM with projections (proj_size), which is not read", hint="use proj_size=0")
    own = {name.removeprefix(prefixes[0]): given[name] for name in found}
    read = (f"the names begin with {prefixes[0]}",) if prefixes[0] else ()
    others = [name for name in given if name not in found]
    read += (f"left unread: {_listed(others)}",) if others else ()
    read += () if any(name.startswith("bias") for name in own) else ("there are no biases: they are 0",)

    cells = {match["cell"] for match in found.values()}
    directions = ("", "_reverse") if "l0_reverse" in cells else ("",)
    L = 1 + max(int(cell.removeprefix("l").removesuffix("_reverse")) for cell in cells)
    rows, H = _shape(own, "weight_hh_l0")
    kinds: dict[int, Cell] = {len(gates): cell for cell, gates in GATES.items()}
    if rows % H or rows // H not in kinds:
        raise InputError(
            f"weight_hh_l0 is {rows}×{H}: its rows are not 1, 3 or 4 times its columns", hint="RNN 1, GRU 3, LSTM 4"
        )
    F = _shape(own, "weight_ih_l0")[1]
    layers = []
    for layer in range(L):
        inputs = len(directions) * H if layer else F
        names = [f"l{layer}{direction}" for direction in directions]
        layers.append(tuple(_cell(own, name, kinds[rows // H], inputs, H, activation) for name in names))
    network = Network(tuple(layers))
    unknown = own.keys() - parameters(network).keys()
    if unknown:
        raise InputError(f"{min(unknown)} has no layer to belong to", hint=HINT)
    return network, read


def _cell(own: Parameters, name: str, cell: Cell, inputs: int, H: int, activation: Activation) -> CellWeights:
    rows = len(GATES[cell]) * H
    shapes = {"W_ih": (rows, inputs), "W_hh": (rows, H), "b_ih": (rows,), "b_hh": (rows,)}
    biased = any(key.startswith("bias") for key in own)
    found = []
    for ours, shape in shapes.items():
        key = f"{KINDS[ours]}_{name}"
        if len(shape) == 1 and not biased:
            found.append(np.zeros(shape))
            continue
        if key not in own:
            raise InputError(f"has no {key}; its arrays: {_listed(own)}", hint=HINT)
        if own[key].shape != shape:
            raise InputError(
                f"{key} is {_size(own[key].shape)}, not {_size(shape)}", hint=f"as {cell.upper()}, {H} units"
            )
        found.append(own[key])
    return CellWeights(cell, *found, activation=activation)


def _shape(own: Parameters, name: str) -> tuple[int, int]:
    if name not in own:
        raise InputError(f"has no {name}; its arrays: {_listed(own)}", hint=HINT)
    if own[name].ndim != 2 or 0 in own[name].shape:
        raise InputError(f"{name} is {_size(own[name].shape)}, not a matrix", hint=HINT)
    rows, columns = own[name].shape
    return rows, columns


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def _listed(names: object, most: int = 6) -> str:
    known = [*names] if names else []  # type: ignore[misc]
    return ", ".join(known[:most]) + (f" and {len(known) - most} more" if len(known) > most else "") or "none"
