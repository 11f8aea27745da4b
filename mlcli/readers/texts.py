"""A text file as one string."""

import codecs
from pathlib import Path

from mlcli.core.errors import InputError
from mlcli.readers.source import read_source


def read_text(path: str | Path) -> str:
    """The UTF-8 text in `path`, or on standard input if it is `-`; a byte order mark is left out.

    Raises:
        InputError: the file cannot be read (see `read_source`), or is no UTF-8.
    """
    source = read_source(path)
    content = source.content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte {content[error.start]:#04x} is no UTF-8"
        raise InputError(message, f"{source.where}:{line}", "save it as UTF-8 text") from error
