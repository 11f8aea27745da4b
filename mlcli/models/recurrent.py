"""RNN, GRU and LSTM, and what is answered from their states: o_t = W h_t + b (core/recurrence.py tells the cells).

The cells are PyTorch's own, so that they are fast, and their weights have PyTorch's names and layout.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from mlcli.core.recurrence import GATES, Cell
from mlcli.models.dropout import dropout

State = Tensor | tuple[Tensor, Tensor] | None
CELLS: dict[Cell, type[nn.RNN | nn.GRU | nn.LSTM]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Recurrent(nn.Module):
    """F_in → hidden → outputs.

    Args:
        gate_biases: what the biases of a gate are before training, in every layer: {"f": 4.0}; else they are drawn.
        dropout: probability with which a cell of the last layer's state is dropped on its way to the output.
        rng: draws the first weights.
    """

    def __init__(
        self,
        cell: Cell,
        F_in: int,
        hidden: int,
        layers: int,
        outputs: int,
        gate_biases: Mapping[str, float],
        dropout: float,
        rng: np.random.Generator,
    ) -> None:
        super().__init__()
        self.cells = CELLS[cell](F_in, hidden, layers)
        self.out = nn.Linear(hidden, outputs)
        self.dropout = dropout
        bound = hidden**-0.5
        with torch.no_grad():
            for parameter in self.parameters():  # U(−1/√H, 1/√H), as PyTorch begins
                parameter.copy_(torch.from_numpy(rng.uniform(-bound, bound, tuple(parameter.shape))))
            for gate, bias in gate_biases.items():
                rows = slice(GATES[cell].index(gate) * hidden, (GATES[cell].index(gate) + 1) * hidden)
                for layer in range(layers):
                    getattr(self.cells, f"bias_ih_l{layer}")[rows] = bias
                    getattr(self.cells, f"bias_hh_l{layer}")[rows] = 0

    def forward(
        self, x: Tensor, rng: np.random.Generator | None = None, before: State = None, last: bool = False
    ) -> tuple[Tensor, State]:
        """(T, B, F_in) → o_t: (T, B, outputs), and the state after the last step.

        Args:
            rng: draws the dropout; None for none: evaluation.
            before: the state before the first step; None for zeros.
            last: only o_T is wanted: (B, outputs).
        """
        h, after = self.cells(x, before)
        wanted = h[-1] if last else h
        return self.out(dropout(wanted, self.dropout, rng, axis=wanted.ndim - 2)), after
