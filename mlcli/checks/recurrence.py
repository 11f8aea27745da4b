"""PyTorch's own cells and its autograd on the same numbers, in float64."""

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.core.recurrence import CellWeights, Step, states
from mlcli.core.recurrence_gradients import Gradients
from mlcli.lesson import Check


def torch_cell(weights: CellWeights) -> torch.nn.RNN | torch.nn.GRU | torch.nn.LSTM:
    """nn.RNN, nn.GRU or nn.LSTM with these weights."""
    layer = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[weights.cell]
    cell = layer(weights.W_ih.shape[1], weights.W_hh.shape[1], dtype=torch.float64)
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            parameter.copy_(torch.from_numpy(getattr(weights, _ours(name))))
    return cell


def forward_against_torch(x: NDArray[np.float64], weights: CellWeights, steps: list[Step]) -> Check:
    """max |h_t − torch's h_t| over all steps and units."""
    cell = torch_cell(weights)
    with torch.no_grad():
        oracle, _ = cell(torch.from_numpy(x))  # (T, H)
    return Check(f"torch.nn.{type(cell).__name__}", _largest(states(steps) - oracle.numpy()), _tolerance(x))


def gradients_against_torch(x: NDArray[np.float64], weights: CellWeights, record: Gradients) -> Check:
    """max |ours − torch's| over the gradients of each weight, x_t, h_t and c_t."""
    cell = torch_cell(weights)
    rows = [torch.from_numpy(row).requires_grad_() for row in np.ascontiguousarray(x)]
    handed_on, state = [], None
    for row in rows:  # step by step, so that autograd keeps the gradient of each state
        _, state = cell(row[None], state)
        handed_on.append(state if isinstance(state, tuple) else (state,))
        for part in handed_on[-1]:
            part.retain_grad()
    handed_on[-1][0].sum().backward()

    pairs = [(getattr(record.weights, _ours(name)), parameter) for name, parameter in cell.named_parameters()]
    for ours, row, parts in zip(record.steps, rows, handed_on, strict=True):
        pairs += [(ours.x, row), *zip((ours.h, ours.c), parts, strict=False)]
    oracle = [np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy() for _, tensor in pairs]
    difference = max(_largest(ours - torchs) for (ours, _), torchs in zip(pairs, oracle, strict=True))
    return Check("torch.autograd", difference, _tolerance(x, *oracle))


def _tolerance(*arrays: NDArray[np.float64]) -> float:
    """Large values are rounded more coarsely."""
    return 1e-10 * max(1.0, *map(_largest, arrays))


def _ours(parameter: str) -> str:
    """`weight_ih_l0` is W_ih, `bias_hh_l0` is b_hh."""
    kind, ends, _ = parameter.split("_")
    return f"{'W' if kind == 'weight' else 'b'}_{ends}"


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.abs(values).max())
