import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mlcli.core.errors import InputError
from mlcli.readers.images import MOST_PIXELS, read_image

rng = np.random.default_rng(2)
GREY = rng.integers(0, 256, (7, 5), dtype=np.uint8)
RGB = rng.integers(0, 256, (7, 5, 3), dtype=np.uint8)
RGBA = rng.integers(0, 256, (7, 5, 4), dtype=np.uint8)
DEEP = rng.integers(0, 65536, (7, 5), dtype=np.uint16)


def saved(path: Path, pixels: np.ndarray, mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def channels_first(pixels: np.ndarray) -> np.ndarray:
    return pixels.transpose(2, 0, 1) / 255


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "pgm", "gif"])
def test_grey_stays_grey(tmp_path: Path, suffix: str) -> None:
    image = read_image(saved(tmp_path / f"a.{suffix}", GREY))
    assert image.name == f"a.{suffix}"
    assert image.channels == ("grey",)
    assert image.values.dtype == np.float64
    assert np.array_equal(image.values, GREY[np.newaxis] / 255)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm"])
def test_colours_are_channels_of_rows_of_columns(tmp_path: Path, suffix: str) -> None:
    image = read_image(saved(tmp_path / f"a.{suffix}", RGB))
    assert image.channels == ("red", "green", "blue")
    assert np.array_equal(image.values, channels_first(RGB))
    assert image.read == ()


def test_webp_without_loss(tmp_path: Path) -> None:
    assert np.array_equal(read_image(saved(tmp_path / "a.webp", RGB, lossless=True)).values, channels_first(RGB))


def test_jpeg(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(13), 3 * np.arange(17)).astype(np.uint8) * 3
    image = read_image(saved(tmp_path / "a.jpg", smooth, quality=95))
    assert np.abs(image.values - smooth / 255).max() < 0.03


@given(st.integers(1, 13), st.integers(1, 11), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.getvalue())))
        image = read_image("-")
    assert image.name == "stdin"
    assert np.array_equal(image.values, channels_first(pixels))


def test_forced_grey_is_the_luma(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path / "a.png", RGB), gray=True)
    red, green, blue = channels_first(RGB)
    assert np.allclose(image.values[0], 0.299 * red + 0.587 * green + 0.114 * blue, rtol=0, atol=1e-15)
    assert image.channels == ("grey",)
    assert image.read == ("made grey: 0.299 red + 0.587 green + 0.114 blue",)


def test_forced_colour_repeats_the_grey(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path / "a.png", GREY), gray=False)
    assert np.array_equal(image.values, np.stack([GREY / 255] * 3))
    assert "repeated" in image.read[0]


def test_forcing_what_is_there_says_nothing(tmp_path: Path) -> None:
    assert read_image(saved(tmp_path / "grey.png", GREY), gray=True).read == ()
    assert read_image(saved(tmp_path / "rgb.png", RGB), gray=False).read == ()


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_transparent_parts_are_white(tmp_path: Path, suffix: str) -> None:
    image = read_image(saved(tmp_path / f"a.{suffix}", RGBA))
    *colours, alpha = channels_first(RGBA)
    assert np.allclose(image.values, np.stack(colours) * alpha + 1 - alpha, rtol=0, atol=1e-15)
    assert image.read == ("transparent parts laid on white",)


def test_grey_with_alpha(tmp_path: Path) -> None:
    pixels = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(RGB[..., 0])])
    pixels.save(tmp_path / "a.png")
    alpha = RGB[..., 0] / 255
    assert np.allclose(read_image(tmp_path / "a.png").values[0], GREY / 255 * alpha + 1 - alpha, rtol=0, atol=1e-15)


def test_one_transparent_shade(tmp_path: Path) -> None:
    clear = int(GREY[3, 2])
    image = read_image(saved(tmp_path / "a.png", GREY, transparency=clear))
    assert np.array_equal(image.values[0], np.where(clear == GREY, 255, GREY) / 255)


