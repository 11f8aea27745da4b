import io
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def test_letters_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("conv-trace", "--example", "letters")
    golden("conv-trace-letters", ran.stdout)
    assert "a×1 + b×2 + c×3 + f×4 + g×5 + h×6 + k×7 + l×8 + m×9" in ran.stdout
    assert "1·1 + 2·2 + 3·3 + 6·4 + 7·5 + 8·6 + 11·7 + 12·8 + 13·9 = 411" in ran.stdout
    assert ran.stderr == ""


def test_a_picture_in_the_terminal(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("conv-trace", "sample_data/image.png", "--kernel", "sobel-x", "--show", "1")
    golden("conv-trace-picture", ran.stdout)
    assert "784 × 676 = 529,984 weights" in ran.stdout


@pytest.mark.parametrize("width", [30, 50])
def test_a_narrow_terminal_gets_the_same_facts(mlcli: Callable, width: int) -> None:
    ran = mlcli("conv-trace", "--example", "photo", "--show", "0", width=width)
    assert max(map(len, ran.stdout.splitlines())) <= width
    words = " ".join(ran.stdout.split())
    for fact in ("so B is 1×425×638", "27 weights", "271,150 times", "819,840 × 271,150 = 222,299,616,000"):
        assert fact in words


def test_letters_as_json(mlcli: Callable) -> None:
    plain = json.loads(mlcli("conv-trace", "--example", "letters", "--json").stdout)
    assert plain["result"]["values"] == [[411, 456, 501], [636, 681, 726], [861, 906, 951]]
    assert plain["steps"][0]["figures"][-1]["parts"][0]["terms"][1] == {
        "label": "b", "value": 2, "coefficient": 2, "product": 4,
    }  # fmt: skip
    assert plain["seed"] is None


def test_json_is_byte_identical(mlcli: Callable) -> None:
    line = ("conv-trace", "sample_data/image.png", "--kernel", "random", "--seed", "3", "--json")
    assert mlcli(*line).stdout == mlcli(*line).stdout
    assert json.loads(mlcli(*line).stdout)["seed"] == 3


def test_a_matrix_kernel_padding_stride_and_one_cell(mlcli: Callable, tmp_path: Path) -> None:
    matrix = tmp_path / "m.csv"
    np.savetxt(matrix, np.arange(35).reshape(5, 7), fmt="%d", delimiter=",")
    ran = mlcli(
        "conv-trace", str(matrix), "--kernel", "1 0; 0 -1", "--stride", "2", "--padding", "1", "--at", "1,2",
        "--check", "--json",
    )  # fmt: skip
    plain = json.loads(ran.stdout)
    [step] = plain["steps"]
    assert step["symbol"] == "B[1][2]"
    assert step["figures"][0]["values"] == [[[10, 11], [17, 18]]]
    assert plain["result"]["values"][1][2] == 10 - 18
    assert all(check["passed"] for check in plain["checks"])
    assert len(plain["checks"]) == 2


def test_a_photograph_and_its_channels(mlcli: Callable) -> None:
    ran = mlcli("conv-trace", "--example", "photo", "--check", "--show", "1")
    assert "(3×427×640, red, green, blue)" in ran.stdout
    assert "torch.nn.functional.conv2d" in ran.stdout
    gray = mlcli("conv-trace", "--example", "photo", "--gray", "--show", "0")
    assert "(1×427×640, grey)" in gray.stdout


@pytest.mark.parametrize("suffix", [".json", ".txt", ".svg", ".html"])
def test_files_are_written_whole_and_never_over_another(mlcli: Callable, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"trace{suffix}"
    line = ("conv-trace", "--example", "letters", "--out", str(file))
    assert mlcli(*line).status == 0
    content = file.read_bytes()
    assert b"411" in content
    again = mlcli(*line)
    assert again.status == 2 and "exists already" in again.stderr and again.stdout == ""
    assert mlcli(*line, "--force").status == 0
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_holds_no_escape_codes(mlcli: Callable, tmp_path: Path) -> None:
    mlcli("conv-trace", "--example", "letters", "--out", str(tmp_path / "trace.txt"))
    assert "\x1b" not in (tmp_path / "trace.txt").read_text("utf-8")


def bomb() -> bytes:
    """A PNG that says it is 50,000×50,000 and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bomb.png", bomb(), "50,000×50,000"),
        ("empty.png", b"", "empty"),
        ("empty.csv", b"", "empty"),
        ("ragged.csv", b"1,2,3\n4,5\n6,7,8\n", "ragged.csv:2:"),
        ("words.csv", b"1,2\n3,abc\n", '"abc"'),
        ("text.png", b"not a picture at all", "picture"),
        ("\x1b[31mred.png", b"not a picture", r"\x1b[31mred.png"),
        ("nan.csv", b"1,2\nnan,4\n", "nan.csv:2"),
    ],
)
def test_bad_files_end_in_one_clear_line(
    mlcli: Callable, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    ran = mlcli("conv-trace", str(tmp_path / name))
    assert (ran.status, ran.stdout) == (2, "")
    error, *hint = ran.stderr.splitlines()
    assert error.startswith("error: ") and message in error
    assert len(hint) <= 1 and all(line.startswith("hint: ") for line in hint)
    assert "\x1b" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either a file or --example"),
        (["a.png", "--example", "letters"], "give either a file or --example"),
        (["missing.png"], "does not exist"),
        (["--example", "letters", "--kernel", "sobl-x"], 'no kernel is called "sobl-x"'),
        (["--example", "letters", "--kernel", "1 2; 3"], "--kernel"),
        (["--example", "letters", "--stride", "0"], "--stride"),
        (["--example", "letters", "--at", "middle"], "--at"),
        (["--example", "letters", "--at", "3,3"], "no cell 3,3"),
        (["--example", "letters", "--kernel", "sample_data/image.csv"], "does not exist"),
        (["--example", "letters", "--out", "trace.pdf"], "suffix"),
        (["--example", "letters", "--stride", "2,0"], "--stride: must be at least 1, not 0"),
        (["--example", "letters", "--stride", "1,2,3"], "--stride"),
        (["--example", "letters", "--dilation", "two"], "--dilation"),
        (["--example", "letters", "--padding", "most"], "--padding"),
        (["--example", "letters", "--padding", "same", "--stride", "2"], "stride of 1 only"),
        (["--example", "letters", "--padding", "5", "--pad-mode", "reflect"], "--pad-mode"),
        (["--example", "letters", "--kernel", "1 2 3; 4  6; 7 8 9"], "row 2: 2 values where row 1 has 3"),
        (["--example", "letters", "--kernel", "1 2 3; 4 , 6; 7 8 9"], "row 2"),
        (["--example", "letters", "--kernel", "1 nan"], "not finite"),
        (["--example", "letters", "--dilation", "3"], "the kernel does not fit: its height is 7"),
        (["--example", "letters", "--groups", "2"], "--groups"),
        (["--example", "letters-3", "--groups", "3", "--filters", "2", "--kernel", "random"], "--groups"),
        (["--example", "letters", "--filters", "3"], "--filters"),
        (["--example", "letters", "--kernel", "box", "--kernel", "1 2; 3 4"], "differ in size: 3×3 and 2×2"),
        (["--example", "letters", "--kernel", "one-to-nine-3", "--filters", "2"], "holds 3 matrices"),
        (["--example", "letters", "--bias", "1 2"], "--bias: 2 biases for 1 output channels"),
        (["--example", "letters", "--bias", "1 2; 3 4"], "--bias"),
        (["--example", "letters", "--pool", "mean:2"], "--pool"),
        (["--example", "letters", "--pool", "max:7"], "a window of 7×7 does not fit on a map of 3×3"),
        (["--example", "letters", "--shift", "left"], "--shift"),
        (["--example", "letters", "--shift", "5,0"], "nothing is left"),
        (["--example", "letters", "--crop", "0:9,0:2"], "5 rows and 5 columns"),
        (["--example", "letters", "--crop", "3:3,0:2"], "is empty"),
        (["--example", "letters", "--resize", "0x3"], "--resize"),
        (["--example", "letters", "--resize", "99999x99999"], "--resize"),
        (["--example", "letters", "--at", "1,0,0"], "no cell 0,0"),
        (["--example", "letters", "--out", "trace.txt", "--out", "./trace.txt"], "trace.txt: is named twice"),
        (["--example", "letters", "--out", "no/such/folder/trace.txt"], "folder does not exist"),
        (["--example", "letter"], "'letter' is not one of"),
        (["--strid", "2"], "no such option"),
    ],
)
def test_bad_calls_end_in_one_clear_line(mlcli: Callable, arguments: list[str], message: str) -> None:
    ran = mlcli("conv-trace", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert message in ran.stderr and len(ran.stderr.splitlines()) <= 2


def test_what_cannot_be_is_told_before_the_map_is_computed(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcli.commands.conv_trace.convolve", lambda *_, **__: pytest.fail("too late"))
    for line in (["--pool", "max:7"], ["--shift", "5,0"], ["--at", "3,3"]):
        assert mlcli("conv-trace", "--example", "letters", *line).status == 2


def test_a_picture_on_standard_input(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    png = io.BytesIO()
    Image.fromarray(np.full((7, 5), 255, np.uint8)).save(png, "PNG")
    png.seek(0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(png))
    ran = mlcli("conv-trace", "-", "--kernel", "box", "--json")
    assert json.loads(ran.stdout)["result"]["values"] == pytest.approx(np.ones((5, 3)))


def test_a_matrix_on_standard_input(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1,2\n3,4\n")))
    ran = mlcli("conv-trace", "-", "--kernel", "1 1; 1 1", "--json")
    assert json.loads(ran.stdout)["result"]["values"] == [[10]]


def test_the_loops_and_the_turned_kernel(mlcli: Callable) -> None:
    ran = mlcli("conv-trace", "--example", "letters", "--show", "1", "--loops", "--convolution")
    for fact in ("sum += A[ci][h+m][w+n] · W[ci][m][n]", "9 outputs × 9 terms = 81", "5×5 outputs", "219 264 309"):
        assert fact in ran.stdout
    assert re.search(r"0 +0 +0 +2 +2 +13 +9 +117 +411 +9\n", ran.stdout)
    assert "the loops against the matrix product: largest difference 0" in ran.stdout


def test_the_slides_three_channels(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli("conv-trace", "--example", "letters-3", "--show", "1")
    golden("conv-trace-letters-3", ran.stdout)
    assert "a1×1.100 + b1×2.100 + c1×3.100" in ran.stdout and "so B is 1×5×5" in ran.stdout


def test_activation_pooling_dense_and_shift(mlcli: Callable, golden: Callable) -> None:
    ran = mlcli(
        "conv-trace", "--example", "edge", "--show", "0", "--activation", "relu", "--pool", "max:2",
        "--compare", "dense", "--shift", "0,2", "--padding", "same",
    )  # fmt: skip
    golden("conv-trace-edge", ran.stdout)
    words = " ".join(ran.stdout.split())
    for fact in ("62,500", "50,176", "150,528", "Yours: 6×8 = 48", "equivariant inside", "global max: invariant"):
        assert fact in words


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        (["--shift", "0,2"], "this convolution is equivariant"),
        (["--shift", "0,3", "--stride", "2"], "this convolution is neither"),
        (["--shift", "0,0"], "this convolution is invariant"),
        (["--shift", "3,1", "--padding", "same", "--pad-mode", "circular"], "this convolution is equivariant: the map "
         "follows the image, border included"),
    ],
)  # fmt: skip
def test_the_shift_test_says_what_was_shown(mlcli: Callable, how: list[str], verdict: str) -> None:
    ran = mlcli("conv-trace", "sample_data/image.png", "--show", "0", *how)
    assert verdict in " ".join(ran.stdout.split())


def test_filters_groups_and_bias(mlcli: Callable) -> None:
    line = ("conv-trace", "--example", "letters-3", "--kernel", "sobel-x", "--kernel", "box", "--kernel", "corner")
    plain = json.loads(mlcli(*line, "--groups", "3", "--bias", "1 2 3", "--check", "--json").stdout)
    assert np.shape(plain["result"]["values"]) == (3, 5, 5)
    assert plain["result"]["values"][1][0][0] == pytest.approx(9.2 + 2)  # the mean of a2 … q2, and the bias
    assert all(check["passed"] for check in plain["checks"])
    each = json.loads(mlcli(*line[:5], "--groups", "3", "--json").stdout)
    assert np.shape(each["result"]["values"]) == (3, 5, 5)
    drawn = json.loads(mlcli(*line[:3], "--kernel", "random", "--filters", "7", "--json").stdout)
    assert np.shape(drawn["result"]["values"]) == (7, 5, 5)


def test_a_kernel_file_of_filters_and_channels(mlcli: Callable, tmp_path: Path) -> None:
    W = np.random.default_rng(29).standard_normal((5, 3, 2, 3))
    np.save(tmp_path / "w.npy", W)
    np.save(tmp_path / "a.npy", np.random.default_rng(31).standard_normal((3, 7, 11)))
    line = ("conv-trace", str(tmp_path / "a.npy"), "--kernel", str(tmp_path / "w.npy"))
    plain = json.loads(mlcli(*line, "--check", "--json").stdout)
    assert np.shape(plain["result"]["values"]) == (5, 6, 9)
    assert all(check["passed"] for check in plain["checks"])
    np.save(tmp_path / "w.npy", W[:, :2])
    ran = mlcli(*line)
    assert ran.status == 2 and "a filter has 2 channels, the input 3" in ran.stderr


def test_crop_and_resize_are_said(mlcli: Callable) -> None:
    ran = mlcli("conv-trace", "sample_data/image.png", "--crop", "4:20,2:26", "--resize", "8x12", "--show", "0")
    words = " ".join(ran.stdout.split())
    assert "(1×8×12, grey)" in words
    assert "cut to rows 4 to 19, columns 2 to 25" in words and "resized from 16×24 to 8×12, bilinear" in words


def test_the_map_as_a_picture(mlcli: Callable, tmp_path: Path) -> None:
    file = tmp_path / "map.png"
    line = ("conv-trace", "sample_data/image.png", "--kernel", "sobel-x", "--kernel", "box", "--out", str(file))
    assert mlcli(*line).status == 0
    sheet = np.asarray(Image.open(file))
    assert sheet.shape == (26 * 9, 26 * 9 * 2 + 4)  # blocks of 9 pixels, two maps, a gap
    assert sheet[11 * 9 + 4, 3 * 9 + 4] == 255  # the strongest cell
    assert mlcli("attention", "a b", "--out", str(tmp_path / "no.png")).status == 2


def odd_files() -> list[tuple[str, bytes]]:
    """Forty files that are no whole picture or matrix, each in its own way."""
    rng = np.random.default_rng(37)
    image = Image.fromarray(rng.integers(0, 256, (37, 41, 3), dtype=np.uint8))
    files = []
    for suffix, name in [
        ("png", "PNG"),
        ("jpg", "JPEG"),
        ("gif", "GIF"),
        ("bmp", "BMP"),
        ("tiff", "TIFF"),
        ("webp", "WEBP"),
        ("ppm", "PPM"),
    ]:
        whole = io.BytesIO()
        image.save(whole, name)
        content = whole.getvalue()
        files += [(f"{suffix}-{cut}.{suffix}", content[:cut]) for cut in (3, 11, 40)]
        files.append((f"noise.{suffix}", rng.bytes(len(content))))
    for name, text in [
        ("hole.csv", "1,2\n,4\n"), ("ragged.csv", "1,2\n3\n"), ("word.csv", "1,2\n3,x\n"), ("nan.csv", "nan,2\n3,4\n"),
        ("inf.csv", "1,2\n3,inf\n"), ("stack.csv", "1,2\n\n3,4,5\n"), ("blank.csv", "\n\n"), ("comment.csv", "# 1,2\n"),
        ("quote.csv", '"1,2\n3,4\n'), ("html.csv", "<html><body>404</body></html>"), ("nul.csv", "1\0,2\n3,4\n"),
    ]:  # fmt: skip
        files.append((name, text.encode()))
    return [*files, ("damaged.npy", b"\x93NUMPY\x01\x00garbage")]


ODD = odd_files()


def test_there_are_forty_of_them() -> None:
    assert len(ODD) == 40


@pytest.mark.parametrize(("name", "content"), ODD, ids=[name for name, _ in ODD])
def test_odd_files_end_in_one_clear_line(mlcli: Callable, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    ran = mlcli("conv-trace", str(tmp_path / name))
    assert (ran.status, ran.stdout) == (2, "")
    error, hint = ran.stderr.splitlines()
    assert error.startswith("error: ") and name in error and hint.startswith("hint: ")
