"""PyTorch's own networks and its autograd on the same numbers, in float64."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.core.recurrence_gradients import Gradients
from mlcli.core.recurrence_layers import Network, Run, outputs
from mlcli.core.recurrence_losses import Loss, Score
from mlcli.core.recurrence_parameters import parameters
from mlcli.lesson import Check
from mlcli.models.recurrent import Recurrent

Array = NDArray[np.float64]
Module = torch.nn.RNN | torch.nn.GRU | torch.nn.LSTM


def torch_network(network: Network) -> Module:
    """nn.RNN, nn.GRU or nn.LSTM with these weights."""
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[network.first.cell]
    more = {"nonlinearity": network.first.activation} if network.first.cell == "rnn" else {}
    sizes = network.first.W_ih.shape[1], network.H, len(network.layers)
    module = kind(*sizes, bidirectional=network.D == 2, dtype=torch.float64, **more)
    module.load_state_dict({name: torch.tensor(array) for name, array in parameters(network).items()})
    return module


def forward_against_torch(x: Array, network: Network, runs: list[Run]) -> Check:
    """max |ours − torch's| over what the last layer gives at every step."""
    module = torch_network(network)
    with torch.no_grad():
        oracle, _ = module(torch.from_numpy(x))  # (T, D·H)
    return Check(f"torch.nn.{type(module).__name__}", *_difference([(outputs(runs), oracle.numpy())], x))


def gradients_against_torch(
    x: Array, network: Network, runs: list[Run], record: Gradients, loss: Loss | Score
) -> Check:
    """max |ours − torch's| over the gradients of each weight, of x_t, and of each cell's h_t and c_t."""
    whole, backwards = torch_network(network), {run.name: run.backwards for run in runs}
    K, T = record.back, len(x)
    older = torch.from_numpy(x[: T - K])
    rest = torch.from_numpy(x[T - K :].copy()).requires_grad_()
    with torch.no_grad():
        state = whole(older)[1] if len(older) else None
    _, last = whole(rest, state)
    _loss(last, loss, network.D).backward()
    pairs = [(ours, parameter.grad) for ours, parameter in zip(record.weights, whole.parameters(), strict=True)]
    pairs.append((record.x, rest.grad))

    below, handed_on = list(torch.from_numpy(x[T - K :].copy())), {}  # cell by cell, so that each state is at hand
    for layer in network.layers:
        names = list(backwards)[len(handed_on) : len(handed_on) + len(layer)]
        given = []
        for name, weights in zip(names, layer, strict=True):
            cell = torch_network(Network(((weights,),)))
            order = slice(None, None, -1) if backwards[name] else slice(None)
            handed_on[name] = _step_by_step(cell, below[order], _of_cell(state, list(backwards).index(name)))
            given.append([parts[0] for parts in handed_on[name]][order])
        below = [torch.cat(both, dim=-1)[0] for both in zip(*given, strict=True)]
    top = [handed_on[name][-1][0] for name in list(backwards)[-network.D :]]
    _loss(torch.stack(top), loss, network.D).backward()
    for cell in record.cells:
        for ours, parts in zip(cell.steps, handed_on[cell.name], strict=True):
            pairs += zip((ours.h, ours.c), (part.grad for part in parts), strict=False)
    oracle = [
        (ours, np.zeros(ours.shape) if grad is None else grad.numpy().reshape(ours.shape)) for ours, grad in pairs
    ]
    return Check("torch.autograd", *_difference(oracle, x))


def answers_against_torch(network: Recurrent, x: Array, o: Array) -> list[Check]:
    """max |o_t − torch's| over all steps of one sequence: of the network as it was trained, then in float64."""
    checks, largest = [], max(1.0, float(np.abs(o).max()))
    for kind, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-10)):
        with torch.no_grad():
            found, _ = network.to(kind)(torch.from_numpy(x)[:, None].to(kind))  # (T, 1, K)
        difference = float(np.abs(found[:, 0].double().numpy() - o).max())
        name = str(kind).removeprefix("torch.")
        checks.append(Check(f"the trained network, in torch and {name}", difference, tolerance * largest))
    return checks


def _step_by_step(cell: Module, x: Sequence[torch.Tensor], state: object) -> list[tuple[torch.Tensor, ...]]:
    """(h_t,) or (h_t, c_t) of every step, each keeping its gradient."""
    handed_on = []
    for row in x:
        _, state = cell(row[None], state)
        handed_on.append(state if isinstance(state, tuple) else (state,))
        for part in handed_on[-1]:
            part.requires_grad_() if part.is_leaf else part.retain_grad()
    return handed_on


def _of_cell(state: object, place: int) -> object:
    """The part of a whole network's state that is one cell's."""
    match state:
        case None:
            return None
        case tuple():
            return tuple(part[place : place + 1] for part in state)
        case torch.Tensor():
            return state[place : place + 1]


def _loss(last: object, loss: Loss | Score, D: int) -> torch.Tensor:
    """L of h_T: of both directions of the last layer, side by side."""
    h = (last[0] if isinstance(last, tuple) else last)[-D:].flatten()  # type: ignore[index]
    if isinstance(loss, Score):
        return h @ torch.from_numpy(loss.w) + loss.b
    return ((h - torch.tensor(loss.target, dtype=h.dtype)) ** 2).mean() if loss.target else h.sum()


def _difference(pairs: list[tuple[Array, Array]], *more: Array) -> tuple[float, float]:
    """The largest, and what is allowed: large values are rounded more coarsely."""
    largest = max(float(np.abs(array).max()) for array in (*more, *(oracle for _, oracle in pairs)))
    return max(float(np.abs(ours - oracle).max()) for ours, oracle in pairs), 1e-10 * max(1.0, largest)
