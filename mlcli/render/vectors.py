"""Named vectors as a file: CSV, a NumPy matrix with the names beside it, word2vec's text, or what gensim keeps."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.files import refuse_existing, refuse_twice, write_whole
from mlcli.render.show import SUFFIXES as LESSONS
from mlcli.render.show import PlottedOutput, option

Vectors = NDArray[np.float32]

SUFFIXES = (".csv", ".npy", ".txt", ".kv")


@dataclass(frozen=True)
class VectorOutput(PlottedOutput):
    """The options that every command shares, where --out takes vectors too; its .txt is theirs, not the lesson's."""

    out: list[Path] = option(
        [],
        "Write the vectors to FILE: .csv, .npy, .kv (gensim) or .txt (word2vec's); or all that is told: .json, .svg, "
        ".html. May be repeated.",
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        """See `PlottedOutput`, `refuse_vectors`."""
        super().__post_init__()
        for path in self.vectors:
            refuse_vectors(path, self.force)
        refuse_twice(self.lessons, [file for path in self.vectors for file in files_for(path)], self.plot)

    @property
    def lessons(self) -> list[Path]:
        """The files that the lesson goes to: all whose suffix is none of the vectors'."""
        return [path for path in self.out if path.suffix.lower() not in SUFFIXES]

    @property
    def vectors(self) -> list[Path]:
        """The files that the vectors go to."""
        return [path for path in self.out if path.suffix.lower() in SUFFIXES]

    @property
    def known(self) -> str:
        """See `Output`."""
        told = (suffix for suffix in LESSONS if suffix not in SUFFIXES)
        return f"one of {' '.join(SUFFIXES)} for the vectors, {' '.join(told)} for all that is told"


def refuse_vectors(path: Path, force: bool) -> None:
    """Called before the work starts.

    Raises:
        InputError: a suffix that is none of ours, a file that exists, a folder that does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("this suffix is not known", str(path), f"one of {' '.join(SUFFIXES)}")
    for file in files_for(path):
        refuse_existing(file, force)


def refuse_names(path: Path, names: tuple[str, ...]) -> None:
    """Called as soon as the names are known.

    Raises:
        InputError: a name that could not be told from what stands beside it in such a file.
    """
    match path.suffix.lower():
        case ".txt":
            unfit = [name for name in names if not name or any(map(str.isspace, name))]
            message = "the text form of word2vec keeps no name with a space in it"
        case ".npy":
            unfit = [name for name in names if "\n" in name or "\r" in name]
            message = "a list of names keeps none with a line break in it"
        case _:
            return
    if unfit:
        raise InputError(f'{message}, such as "{unfit[0]}"', str(path), f"{path.with_suffix('.csv')} keeps any name")


def files_for(path: Path) -> tuple[Path, ...]:
    """All that `write_vectors` writes."""
    return (path, names_beside(path)) if path.suffix.lower() == ".npy" else (path,)


def names_beside(path: Path) -> Path:
    """Where the names of a .npy file's rows stand, a name a line."""
    return path.with_suffix(".names.txt")


def write_vectors(path: Path, names: tuple[str, ...], vectors: Vectors, force: bool = False) -> None:
    """A row for each name; numbers in nine digits, enough to give back the same bits.

    Raises:
        InputError: see `refuse_vectors`, `refuse_names`.
        RequestFailed: the system refused.
    """
    refuse_vectors(path, force)
    refuse_names(path, names)
    match path.suffix.lower():
        case ".npy":
            write_whole(names_beside(path), "".join(f"{name}\n" for name in names), force)
            write_whole(path, lambda file: _write_npy(file, vectors), force)
        case ".txt":
            write_whole(path, lambda file: _write_word2vec(file, names, vectors), force)
        case ".kv":
            write_whole(path, lambda file: _write_keyed_vectors(file, names, vectors), force)
        case _:
            write_whole(path, lambda file: _write_csv(file, names, vectors), force)


class _Echo:
    """In the place of a file: `writerow` gives back what `write` does."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def _write_csv(path: Path, names: tuple[str, ...], vectors: Vectors) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        row = csv.writer(_Echo(), lineterminator="\n").writerow
        file.write(row(["node", *(f"x{i}" for i in range(vectors.shape[1]))]))
        lines = zip(names, _as_text(vectors, ","), strict=True)
        file.writelines(f"{row([name])[:-1]},{numbers}" for name, numbers in lines)


def _write_npy(path: Path, vectors: Vectors) -> None:
    with path.open("wb") as file:
        np.save(file, vectors)


def _write_word2vec(path: Path, names: tuple[str, ...], vectors: Vectors) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{len(vectors)} {vectors.shape[1]}\n")
        file.writelines(f"{name} {numbers}" for name, numbers in zip(names, _as_text(vectors, " "), strict=True))


def _as_text(vectors: Vectors, between: str) -> Iterator[str]:
    """A line for each row."""
    line = between.join(["%.9g"] * vectors.shape[1]) + "\n"
    return (line % tuple(row.tolist()) for row in vectors)


def _write_keyed_vectors(path: Path, names: tuple[str, ...], vectors: Vectors) -> None:
    from gensim.models import KeyedVectors

    kept = KeyedVectors(vectors.shape[1])
    kept.add_vectors(list(names), vectors)
    vars(kept)["lifecycle_events"] = None  # else the hour would be in the file
    kept.save(str(path), sep_limit=2**62)  # one file, however large
