"""Architectures in text files, one layer a line; `core/architecture_text.py` says how they are written."""

from pathlib import Path

from mlcli.core.architecture_text import parse_architecture
from mlcli.core.architectures import Plan
from mlcli.core.errors import InputError
from mlcli.readers.source import read_source


def read_architecture(path: str | Path) -> Plan:
    """The network in `path`, or on standard input if it is `-`, not yet worked out.

    Raises:
        InputError: the file cannot be read (see `read_source`), is not text, or has a line that is not understood.
    """
    source = read_source(path)
    try:
        text = source.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not text", source.where, "write it as plain text (UTF-8), a layer a line") from error
    return parse_architecture(text, source.name, source.where)
