"""The task of the odd one out: sets of pictures, drawn anew for every step, each with one picture of another class."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.evaluation import Case, ClassesExamined, hardest, judge
from mlcli.core.numerics import softmax
from mlcli.core.prediction import Asking, ClassPrediction, Given
from mlcli.core.set_anomaly import MEASURED, PictureSets, SetAnomaly, farthest
from mlcli.core.training import ACCURACY, DataSummary, Published
from mlcli.lesson import Step, Table
from mlcli.models.set_anomaly import OddOneOut
from mlcli.training.digests import digest_of_arrays
from mlcli.training.task import Loss, Mean, Measured, Part, Rng, Task
from mlcli.training.transformer_settings import TransformerSettings

STEPS = 100  # an epoch
TOGETHER = 500  # sets measured at once
CHECKED = 20  # test sets that --check computes once more
SHOWN = 3
FARTHEST = "the farthest picture"


class OddOneOutTask(Task):
    """Which picture of a set is of another class; pixels from 0 to 1.

    Raises:
        InputError: too few or too many pictures a set.
    """

    score = ACCURACY
    on_gpu = True
    loss_formula = "−log softmax(scores)[odd], the mean over the sets of a step"
    case_axes = (0, 0)
    steps = STEPS

    def __init__(self, data: SetAnomaly, settings: TransformerSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.batch, self.N = settings.batch, settings.length
        parts: tuple[Part, ...] = ("train", "validation", "test")
        self.sets = {part: data.measured(part, self.N) for part in parts}
        self.x = (torch.from_numpy(data.pictures.values).float() / data.pictures.brightest).flatten(1).to(self.device)

    @property
    def formulas(self) -> tuple[str, ...]:
        """An encoder alone."""
        return (
            "X[n] = flat(A_n) W_E + b_E,   scores = encoder(X) w,   the odd one = argmax scores",
            "no positions: the pictures in another order have the same scores, in that order",
            "{layers} layers of self-attention and feed-forward, {heads} heads, d_model = {d_model}, d_ff = {d_ff}",
            "x + sublayer(LayerNorm(x)), pre-norm",
        )

    def summary(self) -> DataSummary:
        """Pictures, and the sets that are drawn from them."""
        pictures, own = self.data.pictures, self.settings
        parts = {"train on": pictures.train, "know when to stop": pictures.validation, "test": pictures.test}
        counts = ", ".join(f"{len(members):,} to {purpose}" for purpose, members in parts.items())
        return DataSummary(
            name=self.data.name,
            unit="sets",
            sizes={"pictures": len(pictures.labels), "classes": len(pictures.classes), "a set": self.N},
            classes=(),
            train=own.epochs * STEPS * own.batch,
            validation=MEASURED,
            test=MEASURED,
            read=(
                f"a set: {self.N - 1} pictures of one class and one of another, in a place drawn at random",
                f"no picture is in two parts: {counts}",
                "the farthest picture of a set: from the mean of the others, pixel by pixel, without learning",
                "every set to train on is drawn anew from the seed; the others are the same for every seed",
            ),
        )

    def digest(self) -> str:
        """Of the pictures and of the sets that are measured."""
        arrays = [array for sets in self.sets.values() for array in (sets.members, sets.odd)]
        return digest_of_arrays((self.data.pictures.values, self.data.pictures.labels, *arrays), (self.data.name,))

    def network(self, rng: Rng) -> OddOneOut:
        """For pictures of this size."""
        own = self.settings
        return OddOneOut(self.x.shape[1], own.d_model, own.d_ff, own.layers, own.heads, own.dropout, rng)

    def batches(self, rng: Rng) -> Iterable[tuple[Tensor, Tensor]]:
        """Fresh sets of the pictures to train on."""
        return (self._batch(self.data.draw("train", self.batch, self.N, rng)) for _ in range(STEPS))

    def loss(self, network: nn.Module, batch: tuple[Tensor, Tensor], rng: Rng) -> Loss:
        """Cross-entropy over the places of a set."""
        x, odd = batch
        scores = network(x, rng)
        right = (scores.argmax(1) == odd).double().mean().item()
        return Loss(F.cross_entropy(scores, odd), right, len(odd))

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """The same over all sets of a part."""
        loss, right = Mean(), Mean()
        for x, odd in self._parts(part):
            scores = network(x)
            loss.add(F.cross_entropy(scores, odd).item(), len(odd))
            right.add((scores.argmax(1) == odd).double().mean().item(), len(odd))
        return Measured(loss.value, right.value, more={FARTHEST: self._farthest(part)})

    def _farthest(self, part: Part) -> float:
        sets = self.sets[part]
        return float((farthest(self.data.shades(sets.members).reshape(*sets.members.shape, -1)) == sets.odd).mean())

    def published(self) -> Published:
        """Of pointing anywhere."""
        return Published(1 / self.N, None, "always the first", f"1/{self.N}", baseline=True)

    def outputs(self, network: nn.Module) -> NDArray[Any]:
        """Scores of the first test sets."""
        x, _ = self._batch(PictureSets(self.sets["test"].members[:CHECKED], self.sets["test"].odd[:CHECKED]))
        with torch.no_grad():
            return network(x).numpy()

    def examined(self, network: nn.Module, part: Part, most: int) -> ClassesExamined:
        """The places of a set are its classes; the hardest sets are drawn, their pictures side by side."""
        scores = torch.cat([network(x) for x, _ in self._parts(part)]).double().cpu().numpy()
        judged = judge(self.sets[part].odd, scores)
        cases = (
            Case(f"set {k}", int(judged.labels[k]), int(judged.predicted[k]), judged.probabilities[k],
                 self._side_by_side(part, k))
            for k in hardest(judged, most).tolist()
        )  # fmt: skip
        return ClassesExamined(self._places, judged, tuple(cases))

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> ClassPrediction:
        """Of a test set, by its number."""
        sets = self.sets["test"]
        if not (given.name.isdecimal() and int(given.name) < len(sets.odd)):
            hint = f"test sets go from 0 to {len(sets.odd) - 1}"
            raise InputError(f'there is no test set "{given.name}"', "INPUT", hint)
        k = int(given.name)
        x, _ = self._batch(PictureSets(sets.members[k : k + 1], sets.odd[k : k + 1]))
        scores = network(x)[0].double().cpu().numpy()
        picture = self._side_by_side("test", k)
        return ClassPrediction(given, self._places, scores, softmax(scores), int(sets.odd[k]), "test", picture)

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """Which picture looks at which."""
        return (f"mlcli attention --weights {run} --set {given or 0}",)

    @property
    def _places(self) -> tuple[str, ...]:
        return tuple(f"#{n}" for n in range(self.N))

    def _side_by_side(self, part: Part, k: int) -> NDArray[np.float64]:
        """(H, N·W), or (H, N·W, 3)."""
        strip = np.concatenate(list(self.data.shades(self.sets[part].members[k])), axis=2)  # (C, H, N·W)
        return strip[0] if len(strip) == 1 else np.moveaxis(strip, 0, 2)

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """The first test sets, and the first that it gets wrong."""
        x, odd = self._batch(self.sets["test"])
        with torch.no_grad():
            probabilities = network(x).softmax(1).double().numpy()
        wrong = np.flatnonzero(probabilities.argmax(1) != odd.numpy())
        rows = tuple(self._row(int(k), probabilities[k]) for k in dict.fromkeys([*range(SHOWN), *wrong[:1]]))
        table = Table("", ("test set", "pictures of", "the odd one", "its answer", "probability"), rows)
        told = f"{len(wrong):,} of {len(odd):,} test sets are wrong{'; the last row is one' if len(wrong) else ''}."
        return (Step("answer", "what it answers: the first test sets", "answer = argmax scores", (table,), told),)

    def _row(self, k: int, probabilities: NDArray[np.float64]) -> tuple[int | str | float, ...]:
        digits = [self.data.pictures.classes[c] for c in self.data.pictures.labels[self.sets["test"].members[k]]]
        odd, answer = int(self.sets["test"].odd[k]), int(probabilities.argmax())
        told = (f"{digits[place]} at {place}" for place in (odd, answer))
        return (k, " ".join(digits), *told, float(probabilities[answer]))

    def _parts(self, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
        x, odd = self._batch(self.sets[part])
        return zip(x.split(TOGETHER), odd.split(TOGETHER), strict=True)

    def _batch(self, sets: PictureSets) -> tuple[Tensor, Tensor]:
        return self.x[torch.from_numpy(sets.members)], torch.from_numpy(sets.odd).to(self.device)
