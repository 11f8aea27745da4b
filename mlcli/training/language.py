"""The task of a text: tell the next character from those before it.

An epoch reads the text in as many streams as the batch holds, evenly apart from a place drawn at random; a step of
training is their next stretch. The state is handed on from stretch to stretch, the gradient is not: truncated
backpropagation through time. A part is measured in streams side by side too, each read from its beginning to its end.
"""

import math
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mlcli.core.errors import InputError
from mlcli.core.evaluation_sequences import TextExamined, examine_text
from mlcli.core.numerics import softmax
from mlcli.core.prediction import Asking, Drawn, Given, TextPrediction, draw
from mlcli.core.texts import Text, bits_by_frequency, places
from mlcli.core.training import DataSummary, Published, Score
from mlcli.lesson import Step
from mlcli.lesson import Text as Lines
from mlcli.models.recurrent import State
from mlcli.training.digests import digest_of_arrays
from mlcli.training.recurrent_tasks import RecurrentTask, one_hot
from mlcli.training.sequence_settings import RecurrentSettings
from mlcli.training.task import PARTS, Loss, Mean, Measured, Part, Rng

STREAMS = 64  # that a part is measured in, at most
CHUNK = 128  # characters of each at once
SAMPLE = 300  # characters written at the end
CONTEXT = 24  # characters shown before one that was not foreseen
LIKELIEST = 3  # characters named beside one that was drawn
EXAMPLE = 5  # stretches that --check computes once more


@dataclass(eq=False)
class Carried:
    """The state that one stretch leaves to the next, of one epoch; None before the first."""

    state: State = None


@dataclass(frozen=True, eq=False)
class Stretch:
    """(length + 1, B): the next characters of each stream, and the one that follows them."""

    characters: Tensor
    carried: Carried


