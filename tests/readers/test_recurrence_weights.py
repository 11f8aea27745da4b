from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from mlcli.checks.recurrence import torch_network
from mlcli.core.errors import InputError
from mlcli.core.recurrence_layers import draw_network, outputs, run_layers
from mlcli.core.recurrence_parameters import parameters
from mlcli.readers.recurrence_weights import read_network
from mlcli.render.recurrence_weights import refuse_weights, write_network


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_is_written_is_read_again_to_the_last_bit(tmp_path: Path, suffix: str) -> None:
    network = draw_network("gru", 3, 5, 0, layers=2, directions=2)
    for name in ("a", "b"):
        write_network(tmp_path / f"{name}{suffix}", network)
    again = read_network(tmp_path / f"a{suffix}")
    assert again.read == (f"weights from a{suffix}",)
    for name, array in parameters(again.network).items():
        assert np.array_equal(array, parameters(network)[name])
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_weights_move_from_pytorch_and_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = torch.nn.LSTM(3, 5, num_layers=2, dtype=torch.float64)
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "lstm.safetensors")
    network = read_network(tmp_path / "lstm.safetensors").network
    x = np.random.default_rng(0).normal(size=(7, 3))
    with torch.no_grad():
        assert outputs(run_layers(x, network)) == pytest.approx(theirs(torch.tensor(x))[0].numpy(), abs=1e-14)
    write_network(tmp_path / "back.safetensors", network)
    other = torch.nn.LSTM(3, 5, num_layers=2, dtype=torch.float64)
    other.load_state_dict(safetensors.torch.load_file(tmp_path / "back.safetensors"))
    assert all(torch.equal(a, b) for a, b in zip(theirs.parameters(), other.parameters(), strict=True))


def test_float32_and_relu(tmp_path: Path) -> None:
    theirs = torch.nn.RNN(2, 3, nonlinearity="relu")
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "rnn.safetensors")
    network = read_network(tmp_path / "rnn.safetensors", "relu").network
    assert network.first.activation == "relu" and network.first.W_hh.dtype == np.float64
    assert torch_network(network).nonlinearity == "relu"


def npz(path: Path, **changes: np.ndarray) -> None:
    np.savez(path, **(parameters(draw_network("rnn", 3, 2, 0)) | changes))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    npz(tmp_path / "nan.npz", bias_hh_l0=np.array([0.0, np.nan]))
    npz(tmp_path / "text.npz", bias_hh_l0=np.array(["a", "b"]))
    npz(tmp_path / "shape.npz", weight_ih_l0=np.zeros((3, 3)))
    npz(tmp_path / "object.npz", bias_hh_l0=np.array([{}, {}], dtype=object))
    torch.save(torch.nn.RNN(2, 3).state_dict(), tmp_path / "rnn.pt")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "shape.npz").read_bytes()[:99])
    (tmp_path / "no.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0not json")
    (tmp_path / "other.npz").write_bytes(b"\x80\x04K\x01.")
    for name, message in {
        "nan.npz": r"bias_hh_l0\[1\] is not finite: nan",
        "text.npz": "bias_hh_l0 holds <U1, not real numbers",
        "shape.npz": "weight_ih_l0 is 3×3, not 2×3",
        "object.npz": "damaged",
        "rnn.pt": "may run code and is not opened",
        "cut.npz": "damaged",
        "no.safetensors": "no .safetensors file",
        "other.npz": "no .safetensors file",
        "missing.npz": "does not exist",
    }.items():
        with pytest.raises(InputError, match=message) as told:
            read_network(tmp_path / name)
        assert told.value.where == str(tmp_path / name)


def test_names_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "there.npz").write_text("")
    for name, message in (("a.pt", "suffix"), ("there.npz", "exists already"), ("no/a.npz", "does not exist")):
        with pytest.raises(InputError, match=message):
            refuse_weights(tmp_path / name, force=False)
    refuse_weights(tmp_path / "there.npz", force=True)