def test_palette(tmp_path: Path) -> None:
    few = Image.fromarray(RGB).quantize(5)
    few.save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert np.array_equal(image.values, channels_first(np.asarray(few.convert("RGB"))))
    assert image.read == ("colours looked up in its palette",)


def test_palette_of_greys_is_grey(tmp_path: Path) -> None:
    assert np.array_equal(read_image(saved(tmp_path / "a.png", GREY, "P")).values, GREY[np.newaxis] / 255)


def test_transparent_place_in_the_palette(tmp_path: Path) -> None:
    few = Image.fromarray(RGB).quantize(5)
    few.save(tmp_path / "a.png", transparency=3)
    image = read_image(tmp_path / "a.png")
    assert (image.values[:, np.asarray(few) == 3] == 1).all()
    assert len(image.read) == 2


def test_black_and_white(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path / "a.png", (GREY > 99).astype(np.uint8) * 255, "1"))
    assert np.array_equal(image.values[0], (GREY > 99).astype(float))
    assert image.read == ("black and white: 0 and 1 only",)


@pytest.mark.parametrize("suffix", ["png", "tiff", "pgm"])
def test_sixteen_bits_of_grey(tmp_path: Path, suffix: str) -> None:
    image = read_image(saved(tmp_path / f"a.{suffix}", DEEP))
    assert np.array_equal(image.values[0], DEEP / 65535)
    assert image.read == ("16 bits of grey: pixel / 65535",)


def test_sixteen_bits_of_colour_are_told(tmp_path: Path) -> None:
    deep = rng.integers(0, 65536, (7, 5, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    (tmp_path / "a.png").write_bytes(png(5, 7, 16, 2, rows))
    image = read_image(tmp_path / "a.png")
    assert np.abs(image.values - deep.transpose(2, 0, 1) / 65535).max() < 1 / 255
    assert image.read == ("16 bits a channel, of which the upper 8 are kept",)


def test_sixteen_bits_of_grey_with_alpha_stay_grey(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + b"\x80\x00\xff\xff" * 5 for _ in range(7))
    (tmp_path / "a.png").write_bytes(png(5, 7, 16, 4, rows))
    image = read_image(tmp_path / "a.png")
    assert np.array_equal(image.values, np.full((1, 7, 5), 128 / 255))


def test_cmyk(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path / "a.tiff", RGB, "CMYK"))
    assert np.allclose(image.values, channels_first(RGB), atol=1 / 255)
    assert image.read == ("CMYK converted to red, green and blue",)


def test_floating_shades(tmp_path: Path) -> None:
    shades = rng.random((7, 5), dtype=np.float32)
    assert np.array_equal(read_image(saved(tmp_path / "a.tiff", shades)).values[0], shades.astype(float))


@pytest.mark.parametrize("shade", [-0.25, 1.5, np.nan])
def test_numbers_that_are_no_shades(tmp_path: Path, shade: float) -> None:
    with pytest.raises(InputError, match="not shades from 0 to 1"):
        read_image(saved(tmp_path / "a.tiff", np.full((7, 5), shade, dtype=np.float32)))


def test_sixteen_bits_in_thirty_two(tmp_path: Path) -> None:
    image = read_image(saved(tmp_path / "a.tiff", np.array([[0, 65_535, 13]], dtype=np.int32)))
    assert np.array_equal(image.values, [[[0, 1, 13 / 65_535]]])


@pytest.mark.parametrize("number", [-1, 65_536])
def test_more_than_sixteen_bits(tmp_path: Path, number: int) -> None:
    with pytest.raises(InputError, match=r"holds whole numbers from .*, not shades from 0 to 65535"):
        read_image(saved(tmp_path / "a.tiff", np.array([[0, number, 13]], dtype=np.int32)))


def test_colours_that_no_channel_holds(tmp_path: Path) -> None:
    Image.new("LAB", (5, 7)).save(tmp_path / "a.tiff")
    with pytest.raises(InputError, match="has its colours as LAB"):
        read_image(tmp_path / "a.tiff")


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(1, lambda a: a), (3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)), (8, lambda a: np.rot90(a))],
)
def test_upright(tmp_path: Path, orientation: int, turned) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_image(saved(tmp_path / "a.png", GREY, exif=exif))
    assert np.array_equal(image.values[0], turned(GREY) / 255)
    assert bool(image.read) == (orientation != 1)


