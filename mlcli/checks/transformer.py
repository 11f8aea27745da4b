"""PyTorch's encoder and decoder layers with the same weights, in float64."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.checks.attention import copy_parameters
from mlcli.core.attention import Mask
from mlcli.core.multi_head_attention import Parameters
from mlcli.core.transformer import EPSILON, Activation, Stack
from mlcli.core.transformer_weights import FeedForwardParameters, NormParameters, StackParameters, SublayerParameters
from mlcli.lesson import Check


def stack_against_torch(
    record: Stack,
    parameters: StackParameters,
    H: int,
    mask: Mask | None = None,
    memory: NDArray[np.float64] | None = None,
    memory_mask: Mask | None = None,
    activation: Activation = "relu",
) -> Check:
    """max |difference| of out from torch.nn.TransformerEncoderLayer or TransformerDecoderLayer, one after the other.

    Args:
        mask, memory_mask: each query sees a key; torch gives NaN where it sees none.
    """
    kind = torch.nn.TransformerEncoderLayer if memory is None else torch.nn.TransformerDecoderLayer
    x = torch.from_numpy(record.X)[None]
    hidden, memory_hidden = (None if m is None else torch.from_numpy(~m) for m in (mask, memory_mask))
    with torch.no_grad():
        for own in parameters.layers:
            layer = kind(
                x.shape[2], H, _width(own), dropout=0.0, activation=activation, layer_norm_eps=EPSILON,
                batch_first=True, norm_first=record.pre_norm, dtype=torch.float64,
            ).eval()  # fmt: skip
            _copy_layer(layer, own)
            if memory is None:
                x = layer(x, src_mask=hidden)
            else:
                M = torch.from_numpy(memory)[None]
                x = layer(x, M, tgt_mask=hidden, memory_mask=memory_hidden)
        if parameters.last is not None:
            last = torch.nn.LayerNorm(x.shape[2], EPSILON, dtype=torch.float64)
            _copy_norm(last, parameters.last)
            x = last(x)
    difference = float(np.abs(record.out - x[0].numpy()).max())
    largest = max(float(np.abs(sublayer.added).max()) for layer in record.layers for sublayer in layer)
    return Check(f"torch.nn.{kind.__name__}", difference, 1e-11 * max(1.0, largest) * len(record.layers))


def _width(own: tuple[SublayerParameters, ...]) -> int:
    return next(len(sublayer.work.b_1) for sublayer in own if isinstance(sublayer.work, FeedForwardParameters))


def _copy_layer(layer: Any, own: tuple[SublayerParameters, ...]) -> None:
    for place, sublayer in enumerate(own, start=1):
        match sublayer.work:
            case Parameters():
                name = "self_attn" if sublayer.kind == "self-attention" else "multihead_attn"
                copy_parameters(getattr(layer, name), sublayer.work)
            case FeedForwardParameters(W_1, b_1, W_2, b_2):
                for linear, W, b in ((layer.linear1, W_1, b_1), (layer.linear2, W_2, b_2)):
                    linear.weight.copy_(torch.from_numpy(W.T.copy()))
                    linear.bias.copy_(torch.from_numpy(b))
        _copy_norm(getattr(layer, f"norm{place}"), sublayer.norm)


def _copy_norm(layer: torch.nn.LayerNorm, own: NormParameters) -> None:
    layer.weight.copy_(torch.from_numpy(own.gain))
    layer.bias.copy_(torch.from_numpy(own.shift))
