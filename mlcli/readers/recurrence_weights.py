"""The weights of a recurrent network in a file, under PyTorch's names: `.npz` or `.safetensors`."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.recurrence import Activation
from mlcli.core.recurrence_layers import Network
from mlcli.core.recurrence_parameters import network_of
from mlcli.readers.source import LARGEST, Source, read_source

SAVE = 'safetensors.torch.save_file(rnn.state_dict(), "rnn.safetensors")'


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """A network as it stood in a file, all numbers finite.

    Args:
        read: what was done while reading, a sentence each.
    """

    name: str
    network: Network
    read: tuple[str, ...] = ()


def read_network(path: str | Path, activation: Activation = "tanh") -> NetworkInput:
    """The recurrent network in an .npz or .safetensors file; its cell, sizes, layers and directions are its arrays'.

    Args:
        activation: of an RNN, which no file tells.

    Raises:
        InputError: the file cannot be read (see `read_source`), or is neither; an array is damaged, holds no real
            numbers or one that is not finite; or see `network_of`.
    """
    source = read_source(path)
    arrays = _npz(source) if source.content.startswith(b"PK") else _safetensors(source)
    given = {name: _numbers(source, name, array) for name, array in arrays.items()}
    try:
        network, read = network_of(given, activation)
    except InputError as error:
        raise InputError(error.message, source.where, error.hint) from error
    return NetworkInput(source.name, network, (f"weights from {source.name}", *read))


def _npz(source: Source) -> dict[str, NDArray]:
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            members = archive.infolist()
        if any(not member.filename.endswith(".npy") for member in members):  # torch.save writes such archives
            raise InputError("is no .npz file of arrays; a .pt file may run code and is not opened", source.where, SAVE)
        if sum(member.file_size for member in members) > LARGEST:
            raise InputError(f"is larger than {LARGEST // 2**20} MiB once unpacked", source.where, "give a smaller one")
        with np.load(io.BytesIO(source.content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except InputError:
        raise
    except Exception as error:  # given a damaged archive, NumPy and zipfile raise almost anything
        raise InputError(f"is a damaged .npz file: {_cause(error)}", source.where, "write it again") from error


def _safetensors(source: Source) -> dict[str, NDArray]:
    from safetensors.numpy import load

    try:
        return load(source.content)
    except Exception as error:  # a header of another format, a type that NumPy has not
        raise InputError(f"is no .safetensors file that can be read: {_cause(error)}", source.where, SAVE) from error


def _numbers(source: Source, name: str, array: NDArray) -> NDArray[np.float64]:
    if array.dtype.kind not in "buif":
        raise InputError(f"{name} holds {array.dtype}, not real numbers", source.where, "save it as float64 or float32")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        at = np.argwhere(~np.isfinite(values))[0]
        place = "".join(f"[{i}]" for i in at)
        raise InputError(f"{name}{place} is not finite: {values[tuple(at)]}", source.where, "give finite numbers")
    return values


def _cause(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
