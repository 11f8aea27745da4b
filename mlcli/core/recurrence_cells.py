"""One unit of a recurrent cell at one step, as a person works it out: every sum of products that leads to its state.

Symbols as in `recurrence`; `unit` is a position in h.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import relu, sigmoid
from mlcli.core.recurrence import GATES, CellWeights, GRUStep, LSTMStep, RNNStep, Step

Array = NDArray[np.float64]
Terms = Float[Array, " K"]


@dataclass(frozen=True, eq=False)
class Products:
    """The products of one part of a sum, value by coefficient: those of x, of h, or of the biases.

    Args:
        labels: what each value is called.
    """

    of: str
    labels: tuple[str, ...]
    values: Terms
    coefficients: Terms
    products: Terms
    total: float


@dataclass(frozen=True, eq=False)
class UnitSum:
    """symbol = Σ parts, and what is done to it: gives = function(symbol).

    Args:
        function: `σ`, `tanh`, `relu`, or empty if the sum stays as it is.
        recorded: what the step's record has for `gives`, computed with all units at once.
    """

    symbol: str
    parts: tuple[Products, ...]
    total: float
    function: str
    gives: str
    value: float
    recorded: float


def work_out(step: Step, weights: CellWeights, unit: int) -> list[UnitSum]:
    """The sums that lead to h_t[unit], in the order in which they are needed.

    Raises:
        InputError: there is no such unit.
    """
    H = len(step.h)
    if not 0 <= unit < H:
        raise InputError(f"there is no unit {unit}", "--at", f"units go from 0 to {H - 1}")
    match step:
        case RNNStep():
            return [_gate("h", weights.activation, step, weights, unit)]
        case GRUStep():
            return list(_gru(step, weights, unit))
        case LSTMStep():
            return list(_lstm(step, weights, unit))


def agreement(sums: list[UnitSum]) -> float:
    """max |value − recorded|: the written-out sums against the matrix products that gave the steps."""
    return max(abs(written.value - written.recorded) for written in sums)


def _gru(step: GRUStep, weights: CellWeights, unit: int) -> Iterator[UnitSum]:
    yield _gate("r", "σ", step, weights, unit)
    yield _gate("z", "σ", step, weights, unit)
    row = 2 * len(step.h) + unit  # n's
    h, x = _vector("h", step.h_before, weights.W_hh[row]), _vector("x", step.x, weights.W_ih[row])
    m = _sum("m", [h, _biases(b_hn=weights.b_hh[row])], "", "m", step.m[unit])
    yield m
    reset = _products("reset", ("r",), [step.r[unit]], [m.value])
    yield _sum("a_n", [x, _biases(b_in=weights.b_ih[row]), reset], "tanh", "n", step.n[unit])
    z = step.z[unit]
    mixed = _products("n, h", ("1 − z", "z"), [1 - z, z], [step.n[unit], step.h_before[unit]])
    yield _sum("h", [mixed], "", "h", step.h[unit])


def _lstm(step: LSTMStep, weights: CellWeights, unit: int) -> Iterator[UnitSum]:
    for gate, function in [("i", "σ"), ("f", "σ"), ("g", "tanh"), ("o", "σ")]:
        yield _gate(gate, function, step, weights, unit)
    memory = _products("c, g", ("f", "i"), [step.f[unit], step.i[unit]], [step.c_before[unit], step.g[unit]])
    yield _sum("c", [memory], "", "c", step.c[unit])
    shown = _products("tanh(c)", ("o",), [step.o[unit]], [step.tanh_c[unit]])
    yield _sum("h", [shown], "", "h", step.h[unit])


def _gate(gate: str, function: str, step: Step, weights: CellWeights, unit: int) -> UnitSum:
    """a = W_i·x + W_h·h + b_i + b_h, through `function`."""
    row = GATES[weights.cell].index(gate) * len(step.h) + unit
    x, h = _vector("x", step.x, weights.W_ih[row]), _vector("h", step.h_before, weights.W_hh[row])
    biases = _biases(**{f"b_i{gate}": weights.b_ih[row], f"b_h{gate}": weights.b_hh[row]})
    return _sum(f"a_{gate}", [x, h, biases], function, gate, getattr(step, gate)[unit])


def _vector(name: str, values: Terms, coefficients: Terms) -> Products:
    return _products(name, tuple(f"{name}[{k}]" for k in range(len(values))), values, coefficients)


def _biases(**biases: float) -> Products:
    """A bias is the weight of an input that is always 1."""
    return _products("biases", tuple(biases), np.ones(len(biases)), list(biases.values()))


def _products(of: str, labels: tuple[str, ...], values: ArrayLike, coefficients: ArrayLike) -> Products:
    values, coefficients = np.asarray(values, dtype=float), np.asarray(coefficients, dtype=float)
    products = values * coefficients
    return Products(of, labels, values, coefficients, products, float(products.sum()))


def _sum(symbol: str, parts: list[Products], function: str, gives: str, recorded: float) -> UnitSum:
    total = sum(part.total for part in parts)
    [value] = {"σ": sigmoid, "tanh": np.tanh, "relu": relu, "": np.asarray}[function](np.array([total]))
    return UnitSum(symbol, tuple(parts), total, function, gives, float(value), float(recorded))
