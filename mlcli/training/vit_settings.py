"""The settings of ViT for small pictures."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.training.settings import setting
from mlcli.training.transformer_settings import AttentionSettings


@dataclass(frozen=True)
class ViTSettings(AttentionSettings):
    """Dosovitskiy et al., 2021, made small."""

    model: ClassVar[str] = "vit"
    formulas: ClassVar[tuple[str, ...]] = (
        "X = [class; patch_0 W_E + b_E; patch_1 W_E + b_E; …] + positions,   logits = encoder(X)[class] W + b",
        "a patch is {patch}×{patch} pixels in a row; class token and positions are learned",
        "{layers} layers of self-attention and feed-forward, {heads} heads, d_model = {d_model}, d_ff = {d_ff}",
        "x + sublayer(LayerNorm(x)), pre-norm",
        "in training each picture is moved by up to {shift} pixels each way, at random",
    )
    decayed: ClassVar[str] = "all weights but biases, norms, positions and the class token"
    dropped: ClassVar[str] = "of the tokens and of each sublayer's output"

    patch: int = setting(2, "Rows and columns of a patch.", min=1)
    d_model: int = setting(48, "Numbers that stand for a patch.", min=1, max=2048)
    d_ff: int = setting(96, "Width of the feed-forward networks.", min=1, max=16384)
    shift: int = setting(1, "Pixels by which a picture is moved in training, at most; 0: none.", min=0)
    lr: float = setting(0.004, "Learning rate.", min=0.0)
    weight_decay: float = setting(0.05, "How strongly each step shrinks the weights.", min=0.0)
    warmup: int = setting(60, "Steps over which the learning rate rises to its value.", min=0)
    epochs: int = setting(100, "Epochs at most.", min=1)
    optimizer: Literal["adam", "adamw", "sgd"] = setting("adamw", "How the weights follow the gradients.")
