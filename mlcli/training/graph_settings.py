"""The settings of the graph networks, each with its paper's values."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.errors import InputError
from mlcli.training.settings import Settings, setting

MOST_LAYERS = 16
FANOUT = "10,10"  # of the default layers; without --batch no neighbours are drawn


@dataclass(frozen=True)
class GraphSettings(Settings):
    """Of all graph networks; their formulas are in graph_formulas.py.

    Args:
        averages: what a layer makes of the neighbours is a mean.
    """

    averages: ClassVar[bool] = True

    layers: int = setting(2, "Layers: so many steps away a node hears.", min=1, max=MOST_LAYERS)


@dataclass(frozen=True)
class GCNSettings(GraphSettings):
    """Kipf & Welling, ICLR 2017, section 5.2."""

    model: ClassVar[str] = "gcn"
    decayed: ClassVar[str] = "the weights of layer 1"

    hidden: int = setting(16, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on the first layer's weights.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    window: int = setting(
        10, "Stop when the validation loss has not fallen for so many epochs running; 0: never.", min=0
    )


@dataclass(frozen=True)
class GATSettings(GraphSettings):
    """Veličković et al., ICLR 2018, section 3.3, transductive; how training stops as in their code."""

    model: ClassVar[str] = "gat"
    decayed: ClassVar[str] = "all weights"
    dropped: ClassVar[str] = "of each layer's input and of α"

    hidden: int = setting(8, "Size of a head's hidden vector.", min=1)
    heads: int = setting(8, "Attention heads of every layer but the last.", min=1)
    output_heads: int = setting(1, "Attention heads of the last layer.", min=1)
    dropout: float = setting(0.6, "Share of each layer's input, and of alpha, that is dropped.", min=0.0, max=0.99)
    slope: float = setting(0.2, "Slope of LeakyReLU below zero.", min=0.0, max=1.0)
    attention: Literal["on", "off"] = setting("on", "off: no a, and v hears all alike, the mean.")
    lr: float = setting(0.005, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on all weights.", min=0.0)
    epochs: int = setting(1000, "Epochs at most.", min=1)
    patience: int = setting(
        100, "Stop after so many epochs without a better validation loss or accuracy; 0: never.", min=0
    )


@dataclass(frozen=True)
class GATv2Settings(GATSettings):
    """Brody, Alon & Yahav, ICLR 2022, with the settings of GAT."""

    model: ClassVar[str] = "gatv2"


@dataclass(frozen=True)
class SAGESettings(GraphSettings):
    """Hamilton, Ying & Leskovec, NeurIPS 2017, the mean; trained as the GCN paper trains, the best weights kept."""

    model: ClassVar[str] = "sage"

    batch: int = setting(0, "Nodes a step, each with a few neighbours drawn anew; 0: the whole graph at once.", min=0)
    fanout: str = setting(FANOUT, "With --batch: most neighbours of a node, of each of those, …, one a layer; 0: all.")
    hidden: int = setting(64, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on all weights but the biases.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    patience: int = setting(100, "Stop after so many epochs without a better validation accuracy; 0: never.", min=0)

    def __post_init__(self) -> None:
        """
        Raises:
            InputError: `fanout`, where it is used or was chosen, is not a number for each layer; see also `Settings`.
        """
        super().__post_init__()
        if len(self.fanouts) != self.layers and (self.batch or self.fanout != FANOUT):
            numbers = {1: "one whole number", 2: "two whole numbers"}.get(self.layers, f"{self.layers} whole numbers")
            raise InputError(
                f'"{self.fanout}" is not {numbers}, one a layer',
                "--fanout",
                f"such as {','.join(['10'] * self.layers)}",
            )

    @property
    def fanouts(self) -> tuple[int, ...]:
        """`fanout` as numbers; none if it holds anything else."""
        numbers = self.fanout.split(",")
        return tuple(map(int, numbers)) if all(n.strip().isdecimal() for n in numbers) else ()


@dataclass(frozen=True)
class GINSettings(GraphSettings):
    """Xu, Hu, Leskovec & Jegelka, ICLR 2019; trained as the GCN paper trains, the best weights kept."""

    model: ClassVar[str] = "gin"
    decayed: ClassVar[str] = "all weights but the biases and ε"
    averages: ClassVar[bool] = False

    hidden: int = setting(64, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on the weights.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    patience: int = setting(100, "Stop after so many epochs without a better validation accuracy; 0: never.", min=0)
