"""The training loop: one run from one seed.

loss = −1/n Σ log softmax(logits)[label]     penalty = weight_decay / 2 · Σ w²     Adam follows their sum
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mlcli.core.errors import RequestFailed
from mlcli.core.graphs import LabelledGraph
from mlcli.core.numerics import rows_and_columns
from mlcli.core.training import Epoch, Run, Weights, accuracy, confusion
from mlcli.models.receptive_field import Field, Inputs
from mlcli.training.memory import keep_freed_memory
from mlcli.training.networks import Network, new_network, set_weights, stopping_rule, weights_of
from mlcli.training.settings import Settings


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run and the weights it leaves."""

    run: Run
    weights: Weights


def train(inputs: Inputs, settings: Settings, seed: int, watch: Callable[[Epoch], None]) -> Outcome:
    """Train one network from `seed` and test it.

    Args:
        watch: is called with each epoch as it ends.

    Raises:
        RequestFailed: the loss is not finite.
    """
    graph, rng = inputs.graph, np.random.default_rng(seed)
    network = new_network(settings, rows_and_columns(graph.features)[1], len(graph.classes), rng)
    rule, stopped = stopping_rule(settings), f"all {settings.epochs:,} epochs were done"
    epochs: list[Epoch] = []
    kept, weights = 0, weights_of(network)
    for epoch in fit(network, inputs.train, inputs.validation, settings, rng):
        watch(epoch)
        epochs.append(epoch)
        judgement = rule.judge(epoch)
        if judgement.keep:
            kept, weights = epoch.epoch, weights_of(network)
        if judgement.stop:
            stopped = rule.reason
            break
    set_weights(network, weights)
    predicted = predict(network, inputs.every)
    return Outcome(_run(graph, predicted, seed, tuple(epochs), kept, stopped), weights)


def fit(
    network: Network, train: Field, validation: Field, settings: Settings, rng: np.random.Generator
) -> Iterator[Epoch]:
    """One epoch a turn: a step of Adam on the training nodes, then the validation nodes without dropout.

    Args:
        rng: draws the dropout.

    Raises:
        RequestFailed: the loss is not finite.
    """
    keep_freed_memory()
    decayed = network.decayed()
    free = [parameter for parameter in network.parameters() if all(parameter is not other for other in decayed)]
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": free}]
    adam = torch.optim.Adam([group for group in groups if group["params"]], lr=settings.lr, fused=True)
    for epoch in range(1, settings.epochs + 1):
        turn = Epoch(epoch, *_step(network, train, adam, rng), *_evaluate(network, validation))
        if not math.isfinite(turn.train_loss + turn.validation_loss):
            raise RequestFailed(
                f"training diverged: the loss is not finite in epoch {epoch}", hint="try a smaller --lr"
            )
        yield turn


def _step(network: Network, field: Field, adam: torch.optim.Adam, rng: np.random.Generator) -> tuple[float, float]:
    """Loss and accuracy, as they were before the step; what its gradients needed is freed on return."""
    adam.zero_grad()
    logits = network(field.parts, field.x, rng)
    loss = F.cross_entropy(logits, field.labels)
    loss.backward()
    adam.step()
    return loss.item(), _share_right(logits, field.labels)


def _evaluate(network: Network, field: Field) -> tuple[float, float]:
    with torch.no_grad():
        logits = network(field.parts, field.x)
    return F.cross_entropy(logits, field.labels).item(), _share_right(logits, field.labels)


def predict(network: Network, field: Field) -> np.ndarray:
    """The class with the largest logit, for each node wanted."""
    with torch.no_grad():
        return network(field.parts, field.x).argmax(1).numpy()


def _share_right(logits: Tensor, labels: Tensor) -> float:
    return accuracy(labels.numpy(), logits.detach().numpy().argmax(1))


def _run(
    graph: LabelledGraph, predicted: np.ndarray, seed: int, epochs: tuple[Epoch, ...], kept: int, stopped: str
) -> Run:
    train, validation, test = (
        accuracy(graph.labels[part], predicted[part]) for part in (graph.train, graph.validation, graph.test)
    )
    mistakes = confusion(graph.labels[graph.test], predicted[graph.test], len(graph.classes))
    return Run(seed, epochs, kept, stopped, train, validation, test, mistakes)
