"""The bytes of a file that the user named, or of standard input, with every way that can fail told as an error."""

import difflib
import sys
from dataclasses import dataclass, field
from pathlib import Path

from mlcli.core.errors import InputError

LARGEST = 512 * 2**20  # bytes: 100 megapixels of 5 bytes, or 30 million edges


@dataclass(frozen=True)
class Source:
    """What was read.

    Args:
        name: short, for titles: `image.png`.
        where: for errors, as the user typed it: `pictures/image.png`.
    """

    name: str
    where: str
    content: bytes = field(repr=False)


def read_source(path: "str | Path | Source") -> Source:
    """All bytes of `path`, or of standard input if it is `-`; what was read already is handed back.

    Raises:
        InputError: it does not exist, is a folder, may not be read, is closed, empty or larger than `LARGEST`.
    """
    if isinstance(path, Source):
        return path
    path = Path(path)
    if str(path) == "-":
        source = Source("stdin", "stdin", _standard_input())
    else:
        source = Source(path.name, str(path), _file(path))
    if not source.content:
        raise InputError("is empty", source.where, "check that it was saved, or give another")
    if len(source.content) > LARGEST:
        raise InputError(f"is larger than {LARGEST // 2**20} MiB", source.where, "give a part of it")
    return source


def utf8(source: Source) -> str:
    """Its text.

    Raises:
        InputError: a byte is not of UTF-8.
    """
    try:
        return source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.content.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start:,} (0x{source.content[error.start]:02X}) is not UTF-8"
        raise InputError(message, f"{source.where}:{line}", "save it as UTF-8") from error


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("is closed", "stdin", "pipe something into it, or name a file")
    try:
        return sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", "stdin", "name a file") from error


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise InputError("does not exist", str(path), _likely(path)) from error
    except IsADirectoryError as error:
        raise InputError("is a folder", str(path), "name a file in it") from error
    except PermissionError as error:
        raise InputError("may not be read", str(path), "change its permissions, or give a copy of it") from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(path), "give a copy of it") from error


def _likely(path: Path) -> str:
    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    for name in difflib.get_close_matches(path.name, names, n=1):
        return f"did you mean {path.with_name(name)}?"
    return "check the name; - reads standard input"
