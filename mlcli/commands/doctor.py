"""mlcli doctor: what mlcli finds on this machine."""

import os
import platform
import sys
from importlib.metadata import version

from rich.console import Console

import mlcli
from mlcli.commands.options import command, program
from mlcli.datasets.samples import sample
from mlcli.lesson import Lesson, Result, Table
from mlcli.render.show import Output, show

app = program()


@command(app, examples=("mlcli doctor", "mlcli doctor --json"))
def doctor(output: Output = Output()) -> None:
    """Tell what mlcli finds here: Python, torch and its device, the terminal, the folders of data sets.

    Nothing is downloaded and nothing is changed. Add it to a report of a fault.
    """
    rows = (*_python(), *_torch(), *_terminal(), *_data())
    lesson = Lesson(
        title="what mlcli finds on this machine",
        command="doctor",
        rules=(),
        inputs=(),
        steps=(),
        result=Result(Table("", ("what", "found"), rows)),
        next=("mlcli demo", "mlcli data list"),
    )
    show(lesson, output)


def _python() -> list[tuple[str, str]]:
    libraries = ("numpy", "scipy", "networkx", "gensim", "scikit-learn", "typer", "rich")
    return [
        ("mlcli", mlcli.__version__),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
        ("libraries", ", ".join(f"{name} {version(name)}" for name in libraries)),
    ]


def _torch() -> list[tuple[str, str]]:
    try:
        import torch
    except ImportError as error:
        return [("torch", f"cannot be loaded: {error}; the trace commands work without it, train does not")]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return [("torch", f"{torch.__version__}, {device}, {torch.get_num_threads()} threads")]


def _terminal() -> list[tuple[str, str]]:
    console = Console(file=sys.stdout)
    signs = "Σ · → can be shown" if console.encoding.startswith("utf") else "signs are spelled out in ASCII"
    kind = "a terminal" if console.is_terminal else "no terminal (a pipe or a file)"
    colours = console.color_system if console.color_system and not console.no_color else "none"
    return [("output", f"{kind}, {console.width} columns, {console.encoding} ({signs}), colours: {colours}")]


def _data() -> list[tuple[str, str]]:
    return [("sample data", str(sample("image.png").parent))]
