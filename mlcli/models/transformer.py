"""The Transformer in torch, batched, with the parameters of core's: `mlcli.core.transformer` is the same mathematics.

Names of weights are core's symbols: `encoder.layers.0.1.W_1` is W_1 of the first layer's second sublayer.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.positions import sinusoidal
from mlcli.core.transformer import EPSILON
from mlcli.core.transformer_weights import DECODER, ENCODER, Kind, StackParameters, draw_stack
from mlcli.models.dropout import dropout

Rng = np.random.Generator


class Sublayer(nn.ParameterDict):
    """The weights of one sublayer and of its norm, by their symbols."""


class Stack(nn.Module):
    """Layers of sublayers; with pre-norm one more norm at the end."""

    def __init__(self, kinds: tuple[Kind, ...], parameters: StackParameters, H: int, dropped: float) -> None:
        super().__init__()
        self.kinds, self.H, self.dropped = kinds, H, dropped
        layers = [[_plain(s.work) | _plain(s.norm) for s in layer] for layer in parameters.layers]
        self.layers = nn.ModuleList(nn.ModuleList(Sublayer(weights) for weights in layer) for layer in layers)
        self.last = Sublayer(_plain(parameters.last)) if parameters.last else None

    def forward(self, x: Tensor, memory: Tensor | None, causal: bool, rng: Rng | None) -> Tensor:
        for layer in self.layers:
            for kind, own in zip(self.kinds, layer, strict=True):  # type: ignore[arg-type]
                given = _norm(x, own) if self.last else x
                work = self._work(kind, given, own, memory, causal)
                added = x + dropout(work, self.dropped, rng)
                x = added if self.last else _norm(added, own)
        return _norm(x, self.last) if self.last else x

    def _work(self, kind: Kind, x: Tensor, own: Sublayer, memory: Tensor | None, causal: bool) -> Tensor:
        if kind == "feed-forward":
            return F.relu(x @ own["W_1"] + own["b_1"]) @ own["W_2"] + own["b_2"]
        context = x if kind == "self-attention" or memory is None else memory
        Q, K, V = (
            (values @ own[f"W_{name}"] + own[f"b_{name}"]).unflatten(2, (self.H, -1)).transpose(1, 2)
            for name, values in (("Q", x), ("K", context), ("V", context))
        )
        heads = F.scaled_dot_product_attention(Q, K, V, is_causal=causal and kind == "self-attention")
        return heads.transpose(1, 2).flatten(2) @ own["W_O"] + own["b_O"]


class Transformer(nn.Module):
    """Encoder and decoder over one table of symbols, the last row of which is `start`."""

    def __init__(
        self, V: int, d_model: int, d_ff: int, L: int, H: int, pre_norm: bool, dropped: float, rng: Rng
    ) -> None:
        super().__init__()
        self.start = V
        self.E = nn.Parameter(_float(rng.standard_normal((V + 1, d_model))))
        self.encoder = Stack(ENCODER, draw_stack(ENCODER, d_model, d_ff, L, pre_norm, rng), H, dropped)
        self.decoder = Stack(DECODER, draw_stack(DECODER, d_model, d_ff, L, pre_norm, rng), H, dropped)
        self.W = nn.Parameter(_float(rng.standard_normal((d_model, V)) / np.sqrt(d_model)))
        self.b = nn.Parameter(torch.zeros(V))

    @classmethod
    def of(cls, own: Any, V: int, rng: Rng) -> "Transformer":
        """As the settings of `train transformer` say."""
        return cls(V, own.d_model, own.d_ff, own.layers, own.heads, pre_norm=True, dropped=own.dropout, rng=rng)

    def forward(self, x: Tensor, y: Tensor, rng: Rng | None = None) -> Tensor:
        """Logits (B, T, V) of each symbol of y, given those before it."""
        start = torch.full_like(y[:, :1], self.start)
        return self.decode(self.encode(x, rng), torch.cat([start, y[:, :-1]], dim=1), rng)

    def encode(self, x: Tensor, rng: Rng | None = None) -> Tensor:
        """The memory."""
        return self.encoder(self._embedded(x), None, False, rng)

    def decode(self, memory: Tensor, before: Tensor, rng: Rng | None = None) -> Tensor:
        """Logits of what follows each of `before`."""
        return self.decoder(self._embedded(before), memory, True, rng) @ self.W + self.b

    def greedy(self, x: Tensor) -> Tensor:
        """The likeliest symbol after those before it, as many as x has."""
        memory = self.encode(x)
        before = torch.full_like(x[:, :1], self.start)
        for _ in range(x.shape[1]):
            chosen = self.decode(memory, before)[:, -1].argmax(1, keepdim=True)
            before = torch.cat([before, chosen], dim=1)
        return before[:, 1:]

    def _embedded(self, symbols: Tensor) -> Tensor:
        E = self.E[symbols]
        return E + torch.from_numpy(sinusoidal(*E.shape[1:])).to(E)


def _plain(parameters: object) -> dict[str, nn.Parameter]:
    return {name: nn.Parameter(_float(values)) for name, values in vars(parameters).items()}


def _float(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _norm(x: Tensor, own: Sublayer | None) -> Tensor:
    assert own is not None
    return F.layer_norm(x, x.shape[-1:], own["gain"], own["shift"], EPSILON)
