"""Pictures as arrays: channel × height × width, 0 black and 1 white.

A value is pixel / 255, or pixel / 65535 where the file keeps 16 bits of grey. Whatever else was done to the
picture (turned, laid on white, made grey) is said in `read`.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.source import Source, read_source

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP")
MOST_PIXELS = 100_000_000
GREY_MODES = ("1", "L", "LA")
LUMA = {"red": 0.299, "green": 0.587, "blue": 0.114}  # ITU-R BT.601, as in every image library


@dataclass(frozen=True, eq=False)
class ImageInput:
    """A picture as numbers.

    Args:
        name: the file's name, for titles.
        values: (C, H, W) float64 in 0..1.
        channels: a name for each channel: `grey`, or `red`, `green`, `blue`.
        read: what was done to the picture while reading it, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    channels: tuple[str, ...]
    read: tuple[str, ...] = ()


def read_image(path: str | Path | Source, gray: bool | None = None) -> ImageInput:
    """The picture in `path`, or on standard input if it is `-`.

    Args:
        gray: True makes one channel of it, False three; None keeps what the file has.

    Raises:
        InputError: the file cannot be read (see `read_source`), is no picture in one of `FORMATS`, is damaged or cut
            off, has more than `MOST_PIXELS`, or holds numbers that are no shades (float, 32 bit) or colours (LAB).
    """
    source = read_source(path)
    image, stored, read = _decoded(source)
    if image.mode.startswith(("I", "F")):
        values = _deep(image, source.where, read)
    else:
        values = _shades(image, stored, source.where, read)
    if gray is True and len(values) == 3:
        values = np.tensordot(tuple(LUMA.values()), values, axes=1)[np.newaxis]  # (1, H, W)
        read.append("made grey: " + " + ".join(f"{part} {colour}" for colour, part in LUMA.items()))
    elif gray is False and len(values) == 1:
        values = np.repeat(values, 3, axis=0)  # (3, H, W)
        read.append("grey repeated as red, green and blue")
    channels = ("grey",) if len(values) == 1 else tuple(LUMA)
    return ImageInput(source.name, values, channels, tuple(read))


def _decoded(source: Source) -> tuple["Image", str, list[str]]:
    """The picture, upright; how the file has its pixels (`RGB;16B`), which Pillow may cut to 8 bits; what was done."""
    from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

    read: list[str] = []
    library_limit = Image.MAX_IMAGE_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that we do not use
            Image.MAX_IMAGE_PIXELS = None  # else it complains before we know the size
            with Image.open(io.BytesIO(source.content), formats=FORMATS) as image:
                _check_size(image, source.where)
                Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # a TIFF may ask for a tile larger than its picture
                stored = str(image.tile[0].args) if image.tile else ""
                frames = getattr(image, "n_frames", 1)
                if frames > 1:
                    read.append(f"the first of {frames} frames")
                orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
                if orientation in range(2, 9):
                    read.append(f"turned upright, as its EXIF orientation {orientation} says")
                return ImageOps.exif_transpose(image), stored, read
    except InputError:
        raise
    except UnidentifiedImageError as error:
        hint = f"these are: {', '.join(FORMATS)}; a matrix is read from .csv, .tsv, .txt or .npy"
        raise InputError("is not a picture in a format that is read here", source.where, hint) from error
    except Exception as error:  # given a damaged file, decoders raise almost anything
        cause = str(error) or type(error).__name__
        raise InputError(f"is cut off or damaged: {cause}", source.where, "save or download it again") from error
    finally:
        Image.MAX_IMAGE_PIXELS = library_limit


def _check_size(image: "ImageFile", where: str) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        size = f"has {width:,}×{height:,} = {width * height:,} pixels, more than {MOST_PIXELS:,}"
        raise InputError(size, where, "give a smaller copy of it, or a part")


def _shades(image: "Image", stored: str, where: str, read: list[str]) -> NDArray[np.float64]:
    """(C, H, W) of a picture with 8 bits a channel."""
    match image.mode:
        case "1":
            read.append("black and white: 0 and 1 only")
        case "P" | "PA":
            read.append("colours looked up in its palette")
        case "CMYK" | "YCbCr":
            read.append(f"{image.mode} converted to red, green and blue")
        case "LAB" | "HSV":
            raise InputError(f"has its colours as {image.mode}", where, "save it as RGB")
    if ";16" in stored:
        read.append("16 bits a channel, of which the upper 8 are kept")

    grey = image.mode in GREY_MODES or "LA;16" in stored
    transparent = image.has_transparency_data
    shown = image.convert(("LA" if transparent else "L") if grey else ("RGBA" if transparent else "RGB"))
    pixels = np.asarray(shown).reshape(shown.height, shown.width, -1)  # (H, W, C or C + 1) uint8
    values = np.divide(pixels.transpose(2, 0, 1), 255, order="C")
    if transparent:
        values, alpha = values[:-1], values[-1]
        values *= alpha
        values += 1 - alpha
        read.append("transparent parts laid on white")
    if image.mode in ("P", "PA") and (values == values[0]).all():
        return values[:1]
    return values


def _deep(image: "Image", where: str, read: list[str]) -> NDArray[np.float64]:
    """(1, H, W) of a grey picture with more than 8 bits."""
    values = np.asarray(image, dtype=np.float64)[np.newaxis]
    low, high = float(values.min()), float(values.max())
    if image.mode == "F":
        if not (0 <= low and high <= 1):
            hint = "save it with values from 0 to 1, or as .npy to read it as a matrix"
            raise InputError(f"holds numbers from {low:g} to {high:g}, not shades from 0 to 1", where, hint)
        read.append("floating-point shades, taken as they are")
        return values
    if not (0 <= low and high <= 65535):
        hint = "save it with 8 or 16 bits, or as .npy to read it as a matrix"
        raise InputError(f"holds whole numbers from {low:g} to {high:g}, not shades from 0 to 65535", where, hint)
    read.append("16 bits of grey: pixel / 65535")
    return values / 65535