@pytest.mark.parametrize("suffix", ["gif", "png", "tiff", "webp"])
def test_first_of_several_frames(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (5, 7), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **options)
    image = read_image(tmp_path / f"a.{suffix}")
    assert np.array_equal(image.values[:, 3, 2], [1, 0, 0])
    assert image.read[0] == "the first of 3 frames"


HEADERS = {
    "png": png(50_000, 50_000, 8, 0, b"\0" * 10),
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0),
    "ppm": b"P6 50000 50000 255\n",
    "gif": b"GIF89a" + struct.pack("<HHBBB", 50_000, 50_000, 0, 0, 0)
    + b"," + struct.pack("<HHHHB", 0, 0, 50_000, 50_000, 0) + b"\x08\0;",
}  # fmt: skip


@pytest.mark.parametrize("suffix", HEADERS)
def test_a_bomb_is_not_opened(tmp_path: Path, suffix: str) -> None:
    bomb = tmp_path / f"bomb.{suffix}"
    bomb.write_bytes(HEADERS[suffix])
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(InputError) as raised:
        read_image(bomb)
    assert raised.value.message == "has 50,000×50,000 = 2,500,000,000 pixels, more than 100,000,000"
    assert raised.value.where == str(bomb)
    assert raised.value.hint
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_canvas_that_only_claims_its_size(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    content = bytearray((tmp_path / "a.webp").read_bytes())
    content[24:27] = content[27:30] = (49_999).to_bytes(3, "little")
    (tmp_path / "a.webp").write_bytes(content)
    with pytest.raises(InputError, match="50,000×50,000"):
        read_image(tmp_path / "a.webp")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's own peak")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(HEADERS["png"])
    program = """
import pathlib, re, sys
from mlcli.core.errors import InputError
from mlcli.readers.images import read_image
try:
    read_image(sys.argv[1])
except InputError:
    print(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""
    run = subprocess.run([sys.executable, "-c", program, str(bomb)], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert int(run.stdout) < 300_000  # KiB; its pixels would be 2.5 million


def test_between_our_limit_and_the_library_s(tmp_path: Path) -> None:
    """Pillow warns from 89 million pixels on; 100 million are allowed."""
    (tmp_path / "a.pgm").write_bytes(b"P5 9500 9500 255\n")  # no rows: it stops at decoding
    with warnings.catch_warnings(), pytest.raises(InputError, match="cut off"):
        warnings.simplefilter("error")
        read_image(tmp_path / "a.pgm")
    assert 9_500**2 < MOST_PIXELS


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "ppm", "tiff", "webp"])
@pytest.mark.parametrize("kept", [0.6, 0.9])
def test_cut_off(tmp_path: Path, suffix: str, kept: float) -> None:
    path = saved(tmp_path / f"a.{suffix}", rng.integers(0, 256, (31, 37, 3), dtype=np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match="is cut off or damaged"):
        read_image(path)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_end_in_an_answer_or_an_input_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP"]))
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, kind)
    content = bytearray(file.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(content))))
        try:
            values = read_image("-").values
        except InputError as error:
            assert error.where == "stdin"
        else:
            assert 0 <= values.min() and values.max() <= 1


@pytest.mark.parametrize("content", [b"hello, world\n", b"<html></html>", b"P9 3 3 255\n", b"%PDF-1.7"])
def test_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="is not a picture") as raised:
        read_image(tmp_path / "a.png")
    assert "PNG, JPEG" in str(raised.value.hint)


def test_formats_outside_the_list_are_not_opened(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tga", RGB)
    path.rename(tmp_path / "a.png")
    with pytest.raises(InputError, match="is not a picture"):
        read_image(tmp_path / "a.png")
