import io
import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from mlcli.core.progress import Progress
from mlcli.datasets import storage
from mlcli.datasets.catalogue import DATA_SETS, DataFile, named

Command = Callable[..., Any]

AT_HAND = ("cora", "citeseer", "lastfm", "tinyshakespeare")  # in the folder of the public data


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """No file of the user's own cache is seen, and MLCLI_DATA_DIR is not set."""
    if "public_data" in request.fixturenames:
        request.getfixturevalue("public_data")  # which reads it
    folder = tmp_path / "cache"
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(folder))
    monkeypatch.delenv("MLCLI_DATA_DIR", raising=False)
    return folder


def rows(ran: Any) -> list[dict[str, Any]]:
    result = json.loads(ran.stdout)["result"]
    return [dict(zip(result["axes"], row, strict=True)) for row in result["values"]]


def test_list_tells_every_data_set_once(mlcli: Command):
    listed = rows(mlcli("data", "list", "--json"))
    assert [row["name"] for row in listed] == [data_set.name for data_set in DATA_SETS]
    assert all(row[column] for row in listed for column in ("what", "kind", "size", "licence", "source", "here"))
    assert {row["here"] for row in listed if row["bytes"] is None} == {"embedded"}
    assert {row["here"] for row in listed if row["bytes"] is not None} == {"not here"}


def test_list_fits_the_terminal_and_says_the_same(mlcli: Command):
    ran = mlcli("data", "list")
    assert ran.status == 0 and ran.stderr == ""
    assert max(map(len, ran.stdout.splitlines())) <= 80
    for data_set in DATA_SETS:
        assert ran.stdout.count(f"     {data_set.name} ") == 3
        assert data_set.licence in ran.stdout


def test_list_tells_what_is_here(mlcli: Command, public_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", str(public_data))
    listed = rows(mlcli("data", "list", "--json"))
    here = {row["name"]: row["here"] for row in listed}
    assert {name for name in here if here[name] == "MLCLI_DATA_DIR"} == {*AT_HAND}
    assert {here[row["name"]] for row in listed if row["name"] not in AT_HAND} == {"embedded", "not here"}


@pytest.mark.parametrize("arguments", [("list",), ("fetch", "cora")])
def test_a_data_folder_that_does_not_exist(arguments: tuple[str, ...], mlcli: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", "/nowhere")
    ran = mlcli("data", *arguments)
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: MLCLI_DATA_DIR: /nowhere is not a folder\nhint: ")


def test_where_tells_the_folders_in_order(mlcli: Command, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (cache / "text").mkdir(parents=True)
    (cache / "text" / "tinyshakespeare.txt").write_bytes(b"not it")
    (cache / "other").write_bytes(b"not ours")
    monkeypatch.setenv("MLCLI_DATA_DIR", str(tmp_path / "nowhere"))
    told = [tuple(row.values()) for row in rows(mlcli("data", "where", "--json"))]
    assert told == [
        ("MLCLI_DATA_DIR", str(tmp_path / "nowhere"), "no", "no whole data set", 0),
        ("cache", str(cache), "yes", "no whole data set", 6),
    ]


def test_where_tells_what_each_holds(mlcli: Command, public_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", str(public_data))
    first, second = rows(mlcli("data", "where", "--json"))
    assert first["holds"] == ", ".join(AT_HAND)
    assert first["bytes"] == sum(named(name).bytes for name in AT_HAND)
    assert (second["exists"], second["bytes"]) == ("no", 0)


def test_where_says_that_the_variable_is_not_set(mlcli: Command):
    assert "MLCLI_DATA_DIR is not set" in mlcli("data", "where").stdout


def test_fetch_uses_what_is_here(mlcli: Command, public_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", str(public_data))
    fetched = rows(mlcli("data", "fetch", "cora", "--json"))
    assert [row["how"] for row in fetched] == ["here already, checked"] * 8
    assert sum(row["bytes"] for row in fetched) == 572_444
    assert all(Path(row["path"]).is_relative_to(public_data) for row in fetched)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that gives every file in an instant."""

    def download(file: DataFile, path: Path, progress: Progress) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.path.encode())
        progress(file.path, 17)(11)

    monkeypatch.setattr("mlcli.datasets.download.download", download)
    monkeypatch.setattr(storage, "_is", lambda content, file: content == file.path.encode())


@pytest.mark.usefixtures("network")
def test_fetch_downloads_into_the_cache(mlcli: Command, cache: Path):
    fetched = rows(mlcli("data", "fetch", "lastfm", "--json"))
    assert [(row["file"], row["how"]) for row in fetched] == [
        ("lastfm/data1.txt", "downloaded and checked"),
        ("lastfm/test1.txt", "downloaded and checked"),
    ]
    assert sorted(path.name for path in cache.rglob("*.txt")) == ["data1.txt", "test1.txt"]
    assert {row["name"]: row["here"] for row in rows(mlcli("data", "list", "--json"))}["lastfm"] == "cache"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("line", ["data fetch tinyshakespeare", "train lstm --dataset tinyshakespeare"])
def test_a_download_tells_how_far_it_is_on_a_terminal_only(
    mlcli: Command, line: str, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm")
    for stream, shown in ((io.StringIO(), False), (Terminal(), True), (Terminal(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        mlcli(*line.split())
        assert ("text/tinyshakespeare.txt 11 of 17" in stream.getvalue()) is shown
        if not shown and not stream.isatty():
            shutil.rmtree(cache)


def test_fetch_without_a_network(mlcli: Command, cache: Path, monkeypatch: pytest.MonkeyPatch):
    def no_such_host(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    ran = mlcli("data", "fetch", "citeseer")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr == (
        "error: planetoid/ind.citeseer.x: raw.githubusercontent.com cannot be reached\n"
        "hint: set MLCLI_DATA_DIR to a folder that has planetoid/ind.citeseer.x, … (8 files), "
        "or use an embedded data set: --dataset digits-graph\n"
    )
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_fetch_of_an_embedded_data_set(mlcli: Command, cache: Path):
    ran = mlcli("data", "fetch", "karate")
    assert ran.status == 0 and "It is embedded" in ran.stdout
    assert not cache.exists()


def test_fetch_of_an_unknown_name(mlcli: Command):
    ran = mlcli("data", "fetch", "crao")
    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr.startswith('error: there is no data set called "crao"\nhint: choose one of cora, ')
