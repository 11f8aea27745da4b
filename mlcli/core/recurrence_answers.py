"""What a trained recurrent network answers, once core has computed its states.

    o_t = W h_t + b                    a number: the answer is o_T
    p_t = softmax(o_t)                 a symbol: p_t[k] is how likely k is due at step t;  −log2 p_t[y_t] bits

Symbols as in `recurrence_layers`; K numbers are answered, W (K, H), b (K,); y_t what is due at step t.
Source: the weights that `mlcli train rnn`, `gru` and `lstm` leave, `cells.weight_ih_l0` … and `out.weight`, `out.bias`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.numerics import softmax
from mlcli.core.recurrence_layers import Network, Run, last_states, outputs, run_layers
from mlcli.core.recurrence_losses import Score
from mlcli.core.recurrence_parameters import network_of
from mlcli.core.sequences import NOTHING, InputSequence

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answering:
    """A network, and how it answers from the states of its last layer."""

    network: Network
    W: Float[Array, "K DH"]
    b: Float[Array, " K"]

    def answer(self, h: Float[Array, "*rest DH"]) -> Float[Array, "*rest K"]:
        """W h + b."""
        return h @ self.W.T + self.b

    def answers(self, runs: list[Run]) -> Float[Array, "T K"]:
        """o_1 … o_T."""
        return self.answer(outputs(runs))

    def score_of_last(self, runs: list[Run], sequence: InputSequence) -> Score:
        """o_T, or o_T[k] of a symbol k, the one due or else the likeliest: what the way back begins from."""
        if sequence.due is None:
            return Score(self.W[0], float(self.b[0]), "o")
        last, names = int(sequence.due[-1]), sequence.value_names or ()
        k = int(self.answer(last_states(runs)).argmax()) if last == NOTHING else last
        return Score(self.W[k], float(self.b[k]), f"o_{len(sequence.values)}[{names[k]}]")


def answering(weights: Mapping[str, NDArray[Any]]) -> Answering:
    """What was trained, in float64."""
    exact = {name: np.asarray(weight, dtype=np.float64) for name, weight in weights.items()}
    W, b = exact.pop("out.weight"), exact.pop("out.bias")
    network, _ = network_of(exact)
    return Answering(network, W, b)


@dataclass(frozen=True)
class Answer:
    """To a sequence without the numbers of some steps: o, what is due then, and o − y."""

    without: tuple[int, ...]
    o: float
    y: float
    error: float


@dataclass(frozen=True, eq=False)
class NumberAnswer:
    """o = Σ_u W[u] h_T[u] + b, unit by unit.

    Args:
        units: by the size of their product, the largest first.
        answers: to the whole sequence, then without each of the marked steps, then without all of them.
    """

    h: Float[Array, " H"]
    W: Float[Array, " H"]
    products: Float[Array, " H"]
    b: float
    units: Int[Integers, " H"]
    answers: tuple[Answer, ...]

    def of_first(self, n: int) -> float:
        """Σ of the n largest products."""
        return float(self.products[self.units[:n]].sum())

    def of_others(self, n: int) -> float:
        """Σ of the others."""
        return float(self.products[self.units[n:]].sum())


def marked_sum(x: Float[Array, "T 2"]) -> float:
    """y = Σ_t m_t v_t, what the adding problem asks for.

    >>> marked_sum(np.array([[0.5, 1.0], [0.25, 0.0], [0.125, 1.0]]))
    0.625
    """
    return float(x[:, 0] @ x[:, 1])


def answer_number(sequence: InputSequence, trained: Answering, runs: list[Run]) -> NumberAnswer:
    """The answer to an adding problem."""
    each = [(t,) for t in sequence.marked]
    away = [(), *each, sequence.marked] if len(each) > 1 else [(), *each]
    given = np.stack([sequence.without(steps) for steps in away], axis=1)  # (T, sets, 2), side by side
    told = trained.answer(last_states(run_layers(given, trained.network)))[:, 0]
    answers = []
    for place, (steps, o) in enumerate(zip(away, told, strict=True)):
        y = marked_sum(given[:, place])
        answers.append(Answer(steps, float(o), y, float(o) - y))
    h, [W] = last_states(runs), trained.W
    units = np.argsort(-np.abs(W * h), kind="stable")
    return NumberAnswer(h, W, W * h, float(trained.b[0]), units, tuple(answers))


@dataclass(frozen=True, eq=False)
class SymbolAnswers:
    """A symbol a step.

    Args:
        y: what is due; `NOTHING` where nothing is.
        likeliest: of each step, the symbols by p, the likeliest first.
    """

    o: Float[Array, "T K"]
    p: Float[Array, "T K"]
    y: Int[Integers, " T"]
    likeliest: Int[Integers, "T K"]

    @property
    def due(self) -> Int[Integers, " D"]:
        """Places of the steps at which something is due."""
        return np.flatnonzero(self.y != NOTHING)

    @property
    def p_due(self) -> Float[Array, " D"]:
        """p_t[y_t] at these."""
        return self.p[self.due, self.y[self.due]]

    @property
    def bits(self) -> Float[Array, " D"]:
        """−log2 p_t[y_t] at these, from o, so that none is infinite."""
        o = self.o[self.due]
        largest = o.max(axis=1)
        logs = largest + np.log(np.exp(o - largest[:, None]).sum(axis=1))  # (D,)
        return (logs - o[np.arange(len(o)), self.y[self.due]]) / np.log(2)

    @property
    def mean_bits(self) -> float:
        """Of a character; 0 where none is due."""
        return float(self.bits.mean()) if len(self.due) else 0.0

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the likeliest is what is due."""
        return self.likeliest[self.due, 0] == self.y[self.due]


def answer_symbols(trained: Answering, runs: list[Run], y: Int[Integers, " T"]) -> SymbolAnswers:
    """p_t at every step."""
    o = trained.answers(runs)  # (T, K)
    return SymbolAnswers(o, softmax(o), y, np.argsort(-o, axis=1, kind="stable"))
