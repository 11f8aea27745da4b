"""PyTorch's own modules in the place of our table: their shapes and their weights, without ever making the arrays."""

from math import prod

import torch
from torch import nn

from mlcli.checks.architecture_transformers import text_module
from mlcli.core.architecture_layers import Add, CellByCell, Conv, Dense, Flatten, Kind, Pool
from mlcli.core.architecture_transformers import Tied
from mlcli.core.architectures import Architecture, Layer
from mlcli.core.windows import Window
from mlcli.lesson import Check


def against_torch(network: Architecture) -> tuple[Check, ...]:
    """How many layers have another shape, or another number of weights, than torch's module for them."""
    outputs = [torch.empty(1, *network.input, device="meta")]
    shapes = weights = 0
    for layer in network.layers:
        before = outputs[-1]
        if isinstance(layer.kind, Add):
            on = outputs[network.position(layer.kind.source) + 1]
            shortcut = _conv(layer.kind.shortcut, on.shape[1]) if layer.kind.shortcut else nn.Identity()
            out, counted = before + shortcut(on), [shortcut]
            if layer.kind.batchnorm:
                counted.append(nn.BatchNorm2d(out.shape[1], device="meta"))
        else:
            module = _module(layer.kind, layer)
            out, counted = module(before), [module]
        if "batchnorm" in layer.after and not isinstance(layer.kind, Add):
            counted.append(nn.BatchNorm2d(out.shape[1], device="meta"))
        outputs.append(out)
        shapes += tuple(out.shape[1:]) != layer.shape
        weights += sum(p.numel() for module in counted for p in module.parameters()) != _trained_by_torch(layer)
    return (
        Check("torch.nn's own layers", float(shapes), 0.0, "layers of another shape"),
        Check("torch.nn's own layers", float(weights), 0.0, "layers with another number of weights"),
    )


def _trained_by_torch(layer: Layer) -> int:
    """torch has no partial links, no learned pooling and no fixed layer: what it has in their place is counted so."""
    match layer.kind:
        case Conv(links=links) if links:
            all_linked = (layer.kind.channels, layer.before[0], *layer.kind.over.kernel)
            return prod(all_linked) + layer.kind.channels * layer.kind.bias
        case Pool():
            return 0
        case Tied(vocabulary):
            return layer.before[1] * vocabulary
        case Dense(fixed=True):
            return prod(layer.before) * layer.kind.features
        case _:
            return layer.weight_count


def _module(kind: Kind, layer: Layer) -> nn.Module:
    match kind:
        case Conv():
            return _conv(kind, layer.before[0])
        case Pool(how="max"):
            return nn.MaxPool2d(*_pooled(kind.window(layer.before)))
        case Pool():
            return nn.AvgPool2d(*_pooled(kind.window(layer.before)))
        case Dense():
            return nn.Sequential(
                nn.Flatten(), nn.Linear(prod(layer.before), kind.features, kind.bias and not kind.fixed, device="meta")
            )
        case Flatten():
            return nn.Flatten()
        case CellByCell(what="batchnorm"):
            return nn.BatchNorm2d(layer.before[0], device="meta")
        case _:
            return text_module(kind, layer.before) or nn.Identity()


def _conv(kind: Conv, channels: int) -> nn.Module:
    over = kind.over
    (top, bottom), (left, right) = over.padding
    conv = nn.Conv2d(
        channels, kind.channels, over.kernel, over.stride, 0, over.dilation, kind.groups, kind.bias, device="meta"
    )
    return nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), conv)


def _pooled(window: Window) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return window.kernel, window.stride, (window.padding[0][0], window.padding[1][0])
