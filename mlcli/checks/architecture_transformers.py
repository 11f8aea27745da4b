"""torch's own modules for the layers of Transformers, on shapes alone."""

from collections.abc import Callable

import torch
from torch import nn

from mlcli.core.architecture_layers import Kind, Shape
from mlcli.core.architecture_transformers import (
    ClassToken,
    Embed,
    First,
    Layer,
    Norm,
    Patches,
    Table,
    Tied,
)


class _By(nn.Module):
    """A module, and what is done with it."""

    def __init__(self, module: nn.Module, run: Callable[[nn.Module, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.module, self.run = module, run

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.run(self.module, x)


def text_module(kind: Kind, before: Shape) -> nn.Module | None:
    """torch's form of a layer of a Transformer; None for other kinds.

    Args:
        before: the shape that goes in.
    """
    match kind:
        case Embed(vocabulary, d_model):
            return _By(nn.Embedding(vocabulary, d_model, device="meta"), lambda table, x: table(x.long()))
        case Table(_, rows):
            return _By(nn.Embedding(rows, before[1], device="meta"), lambda table, x: x + table(_first_rows(x, rows)))
        case Patches(side, d_model):
            conv = nn.Conv2d(before[0], d_model, side, side, device="meta")
            return _By(conv, lambda conv, x: conv(x).flatten(2).transpose(1, 2))
        case ClassToken():
            return _By(nn.Embedding(1, before[1], device="meta"), _before_all)
        case Layer(of, heads, d_ff):
            layer = nn.TransformerDecoderLayer if of == "decoder" else nn.TransformerEncoderLayer
            module = layer(before[1], heads, d_ff, batch_first=True, device="meta")
            return _By(module, (lambda own, x: own(x, x)) if of == "decoder" else (lambda own, x: own(x)))
        case Norm():
            return nn.LayerNorm(before[1], device="meta")
        case First():
            return _By(nn.Identity(), lambda _, x: x[:, 0])
        case Tied(vocabulary):
            return nn.Linear(before[1], vocabulary, bias=False, device="meta")
        case _:
            return None


def _first_rows(x: torch.Tensor, rows: int) -> torch.Tensor:
    return torch.arange(x.shape[1], device="meta") % rows


def _before_all(table: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return torch.cat([table(torch.zeros(1, 1, dtype=torch.long, device="meta")), x], dim=1)
