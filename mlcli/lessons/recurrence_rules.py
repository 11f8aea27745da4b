"""The rules of the recurrent cells as they are told, and how their weights are counted."""

import numpy as np

from mlcli.core.recurrence import GATES, Activation, Cell, CellWeights, WeightCount
from mlcli.core.recurrence_layers import Network
from mlcli.lesson import Tensor

GATED: dict[Cell, dict[str, tuple[str, str]]] = {
    "gru": {
        "r": ("r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)", "reset gate"),
        "z": ("z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)", "update gate"),
        "m": ("m_t = W_hn h_{t−1} + b_hn", "what r may reset"),
        "n": ("n_t = tanh(W_in x_t + b_in + r_t ∘ m_t)", "candidate"),
        "h": ("h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}", "state"),
    },
    "lstm": {
        "i": ("i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)", "how much enters"),
        "f": ("f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)", "how much stays"),
        "g": ("g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)", "candidate"),
        "o": ("o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)", "how much shows"),
        "c": ("c_t = f_t ∘ c_{t−1} + i_t ∘ g_t", "memory"),
        "h": ("h_t = o_t ∘ tanh(c_t)", "state"),
    },
}


def rules(cell: Cell, activation: Activation) -> dict[str, tuple[str, str]]:
    """For each symbol of a cell its rule, and what it is."""
    return GATED.get(cell) or {"h": (f"h_t = {activation}(W_ih x_t + b_ih + W_hh h_{{t−1}} + b_hh)", "")}


def rules_of(network: Network, counts: dict[str, WeightCount]) -> tuple[tuple[str, str], ...]:
    """The lines above the numbers: rules, layout, directions, weights."""
    first = network.first
    own = rules(first.cell, first.activation).values()
    longest = max(len(formula) for formula, _ in own)
    lines = [("rule", f"{formula:<{longest}}   {meaning}".rstrip()) for formula, meaning in own]
    if len(network.layers) > 1:
        lines.append(("layers", "each layer reads the states of the one below as its x"))
    if network.D == 2:
        lines.append(("backwards", "l0_reverse reads t = T … 1, with h_{t+1} in the place of h_{t−1}"))
    gates = next(iter(counts.values())).gates
    if len(gates) > 1:
        blocks = ", ".join(f"W_i{gate}" for gate in gates)
        lines.append(("layout", f"W_ih holds {blocks} below each other; W_hh and the biases likewise"))
    lines += [("weights", f"{name}: {_counted(count)}" if len(counts) > 1 else _counted(count))
              for name, count in counts.items()]  # fmt: skip
    if len(counts) > 1:
        total = sum(count.total for count in counts.values())
        lines.append(("weights", f"{' + '.join(f'{count.total:,}' for count in counts.values())} = {total:,}"))
    return tuple(lines)


def _counted(count: WeightCount) -> str:
    F, H = count.F, count.H
    each = f"{H}·{F} in W_ih + {H}·{H} in W_hh + {H} in b_ih + {H} in b_hh = {count.each:,}"
    if len(count.gates) == 1:
        return each
    return f"each gate {each}; {' + '.join(f'{gate} {count.each:,}' for gate in count.gates)} = {count.total:,}"


def side_by_side(weights: CellWeights, value_names: tuple[str, ...], name: str) -> Tensor:
    """All in one, a row for each unit of each gate: it meets x_t, h_{t−1}, 1 and 1."""
    H = weights.W_hh.shape[1]
    rows = tuple(f"{gate}[{unit}]" for gate in GATES[weights.cell] for unit in range(H))
    columns = (*value_names, *(f"h[{unit}]" for unit in range(H)), "b_ih", "b_hh")
    table = np.column_stack([weights.W_ih, weights.W_hh, weights.b_ih, weights.b_hh])  # (G·H, F + H + 2)
    return Tensor(name, table, ("row", "column"), (rows, columns))


def named(weights: CellWeights) -> str:
    """`LSTM`, or `RNN (relu)` where its activation is not the usual one."""
    return weights.cell.upper() + (f" ({weights.activation})" if weights.activation != "tanh" else "")
