"""PyTorch's attention on the same numbers, in float64."""

import numpy as np
import torch
from numpy.typing import NDArray

from mlcli.core.attention import Attention, rounding
from mlcli.core.multi_head_attention import Joined, Projection
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
    """max |difference| of out and of each head's weights from torch.nn.MultiheadAttention without biases.

    Args:
        heads: each query sees a key; torch gives NaN where it sees none.
    """
    H, _, d_k = heads.Q.shape
    oracle = torch.nn.MultiheadAttention(H * d_k, H, bias=False, dtype=torch.float64).eval()
    own = projection.parameters
    W_Q = own.W_Q * (np.sqrt(d_k) / heads.divisor)  # torch always divides by √d_k
    with torch.no_grad():
        oracle.in_proj_weight.copy_(_tensor(np.concatenate([W_Q.T, own.W_K.T, own.W_V.T])))
        oracle.out_proj.weight.copy_(_tensor(own.W_O.T))
        X = _tensor(projection.X)
        hidden = None if heads.mask is None else _tensor(~heads.mask)
        out, weights = oracle(X, X, X, attn_mask=hidden, average_attn_weights=False)
    difference = max(_difference(joined.out, out), _difference(heads.weights, weights))
    tolerance = rounding(heads) * max(1.0, float(np.abs(own.W_O).sum(axis=0).max()))
    return Check("torch.nn.MultiheadAttention", difference, tolerance)


def _tensor(values: NDArray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def _difference(ours: NDArray[np.float64], oracle: torch.Tensor) -> float:
    return float(np.abs(ours - oracle.numpy()).max())
