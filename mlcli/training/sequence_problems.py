"""The tasks of the problems that ask for a memory: adding (a number after the last step), copy (a symbol a step).

Training sequences are drawn anew for every step, from the run's seed, so that none is seen twice. Those to know when to
stop and those to test are always the same.
"""

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.evaluation_sequences import NumbersExamined, PlacesExamined, examine_places, examine_sums
from mlcli.core.numerics import softmax
from mlcli.core.prediction import Asking, Given, NumberPrediction, PlacesPrediction
from mlcli.core.sequence_problems import BLANK, KEPT, SIGN, SYMBOLS, copy
from mlcli.core.training import SQUARED_ERROR, DataSummary, Published, Score
from mlcli.lesson import Step, Table
from mlcli.training.digests import digest_of_arrays
from mlcli.training.recurrent_tasks import RecurrentTask, one_hot
from mlcli.training.task import Loss, Mean, Measured, Part, Rng

MEASURED = 4000  # sequences of each part: always answering 1 is then within 2 % of 1/6
TOGETHER = 500  # of them at once
SHOWN = 5
SPELLED = (*map(str, range(SYMBOLS)), "·", "!")  # a blank, the sign
SEEDS: dict[Part, int] = {"train": 0, "validation": 1, "test": 2}

Batch = tuple[Tensor, Tensor]  # what is read (T, B, F_in), and what is to be answered


