"""Settings → network and stopping rule; a network's weights as NumPy arrays, out and in."""

import numpy as np
import torch

from mlcli.core.graphs import LabelledGraph
from mlcli.core.numerics import rows_and_columns
from mlcli.core.training import Weights
from mlcli.models.gat import GAT
from mlcli.models.gcn import GCN
from mlcli.training.settings import GCNSettings, Settings
from mlcli.training.stopping import PatienceRule, StoppingRule, WindowRule

Network = GCN | GAT


def new_network(settings: Settings, F_in: int, classes: int, rng: np.random.Generator) -> Network:
    """A network before training."""
    if isinstance(settings, GCNSettings):
        return GCN(F_in, settings.hidden, classes, settings.dropout, rng)
    return GAT(
        F_in,
        settings.hidden,
        classes,
        heads=settings.heads,
        output_heads=settings.output_heads,
        dropout=settings.dropout,
        slope=settings.slope,
        rng=rng,
    )


def trained_network(graph: LabelledGraph, settings: Settings, weights: Weights) -> Network:
    """The network that a run on `graph` has left."""
    network = new_network(settings, rows_and_columns(graph.features)[1], len(graph.classes), np.random.default_rng(0))
    set_weights(network, weights)
    return network


def weights_of(network: Network) -> Weights:
    """A copy of all weights, by name."""
    return {name: parameter.detach().numpy().copy() for name, parameter in network.named_parameters()}


def set_weights(network: Network, weights: Weights) -> None:
    """Put `weights` in the place of the network's own."""
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})


def stopping_rule(settings: Settings) -> StoppingRule:
    """The one published with the model."""
    return WindowRule(settings.window) if isinstance(settings, GCNSettings) else PatienceRule(settings.patience)
