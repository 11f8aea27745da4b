"""What is handed to the package, which need not be here."""

import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from mlcli.core.errors import InputError
from mlcli.core.training import ACCURACY, Epoch
from mlcli.render.tensorboard import TensorBoard


class Writer:
    """Remembers what it is given."""

    written: ClassVar[list[tuple[str, str, float, int]]] = []
    closed: ClassVar[list[str]] = []

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.written.append((Path(self.folder).name, name, value, step))

    def close(self) -> None:
        self.closed.append(Path(self.folder).name)


def test_each_seed_has_its_folder_and_what_is_not_measured_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = ModuleType("torch.utils.tensorboard")
    package.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", package)
    board = TensorBoard(tmp_path / "board", ACCURACY)
    board(3, Epoch(1, 2.0, float("nan"), 3.0, 0.5))
    board(5, Epoch(7, 1.0, 0.25, 4.0, 0.75))
    board.close()
    assert Writer.written == [
        ("seed-3", "loss/train", 2.0, 1),
        ("seed-3", "loss/validation", 3.0, 1), ("seed-3", "accuracy/validation", 0.5, 1),
        ("seed-5", "loss/train", 1.0, 7), ("seed-5", "accuracy/train", 0.25, 7),
        ("seed-5", "loss/validation", 4.0, 7), ("seed-5", "accuracy/validation", 0.75, 7),
    ]  # fmt: skip
    assert Writer.closed == ["seed-3", "seed-5"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is no folder"):
        TensorBoard(tmp_path / "file", ACCURACY)


def test_a_package_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match="needs a package") as caught:
        TensorBoard(tmp_path, ACCURACY)
    assert (caught.value.where, caught.value.hint) == ("--tensorboard", "pip install tensorboard")