class _Problem(RecurrentTask):
    """Sequences that are drawn, as long as the settings say."""

    def __init__(self, data: Any, settings: Any, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.steps, self.batch = settings.steps, settings.batch
        parts: dict[Part, Any] = {part: self._draw(MEASURED, self._rng(part)) for part in SEEDS}
        self.drawn = parts

    def _rng(self, part: Part) -> Rng:
        return np.random.default_rng([SEEDS[part], self.settings.length])

    def _draw(self, N: int, rng: Rng) -> Any:
        return self.data.draw(N, self.settings.length, rng)

    def summary(self) -> DataSummary:
        """How many sequences a run sees."""
        seen = self.settings.epochs * self.settings.steps * self.settings.batch
        return DataSummary(
            self.data.name, "sequences", {"steps": self.drawn["test"].x.shape[1]}, (), seen, MEASURED, MEASURED,
            read=("every sequence to train on is drawn anew from the seed; the others are the same for every seed",),
        )  # fmt: skip

    def digest(self) -> str:
        """Of what is measured on; what is trained on follows from the seed."""
        arrays = [array for part in SEEDS for array in (self.drawn[part].x, self.drawn[part].y)]
        return digest_of_arrays(arrays, (self.data.name,))

    def batches(self, rng: Rng) -> Iterable[Batch]:
        """Fresh sequences."""
        return (self._batch(self._draw(self.settings.batch, rng)) for _ in range(self.steps))

    def _batch(self, drawn: Any) -> Batch:
        raise NotImplementedError

    def _parts(self, part: Part) -> Iterator[Batch]:
        x, y = self._batch(self.drawn[part])
        return ((x[:, i : i + TOGETHER], y[..., i : i + TOGETHER]) for i in range(0, MEASURED, TOGETHER))

    def example(self) -> Tensor:
        """The first sequences of the test part."""
        return self._batch(self.drawn["test"])[0][:, :SHOWN]


class SequenceRegression(_Problem):
    """One number is asked for, after the last step."""

    score = SQUARED_ERROR
    loss_formula = "the mean of (o − y)²,   o = W h_T + b after the last step"
    case_axes = (1, 0)
    last_only = True

    @property
    def sizes(self) -> tuple[int, int]:
        """A value and a mark; their sum."""
        return 2, 1

    def _batch(self, drawn: Any) -> Batch:
        x = torch.from_numpy(drawn.x).to(self.device, torch.float32).transpose(0, 1).contiguous()
        return x, torch.from_numpy(drawn.y).to(self.device, torch.float32)

    def loss(self, network: nn.Module, batch: Batch, rng: Rng) -> Loss:
        """Mean squared error."""
        x, y = batch
        error = F.mse_loss(network(x, rng, last=True)[0][:, 0], y)
        return Loss(error, error.item(), len(y))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The same over all sequences of a part."""
        error = Mean()
        for x, y in self._parts(part):
            error.add(F.mse_loss(network(x, last=True)[0][:, 0], y).item(), len(y))
        return Measured(error.value, error.value)

    def examined(self, network: nn.Module, part: Part, most: int) -> NumbersExamined:
        """The errors, and whether they grow with the wait."""
        o = torch.cat([network(x, last=True)[0][:, 0] for x, _ in self._parts(part)]).double().cpu().numpy()
        drawn = self.drawn[part]
        return examine_sums(drawn.x, drawn.y, o, self.data.blind(self.settings.length), most)

    def unrolled(self, given: str | None) -> str:
        """From its file."""
        return "" if given is None else f" {shlex.quote(given)}"

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> NumberPrediction:
        """Of a row for each step, value and mark; and what it would have answered had it ended before."""
        assert given.values is not None
        x = given.values
        if x.ndim != 2 or x.shape[1] != 2 or not np.isin(x[:, 1], (0, 1)).all():
            hint = "a row a step: the value, and 1 where it is to be added, else 0"
            raise InputError("is not a value and a mark in each row", given.name, hint)
        o = network(torch.from_numpy(x[:, None]).float().to(self.device))[0][:, 0, 0].double().cpu().numpy()
        so_far = (x[:, 0] * x[:, 1]).cumsum()
        return NumberPrediction(given, x, o, so_far, float(so_far[-1]) if x[:, 1].sum() == 2 else None)

    def published(self) -> Published:
        """Of always answering 1."""
        return Published(
            self.data.blind(self.settings.length), None, "always answering 1", "1/12 + 1/12", baseline=True
        )

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """What is answered to the first sequences of the test part."""
        drawn = self.drawn["test"]
        with torch.no_grad():
            answers = network(self.example(), last=True)[0][:, 0].tolist()
        rows = []
        for x, y, answer in zip(drawn.x, drawn.y, answers, strict=False):
            first, second = np.flatnonzero(x[:, 1])
            marked = (f"{x[t, 0]:.3f} at t={t + 1}" for t in (first, second))
            rows.append((*marked, float(y), answer, answer - float(y)))
        table = Table("", ("first marked", "second marked", "sum y", "answer o", "o − y"), tuple(rows))
        return (Step("o", f"{SHOWN} of the sequences to test", "", (table,)),)


class SequenceLabelling(_Problem):
    """A symbol is asked for at every step."""

    score = Score("cross-entropy", higher=False)
    loss_formula = "−1/(T+20) Σ_t log softmax(o_t)[y_t],   o_t = W h_t + b"
    case_axes = (1, 1)

    @property
    def sizes(self) -> tuple[int, int]:
        """Ten symbols are read, nine answered: never the sign."""
        return SIGN + 1, BLANK + 1

    def _batch(self, drawn: Any) -> Batch:
        x, y = (torch.from_numpy(array).to(self.device).T.contiguous() for array in (drawn.x, drawn.y))
        return one_hot(x, SIGN + 1), y

    def loss(self, network: nn.Module, batch: Batch, rng: Rng) -> Loss:
        """Cross-entropy, over all steps alike."""
        x, y = batch
        loss = F.cross_entropy(network(x, rng)[0].flatten(0, 1), y.flatten())
        return Loss(loss, loss.item(), y.shape[1])

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The same over all sequences of a part, and the share of the kept symbols that is right."""
        loss, right = Mean(), Mean()
        for x, y in self._parts(part):
            o, _ = network(x)
            loss.add(F.cross_entropy(o.flatten(0, 1), y.flatten()).item(), y.shape[1])
            right.add((o[-KEPT:].argmax(2) == y[-KEPT:]).double().mean().item(), y.shape[1])
        return Measured(loss.value, loss.value, more={"share of symbols right": right.value})

    def examined(self, network: nn.Module, part: Part, most: int) -> PlacesExamined:
        """The symbols that were to be kept, one by one."""
        answers = [network(x)[0][-KEPT:].argmax(2).T for x, _ in self._parts(part)]
        due = self.drawn[part].y[:, -KEPT:]
        return examine_places(due, due, torch.cat(answers).cpu().numpy(), SPELLED, most)

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> PlacesPrediction:
        """Of ten symbols, kept as long as in training."""
        symbols = [sign for sign in given.name if not sign.isspace()]
        if len(symbols) != KEPT or not set(symbols) <= set(SPELLED[:SYMBOLS]):
            hint = f"{KEPT} digits from 0 to {SYMBOLS - 1}: 3 1 4 1 5 0 2 6 5 3"
            raise InputError(f'"{given.name}" is not {KEPT} symbols', "INPUT", hint)
        kept = np.array([[SPELLED.index(symbol) for symbol in symbols]])
        x, _ = self._batch(copy(kept, self.settings.length))
        p = softmax(network(x)[0][-KEPT:, 0].double().cpu().numpy())
        order, each = np.argsort(-p, axis=1, kind="stable"), np.arange(KEPT)
        y, instead = (tuple(SPELLED[i] for i in order[:, r]) for r in range(2))
        p, p_instead = (p[each, order[:, r]] for r in range(2))
        wait = f"the same {KEPT} symbols again, after {self.settings.length + KEPT} steps"
        return PlacesPrediction(given, tuple(symbols), y, p, instead, p_instead, tuple(symbols), wait)

    def published(self) -> Published:
        """Of blanks, and then any of the eight."""
        T = self.settings.length
        return Published(self.data.blind(T), None, "guessing the symbols", f"10 ln 8 / ({T} + 20)", baseline=True)

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """What is answered to the first sequences of the test part."""
        with torch.no_grad():
            answers = network(self.example())[0][-KEPT:].argmax(2).T.numpy()
        asked = self.drawn["test"].y[:SHOWN, -KEPT:]
        rows = tuple(
            (_spelled(y), _spelled(answer), int((y == answer).sum())) for y, answer in zip(asked, answers, strict=True)
        )
        table = Table("", ("to be kept", "answered", "right of 10"), rows)
        return (Step("argmax o_t", f"{SHOWN} of the sequences to test, their last {KEPT} steps", "", (table,)),)


def _spelled(symbols: Any) -> str:
    """Digits for the symbols, · for a blank."""
    return " ".join(SPELLED[symbol] for symbol in symbols)
