"""The state of a run between two steps: all that it takes to go on as if it had never stopped.

It travels as one safetensors file: arrays by name, and in its header a line of JSON. Reading one executes nothing.

    weights/NAME, best/NAME      the network's, now and when they were kept
    moments/NAME/exp_avg, …      what the optimiser remembers
    left/NAME                    what the last batch leaves to the next of its epoch
    epochs (E, 5)                every epoch so far; the stopping rule is shown them again
    means (2, 2)                 loss and score of the epoch under way: mean and cases
    torch/cpu, torch/cuda        torch's generators
    gradients/epochs, /step      the norms noted by --watch-gradients
    header                       seed, steps and batches done, the state of both NumPy generators
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.training import Epoch, Weights

GROUPS = ("weights", "best", "moments", "left", "torch", "gradients")
Generator = Mapping[str, Any]  # what NumPy calls its bit generator's state


@dataclass(frozen=True, eq=False)
class State:
    """Of one run.

    Args:
        step: steps done, of all epochs.
        batch: batches done of the epoch that is under way; 0 between two epochs.
        order: the generator of the batches as it was when that epoch began: its batches are drawn again, up to `batch`.
        weights, best, moments, left: by name.
        torch: states of torch's generators: of the CPU, and of a GPU.
        gradients: their norms, if they are watched.
    """

    seed: int
    step: int
    batch: int
    rng: Generator
    order: Generator
    weights: Weights
    best: Weights
    moments: Weights
    left: Weights
    epochs: tuple[Epoch, ...]
    means: NDArray[np.float64]
    torch: Weights
    gradients: Weights

    def to_bytes(self) -> bytes:
        """The same state gives the same bytes."""
        from safetensors.numpy import save

        plain = {name: getattr(self, name) for name in ("seed", "step", "batch", "rng", "order")}
        groups = {group: getattr(self, group) for group in GROUPS}
        arrays = {f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()}
        rows = [(e.epoch, e.train_loss, e.train_score, e.validation_loss, e.validation_score) for e in self.epochs]
        arrays |= {"epochs": np.array(rows, dtype=np.float64).reshape(-1, 5), "means": self.means}
        in_order = {name: array.copy(order="C") for name, array in arrays.items()}
        return save(in_order, {"state": json.dumps(plain)})


def from_bytes(content: bytes) -> State:
    """The state in these bytes, as far as they alone can tell.

    Raises:
        InputError: they are not such a file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        length = int.from_bytes(content[:8], "little")
        plain = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["state"])
        epochs, means = arrays.pop("epochs"), arrays.pop("means")
        groups: dict[str, dict[str, NDArray[Any]]] = {group: {} for group in GROUPS}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            groups[group][rest] = array
        if (epochs.dtype, means.dtype) != (np.float64, np.float64) or means.shape != (2, 2):
            raise ValueError("its epochs are not numbers")
        told = tuple(Epoch(int(number), *map(float, values)) for number, *values in epochs)
        return State(epochs=told, means=means, **groups, **_plain(plain))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, SafetensorError) as error:
        raise InputError(f"is not the state of a training ({error})", hint="train again") from error


def _plain(given: Any) -> dict[str, Any]:
    counts = {name: given[name] for name in ("seed", "step", "batch")}
    if not all(type(count) is int and 0 <= count < 2**63 for count in counts.values()):
        raise ValueError("its counts are not counts")
    return counts | {name: dict(given[name]) for name in ("rng", "order")}


def refuse_other(found: Weights, expected: Weights, what: str) -> None:
    """
    Raises:
        ValueError: names, shapes or types are not the same.
    """
    shapes, due = ({name: (array.shape, array.dtype) for name, array in each.items()} for each in (found, expected))
    if shapes != due:
        raise ValueError(f"its {what} are not those of this model")
