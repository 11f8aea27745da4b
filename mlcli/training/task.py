"""What the loop asks of a model on a data set. This page is the guide to adding one.

**How to add a model** (`lstm`, say), in four places:

1. `training/sequence_settings.py`, without torch: a frozen dataclass that inherits `Settings`, sets `model` and
   `formulas` (the model as the slide writes it; `{hidden}` is filled in), redefines the defaults it wants of the shared
   settings (lr, epochs, schedule, …), and adds its own. Every field becomes an option of `mlcli train lstm`.
2. `models/lstm.py`: an nn.Module whose first weights come from the NumPy generator that it is given, and that draws
   its dropout from the one given to `forward` (None: evaluation), by `models/dropout.py`.
3. A task for its kind of data, if there is none: a class that inherits `Task` below, or `Classification` of
   `training/classification.py` where a case has one class and the loss is the cross-entropy. Five things are
   yours: `network`, `batches`, `loss`, `evaluate`, `summary`. The rest has a default.
4. `training/registry.py`: one line in MODELS, which names the settings, and for each kind of data that the model can
   learn the task, as "module:Class". `mlcli train lstm`, `--help`, `--list`, checkpoints and resuming follow.

A kind of data that is new: a frozen dataclass in core with `kind: ClassVar[str]` and `name`, a loader in
`datasets/loading.py`, a line in `datasets/catalogue.py`; and for a user's own files a dataclass of options with a
`read(seed)` in `commands/train_files.py`.

`mlcli evaluate RUN` and `mlcli predict RUN INPUT` open what `--save` has written by four methods that have a default:
`examined` (what became of a part of the data, its worst cases), `predicted` (what is made of one input), `vectors` (for
a map of before and after) and `further` (the commands that open the same run). A `Classification` has the first:
`described` names and draws one of its cases. All return records of core (`core/examined.py`,
`core/prediction.py`), which `lessons/evaluation.py` and `lessons/prediction.py` tell; a new kind of record has a line
there. An input that is a file is read by `commands/predict_inputs.py`, a line a kind of data.

What is published of it, or what a trivial answer scores: a line in `training/published.py`.
`--check`: the task's `outputs`, and a case in `checks/training.py` with the function of core that computes the same.

Two promises keep a resumed run equal, bit by bit, to one that was never interrupted: all randomness comes from the two
generators that are handed in, and a task holds no state that training changes; what a batch hands on to the next of
its epoch, `left_by` tells and `hand_on` gives back.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlcli.core.errors import InputError
from mlcli.core.examined import Examined
from mlcli.core.prediction import Asking, Given, Prediction
from mlcli.core.training import DataSummary, Published, Score, Weights
from mlcli.lesson import Step
from mlcli.training.published import PUBLISHED
from mlcli.training.stopping import BestRule, StoppingRule

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
Rng = np.random.Generator


class Data(Protocol):
    """A data set as core holds it."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """As the user asked for it."""
        ...


@dataclass(frozen=True, eq=False)
class Loss:
    """Of a batch.

    Args:
        loss: the mean over its cases; gradients start here.
        score: likewise; NaN where training is not scored.
        cases: how many.
    """

    loss: Tensor
    score: float
    cases: int


@dataclass(frozen=True, eq=False)
class Measured:
    """Of a part of the data: mean loss and score; for classes who was taken for whom; further scores by name."""

    loss: float
    score: float
    confusion: NDArray[np.int64] | None = None
    more: Mapping[str, float] = field(default_factory=dict)


class Task(ABC):
    """A model, given by its settings, and the data that it is to learn."""

    score: Score
    loss_formula: str
    steps: int = 1  # batches an epoch
    batch: int = 0  # cases a step; 0: all
    on_gpu: ClassVar[bool] = False  # whether its tensors follow `device`
    mixed_precision: bool = False  # large products have 16 bits
    watch_gradients: bool = False  # the norm of each layer's gradient is noted
    case_axes: tuple[int, ...] = ()  # of each tensor of a batch the axis of its cases, by which processes share them

    def __init__(self, data: Any, settings: Any, device: str = "cpu") -> None:
        self.data, self.settings, self.device = data, settings, torch.device(device)

    @abstractmethod
    def summary(self) -> DataSummary:
        """The data in numbers."""

    @abstractmethod
    def digest(self) -> str:
        """SHA-256 of the data and its split: two with the same one train the same; see `training/digests.py`."""

    @abstractmethod
    def network(self, rng: Rng) -> nn.Module:
        """A fresh network on the CPU, its first weights drawn from `rng`."""

    @abstractmethod
    def batches(self, rng: Rng) -> Iterable[Any]:
        """An epoch's batches, `steps` of them, in an order drawn from `rng`, which nothing else draws from."""

    @abstractmethod
    def loss(self, network: nn.Module, batch: Any, rng: Rng) -> Loss:
        """Of a batch in training; `rng` draws the dropout."""

    def share(self, batch: Any, part: Callable[[int], slice]) -> tuple[Any, int]:
        """Of a batch the cases that `part` gives to this process, given how many there are; and how many."""
        tensors = batch if isinstance(batch, tuple) else (batch,)
        cases = tensors[0].shape[self.case_axes[0]]
        own = part(cases)
        shares = [
            t.narrow(axis, own.start, own.stop - own.start) for t, axis in zip(tensors, self.case_axes, strict=True)
        ]
        return tuple(shares) if isinstance(batch, tuple) else shares[0], cases

    @abstractmethod
    def evaluate(self, network: nn.Module, part: Part) -> Measured:
        """Of a whole part, without dropout; called under `torch.no_grad()`."""

    @property
    def formulas(self) -> tuple[str, ...]:
        """The model as it reads this data; `{hidden}` and its like are filled in with the settings."""
        return self.settings.formulas

    def left_by(self, batch: Any) -> Mapping[str, Tensor]:
        """What a batch leaves to the next of its epoch beside the weights: nothing, unless a state is handed on."""
        return {}

    def hand_on(self, left: Mapping[str, Tensor], batch: Any) -> None:
        """Give to a batch what the one before it has left, in a training that was interrupted between the two.

        Raises:
            ValueError: that is not what such a batch leaves.
        """
        if left:
            raise ValueError("no batch of this task leaves anything to the next")

    def stopping_rule(self) -> StoppingRule:
        """A fresh one."""
        return BestRule(self.score, getattr(self.settings, "patience", 0))

    def at_once(self, most: int) -> int:
        """How many runs may go on side by side in the memory that is free, of so many at most."""
        return most

    def decayed(self, network: nn.Module) -> list[nn.Parameter]:
        """The weights that the penalty holds small."""
        return [parameter for parameter in network.parameters() if parameter.ndim > 1]

    def published(self) -> Published | None:
        """What a paper reports for this model on this data, or what a trivial answer scores."""
        return PUBLISHED.get((self.settings.model, self.data.name))

    def outputs(self, network: nn.Module) -> NDArray[Any]:
        """The network's raw outputs on the first cases, for `--check` to compute once more by core.

        Raises:
            InputError: core does not compute this model.
        """
        raise InputError(f"there is no second computation of {self.settings.model}", "--check", "leave it out")

    def shown(self, network: nn.Module, seed: int = 0) -> tuple[Step, ...]:
        """What the trained network does, for the end of the lesson: a sample of its text, its worst mistakes.

        Args:
            seed: that it was trained from; draws what is drawn here.
        """
        return ()

    def examined(self, network: nn.Module, part: Part, most: int) -> Examined | None:
        """What became of a part, and its `most` worst cases, for `mlcli evaluate`; None where there is no more to tell.

        Called, as the next two, under `torch.no_grad()`.
        """
        return None

    def predicted(self, network: nn.Module, given: Given, asked: Asking) -> Prediction:
        """What the network makes of one input, for `mlcli predict`.

        Raises:
            InputError: it makes nothing of it.
        """
        raise InputError(f"a {self.settings.model} is not asked about one input here", "predict", "mlcli evaluate RUN")

    def vectors(self, network: nn.Module) -> "Vectors":
        """What stands for each case, for a map.

        Raises:
            InputError: nothing does.
        """
        raise InputError(f"a {self.settings.model} has no vectors to draw", "--map", "leave it out")

    def further(self, run: str, given: str | None = None) -> tuple[str, ...]:
        """Command lines that open the same run further.

        Args:
            run: its folder.
            given: the input that was asked about; None for none.
        """
        return ()

    def trained(self, weights: Weights) -> nn.Module:
        """The network that a run has left."""
        network = self.network(np.random.default_rng(0))
        set_weights(network, weights)
        return network.to(self.device)


@dataclass(frozen=True, eq=False)
class Vectors:
    """A row for each case, its name and its group.

    Args:
        what: what a row is, in words.
    """

    what: str
    values: NDArray[np.float64]
    names: tuple[str, ...]
    groups: tuple[str, ...]


class Mean:
    """A running mean, weighted; the first value stands as it is."""

    def __init__(self, value: float = 0.0, cases: int = 0) -> None:
        self.value, self.cases = value, cases

    def add(self, value: float, cases: int) -> None:
        """Σ value · cases / Σ cases."""
        self.cases += cases
        self.value = value if self.cases == cases else self.value + (value - self.value) * (cases / self.cases)


def shuffled(cases: int, batch: int, rng: Rng) -> Iterator[Tensor]:
    """Positions of an epoch's cases, `batch` at a time in a random order; the last batch may be smaller."""
    order = torch.from_numpy(rng.permutation(cases))
    return (order[start : start + batch] for start in range(0, cases, batch))


def weights_of(network: nn.Module) -> Weights:
    """A copy of all weights, by name."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}


def set_weights(network: nn.Module, weights: Weights) -> None:
    """Put `weights` in the place of the network's own."""
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})
