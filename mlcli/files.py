"""Writing a file whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from mlcli.core.errors import InputError, RequestFailed


def refuse_twice(*paths: Path | None) -> None:
    """Called before the work starts: what is written first would be in the way of the second, or be lost to it.

    Raises:
        InputError: two of `paths` are one file.
    """
    named: set[Path] = set()
    for path in filter(None, paths):
        if (file := path.resolve()) in named:
            raise InputError("is named twice", str(path), "name another file for each")
        named.add(file)


def refuse_existing(path: Path, force: bool) -> None:
    """Called before the work starts, so that an hour of it is not lost to a name that is taken.

    Raises:
        InputError: `path` exists and `force` is off, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError("is a folder", str(path), "name a file")
    if (path.exists() or path.is_symlink()) and not force:
        raise InputError("exists already", str(path), "--force overwrites it")
    if not path.parent.is_dir():
        raise InputError("the folder does not exist", str(path.parent), f"mkdir -p {path.parent}")


def write_whole(path: Path, content: bytes | str | Callable[[Path], None], force: bool = False) -> None:
    """Write to a temporary name beside `path`, flush, rename: a reader sees the old file or the new one.

    Args:
        content: bytes, text (UTF-8), or a function that writes the file whose path it is given.
        force: an existing file is replaced only if on.

    Raises:
        InputError: see `refuse_existing`.
        RequestFailed: the system refused (permission, no space).
    """
    refuse_existing(path, force)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise _refused(error, path) from error
    temporary = Path(name)
    try:
        if callable(content):
            os.close(handle)
            content(temporary)
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise _refused(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _refused(error: OSError, path: Path) -> RequestFailed:
    return RequestFailed(f"cannot be written: {error.strerror}", str(path), "name another file, or another folder")


def _umask() -> int:
    mask = os.umask(0)  # the only way to read it is to set it
    os.umask(mask)
    return mask
