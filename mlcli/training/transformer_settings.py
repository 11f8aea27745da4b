"""The settings of the Transformers: what all share, and those that read sequences of symbols or sets of pictures."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mlcli.core.multi_head_attention import refuse_uneven
from mlcli.training.settings import Settings, setting, setting_by_kind

PAIRS, SETS = "sequence to sequence", "sets of pictures"


@dataclass(frozen=True)
class AttentionSettings(Settings):
    """Of layers of attention and feed-forward, whatever they read."""

    decayed: ClassVar[str] = "all weights but biases and norms"
    dropped: ClassVar[str] = "of each sublayer's output"

    d_model: int = setting(64, "Numbers that stand for a token.", min=1, max=2048)
    heads: int = setting(4, "Attention heads.", min=1)
    layers: int = setting(2, "Layers of the encoder.", min=1, max=24)
    d_ff: int = setting(128, "Width of the feed-forward networks.", min=1, max=16384)
    dropout: float = setting(0.0, "Share of sublayers' outputs that is dropped.", min=0.0, max=0.99)
    batch: int = setting(32, "Cases a step.", min=1)
    lr: float = setting(0.003, "Learning rate.", min=0.0)
    warmup: int = setting(100, "Steps over which the learning rate rises to its value.", min=0)
    clip: float = setting(1.0, "Longest gradient, all weights together; longer ones are cut to it; 0: any.", min=0.0)
    patience: int = setting(0, "Stop after so many epochs without a better validation score or loss; 0: never.", min=0)
    schedule: Literal["constant", "cosine", "step"] = setting("cosine", "How the learning rate falls.")

    def __post_init__(self) -> None:
        """See `Settings`.

        Raises:
            InputError: the heads do not divide d_model.
        """
        super().__post_init__()
        refuse_uneven(self.d_model, self.heads)


@dataclass(frozen=True)
class TransformerSettings(AttentionSettings):
    """Vaswani et al., 2017, made small."""

    model: ClassVar[str] = "transformer"
    formulas: ClassVar[tuple[str, ...]] = (
        "M = encoder(E[x] + P),  logits = decoder(E[start, y_0, y_1, …] + P, M) W + b",
        "P[t][2i] = sin(t / 10000^(2i/d_model)),  P[t][2i+1] = cos of the same",
        "{layers} + {layers} layers, {heads} heads, d_model = {d_model}, d_ff = {d_ff}",
        "encoder: self-attention, feed-forward;  decoder: causal self-attention, cross-attention to M, feed-forward",
        "x + sublayer(LayerNorm(x)), pre-norm",
    )

    length: int = setting_by_kind({PAIRS: 16, SETS: 10}, "Symbols of a sequence, or pictures of a set.", min=1)
    layers: int = setting_by_kind({PAIRS: 1, SETS: 2}, "Layers of the encoder, and of the decoder.", min=1, max=24)
    batch: int = setting_by_kind({PAIRS: 128, SETS: 64}, "Sequences or sets a step.", min=1)
    epochs: int = setting_by_kind({PAIRS: 12, SETS: 15}, "Epochs at most.", min=1)
    patience: int = setting_by_kind(
        {PAIRS: 3, SETS: 0},
        "Stop after so many epochs without a better validation score or loss; 0: never.",
        min=0,
    )
