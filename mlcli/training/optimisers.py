"""How the weights follow the gradients: Adam, AdamW or SGD, at a rate that a schedule sets before each step.

Source: Kingma & Ba, Adam, ICLR 2015; Loshchilov & Hutter, decoupled weight decay, ICLR 2019; torch computes them.
"""

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.core.schedules import share_of_rate
from mlcli.core.training import Weights
from mlcli.training.settings import Settings


class Optimiser:
    """Takes the steps of a run.

    Args:
        decayed: the weights that the penalty holds small.
        steps: of the whole run, which the schedule is laid out over.
    """

    def __init__(self, network: nn.Module, settings: Settings, decayed: list[nn.Parameter], steps: int) -> None:
        self.settings, self.steps = settings, steps
        self.named = dict(network.named_parameters())
        self.weights = list(self.named.values())
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

    def moments(self) -> Weights:
        """What it remembers of each weight: `layers.0.W/exp_avg`."""
        return {
            f"{name}/{what}": value.cpu().numpy().copy()
            for name, weight in self.named.items()
            for what, value in self.torch.state.get(weight, {}).items()  # to look must not make one
            if isinstance(value, Tensor)
        }

    def restore(self, moments: Weights) -> None:
        """Remember what `moments` gave; the rate follows from the steps done.

        Raises:
            ValueError: they are not of these weights and this optimiser.
        """
        kinds = {"exp_avg", "exp_avg_sq", "step"} if self.settings.optimizer != "sgd" else {"momentum_buffer"}
        for key, array in moments.items():
            name, _, what = key.rpartition("/")
            weight = self.named.get(name)
            due = None if weight is None else () if what == "step" else tuple(weight.shape)
            if weight is None or what not in kinds or array.shape != due or array.dtype != np.float32:
                raise ValueError("the optimiser does not remember such things")
            value = torch.from_numpy(array.copy())
            self.torch.state[weight][what] = value.to(weight.device)
        if any(len(remembered) < len(kinds) for remembered in self.torch.state.values()):
            raise ValueError("the optimiser remembers but a part")

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
        known = all(weight.grad is None or weight in self.torch.state for weight in self.weights)
        if known and isinstance(self.torch, torch.optim.Adam):
            _step_of_adam(self.torch)
        else:
            self.torch.step()


@torch.no_grad()
def _step_of_adam(adam: torch.optim.Adam) -> None:
    """`adam.step()` once its state is there: its two operations, without the rest, which costs small models more."""
    for group in adam.param_groups:
        weights = [weight for weight in group["params"] if weight.grad is not None]
        states = [adam.state[weight] for weight in weights]
        mean, square, t = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
        torch._foreach_add_(t, 1)  # type: ignore[reportPrivateImportUsage]
        move = "_fused_adamw_" if group["decoupled_weight_decay"] else "_fused_adam_"
        getattr(torch, move)(
            weights, [weight.grad for weight in weights], mean, square, [], t,
            lr=group["lr"], beta1=group["betas"][0], beta2=group["betas"][1], weight_decay=group["weight_decay"],
            eps=group["eps"], amsgrad=False, maximize=False,
        )  # fmt: skip
