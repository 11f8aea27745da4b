"""A grid brought to another size, or cut."""

import numpy as np
from numpy.typing import NDArray


def resized(values: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """(C, height, width): bilinear, over all the cells that fall into one where it shrinks; by Pillow, in float32."""
    from PIL import Image

    channels = [Image.fromarray(channel.astype(np.float32)) for channel in values]
    resample = Image.Resampling.BILINEAR
    return np.stack([np.asarray(channel.resize((width, height), resample), dtype=np.float64) for channel in channels])
