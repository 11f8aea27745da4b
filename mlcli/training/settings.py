"""What a training run can be told, each with its paper's value: the command line's options, and config.json."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from mlcli.core.errors import InputError
from mlcli.core.training import Setting


def setting(default: Setting, help: str, **limits: Any) -> Any:
    """A field that the command line offers as an option; `limits` are its smallest and largest value (min, max)."""
    return dataclasses.field(default=default, metadata={"help": help, "show_default": True, **limits})


@dataclass(frozen=True)
class _Finite:
    def __post_init__(self) -> None:
        """Limits let infinity pass.

        Raises:
            InputError: a setting is not a finite number.
        """
        for name, value in dataclasses.asdict(self).items():
            if not math.isfinite(value):
                raise InputError(f"must be a finite number, not {value}", f"--{name.replace('_', '-')}", "such as 0.01")


@dataclass(frozen=True)
class GCNSettings(_Finite):
    """Kipf & Welling, ICLR 2017, section 5.2."""

    model: ClassVar[str] = "gcn"
    hidden: int = setting(16, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate of Adam.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on the first layer's weights.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    window: int = setting(
        10, "Stop when the validation loss has not fallen for so many epochs running; 0: never.", min=0
    )


@dataclass(frozen=True)
class GATSettings(_Finite):
    """Veličković et al., ICLR 2018, section 3.3, transductive; how training stops as in their code."""

    model: ClassVar[str] = "gat"
    hidden: int = setting(8, "Size of a head's hidden vector.", min=1)
    heads: int = setting(8, "Attention heads of the first layer.", min=1)
    output_heads: int = setting(1, "Attention heads of the last layer.", min=1)
    dropout: float = setting(0.6, "Share of each layer's input, and of alpha, that is dropped.", min=0.0, max=0.99)
    slope: float = setting(0.2, "Slope of LeakyReLU below zero.", min=0.0, max=1.0)
    lr: float = setting(0.005, "Learning rate of Adam.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on all weights.", min=0.0)
    epochs: int = setting(1000, "Epochs at most.", min=1)
    patience: int = setting(
        100, "Stop after so many epochs without a better validation loss or accuracy; 0: never.", min=0
    )


Settings = GCNSettings | GATSettings


def changed(settings: Settings) -> tuple[str, ...]:
    """Names of the settings that are not the paper's."""
    fields = dataclasses.fields(settings)
    return tuple(field.name for field in fields if getattr(settings, field.name) != field.default)
