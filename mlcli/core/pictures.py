"""Pictures of one size, each of one class, and those that may be learned from.

Symbols: N pictures of C channels, H rows and W columns.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int, Integer
from numpy.typing import NDArray

from mlcli.core.training import DataSummary


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """What `train` learns to tell apart.

    Args:
        name: as the user asked for it.
        values: the pixels, whole numbers from 0 to `brightest`.
        labels: a position in `classes` each.
        train, validation, test: positions of pictures, disjoint, ascending.
        read: what was done to the input while reading it, a sentence each.
    """

    kind: ClassVar[str] = "pictures"
    name: str
    values: Integer[NDArray[Any], "N C H W"]
    brightest: int
    labels: Int[NDArray[np.int64], " N"]
    classes: tuple[str, ...]
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    read: tuple[str, ...] = ()


def summarise(pictures: LabelledPictures) -> DataSummary:
    """Counts of pictures, their size, classes, and of the pictures in each part of the split."""
    N, C, H, W = pictures.values.shape
    return DataSummary(
        name=pictures.name,
        unit="pictures",
        sizes={"pictures": N, "channels": C, "rows": H, "columns": W, "classes": len(pictures.classes)},
        classes=pictures.classes,
        train=len(pictures.train),
        validation=len(pictures.validation),
        test=len(pictures.test),
        read=pictures.read,
    )
