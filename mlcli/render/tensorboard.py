"""Loss and score for TensorBoard while training runs, a folder for each seed; the package `tensorboard` writes them."""

import math
from pathlib import Path
from typing import Any

from mlcli.core.errors import InputError
from mlcli.core.training import Epoch, Score

PARTS = ("train", "validation")


class TensorBoard:
    """Called with a seed and its latest epoch.

    Args:
        folder: of all seeds.

    Raises:
        InputError: the package is not installed, or `folder` is no folder.
    """

    def __init__(self, folder: Path, score: Score) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise InputError("needs a package", "--tensorboard", "pip install tensorboard") from error
        if folder.exists() and not folder.is_dir():
            raise InputError("is no folder", str(folder), "name another")
        self._folder, self._score, self._new = folder, score, SummaryWriter
        self._writers: dict[int, Any] = {}

    def __call__(self, seed: int, epoch: Epoch) -> None:
        """Write what of it is a number: not every task scores its training."""
        if seed not in self._writers:
            self._writers[seed] = self._new(str(self._folder / f"seed-{seed}"))
        writer = self._writers[seed]
        for part in PARTS:
            for name, what in (("loss", "loss"), (self._score.name, "score")):
                if math.isfinite(value := getattr(epoch, f"{part}_{what}")):
                    writer.add_scalar(f"{name}/{part}", value, epoch.epoch)

    def close(self) -> None:
        """Everything is on the disk."""
        for writer in self._writers.values():
            writer.close()
