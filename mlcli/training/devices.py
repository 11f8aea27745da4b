"""Where a training computes, and in how many digits: --device, --mixed-precision."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

from mlcli.core.errors import InputError

Device = Literal["auto", "cpu", "cuda", "mps"]
GPUS: tuple[Device, ...] = ("cuda", "mps")
FAST_HALF = ("amx_bf16", "avx512_bf16", "bf16")  # what a processor says that computes in bfloat16 (x86, ARM)


def device_for(asked: Device, on_gpu: bool, model: str) -> Device:
    """The device asked for, as torch calls it; `auto` is a GPU if there is one and the model can use it.

    Args:
        on_gpu: whether the model can.

    Raises:
        InputError: it is not there, or the model computes on the CPU only.
    """
    import torch

    there: dict[Device, bool] = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        found: list[Device] = [name for name in GPUS if there[name] and on_gpu]
        return (*found, "cpu")[0]
    if asked != "cpu" and not on_gpu:
        raise InputError(
            f"{model} is trained on the CPU only: its products are written for it", "--device", "leave it out"
        )
    if not there.get(asked, True):
        found = [name for name, is_there in there.items() if is_there]
        raise InputError(f"torch finds no {asked} device here", "--device", f"--device {(*found, 'cpu')[0]}")
    return asked


def refuse_mixed_precision(device: str, on_gpu: bool, model: str) -> None:
    """Numbers of 16 bits (bfloat16) in the large products, of 32 bits elsewhere.

    Raises:
        InputError: the model cannot be trained so, or the device does not compute faster so.
    """
    import torch

    if not on_gpu:
        raise InputError(f"{model} is trained in 32 bits only", "--mixed-precision", "leave it out")
    if device == "cuda" and not torch.cuda.is_bf16_supported():
        raise InputError("this GPU does not compute in bfloat16", "--mixed-precision", "leave it out")
    if device == "cpu" and not _cpu_has_bfloat16():
        raise InputError("this CPU does not compute faster in bfloat16", "--mixed-precision", "leave it out")


def precision(device: str, mixed: bool) -> AbstractContextManager[Any]:
    """Inside, large products have 16 bits if `mixed`."""
    if not mixed:
        return nullcontext()
    import torch

    return torch.autocast(device, torch.bfloat16)


def _cpu_has_bfloat16() -> bool:
    try:
        words = Path("/proc/cpuinfo").read_text("utf-8", "replace").split()
    except OSError:
        return False
    return not {*FAST_HALF}.isdisjoint(words)
