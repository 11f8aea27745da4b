from pathlib import Path

import pytest
import torch

from mlcli.core.errors import InputError
from mlcli.training import devices
from mlcli.training.devices import device_for, refuse_mixed_precision
from mlcli.training.fitting import train
from tests.training.kept_runs import KEPT
from tests.training.test_set_anomaly import small


def test_auto_takes_a_gpu_that_is_there_for_a_model_that_can_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [device_for("auto", on_gpu, "cnn") for on_gpu in (True, False)] == ["cuda", "cpu"]
    assert device_for("cuda", True, "cnn") == "cuda"
    with pytest.raises(InputError, match="gcn is trained on the CPU only"):
        device_for("cuda", False, "gcn")


def test_a_device_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device_for("auto", True, "cnn") == "cpu"
    with pytest.raises(InputError, match="torch finds no cuda device here") as caught:
        device_for("cuda", True, "cnn")
    assert caught.value.hint == "--device cpu"


def test_16_bits_are_refused_where_they_bring_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gcn is trained in 32 bits only"):
        refuse_mixed_precision("cpu", False, "gcn")
    monkeypatch.setattr(devices, "_cpu_has_bfloat16", lambda: False)
    with pytest.raises(InputError, match="this CPU does not compute faster"):
        refuse_mixed_precision("cpu", True, "cnn")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(InputError, match="this GPU does not compute in bfloat16"):
        refuse_mixed_precision("cuda", True, "cnn")


@pytest.mark.parametrize("name", ["mlp", "cnn", "gru", "lstm", "transformer", "set"])
def test_in_16_bits_the_loss_is_nearly_the_same_and_the_weights_have_32(name: str) -> None:
    make = small if name == "set" else KEPT[name]
    plain, mixed = make(), make()
    assert mixed.on_gpu
    mixed.mixed_precision = True
    due, found = (train(made, 3, lambda epoch: None) for made in (plain, mixed))
    assert found.run.epochs != due.run.epochs
    assert found.run.epochs[0].train_loss == pytest.approx(due.run.epochs[0].train_loss, rel=0.05)
    assert {str(array.dtype) for array in found.weights.values()} == {"float32"}