class Language(RecurrentTask):
    """The loss is the cross-entropy in nats, the score the same in bits."""

    score = Score("bits per character", higher=False)
    loss_formula = "−1/n Σ_t log softmax(o_t)[c_{{t+1}}],   o_t = W h_t + b"
    case_axes = (1,)

    def __init__(self, data: Text, settings: RecurrentSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        self.steps, self.batch = settings.steps, settings.batch * settings.length  # characters
        parts: dict[Part, Tensor] = {
            part: torch.from_numpy(places) for part, places in zip(PARTS, data.parts, strict=True)
        }
        longest = len(parts["train"]) - 1
        if len(parts["validation"]) < 2 or len(parts["test"]) < 2:
            raise InputError(f"has {len(data.text)} characters, which is too short", data.name, "give 40 or more")
        if settings.length > longest:
            raise InputError(
                f"the text to train on has no {settings.length} characters in a row and one to follow",
                "--length", f"at most {longest} for {data.name}",
            )  # fmt: skip
        self.parts = parts

    @property
    def sizes(self) -> tuple[int, int]:
        """A one-hot character; a number for each of the alphabet."""
        return len(self.data.alphabet), len(self.data.alphabet)

    def summary(self) -> DataSummary:
        """How long the text and its parts are, and its alphabet."""
        text = self.data
        return DataSummary(
            text.name,
            "characters",
            {"characters": len(text.text), "distinct": len(text.alphabet)},
            (),
            train=len(self.parts["train"]),
            validation=len(self.parts["validation"]),
            test=len(self.parts["test"]),
            read=(
                *text.read,
                "the first 90% of the text are to train on, the last 5% to test",
                f"read in {self.settings.batch} streams at once, {self.settings.length} characters a step: the state "
                "is handed on to the next, the gradient is not",
            ),
            alphabet=text.alphabet,
        )

    def digest(self) -> str:
        """Of every character, in order."""
        return digest_of_arrays(self.data.parts, (self.data.alphabet,))

    def batches(self, rng: Rng) -> Iterable[Stretch]:
        """The streams, stretch by stretch; after the end of the text comes its beginning."""
        train, length, B = self.parts["train"], self.settings.length, self.settings.batch
        starts = rng.integers(len(train)) + torch.arange(B) * len(train) // B
        offsets, carried = torch.arange(length + 1)[:, None], Carried()
        for step in range(self.steps):
            places = (starts + offsets + step * length) % len(train)
            yield Stretch(train[places].to(self.device), carried)

    def loss(self, network: nn.Module, batch: Stretch, rng: Rng) -> Loss:
        """Of every character but the first."""
        c, carried = batch.characters, batch.carried
        o, after = network(one_hot(c[:-1], len(self.data.alphabet)), rng, before=carried.state)
        carried.state = tuple(part.detach() for part in after) if isinstance(after, tuple) else after.detach()
        loss = F.cross_entropy(o.flatten(0, 1), c[1:].flatten())
        return Loss(loss, loss.item() / math.log(2), c[1:].numel())

    def share(self, batch: Stretch, part: Callable[[int], slice]) -> tuple[Stretch, int]:
        """Some of the streams; each process hands on the states of its own."""
        own, streams = super().share(batch.characters, part)
        return Stretch(own, batch.carried), streams

    def left_by(self, batch: Stretch) -> Mapping[str, Tensor]:
        """h, and of an LSTM c."""
        state = batch.carried.state
        return {} if state is None else dict(zip("hc", state if isinstance(state, tuple) else (state,), strict=False))

    def hand_on(self, left: Mapping[str, Tensor], batch: Stretch) -> None:
        """To this stretch, and so to all that follow in its epoch."""
        shape = (self.settings.layers, self.settings.batch, self.settings.hidden)
        due = dict.fromkeys("hc" if self.settings.model == "lstm" else "h", shape)
        if {name: tuple(part.shape) for name, part in left.items()} != due:
            raise ValueError("its h is not that of this network")
        parts = {name: part.to(self.device) for name, part in left.items()}
        batch.carried.state = (parts["h"], parts["c"]) if "c" in parts else parts["h"]

    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """Of the whole part; of the part to train on, as much of it as there is to test."""
        loss, state = Mean(), None
        for batch in self._streams(self.parts[part][: len(self.parts["test"])]):
            o, state = network(one_hot(batch[:-1], len(self.data.alphabet)), before=state)
            loss.add(F.cross_entropy(o.flatten(0, 1), batch[1:].flatten()).item(), batch[1:].numel())
        bits = loss.value / math.log(2)
        return Measured(loss.value, bits, more={"perplexity": 2**bits})

    def examined(self, network: nn.Module, part: Part, most: int) -> TextExamined:
        """Character by character, of as much of the part as `evaluate` reads."""
        A, state = len(self.data.alphabet), None
        text = self.parts[part][: len(self.parts["test"])]
        logits, due = [], []
        for batch in self._streams(text):
            o, state = network(one_hot(batch[:-1], A), before=state)
            logits.append(o)
            due.append(batch[1:])
        p = softmax(torch.cat(logits).transpose(0, 1).flatten(0, 1).double().cpu().numpy())  # stream after stream
        c = torch.cat(due).T
        streams = ["".join(self.data.alphabet[i] for i in row) for row in self._side_by_side(text).T.tolist()]
        before = [stream[max(0, t - CONTEXT) : t] for stream in streams for t in range(1, len(stream))]
        return examine_text(c.flatten().cpu().numpy(), p, before, self.data.alphabet, self.published().value, most)

    def unrolled(self, given: str | None) -> str:
        """From the beginning."""
        return f" --text {shlex.quote(given or '…')}"

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> TextPrediction:
        """How a beginning goes on.

        Raises:
            InputError: it is empty, or has a character that the text to train on never had.
        """
        alphabet, start = self.data.alphabet, given.name
        unknown = [character for character in start if character not in alphabet]
        if unknown or not start:
            problem = f'the run knows no "{unknown[0]}"' if unknown else "there is no character to begin with"
            raise InputError(problem, "INPUT", f"its characters are {alphabet.strip()}")
        known = torch.from_numpy(places(start, alphabet)).to(self.device)
        o, state = network(one_hot(known[:, None], len(alphabet)))
        bits = F.cross_entropy(o[:-1, 0], known[1:]).item() / math.log(2) if len(start) > 1 else None
        drawn = []
        for place, p in continued(network, o, state, asked):
            order = np.argsort(-p, kind="stable")[:LIKELIEST]
            drawn.append(Drawn(alphabet[place], float(p[place]), tuple((alphabet[i], float(p[i])) for i in order)))
        return TextPrediction(given, asked.temperature, asked.seed, tuple(drawn), bits)

    def _side_by_side(self, text: Tensor) -> Tensor:
        """(T, S): as many streams as it is measured in."""
        S = max(1, min(STREAMS, len(text) // CHUNK))
        T = len(text) // S
        return text[: S * T].reshape(S, T).T.contiguous().to(self.device)

    def _streams(self, text: Tensor) -> Iterator[Tensor]:
        """(at most CHUNK + 1, S), the next beginning with the last characters of the one before."""
        streams = self._side_by_side(text)
        return (streams[t : t + CHUNK + 1] for t in range(0, len(streams) - 1, CHUNK))

    def published(self) -> Published:
        """Of a model that knows how often each character occurs, and nothing else."""
        train, _, test = self.data.parts
        bits = bits_by_frequency(train, test, len(self.data.alphabet))
        return Published(bits, None, "knowing how often each character occurs", "counted", baseline=True)

    def example(self) -> Tensor:
        """The beginnings of the part to test."""
        test = self.parts["test"][: min(self.settings.length, len(self.parts["test"]) // EXAMPLE) * EXAMPLE]
        return one_hot(test.reshape(EXAMPLE, -1).T, len(self.data.alphabet))

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """A text that the network writes, each character drawn from what it holds likely."""
        first = int(self.parts["test"][0])
        alphabet = self.data.alphabet
        text = "".join(alphabet[place] for place in write(network, first, len(alphabet), SAMPLE, seed))
        return (
            Step(
                "c_{t+1} ~ softmax(o_t)",
                "a sample",
                "",
                (Lines(text),),
                f"{SAMPLE} characters drawn from seed {seed}, each read as the next; the first is the test part's.",
            ),
        )


def write(network: nn.Module, first: int, A: int, n: int, seed: int) -> list[int]:
    """n characters: `first`, then each drawn from softmax(o_t), with the one before it as the next x_t."""
    with torch.no_grad():
        o, state = network(one_hot(torch.tensor([[first]]), A))
        return [first, *(place for place, _ in continued(network, o, state, Asking(length=n - 1, seed=seed)))]


def continued(network: nn.Module, o: Tensor, state: Any, asked: Asking) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Each character that is drawn, and the probabilities that it was drawn by; each is read as the next x_t.

    Args:
        o: (T, 1, A), what was answered so far, the last step last; `state` after it.
    """
    rng = np.random.default_rng(asked.seed)
    for _ in range(asked.length):
        place, p = draw(o[-1, 0].double().cpu().numpy(), asked.temperature, rng)
        yield place, p
        o, state = network(one_hot(torch.tensor([[place]], device=o.device), len(p)), before=state)
