"""The settings of the Transformer for sequences of symbols."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.multi_head_attention import refuse_uneven
from mlcli.training.settings import Settings, setting


@dataclass(frozen=True)
class TransformerSettings(Settings):
    """Vaswani et al., 2017, made small."""

    model: ClassVar[str] = "transformer"
    formulas: ClassVar[tuple[str, ...]] = (
        "M = encoder(E[x] + P),  logits = decoder(E[start, y_0, y_1, …] + P, M) W + b",
        "P[t][2i] = sin(t / 10000^(2i/d_model)),  P[t][2i+1] = cos of the same",
        "{layers} + {layers} layers, {heads} heads, d_model = {d_model}, d_ff = {d_ff}",
        "encoder: self-attention, feed-forward;  decoder: causal self-attention, cross-attention to M, feed-forward",
        "x + sublayer(LayerNorm(x)), pre-norm",
    )
    decayed: ClassVar[str] = "all weights but biases and norms"
    dropped: ClassVar[str] = "of each sublayer's output"

    d_model: int = setting(64, "Numbers that stand for a symbol.", min=1, max=2048)
    heads: int = setting(4, "Attention heads.", min=1)
    layers: int = setting(1, "Layers of the encoder, and of the decoder.", min=1, max=24)
    d_ff: int = setting(128, "Width of the feed-forward networks.", min=1, max=16384)
    dropout: float = setting(0.0, "Share of each sublayer's output that is dropped.", min=0.0, max=0.99)
    batch: int = setting(128, "Sequences a step.", min=1)
    lr: float = setting(0.003, "Learning rate.", min=0.0)
    warmup: int = setting(100, "Steps over which the learning rate rises to its value.", min=0)
    clip: float = setting(1.0, "Longest gradient, all weights together; longer ones are cut to it; 0: any.", min=0.0)
    epochs: int = setting(12, "Epochs at most.", min=1)
    patience: int = setting(3, "Stop after so many epochs without a better validation score or loss; 0: never.", min=0)
    schedule: Literal["constant", "cosine", "step"] = setting("cosine", "How the learning rate falls.")

    def __post_init__(self) -> None:
        """See `Settings`.

        Raises:
            InputError: the heads do not divide d_model.
        """
        super().__post_init__()
        refuse_uneven(self.d_model, self.heads)
