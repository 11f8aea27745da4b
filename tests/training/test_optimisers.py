"""A step of ours against torch's own, to the bit."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from mlcli.training.graph_settings import GCNSettings
from mlcli.training.optimisers import Optimiser


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_the_steps_are_torchs(name: str) -> None:
    torch.manual_seed(3)
    ours = nn.Sequential(nn.Linear(7, 5), nn.Linear(5, 3), nn.Linear(2, 2))  # the last is never reached
    theirs = copy.deepcopy(ours)
    settings = dataclasses.replace(GCNSettings(), optimizer=name)
    optimisers = [Optimiser(network, settings, [network[0].weight], 11) for network in (ours, theirs)]
    for t in range(11):
        x = torch.randn(13, 7)
        for network, optimiser in zip((ours, theirs), optimisers, strict=True):
            optimiser.torch.zero_grad()
            network[:2](x).square().sum().backward()
        optimisers[0].step(t)
        optimisers[1].torch.step()
        assert all(map(torch.equal, ours.parameters(), theirs.parameters()))
    states = [optimiser.torch.state_dict()["state"] for optimiser in optimisers]
    for a, b in zip(states[0].values(), states[1].values(), strict=True):
        assert all(torch.equal(a[key], b[key]) for key in a if isinstance(a[key], torch.Tensor))
