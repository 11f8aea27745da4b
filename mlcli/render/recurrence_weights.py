"""The weights of a recurrent network as a file that PyTorch loads: `.npz` or `.safetensors`."""

import io
from pathlib import Path

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.recurrence_layers import Network
from mlcli.core.recurrence_parameters import parameters
from mlcli.files import refuse_existing, write_whole

SUFFIXES = (".safetensors", ".npz")


def refuse_weights(path: Path, force: bool) -> None:
    """Called before the work starts.

    Raises:
        InputError: a suffix that is none of ours, a file that exists, a folder that does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("this suffix is not known", str(path), f"one of {' '.join(SUFFIXES)}")
    refuse_existing(path, force)


def write_network(path: Path, network: Network, force: bool = False) -> None:
    """Every array under PyTorch's name, in float64.

    Raises:
        InputError: see `refuse_weights`.
        RequestFailed: the system refused.
    """
    refuse_weights(path, force)
    arrays = {name: np.ascontiguousarray(array) for name, array in parameters(network).items()}
    if path.suffix.lower() == ".npz":
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        write_whole(path, buffer.getvalue(), force)
    else:
        from safetensors.numpy import save

        write_whole(path, save(arrays), force)
