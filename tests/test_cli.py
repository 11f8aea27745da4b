import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mlcli as package
from mlcli import cli
from mlcli.core.errors import InputError, RequestFailed

ROOT = Path(__file__).parent.parent


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """mlcli as a program of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mlcli", *arguments], cwd=ROOT, capture_output=True, env=os.environ | environment
    )


def test_version_and_help(mlcli: Callable) -> None:
    assert mlcli("--version").stdout == f"mlcli {package.__version__}\n"
    shown = mlcli("--help").stdout
    for name, text in cli.COMMANDS.items():
        assert name in shown and text.split(",")[0][:30] in shown
    assert mlcli().stdout.startswith("Usage: mlcli")


def test_a_misspelt_command_is_met_with_the_nearest(mlcli: Callable) -> None:
    ran = mlcli("conv-trac")
    assert ran.status == 2 and "Did you mean 'conv-trace'" in ran.stderr


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("is empty", "a.csv", "fill it"), 2, "a.csv: is empty"),
        (RequestFailed("no network"), 1, "no network"),
        (MemoryError(), 1, "not enough memory"),
        (OSError(36, "File name too long", "x.txt"), 1, "x.txt: File name too long"),
        (OSError("no such library"), 1, "OSError: no such library (a fault in mlcli, not in your input)"),
        (ZeroDivisionError("by zero"), 1, "ZeroDivisionError: by zero (a fault in mlcli, not in your input)"),
    ],
)
def test_errors_become_statuses(error: BaseException, status: int, message: str) -> None:
    assert cli.explain(error)[:2] == (status, message)


@pytest.mark.parametrize("line", [("conv-trace", "--example", "letters"), ("demo",)])
def test_ctrl_c_ends_it_and_is_told(mlcli: Callable, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlcli.commands.conv_trace.convolve", interrupt)
    ran = mlcli(*line)
    assert ran.status == 130
    assert ran.stderr.startswith("error: interrupted\nhint: files are written when the work is done")
    assert "That was mlcli" not in ran.stdout


def test_ctrl_c_in_an_import_is_no_fault_of_ours(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None  # as a module that is written in C does

    monkeypatch.setattr("mlcli.commands.conv_trace.convolve", interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        ran = mlcli("conv-trace", "--example", "letters")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ran.status, ran.stdout) == (130, "")
    assert ran.stderr.startswith("error: interrupted\n")


def test_numbers_that_grow_too_large_are_told(mlcli: Callable, tmp_path: Path) -> None:
    (tmp_path / "huge.csv").write_text("1e308,1e308,1e308\n" * 3)
    ran = mlcli("conv-trace", str(tmp_path / "huge.csv"))
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: a number is beyond what float64 holds: overflow encountered in matmul\nhint: ")


def test_debug_shows_where(mlcli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mlcli", "--debug", "conv-trace", "missing.png"])
    with pytest.raises(InputError):
        cli.main()


def test_a_closed_pipe_ends_silently() -> None:
    ended = subprocess.run(
        f"{sys.executable} -m mlcli conv-trace --example photo --show 300 | head -n 1",
        shell=True, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.stdout.startswith("conv-trace · china.jpg")
    assert ended.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is needed")
@pytest.mark.parametrize(
    ("closed_or_full", "message"), [(">&-", "is closed"), (">/dev/full", "cannot be written: No space left on device")]
)
def test_standard_output_that_takes_nothing(closed_or_full: str, message: str) -> None:
    ended = subprocess.run(
        f"{sys.executable} -m mlcli data where {closed_or_full}",
        shell=True, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": ""},
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: standard output: {message}\nhint: ")
    assert len(ended.stderr.splitlines()) == 2


def test_an_ascii_console_gets_ascii() -> None:
    ended = run("conv-trace", "--example", "letters", PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert ended.returncode == 0
    assert ended.stdout.isascii() and b"a x1" not in ended.stdout
    assert b"ax1 + bx2 + cx3" in ended.stdout


def test_colour_is_for_terminals_only() -> None:
    plain = run("conv-trace", "--example", "letters", FORCE_COLOR="", NO_COLOR="")
    assert b"\x1b[" not in plain.stdout
    forced = run("conv-trace", "--example", "photo", "--show", "0", FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="")
    assert b"\x1b[" in forced.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(shell: str) -> None:
    words = (
        {"COMP_WORDS": "mlcli conv", "COMP_CWORD": "1"} if shell == "bash" else {"_TYPER_COMPLETE_ARGS": "mlcli conv"}
    )
    action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'mlcli'; from mlcli.cli import main; main()"],
        cwd=ROOT, capture_output=True, env=os.environ | words | action | {"_MLCLI_COMPLETE": f"complete_{shell}"},
    )  # fmt: skip
    assert b"conv-trace" in ended.stdout
