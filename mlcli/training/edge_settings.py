"""The settings of what learns edges."""

from dataclasses import dataclass
from typing import ClassVar

from mlcli.training.settings import Settings, setting


@dataclass(frozen=True)
class EmbeddingSettings(Settings):
    """A vector a node, chosen so that the karate club is learned in a second."""

    model: ClassVar[str] = "embedding"
    formulas: ClassVar[tuple[str, ...]] = (
        "s(u, v) = e_u · e_v: {dimensions} numbers for each node, and all that is learned",
        "σ(s) is how sure it is that an edge joins u and v; above ½ the pair is taken for one",
    )
    decayed: ClassVar[str] = "all vectors"
    checked: ClassVar[str] = "scores"

    dimensions: int = setting(16, "Numbers that stand for a node.", min=1)
    batch: int = setting(4096, "Edges of a step, and as many pairs that are none.", min=1)
    lr: float = setting(0.01, "Learning rate.", min=0.0)
    epochs: int = setting(200, "Epochs at most.", min=1)
