"""Writing a file whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mlcli.core.errors import InputError, RequestFailed


def refuse_twice(*paths: Path | Sequence[Path] | None) -> None:
    """Called before the work starts: what is written first would be in the way of the second, or be lost to it.

    Args:
        paths: as options hold them: one, several, or none.

    Raises:
        InputError: two of `paths` are one file.
    """
    named: set[Path] = set()
    for path in [file for one in paths if one for file in ([one] if isinstance(one, Path) else one)]:
        if (file := path.resolve()) in named:
            raise InputError("is named twice", str(path), "name another file for each")
        named.add(file)


def refuse_existing(path: Path, force: bool) -> None:
    """Called before the work starts, so that an hour of it is not lost to a name that is taken.

    Raises:
        InputError: `path` exists and `force` is off, or its folder does not exist.
        RequestFailed: its folder cannot be written to.
    """
    if path.is_dir():
        raise InputError("is a folder", str(path), "name a file")
    if (path.exists() or path.is_symlink()) and not force:
        raise InputError("exists already", str(path), "--force overwrites it")
    if not path.parent.is_dir():
        raise InputError("the folder does not exist", str(path.parent), f"mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise RequestFailed("the folder cannot be written to", str(path.parent), "name another folder")


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


STAGED = ".new"  # follows a name, and a dot stands before it, until all files of a folder are written


def write_all(folder: Path, contents: Mapping[str, bytes], gone: Iterable[Path] = ()) -> None:
    """Several files of a folder that belong together: each is flushed to the disk before the first is renamed.

    The last of them says that the others are there: whoever finds it finds them, whenever the power fails.

    Args:
        contents: by name; files of these names are replaced.
        gone: files that vouch for what is replaced; removed once nothing can run out of space any more.

    Raises:
        RequestFailed: the system refused (permission, no space); nothing is replaced where it was space.
    """
    staged = {folder / f".{name}{STAGED}": folder / name for name in contents}
    try:
        for path, content in zip(staged, contents.values(), strict=True):
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in gone:
            path.unlink(missing_ok=True)
        *files, last = staged.items()
        for path, target in files:
            path.replace(target)
        if files:
            flush_folder(folder)
        last[0].replace(last[1])
        flush_folder(folder)
    except OSError as error:
        for path in staged:
            path.unlink(missing_ok=True)
        raise RequestFailed(f"cannot be written: {error.strerror}", str(folder)) from error


def flush_folder(folder: Path) -> None:
    """Its names too are to be found after a power failure."""
    if hasattr(os, "O_DIRECTORY"):  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refused(error: OSError, path: Path) -> RequestFailed:
    return RequestFailed(f"cannot be written: {error.strerror}", str(path), "name another file, or another folder")


def _umask() -> int:
    mask = os.umask(0)  # the only way to read it is to set it
    os.umask(mask)
    return mask
