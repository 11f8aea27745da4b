"""What every training can be told: the command line's options, and the settings that a saved run holds.

A model's own dataclass inherits these, gives its own values to them, and adds what only it has.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from mlcli.core.errors import InputError
from mlcli.core.training import Setting

TOLD = {"sequence labelling": "copy-memory", "node classification": "nodes"}  # of kinds whose names tell little


def setting(default: Setting, help: str, **limits: Any) -> Any:
    """A field that the command line offers as an option; `limits` are its smallest and largest value (min, max)."""
    return dataclasses.field(default=default, metadata={"help": help, "show_default": True, **limits})


def setting_by_kind(values: Mapping[str, Setting], help: str, **limits: Any) -> Any:
    """A field that the kind of data gives a value to (see `Settings.filled`) where the user gives none: None.

    Args:
        values: for each kind of data.
    """
    common, *_ = values.values()
    others = "".join(f"; {TOLD.get(kind, kind)}: {value}" for kind, value in values.items() if value != common)
    metadata = {"help": help, "show_default": f"{common}{others}", "values": values, **limits}
    return dataclasses.field(default=None, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The part that all models share, and what is told of a model: lines in which {hidden} stands for a setting.

    Args:
        model: its name on the command line.
        formulas: the model, a line each.
        decayed: which weights the penalty holds small.
        dropped: what `dropout` leaves out.
        checked: what `--check` computes a second time.
    """

    model: ClassVar[str]
    formulas: ClassVar[tuple[str, ...]]
    decayed: ClassVar[str] = "all weights but the biases"
    dropped: ClassVar[str] = "of each layer's input"
    checked: ClassVar[str] = "logits"
    own_options_first: ClassVar[bool] = True  # in --help

    lr: float = setting(0.001, "Learning rate.", min=0.0)
    weight_decay: float = setting(0.0, "L2 penalty on the weights.", min=0.0)
    epochs: int = setting(20, "Epochs at most.", min=1)
    optimizer: Literal["adam", "adamw", "sgd"] = setting("adam", "How the weights follow the gradients.")
    momentum: float = setting(0.9, "Of sgd: the share of the last step that is kept.", min=0.0, max=0.999)
    schedule: Literal["constant", "cosine", "step"] = setting("constant", "How the learning rate falls.")
    warmup: int = setting(0, "Steps over which the learning rate rises to its value.", min=0)
    clip: float = setting(0.0, "Longest gradient, all weights together; longer ones are cut to it; 0: any.", min=0.0)

    def __post_init__(self) -> None:
        """Limits let infinity pass, and a saved run may hold anything.

        Raises:
            InputError: a setting is not a finite number, or of the wrong kind.
        """
        for field in dataclasses.fields(self):
            value, option = getattr(self, field.name), f"--{field.name.replace('_', '-')}"
            if value is None and "values" in field.metadata:
                continue
            if isinstance(value, str) != isinstance(field.default, str) or not isinstance(value, (int, float, str)):
                raise InputError(f"cannot be {value!r}", option, f"such as {field.default}")
            if not isinstance(value, str) and not math.isfinite(value):
                raise InputError(f"must be a finite number, not {value}", option, "such as 0.01")

    def filled(self, kind: str) -> Self:
        """With the values for this kind of data where none were given."""
        missing = [field for field in dataclasses.fields(self) if getattr(self, field.name) is None]
        return dataclasses.replace(self, **{field.name: field.metadata["values"][kind] for field in missing})


def changed(settings: Settings, kind: str = "") -> tuple[str, ...]:
    """Names of the settings that are not the model's own for this kind of data."""
    own = type(settings)().filled(kind)
    return tuple(
        field.name for field in dataclasses.fields(own) if getattr(settings, field.name) != getattr(own, field.name)
    )
