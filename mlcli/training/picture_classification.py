"""The task of the models that tell pictures apart: an epoch is all training pictures once, in a random order."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlcli.core.errors import InputError
from mlcli.core.numerics import softmax
from mlcli.core.pictures import LabelledPictures, summarise
from mlcli.core.prediction import Asking, ClassPrediction, Given
from mlcli.core.training import DataSummary
from mlcli.models.cnn import CNN, POOL
from mlcli.models.mlp import MLP
from mlcli.training.classification import Classification
from mlcli.training.digests import digest_of_arrays
from mlcli.training.last_read import last_read
from mlcli.training.picture_settings import CNNSettings, MLPSettings
from mlcli.training.stopping import StoppingRule, WindowRule
from mlcli.training.task import Part, Rng, Vectors, shuffled

EVALUATED = 500  # pictures at a time
CHECKED = 100  # test pictures that --check computes once more


class PictureClassification(Classification):
    """Pixels from 0 to 1.

    Raises:
        InputError: the pictures are too small for the model.
    """

    on_gpu = True

    case_axes = (0,)

    def __init__(self, data: LabelledPictures, settings: MLPSettings | CNNSettings, device: str = "cpu") -> None:
        super().__init__(data, settings, device)
        *_, H, W = data.values.shape
        if settings.model == "cnn" and min(H, W) < POOL * POOL:
            raise InputError(f"{data.name} has pictures of {H}×{W} pixels", hint="a CNN that pools twice needs 4×4")
        self.x = (torch.from_numpy(data.values).float() / data.brightest).to(self.device)
        self.labels = torch.from_numpy(data.labels).to(self.device)
        self.positions: dict[Part, Tensor] = {
            "train": torch.from_numpy(data.train),
            "validation": torch.from_numpy(data.validation),
            "test": torch.from_numpy(data.test),
        }
        self.batch = settings.batch
        self.steps = -(-len(data.train) // self.batch)

    def summary(self) -> DataSummary:
        """Pictures, their size, classes."""
        return summarise(self.data)

    def digest(self) -> str:
        """Of pixels, labels, classes and split."""
        split = (self.data.train, self.data.validation, self.data.test)
        return digest_of_arrays((self.data.values, self.data.labels, *split), self.data.classes)

    def network(self, rng: Rng) -> nn.Module:
        """With as many outputs as there are classes."""
        _, C, H, W = self.data.values.shape
        classes, settings = len(self.data.classes), self.settings
        if isinstance(settings, MLPSettings):
            return MLP((C * H * W, settings.hidden, classes), settings.dropout, rng)
        return CNN((C, H, W), settings.channels, settings.kernel, settings.hidden, classes, settings.dropout, rng)

    def batches(self, rng: Rng) -> Iterator[Tensor]:
        """Positions of pictures."""
        return (self.positions["train"][batch] for batch in shuffled(len(self.data.train), self.batch, rng))

    def parts(self, part: Part) -> Iterable[Tensor]:
        """Positions of pictures, in their order."""
        return self.positions[part].split(EVALUATED)

    def logits(self, network: nn.Module, batch: Tensor, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Of the pictures at these positions."""
        return self.seen(network, self.x[batch], rng), self.labels[batch]

    def seen(self, network: nn.Module, x: Tensor, rng: Rng | None = None) -> Tensor:
        """Logits of any pictures: (B, C, H, W), from 0 to 1."""
        return network(x.flatten(1) if isinstance(network, MLP) else x, rng)

    def outputs(self, network: nn.Module) -> NDArray[Any]:
        """Of the first test pictures."""
        with torch.no_grad():
            logits, _ = self.logits(network, self.positions["test"][:CHECKED], None)
        return logits.numpy()

    def described(self, part: Part, place: int) -> Mapping[str, Any]:
        """Its place among all pictures, by which `mlcli predict` finds it, and itself."""
        position = int(self.positions[part][place])
        return {"name": f"picture {position}", "picture": _drawable(self.x[position])}

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> ClassPrediction:
        """Of any picture of the right size, or of one of the data set's own, by its place."""
        label, part = None, ""
        if given.values is not None:
            x = torch.from_numpy(given.values).float().to(self.device)
        else:
            position = self._position(given.name)
            x, label = self.x[position], int(self.labels[position])
            part = next((part for part, own in self.positions.items() if position in own), "")
        logits = self.seen(network, x[None])[0].double().cpu().numpy()
        return ClassPrediction(given, self.data.classes, logits, softmax(logits), label, part, _drawable(x))

    def _position(self, name: str) -> int:
        if not (name.isdecimal() and int(name) < len(self.data.labels)):
            pictures = f"or the place of a picture of {self.data.name}, from 0 to {len(self.data.labels) - 1}"
            raise InputError(f'there is no picture "{name}"', "INPUT", f"name a file, {pictures}")
        return int(name)

    def vectors(self, network: nn.Module) -> Vectors:
        """What the last layer reads of each test picture."""
        test = self.positions["test"]
        with last_read(network) as read:
            for batch in self.parts("test"):
                self.logits(network, batch, None)
        names = tuple(f"picture {position}" for position in test.tolist())
        groups = tuple(self.data.classes[label] for label in self.labels[test].tolist())
        return Vectors("what the last layer reads of each test picture", np.concatenate(read), names, groups)

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """A CNN's filters."""
        if self.settings.model != "cnn":
            return ()
        _, C, H, W = self.data.values.shape
        picture = "--example digit" if given is None or given.isdecimal() else shlex.quote(given)
        size = f"--resize {H}x{W}{' --gray' * (C == 1)}"
        return (f"mlcli conv-trace {picture} {size} --weights {run} --layer conv1",)

    def stopping_rule(self) -> StoppingRule:
        """The last weights where the learning rate falls to 0 or nothing stops it early."""
        return super().stopping_rule() if self.settings.patience else WindowRule(getattr(self.settings, "window", 0))

    def decayed(self, network: nn.Module) -> list[nn.Parameter]:
        """As the model says, or all but the biases."""
        return network.decayed() if isinstance(network, MLP) else super().decayed(network)


def _drawable(x: Tensor) -> NDArray[np.float64]:
    """(C, H, W) → (H, W), or (H, W, 3)."""
    values = x.double().cpu().numpy()
    return values[0] if len(values) == 1 else np.moveaxis(values, 0, 2)
