"""The settings of what learns from ratings."""

from dataclasses import dataclass
from typing import ClassVar

from mlcli.training.settings import Settings, setting


@dataclass(frozen=True)
class LightGCNSettings(Settings):
    """He et al., SIGIR 2020, section 4.1.3, and the defaults of their PyTorch code."""

    model: ClassVar[str] = "lightgcn"
    formulas: ClassVar[tuple[str, ...]] = (
        "s(u, i) = e_u · e_i,   e = 1/(K + 1) Σ_k e^k   k from 0 to K = {layers}",
        "e_u^(k+1) = Σ_i e_i^k / √(d_u d_i)   i over the items that u likes; for items likewise",
        "e^0: {dimensions} numbers for each user and each item, and all that is learned",
    )
    decayed: ClassVar[str] = "all vectors"
    checked: ClassVar[str] = "vectors"

    dimensions: int = setting(64, "Numbers that stand for a user or an item.", min=1)
    layers: int = setting(3, "How far vectors travel along edges; 0 is matrix factorisation.", min=0)
    decay: float = setting(1e-4, "Weight of the penalty on the vectors of a batch's triples.", min=0.0)
    batch: int = setting(2048, "Triples of a step.", min=1)
    validation: int = setting(1, "Liked items of each user held out to choose the epoch.", min=1)
    patience: int = setting(0, "Stop after so many epochs without a better validation recall; 0: never.", min=0)
    epochs: int = setting(1000, "Epochs at most.", min=1)
