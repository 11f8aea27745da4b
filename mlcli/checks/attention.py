"""PyTorch's attention on the same numbers, in float64."""

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.core.attention import Attention, rounding
from mlcli.core.multi_head_attention import Joined, Parameters, Projection
from mlcli.lesson import Check


def against_torch(record: Attention) -> Check:
    """max |out − scaled_dot_product_attention(Q, K, V)|.

    Args:
        record: where fill is finite, each query sees a key; torch hides with −∞.
    """
    Q, K, V = (_tensor(values) for values in (record.Q, record.K, record.V))
    mask = None if record.mask is None else _tensor(record.mask)
    oracle = torch.nn.functional.scaled_dot_product_attention(Q, K, V, mask, scale=1 / record.divisor)
    name = "torch.nn.functional.scaled_dot_product_attention"
    return Check(name, _difference(record.out, oracle), rounding(record))


def multi_head_against_torch(projection: Projection, heads: Attention, joined: Joined) -> Check:
    """max |difference| of out and of each head's weights from torch.nn.MultiheadAttention.

    Args:
        heads: each query sees a key; torch gives NaN where it sees none.
    """
    H, _, d_k = heads.Q.shape
    oracle = torch.nn.MultiheadAttention(H * d_k, H, dtype=torch.float64, batch_first=True).eval()
    copy_parameters(oracle, projection.parameters, np.sqrt(d_k) / heads.divisor)  # torch always divides by √d_k
    with torch.no_grad():
        X, C = _tensor(projection.X), _tensor(projection.context)
        hidden = None if heads.mask is None else _tensor(~heads.mask)
        out, weights = oracle(X, C, C, attn_mask=hidden, average_attn_weights=False)
    difference = max(_difference(joined.out, out), _difference(heads.weights, weights))
    tolerance = rounding(heads) * max(1.0, float(np.abs(joined.W_O).sum(axis=0).max()))
    return Check("torch.nn.MultiheadAttention", difference, tolerance)


def copy_parameters(layer: torch.nn.MultiheadAttention, own: Parameters, sharpened: float = 1.0) -> None:
    """The same weights and biases into torch's layer, which keeps W_Q, W_K, W_V below each other and transposed.

    Args:
        sharpened: what the queries are multiplied by.
    """
    W_Q, b_Q = own.W_Q * sharpened, own.b_Q * sharpened
    with torch.no_grad():
        layer.in_proj_weight.copy_(_tensor(np.concatenate([W_Q.T, own.W_K.T, own.W_V.T])))
        layer.in_proj_bias.copy_(_tensor(np.concatenate([b_Q, own.b_K, own.b_V])))
        layer.out_proj.weight.copy_(_tensor(own.W_O.T))
        layer.out_proj.bias.copy_(_tensor(own.b_O))


def _tensor(values: NDArray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def _difference(ours: NDArray[np.float64], oracle: torch.Tensor) -> float:
    return float(np.abs(ours - oracle.numpy()).max())
