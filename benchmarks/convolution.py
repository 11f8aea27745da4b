"""One side of one row: a convolution of a 12-megapixel picture by mlcli or by PyTorch, in a process of its own.

    python benchmarks/convolution.py mlcli|torch CASE THREADS

Prints JSON: seconds of the median call, peak memory in MiB beyond the imports, the input and one output.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from mlcli.core.convolution import convolve

H, W = 3000, 4000
ROUNDS = 3
CASES = {  # input channels, filters, kernel, settings
    "grey": (1, 1, 3, {}),
    "colour": (3, 1, 3, {}),
    "colour, padding 1": (3, 1, 3, {"padding": 1}),
    "colour, reflect": (3, 1, 3, {"padding": 1, "pad_mode": "reflect"}),
    "colour, stride 2": (3, 1, 3, {"stride": 2}),
    "colour, 3 groups": (3, 3, 3, {"groups": 3}),
    "colour, 5×5, 8 filters": (3, 8, 5, {}),
}


def ours(A: np.ndarray, kernel: np.ndarray, settings: dict) -> Callable[[], np.ndarray]:
    """The whole map by mlcli."""
    return lambda: convolve(A, kernel, **settings).B


def theirs(A: np.ndarray, kernel: np.ndarray, settings: dict) -> Callable[[], np.ndarray]:
    """The same by torch."""
    from torch.nn import functional as F

    x, w = torch.from_numpy(A)[None], torch.from_numpy(kernel)
    settings = dict(settings)
    mode, padding = settings.pop("pad_mode", None), settings.pop("padding", 0)
    if mode is None:
        return lambda: F.conv2d(x, w, padding=padding, **settings).numpy()
    return lambda: F.conv2d(F.pad(x, (padding,) * 4, mode), w, **settings).numpy()


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(side: str, case: str, threads: str) -> None:
    """Call it a few times and print what it took; the first is warm-up."""
    torch.set_num_threads(int(threads))
    channels, filters, k, settings = CASES[case]
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((filters, channels // settings.get("groups", 1), k, k))
    A = np.empty((channels, H, W))
    A[:] = np.arange(W) % 251 / 250
    call = (ours if side == "mlcli" else theirs)(A, kernel, settings)
    before, seconds, processor, size = peak_mib(), [], [], 0
    for _ in range(ROUNDS + 1):
        start = time.perf_counter(), time.process_time()
        size = call().nbytes
        seconds.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    times = {"seconds": statistics.median(seconds[1:]), "processor": statistics.median(processor[1:])}
    print(json.dumps(times | {"peak_mib": max(peak_mib() - before - size / 2**20, 0.0)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
