"""One training at a time in a folder: two would each remove what the other keeps."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlcli.core.errors import InputError, RequestFailed


@contextmanager
def alone_in(folder: Path | None, make: bool = False) -> Iterator[None]:
    """Inside, no other training writes to `folder`. The lock is the system's: it ends with the process, however that
    ends. Where the system has none, and in all but the first process of a launcher, nothing is locked.

    Args:
        folder: None, or one that is not there, has nothing to guard.
        make: make it now, so that what is in the way is known before the work starts; left empty, it goes again.

    Raises:
        InputError: another training writes to it.
        RequestFailed: the system refuses to make it, or to have it written to.
    """
    if folder is None or os.environ.get("RANK", "0") != "0":
        yield
        return
    made = make and not folder.exists()
    if make:
        _make(folder)
    handle = _lock(folder)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
        if made:
            with suppress(OSError):  # something is kept in it
                folder.rmdir()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestFailed(f"cannot be made: {error.strerror}", str(folder), "name another folder") from error
    if not os.access(folder, os.W_OK):
        raise RequestFailed("cannot be written to", str(folder), "name another folder")


def _lock(folder: Path) -> int | None:
    """What holds the lock until it is closed."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise InputError(
            "another training writes to it", str(folder), "wait until it has ended, or name another folder"
        ) from error
    except OSError:  # a file system without locks
        pass
    return handle
