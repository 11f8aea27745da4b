"""The ways to score items, and what is chosen when vectors are fitted, each with the value of the authors' code.

Symbols: K layers, λ decay, D dimensions; mf is matrix factorisation.

Source: He et al., LightGCN, SIGIR 2020, section 4.1.3, and the defaults of their PyTorch code.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from mlcli.core.errors import InputError


class Method(StrEnum):
    """How a score comes about, from the plainest on."""

    POPULARITY = "popularity"
    NEIGHBOURS = "neighbours"
    MF = "mf"
    NODE2VEC = "node2vec"
    LIGHTGCN = "lightgcn"


@dataclass(frozen=True)
class BPRSettings:
    """How vectors of users and items are fitted.

    Args:
        layers: K; 0 is matrix factorisation.
        decay: λ.
        batch: triples (u, i, j) of a step; an epoch draws as many triples as there are edges.
    """

    dimensions: int = 64
    layers: int = 3
    lr: float = 0.001
    decay: float = 1e-4
    batch: int = 2048
    epochs: int = 1000

    def __post_init__(self) -> None:
        """Bad values are told before the work starts.

        Raises:
            InputError: a value is out of its range.
        """
        for name, least in [("dimensions", 1), ("layers", 0), ("batch", 1), ("epochs", 1)]:
            value = getattr(self, name)
            if value < least:
                raise InputError(f"must be at least {least}, not {value}", f"--{name}", "give a larger one")
        if not 0 < self.lr < math.inf:
            raise InputError(f"must be a finite number above 0, not {self.lr:g}", "--lr", "such as 0.001")
        if not 0 <= self.decay < math.inf:
            raise InputError(f"must be a finite number of at least 0, not {self.decay:g}", "--decay", "such as 0.0001")
