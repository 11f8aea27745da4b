"""The settings of the models that tell pictures apart."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.errors import InputError
from mlcli.training.settings import Settings, setting, setting_by_kind

PICTURES, NODES = "pictures", "node classification"


@dataclass(frozen=True)
class MLPSettings(Settings):
    """On nodes the network that the GCN paper compares with, its settings; on pictures wider, and less is dropped."""

    model: ClassVar[str] = "mlp"
    formulas: ClassVar[tuple[str, ...]] = (
        "h = ReLU(x W₁ + b₁),   logits = h W₂ + b₂",
        "x is the case's own numbers in a row, with no word on which are neighbours; h is {hidden} numbers",
    )
    decayed: ClassVar[str] = "the weights of layer 1"

    hidden: int = setting_by_kind({PICTURES: 64, NODES: 16}, "Size of the hidden vector.", min=1)
    dropout: float = setting_by_kind(
        {PICTURES: 0.2, NODES: 0.5}, "Share of each layer's input that is dropped.", min=0.0, max=0.99
    )
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    weight_decay: float = setting(5e-4, "L2 penalty on the first layer's weights.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
    patience: int = setting_by_kind(
        {PICTURES: 100, NODES: 0}, "Stop after so many epochs without a better validation score; 0: never.", min=0
    )
    window: int = setting_by_kind(
        {PICTURES: 0, NODES: 10}, "Stop when the validation loss has not fallen for so many epochs running; 0: never.",
        min=0,
    )  # fmt: skip
    batch: int = setting(128, "Pictures a step; nodes are always taken all at once.", min=1)


@dataclass(frozen=True)
class CNNSettings(Settings):
    """LeNet-like; see models/cnn.py."""

    model: ClassVar[str] = "cnn"
    formulas: ClassVar[tuple[str, ...]] = (
        "A¹ = maxpool(ReLU(W₁ * x + b₁)),   A² = maxpool(ReLU(W₂ * A¹ + b₂))",
        "* is the convolution of conv-trace: kernels {kernel}×{kernel}, padded so that no row or column is lost",
        "maxpool keeps the largest of each 2×2 cells; {channels} channels in A¹, twice as many in A²",
        "h = ReLU(A² W₃ + b₃),   logits = h W₄ + b₄;   h is {hidden} numbers",
    )
    dropped: ClassVar[str] = "of each dense layer's input"

    channels: int = setting(16, "Channels after the first convolution; the second has twice as many.", min=1)
    kernel: int = setting(3, "Rows and columns of a kernel, an odd number.", min=1)
    hidden: int = setting(128, "Size of the dense layer's vector.", min=1)
    dropout: float = setting(0.3, "Share of each dense layer's input that is dropped.", min=0.0, max=0.99)
    lr: float = setting(0.002, "Learning rate.", min=0.0)
    weight_decay: float = setting(0.01, "How strongly each step shrinks the weights.", min=0.0)
    epochs: int = setting(30, "Epochs at most.", min=1)
    patience: int = setting(0, "Stop after so many epochs without a better validation score; 0: never.", min=0)
    batch: int = setting(32, "Pictures a step.", min=1)
    optimizer: Literal["adam", "adamw", "sgd"] = setting("adamw", "How the weights follow the gradients.")
    schedule: Literal["constant", "cosine", "step"] = setting("cosine", "How the learning rate falls.")

    def __post_init__(self) -> None:
        """Also of the kernel.

        Raises:
            InputError: it is even.
        """
        super().__post_init__()
        if self.kernel % 2 == 0:
            raise InputError(
                "must be an odd number, so that it has a middle", "--kernel", f"--kernel {self.kernel + 1}"
            )
