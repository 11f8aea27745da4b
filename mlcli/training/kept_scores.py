"""Scores kept as they come, so that work that was interrupted goes on with the seeds that are left.

A file for each model holds a line a seed. It lives as long as the work is unfinished: what was finished is computed
anew when it is asked for again. A line that was cut, or is damaged, counts as not there.
"""

import hashlib
import json
import os
from collections.abc import Container, Iterable
from pathlib import Path

from mlcli.training.reproductions import Entry, Table, versions

Scored = dict[tuple[str, int], dict[str, float]]  # entry's name, seed → scores by name


class KeptScores:
    """The files of a table below a folder, which need not exist.

    What cannot be written is not kept, and nothing else is lost.
    """

    def __init__(self, folder: Path, table: Table, entries: Iterable[Entry]) -> None:
        self._paths = {
            entry.name: folder / f"{table.data.name}-{entry.name}-{_key(table, entry)}.txt" for entry in entries
        }

    def read(self) -> Scored:
        """What an interrupted run has left."""
        scored: Scored = {}
        for name, path in self._paths.items():
            try:
                lines = path.read_bytes().splitlines()
            except OSError:
                continue
            for line in lines:
                try:
                    sum, _, plain = line.partition(b" ")
                    kept = json.loads(plain) if _sum(plain) == sum.decode("ascii") else {}
                    scored[name, kept.pop("seed")] = kept
                except (ValueError, KeyError):
                    continue
        return scored

    def add(self, name: str, seed: int, scores: dict[str, float]) -> None:
        """A line, flushed."""
        plain = json.dumps({"seed": seed, **scores}).encode()
        try:
            self._paths[name].parent.mkdir(parents=True, exist_ok=True)
            with self._paths[name].open("ab") as file:
                file.write(_sum(plain).encode() + b" " + plain + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            pass

    def done(self, told: Container[tuple[str, int]]) -> None:
        """These are done. A file that holds others too stays as it is: they are of longer work, not yet finished."""
        others = {name for name, seed in self.read() if (name, seed) not in told}
        self._remove(self._paths.keys() - others)

    def forget(self) -> None:
        """All is to be done anew."""
        self._remove(self._paths)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._paths[name].unlink(missing_ok=True)


def _key(table: Table, entry: Entry) -> str:
    """The same for what gives the same scores."""
    told = json.dumps([table.digest, dict(entry.settings), entry.told, versions()], default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _sum(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()[:16]
