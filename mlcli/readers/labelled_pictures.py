"""The learner's own pictures, each of a class: a folder with a sub-folder a class, or a CSV file of classes and pixels.

pictures/cat/1.png        cat,0,0,12,255, …     a class, then the pixels of a square grey picture from 0 to 255,
pictures/dog/2.jpg        dog,9,0,31,240, …     the first row from the left, then the next
"""

import math
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.pictures import LabelledPictures
from mlcli.readers.delimited import delimited
from mlcli.readers.images import read_image
from mlcli.readers.names import by_number, whole_numbers
from mlcli.readers.resizing import fitted
from mlcli.readers.source import read_source
from mlcli.readers.wording import counted, listed, quoted

BRIGHTEST = 255
TRAIN_SHARE, VALIDATION_SHARE = 0.6, 0.2
LEAST = 3  # pictures of a class: one to train on, one to validate, one to test
MOST_NUMBERS = 2**30  # pixels of all pictures together

Pixels = NDArray[np.uint8]


def read_pictures(path: str, seed: int, side: int | None = None) -> LabelledPictures:
    """The pictures below a folder, or in a CSV file.

    Args:
        seed: draws the split: of each class six tenths to train, two to validate, two to test.
        side: rows and columns that every picture is brought to; None where they are all of one size.

    Raises:
        InputError: the folder or file does not exist, has no classes, or fewer than two; a class has fewer than three
            pictures; a picture cannot be read, or is of another size than the first; a line has no class, another
            number of pixels than the first, or a pixel that is no whole number from 0 to 255.
    """
    where = Path(path)
    names, values, read = _folder(where, side) if where.is_dir() else _csv(where, side)
    distinct = set(names)
    classes = tuple(sorted(distinct, key=by_number) if whole_numbers(distinct) else sorted(distinct))
    if len(classes) < 2:
        raise InputError(f"has one class only, {quoted(names[0])}", path, "give pictures of two classes or more")
    position = {name: label for label, name in enumerate(classes)}
    labels = np.array([position[name] for name in names], dtype=np.int64)
    train, validation, test = _split(labels, classes, seed, path)
    rule = f"of each class 60 % to train, 20 % to validate, 20 % to test, at least one each, drawn with seed {seed}"
    return LabelledPictures(
        where.name, values, BRIGHTEST, labels, classes, train, validation, test, (*read, rule)
    )  # fmt: skip


def _folder(folder: Path, side: int | None) -> tuple[list[str], Pixels, list[str]]:
    """Class, pixels (N, C, H, W) of each picture in a sub-folder; hidden files are left alone."""
    found = [
        (sub.name, file)
        for sub in _listed(folder)
        if sub.is_dir()
        for file in _listed(sub)
        if file.is_file()
    ]  # fmt: skip
    if not found:
        hint = f"such as {folder / 'cat' / '1.png'}: the sub-folder's name is the class"
        raise InputError("has no sub-folder with pictures in it", str(folder), hint)
    read: list[str] = []
    pictures: list[NDArray[np.float64]] = []
    cut = 0
    for _, file in found:
        values = read_image(file).values
        if side is not None:
            cut += values.shape[1] != values.shape[2]
            values, _ = fitted(values, side, side)
        if pictures and values.shape[1:] != pictures[0].shape[1:]:
            size, first = ("×".join(map(str, shape[1:])) for shape in (values.shape, pictures[0].shape))
            hint = "--side 28 brings every picture to 28×28 pixels"
            raise InputError(f"has {size} pixels, the first picture has {first}", str(file), hint)
        pictures.append(values)
        if len(found) * values.size > MOST_NUMBERS:
            hint = "--side 64 brings every picture to 64×64 pixels"
            raise InputError(f"{len(found):,} pictures of {values.size:,} numbers are too many", str(folder), hint)
    colour = max(len(values) for values in pictures)
    grey = sum(len(values) < colour for values in pictures)
    if grey:
        read.append(f"{counted(grey, 'grey picture')} taken as red, green and blue, like the others")
    if cut:
        read.append(f"{counted(cut, 'picture')} cut to the middle square, so that nothing is squeezed")
    if side:
        read.append(f"every picture is brought to {side}×{side} pixels")
    whole = np.stack([np.broadcast_to(values, (colour, *values.shape[1:])) for values in pictures])
    return [name for name, _ in found], np.rint(whole.clip(0, 1) * BRIGHTEST).astype(np.uint8), read


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(folder), "change its permissions") from error


def _csv(path: Path, side: int | None) -> tuple[list[str], Pixels, list[str]]:
    """The same of a line each."""
    text = delimited(read_source(path))
    read = list(text.read)
    rows = text.filled_rows()
    first, cells = next(rows)
    if len(cells) > 1 and not _pixels(cells[1:]):
        read.append(f"the first line is a header: {listed(cells)}")
        header = next(rows, None)
        if header is None:
            raise InputError("has a header and no picture", text.where, "write a class, then its pixels, a line")
        first, cells = header
    H = math.isqrt(len(cells) - 1)
    if H == 0 or H * H != len(cells) - 1:
        hint = "write a class, then its pixels: 1 + 28·28 columns for 28×28"
        raise InputError(f"{counted(len(cells) - 1, 'pixel')} are no square picture", f"{text.where}:{first}", hint)
    names, pictures = [], []
    for line, row in chain([(first, cells)], rows):
        where = f"{text.where}:{line}"
        if len(row) != len(cells):
            raise InputError(
                f"{counted(len(row), 'column')} where the first picture has {len(cells):,}", where,
                "write as many pixels for each",
            )  # fmt: skip
        if not row[0]:
            raise InputError("has no class", where, "write it in the first column")
        names.append(row[0])
        pictures.append(_as_pixels(row[1:], where))
    values = np.stack(pictures).reshape(-1, 1, H, H)
    if side:
        values = np.stack([np.rint(fitted(picture / 1.0, side, side)[0]) for picture in values]).astype(np.uint8)
        read.append(f"every picture is brought to {side}×{side} pixels")
    return names, values, read


def _pixels(cells: list[str]) -> bool:
    return all(cell.isascii() and cell.isdigit() for cell in cells)


def _as_pixels(cells: list[str], where: str) -> Pixels:
    if not _pixels(cells) or max(map(len, cells)) > 3 or (values := np.array(cells, dtype=np.int64)).max() > BRIGHTEST:
        wrong = next(c for c in cells if not (_pixels([c]) and len(c) <= 3 and int(c) <= BRIGHTEST))
        column = cells.index(wrong) + 2
        raise InputError(
            f"{quoted(wrong)} in column {column} is no pixel", where, "a pixel is a whole number from 0 to 255"
        )  # fmt: skip
    return values.astype(np.uint8)


def _split(labels: NDArray[np.int64], classes: tuple[str, ...], seed: int, where: str) -> list[NDArray[np.int64]]:
    order = np.random.default_rng(seed).permutation(len(labels))
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for label, name in enumerate(classes):
        own = order[labels[order] == label]
        if len(own) < LEAST:
            message = f"class {quoted(name)} has {counted(len(own), 'picture')}"
            raise InputError(message, where, "to train, validate and test on it takes three")
        held = [max(1, round(share * len(own))) for share in (VALIDATION_SHARE, 1 - TRAIN_SHARE - VALIDATION_SHARE)]
        validation, test, train = np.split(own, np.cumsum(held))
        for part, some in zip(parts, (train, validation, test), strict=True):
            part.append(some)
    return [np.sort(np.concatenate(part)) for part in parts]
