"""Where the files of a data set lie: the folder that MLCLI_DATA_DIR names, then the cache, then the network.

Whatever way a file came, its SHA-256 is compared with the catalogue's before anything opens it.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.progress import Progress, silent
from mlcli.datasets.catalogue import DATA_SETS, DataFile, DataSet

VARIABLE = "MLCLI_DATA_DIR"
AGAIN = "remove it, to have it downloaded again"
PARSED = "parsed"  # the folder in the cache for graphs that were parsed once


@dataclass(frozen=True)
class Folder:
    """A place where files are looked for, laid out as the catalogue's paths say; it need not exist."""

    name: str
    path: Path


@dataclass(frozen=True)
class Copy:
    """One file of a data set on this machine, its sum checked.

    Args:
        downloaded: it was not here before.
    """

    file: DataFile
    path: Path
    content: bytes
    downloaded: bool


def cache_folder() -> Path:
    """The user's cache folder for mlcli, which may not exist yet."""
    return Path(platformdirs.user_cache_dir("mlcli", appauthor=False))


def folders() -> tuple[Folder, ...]:
    """Every folder that is looked in, the first first."""
    named = os.environ.get(VARIABLE)
    own = (Folder(VARIABLE, Path(named).expanduser().absolute()),) if named else ()
    return (*own, Folder("cache", cache_folder()))


def refuse_missing_folder() -> None:
    """A name that was mistyped should not end in a download.

    Raises:
        InputError: MLCLI_DATA_DIR does not name a folder.
    """
    for folder in folders():
        if folder.name == VARIABLE and not folder.path.is_dir():
            raise InputError(
                f"{folder.path} is not a folder", VARIABLE, f"name a folder that exists, or unset {VARIABLE}"
            )


def fetch_missing(data_set: DataSet, progress: Progress) -> None:
    """Download the files that are nowhere yet, so that `copies` finds them.

    Raises:
        InputError, RequestFailed: see `copies`.
    """
    refuse_missing_folder()
    for file in data_set.files:
        if not any((folder.path / file.path).exists() for folder in folders()):
            _downloaded(file, data_set, progress)


def copies(data_set: DataSet, progress: Progress = silent) -> Iterator[Copy]:
    """Each file of `data_set` as soon as it is here, downloaded into the cache if it has to be.

    Raises:
        InputError: see `refuse_missing_folder`.
        RequestFailed: a file in MLCLI_DATA_DIR is not the pinned one or cannot be read, or a download failed.
    """
    refuse_missing_folder()
    return (_present(file) or _downloaded(file, data_set, progress) for file in data_set.files)


def places(data_set: DataSet) -> tuple[str, ...]:
    """The names of the folders that hold a whole and intact copy of `data_set`, the first first."""
    return tuple(
        folder.name
        for folder in folders()
        if data_set.files and all(_intact(folder.path / file.path, file) for file in data_set.files)
    )


def bytes_in(folder: Folder) -> int:
    """What the data sets' files, and what was made of them, take up in `folder`."""
    tops = {Path(file.path).parts[0] for data_set in DATA_SETS for file in data_set.files} | {PARSED}
    return sum(path.stat().st_size for top in tops for path in (folder.path / top).rglob("*") if path.is_file())


def _present(file: DataFile) -> Copy | None:
    """A wrong copy in the user's own folder is theirs to mend; one in the cache is ours, and counts as missing."""
    for folder in folders():
        path = folder.path / file.path
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise RequestFailed(
                f"cannot be read: {error.strerror}", str(path), "make it readable, or remove it"
            ) from error
        if _is(content, file):
            return Copy(file, path, content, downloaded=False)
        if folder.name == VARIABLE:
            raise RequestFailed("is not the pinned file: its SHA-256 differs", str(path), f"{AGAIN} from {file.url}")
    return None


def damaged(message: str, where: str) -> RequestFailed:
    """A file of a data set that is not what it has to be, whichever it is.

    Args:
        where: its path, and maybe the place in it.
    """
    return RequestFailed(message, where, AGAIN)


def _downloaded(file: DataFile, data_set: DataSet, progress: Progress) -> Copy:
    from mlcli.datasets.download import download  # imports requests, which a file at hand does not need

    path = cache_folder() / file.path
    try:
        download(file, path, progress)
    except RequestFailed as error:
        raise RequestFailed(error.message, error.where, way_out(data_set)) from error
    return Copy(file, path, path.read_bytes(), downloaded=True)


def way_out(data_set: DataSet) -> str:
    """What to do where a data set cannot be downloaded."""
    paths = [file.path for file in data_set.files]
    needed = paths[0] if len(paths) == 1 else f"{paths[0]}, … ({len(paths)} files)"
    embedded = ", or use an embedded data set: --dataset digits-graph" if data_set.kind == "node classification" else ""
    return f"set {VARIABLE} to a folder that has {needed}{embedded}"


def _intact(path: Path, file: DataFile) -> bool:
    try:
        return _is(path.read_bytes(), file)
    except OSError:
        return False


def _is(content: bytes, file: DataFile) -> bool:
    return hashlib.sha256(content).hexdigest() == file.sha256
