"""The task of an encoder–decoder: answer a sequence with another, symbol by symbol."""

import shlex
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.evaluation_sequences import PlacesExamined, examine_places
from mlcli.core.prediction import Asking, Given, PlacesPrediction
from mlcli.core.sequence_pairs import SequencePairs, answer
from mlcli.core.training import DataSummary, Score
from mlcli.core.translation import from_weights, translate
from mlcli.lesson import Picture, Step, Table
from mlcli.models.transformer import Transformer
from mlcli.training.digests import digest_of_arrays
from mlcli.training.task import Loss, Mean, Measured, Part, Rng, Task, shuffled, weights_of
from mlcli.training.transformer_settings import TransformerSettings

EXACT = Score("exact match", share=True)
MEASURED = 500  # sequences answered at once; of the training part no more are scored
SHORTEST = 2
SHOWN = 3


class SequenceToSequence(Task):
    """Half of the batches have whole sequences, the others their beginnings, so that shorter ones are learned too.

    Raises:
        InputError: the sequences are not as long as that.
    """

    score = EXACT
    on_gpu = True
    loss_formula = "−1/T Σ_t log softmax(logits_t)[y_t]   the decoder is given the true y_0 … y_{{t−1}}"
    case_axes = (0, 0)

    def __init__(self, data: SequencePairs, settings: TransformerSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        longest = data.x.shape[1]
        if settings.length > longest:
            raise InputError(f"the sequences have {longest} digits", "--length", f"from 1 to {longest}")
        self.T = settings.length
        self.steps = -(-len(data.train) // settings.batch)
        self.positions = {"train": data.train, "validation": data.validation, "test": data.test}

    def summary(self) -> DataSummary:
        """Sequences, their length, the symbols."""
        N, T = len(self.data.x), self.T
        return DataSummary(
            name=self.data.name,
            unit="sequences",
            sizes={"sequences": N, "symbols each": T},
            classes=(),
            train=len(self.data.train),
            validation=len(self.data.validation),
            test=len(self.data.test),
            read=(
                f"digits drawn at random; the answer to each sequence follows from the rule: {self.data.name}",
                *self._seen(),
                f"exact match: all {T} symbols are right, each chosen as the likeliest after those chosen before",
            ),
        )

    def _seen(self) -> tuple[str, ...]:
        """Short sequences are few: what is tested may have been trained on."""
        train, test = (
            {row.tobytes() for row in self.data.x[part, : self.T]} for part in (self.data.train, self.data.test)
        )
        both = len(train & test)
        return (
            (f"{both:,} of {len(test):,} different sequences to test are also among those to train on",) if both else ()
        )

    def digest(self) -> str:
        """Of the sequences, the rule and the split."""
        parts = (self.data.train, self.data.validation, self.data.test)
        return digest_of_arrays((self.data.x[:, : self.T], *parts), (self.data.name, *self.data.symbols))

    def network(self, rng: Rng) -> Transformer:
        """For as many symbols as there are."""
        return Transformer.of(self.settings, len(self.data.symbols), rng)

    def batches(self, rng: Rng) -> Iterable[tuple[Tensor, Tensor]]:
        """Sequences and answers of one length; every other length is drawn."""
        for places in shuffled(len(self.data.train), self.settings.batch, rng):
            length = self.T if rng.random() < 0.5 else int(rng.integers(min(SHORTEST, self.T), self.T + 1))
            yield self._pair(self.data.train[places.numpy()], length)

    def loss(self, network: nn.Module, batch: tuple[Tensor, Tensor], rng: Rng) -> Loss:
        """The cross-entropy; what is exact is not known before the answer is written without help."""
        x, y = batch
        logits = network(x, y, rng)
        return Loss(F.cross_entropy(logits.flatten(0, 1), y.flatten()), float("nan"), len(x))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The loss, the share of exact answers, and of right symbols."""
        loss, exact, right = Mean(), Mean(), Mean()
        every = self.positions[part][:MEASURED] if part == "train" else self.positions[part]
        for start in range(0, len(every), MEASURED):
            x, y = self._pair(every[start : start + MEASURED], self.T)
            loss.add(F.cross_entropy(network(x, y).flatten(0, 1), y.flatten()).item(), len(x))
            same = network.greedy(x) == y  # type: ignore[operator]
            exact.add(same.all(dim=1).double().mean().item(), len(x))
            right.add(same.double().mean().item(), len(x))
        return Measured(loss.value, exact.value, more={"share of symbols right": right.value})

    def examined(self, network: nn.Module, part: Part, most: int) -> PlacesExamined:
        """Answers place by place, of as many sequences as `evaluate` takes."""
        every = self.positions[part][:MEASURED] if part == "train" else self.positions[part]
        T = self.data.x.shape[1]
        answered = [
            network.greedy(self._pair(every[start : start + MEASURED], T)[0])  # type: ignore[operator]
            for start in range(0, len(every), MEASURED)
        ]
        x = self.data.x[every]
        y = torch.cat(answered).cpu().numpy()
        return examine_places(x, answer(self.data.name, x), y, self.data.symbols, most)

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> PlacesPrediction:
        """Of digits, by core, which gives the same as the network."""
        data = self.data
        symbols = given.name.replace(",", " ").split()
        symbols = list(symbols[0]) if len(symbols) == 1 else symbols
        T = data.x.shape[1]
        unknown = [symbol for symbol in symbols if symbol not in data.symbols]
        if unknown or not 0 < len(symbols) <= T:
            problem = f'the run knows no "{unknown[0]}"' if unknown else f"{len(symbols)} symbols"
            raise InputError(problem, "INPUT", f"up to {T} of {' '.join(data.symbols)}, such as 3 1 4 1 5")
        x = np.array([data.symbols.index(symbol) for symbol in symbols])
        told = translate(from_weights(weights_of(network), self.settings.heads, data.symbols), x)
        due = answer(data.name, x[None])[0]
        second = np.argsort(-told.probabilities, axis=1, kind="stable")[:, 1]
        each = np.arange(len(x))
        named = (tuple(data.symbols[i] for i in row) for row in (told.x, told.y, second, due))
        written, y, instead, right = named
        p, p_instead = told.probabilities[each, told.y], told.probabilities[each, second]
        return PlacesPrediction(given, written, y, p, instead, p_instead, right, f"the rule {data.name}")

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """Where its heads look."""
        return (f"mlcli attention --weights {run} {shlex.quote(given or '3 1 4 1 5')}",)

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """Answers to the first test sequences, and where the decoder looks while it writes the first."""
        model = from_weights(weights_of(network), self.settings.heads, self.data.symbols)
        x = self.data.x[self.data.test[:SHOWN], : self.T]
        told = [translate(model, row) for row in x]
        due = answer(self.data.name, x)
        rows = tuple(
            (*(" ".join(self.data.symbols[i] for i in row) for row in (t.x, t.y)), "yes" if (t.y == y).all() else "no")
            for t, y in zip(told, due, strict=True)
        )
        return (
            Step("y", "what it answers: the first test sequences", "y_t = argmax logits_t, one after the other",
                 (Table("", ("x", "y", "exact"), rows),)),
            Step("weights", "where it looks while it writes: cross-attention, the mean of the heads",
                 "row: the place that is written;  column: the place of x that is looked at",
                 (Picture("weights of the last layer", told[0].looks, 0.0, 1.0),)),
        )  # fmt: skip

    def _pair(self, positions: object, length: int) -> tuple[Tensor, Tensor]:
        x = self.data.x[positions, :length]
        return torch.from_numpy(x).to(self.device), torch.from_numpy(answer(self.data.name, x)).to(self.device)
