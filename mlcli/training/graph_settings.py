"""The settings of the graph networks, each with its paper's values."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.errors import InputError
from mlcli.training.settings import Settings, setting

LAYERS = 2
WITHOUT_ATTENTION = (
    "h'_v = Σ_u α_vu W h_u + b   u over N(v) and v itself",
    "α_vu = 1 / (1 + |N(v)|): attention is off, v hears its neighbours and itself alike",
    "layer 1: {heads} × {hidden} (heads × numbers), each head its own W; then ELU",
    "layer 2: {output_heads} × classes, the mean of the heads gives the logits",
)


@dataclass(frozen=True)
class GCNSettings(Settings):
    """Kipf & Welling, ICLR 2017, section 5.2."""

    model: ClassVar[str] = "gcn"
    formulas: ClassVar[tuple[str, ...]] = (
        "logits = Â ReLU(Â X W₁ + b₁) W₂ + b₂,   Â = D^-½ (A + I) D^-½",
        "Â_vu = 1/√(d_v d_u): a node v hears its neighbours u and itself, twice",
        "between the two layers a node is {hidden} numbers",
    )
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
class GATSettings(Settings):
    """Veličković et al., ICLR 2018, section 3.3, transductive; how training stops as in their code."""

    model: ClassVar[str] = "gat"
    formulas: ClassVar[tuple[str, ...]] = (
        "h'_v = Σ_u α_vu W h_u + b   u over N(v) and v itself",
        "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise",
        "e_vu = LeakyReLU(a_source · W h_u + a_target · W h_v), slope {slope}",
        "layer 1: {heads} × {hidden} (heads × numbers), each head its own W and a; then ELU",
        "layer 2: {output_heads} × classes, the mean of the heads gives the logits",
    )
    decayed: ClassVar[str] = "all weights"
    dropped: ClassVar[str] = "of each layer's input and of α"

    hidden: int = setting(8, "Size of a head's hidden vector.", min=1)
    heads: int = setting(8, "Attention heads of the first layer.", min=1)
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
    formulas: ClassVar[tuple[str, ...]] = (
        "h'_v = Σ_u α_vu W h_u + b   u over N(v) and v itself",
        "α_vu = exp(e_vu) / Σ_j exp(e_vj)   j likewise",
        "e_vu = a · LeakyReLU(W h_u + W_target h_v), slope {slope}: a comes after, so whom v hears depends on v",
        "layer 1: {heads} × {hidden} (heads × numbers), each head its own W, W_target and a; then ELU",
        "layer 2: {output_heads} × classes, the mean of the heads gives the logits",
    )


@dataclass(frozen=True)
class SAGESettings(Settings):
    """Hamilton, Ying & Leskovec, NeurIPS 2017, the mean; trained as the GCN paper trains, the best weights kept."""

    model: ClassVar[str] = "sage"
    formulas: ClassVar[tuple[str, ...]] = (
        "h'_v = W Σ_{{u∈N(v)}} h_u / |N(v)| + B h_v + b: the lecture's layer",
        "two layers, ReLU between them; a hidden vector is {hidden} numbers",
    )

    batch: int = setting(0, "Nodes a step, each with a few neighbours drawn anew; 0: the whole graph at once.", min=0)
    fanout: str = setting("10,10", "With --batch: most neighbours of a node, and of each of those; 0: all.")
    hidden: int = setting(64, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on all weights but the biases.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    patience: int = setting(100, "Stop after so many epochs without a better validation accuracy; 0: never.", min=0)

    def __post_init__(self) -> None:
        """
        Raises:
            InputError: `fanout` is not a number for each of the two layers; see also `Settings`.
        """
        super().__post_init__()
        if len(self.fanouts) != LAYERS:
            raise InputError(f'"{self.fanout}" is not two whole numbers', "--fanout", "such as 10,10")

    @property
    def fanouts(self) -> tuple[int, ...]:
        """`fanout` as numbers; none if it holds anything else."""
        numbers = self.fanout.split(",")
        return tuple(map(int, numbers)) if all(n.strip().isdecimal() for n in numbers) else ()


@dataclass(frozen=True)
class GINSettings(Settings):
    """Xu, Hu, Leskovec & Jegelka, ICLR 2019; trained as the GCN paper trains, the best weights kept."""

    model: ClassVar[str] = "gin"
    formulas: ClassVar[tuple[str, ...]] = (
        "s_v = (1 + ε) h_v + Σ_{{u∈N(v)}} h_u: the sum tells counts apart that a mean does not",
        "h'_v = ReLU(s_v W + b) W₂ + b₂; two such layers, ReLU between them; ε is learned",
        "a hidden vector is {hidden} numbers",
    )
    decayed: ClassVar[str] = "all weights but the biases and ε"

    hidden: int = setting(64, "Size of a hidden vector.", min=1)
    dropout: float = setting(0.5, "Share of each layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on the weights.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    patience: int = setting(100, "Stop after so many epochs without a better validation accuracy; 0: never.", min=0)
