"""Where a lesson goes: to the terminal, as JSON to standard output, and into the files the user named."""

import functools
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from mlcli.core.errors import InputError, RequestFailed
from mlcli.files import refuse_existing, refuse_twice, write_whole
from mlcli.lesson import Lesson
from mlcli.render.json import document, dumps
from mlcli.render.map_files import map_png
from mlcli.render.page import Page
from mlcli.render.plot_files import refuse_plot, write_plot
from mlcli.render.terminal import print_lesson

FILE_WIDTH = 100  # columns of a page written to a file


def option(default: Any, help: str, **more: Any) -> Any:
    """A dataclass field that the command line offers as an option; `more` as typer.Option has it (min, max, flag)."""
    metadata = {"help": help, **more}
    return (
        field(default_factory=list, metadata=metadata) if default == [] else field(default=default, metadata=metadata)
    )


@dataclass(frozen=True)
class Output:
    """The options that every command shares."""

    json: bool = option(False, "Print the whole lesson as JSON instead.")
    out: list[Path] = option([], "Write it to FILE too: .json, .txt, .svg or .html. May be repeated.", metavar="FILE")
    force: bool = option(False, "Overwrite files that exist.")
    precision: int = option(3, "Decimals shown (files in .json always hold every digit).", min=0, max=17)

    def __post_init__(self) -> None:
        """Bad names are told before the work starts.

        Raises:
            InputError: a suffix that is none of ours, a file that exists or is named twice, a folder that does not.
        """
        for path in self.lessons:
            if path.suffix.lower() not in SUFFIXES:
                raise InputError("this suffix is not known", str(path), self.known)
            refuse_existing(path, self.force)
        refuse_twice(self.out)

    @property
    def lessons(self) -> list[Path]:
        """The files that the lesson goes to."""
        return self.out

    @property
    def known(self) -> str:
        """The suffixes that --out takes, as a hint."""
        return f"one of {' '.join(SUFFIXES)}"


@dataclass(frozen=True)
class MapOutput(Output):
    """The same, for a command whose answer is a map: it can be written as a picture."""

    out: list[Path] = option([], "Write it to FILE too: .json, .txt, .svg, .html; or the map as .png. May be repeated.",
                             metavar="FILE")  # fmt: skip

    def __post_init__(self) -> None:
        """Bad names are told before the work starts.

        Raises:
            InputError: see `Output`; the same of a picture.
        """
        super().__post_init__()
        for path in self.maps:
            refuse_existing(path, self.force)

    @property
    def maps(self) -> list[Path]:
        """The files that the map goes to as a picture."""
        return [path for path in self.out if path.suffix.lower() == ".png"]

    @property
    def lessons(self) -> list[Path]:
        """The files that the lesson goes to."""
        return [path for path in self.out if path not in self.maps]

    @property
    def known(self) -> str:
        """The suffixes that --out takes, as a hint."""
        return f"{super().known} .png"


@dataclass(frozen=True)
class PlottedOutput(Output):
    """The same, for a command whose lessons hold figures that `plot_files` can draw."""

    plot: list[Path] = option([], "Draw its figures into FILE: .png, .svg or .pdf. May be repeated.", metavar="FILE")

    def __post_init__(self) -> None:
        """Bad names are told before the work starts.

        Raises:
            InputError: see `Output` and `refuse_plot`; the file is named twice.
        """
        super().__post_init__()
        for path in self.plot:
            refuse_plot(path, self.force)
        refuse_twice(self.out, self.plot)


def show(lesson: Lesson, output: Output, run: dict[str, Any] | None = None) -> None:
    """Files first, then standard output, so that an error leaves nothing on it.

    Args:
        run: the JSON document of a training run, which then stands in the lesson's place.

    Raises:
        RequestFailed: a check did not hold; everything is shown first.
    """
    plain = functools.cache(lambda: dumps(run or document(lesson)))  # of a large map it would be a gigabyte
    if isinstance(output, PlottedOutput):
        for path in output.plot:
            write_plot(lesson, path, output.force)
    if isinstance(output, MapOutput):
        for path in output.maps:
            write_whole(path, map_png(lesson), output.force)
    for path in output.lessons:
        suffix = path.suffix.lower()
        content = plain() if suffix == ".json" else WRITERS[suffix](lesson, output.precision)
        write_whole(path, content, output.force)
    emit(plain() if output.json else as_text(lesson, output.precision))
    failed = [check.name for check in lesson.checks if not check.passed]
    if failed:
        raise RequestFailed(f"the check against {failed[0]} did not hold", hint="please report it with the command")


def as_text(lesson: Lesson, precision: int) -> str:
    """What the terminal gets, with its escape codes if it understands any."""
    console = Console(file=sys.stdout)
    with console.capture() as capture:
        print_lesson(lesson, console, precision)
    return capture.get()


def say(text: str) -> None:
    """A sentence on standard error, in the console's own encoding: what is no part of the answer."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(Page(ascii=not console.encoding.startswith("utf")).line(text, "dim"), highlight=False)


def emit(text: str) -> None:
    """Write to standard output; a reader that has gone (`| head`) ends the program silently, as it does `cat`.

    Raises:
        RequestFailed: standard output is closed, or the disk behind it is full.
    """
    if sys.stdout is None:
        raise RequestFailed("is closed", "standard output", "leave >&- out, or use > FILE")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again as it ends
        if isinstance(error, BrokenPipeError):
            raise SystemExit(141) from None
        raise RequestFailed(f"cannot be written: {error.strerror}", "standard output", "send it elsewhere") from error


def _exported(export: Callable[[Console, Lesson], str], colour: bool) -> Callable[[Lesson, int], str]:
    def write(lesson: Lesson, precision: int) -> str:
        page = Console(
            record=True, file=io.TextIOWrapper(io.BytesIO(), "utf-8"), width=FILE_WIDTH, force_terminal=colour,
            color_system="truecolor" if colour else None, no_color=not colour, legacy_windows=False,
        )  # fmt: skip
        print_lesson(lesson, page, precision)
        return export(page, lesson)

    return write


WRITERS: dict[str, Callable[[Lesson, int], str]] = {
    ".txt": _exported(lambda page, _: page.export_text(), colour=False),
    ".svg": _exported(
        lambda page, lesson: page.export_svg(title=f"mlcli {lesson.command}", unique_id="mlcli"), colour=True
    ),
    ".html": _exported(lambda page, _: page.export_html(), colour=True),
}
SUFFIXES = (".json", *WRITERS)
