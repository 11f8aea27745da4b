"""How the weights follow the gradients: Adam, AdamW or SGD, at a rate that a schedule sets before each step.

Source: Kingma & Ba, Adam, ICLR 2015; Loshchilov & Hutter, decoupled weight decay, ICLR 2019; torch computes them.
"""

import torch
from torch import nn

from mlcli.core.schedules import share_of_rate
from mlcli.training.settings import Settings


class Optimiser:
    """Takes the steps of a run.

    Args:
        decayed: the weights that the penalty holds small.
        steps: of the whole run, which the schedule is laid out over.
    """

    def __init__(self, network: nn.Module, settings: Settings, decayed: list[nn.Parameter], steps: int) -> None:
        self.settings, self.steps = settings, steps
        self.weights = list(network.parameters())
        of_decayed = {id(parameter) for parameter in decayed}
        free = [parameter for parameter in self.weights if id(parameter) not in of_decayed]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": free, "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
        match settings.optimizer:
            case "adam":
                self.torch = torch.optim.Adam(groups, lr=settings.lr, fused=True)
            case "adamw":
                self.torch = torch.optim.AdamW(groups, lr=settings.lr, fused=True)
            case "sgd":
                self.torch = torch.optim.SGD(groups, lr=settings.lr, momentum=settings.momentum)
        self.constant = settings.schedule == "constant" and settings.warmup == 0

    def step(self, t: int) -> None:
        """Move the weights along their gradients.

        Args:
            t: steps done before.
        """
        if not self.constant:
            share = share_of_rate(self.settings.schedule, t, self.steps, self.settings.warmup)
            for group in self.torch.param_groups:
                group["lr"] = self.settings.lr * share
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        self.torch.step()
