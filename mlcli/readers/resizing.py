"""A grid brought to another size, or cut."""

import math

import numpy as np
from numpy.typing import NDArray


def resized(values: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """(C, height, width): bilinear, over all the cells that fall into one where it shrinks; by Pillow, in float32."""
    from PIL import Image

    channels = [Image.fromarray(channel.astype(np.float32)) for channel in values]
    resample = Image.Resampling.BILINEAR
    return np.stack([np.asarray(channel.resize((width, height), resample), dtype=np.float64) for channel in channels])


def fitted(values: NDArray[np.float64], height: int, width: int) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The middle of a picture that has these proportions, brought to this size; and what was done, a sentence each.

    So every picture is made ready that a network looks at, whether to train on or to be asked about.

    Args:
        values: (C, rows, columns).
    """
    _, rows, columns = values.shape
    scale, read = min(rows / height, columns / width), ()
    H, W = max(1, math.floor(height * scale)), max(1, math.floor(width * scale))
    if (H, W) != (rows, columns):
        read += (f"cut to its middle, {H}×{W} of {rows}×{columns}, so that nothing is squeezed",)
    if (H, W) != (height, width):
        read += (f"resized from {H}×{W} to {height}×{width}, bilinear",)
    top, left = (rows - H) // 2, (columns - W) // 2
    return resized(values[:, top : top + H, left : left + W], height, width), read
