import io
import json
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
