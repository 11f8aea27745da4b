"""The maps of an answer as a picture file: one pixel a cell, or a block of pixels where there are few cells."""

import io

import numpy as np

from mlcli.lesson import Lesson, Tensor, Values

LEAST_SIDE = 256  # pixels of the longer side, as far as whole blocks of pixels allow
GAP = 4  # pixels between two maps
MOST_MAPS = 64


def map_png(lesson: Lesson) -> bytes:
    """Every channel's map beside the others; as in the terminal, 0 is dark and of signed values the size counts."""
    from PIL import Image

    answer = lesson.result.answer
    assert isinstance(answer, Tensor)  # only commands whose answer is a map offer this
    maps = answer.values.reshape(-1, *answer.values.shape[-2:])[:MOST_MAPS]
    block = max(1, LEAST_SIDE // max(maps.shape[1:]))
    tiles = [np.repeat(np.repeat(_shades(one), block, axis=0), block, axis=1) for one in maps]
    columns = int(np.ceil(np.sqrt(len(tiles))))
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    h, w = tiles[0].shape
    sheet = np.full((len(rows) * (h + GAP) - GAP, columns * (w + GAP) - GAP), 128, dtype=np.uint8)
    for r, row in enumerate(rows):
        for c, tile in enumerate(row):
            sheet[r * (h + GAP) : r * (h + GAP) + h, c * (w + GAP) : c * (w + GAP) + w] = tile
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def _shades(values: Values) -> Values:
    """0 to 255, each map by its own range."""
    low, high = float(values.min()), float(values.max())
    if low < 0:
        values, low, high = np.abs(values), 0.0, max(-low, high)
    elif high <= 1:
        low, high = 0.0, 1.0
    return ((values - low) * (255 / ((high - low) or 1.0))).round().astype(np.uint8)
