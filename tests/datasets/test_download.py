import io
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pooch
import pytest

from mlcli.core.errors import RequestFailed
from mlcli.datasets import download as module
from mlcli.datasets.catalogue import DataSet
from mlcli.datasets.download import download

from .conftest import Server

Served = Callable[[str], DataSet]


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_file_is_written_whole_and_nothing_is_said(
    served: Served, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
):
    said = io.StringIO()  # pooch took hold of stderr when it was imported
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", said)
    told: list[tuple[str, int, int]] = []
    watch = lambda what, total: lambda done: told.append((what, total, done))  # noqa: E731
    download(served("good").files[0], tmp_path / "new" / "a", watch)
    assert told == [("toy/a, kB:", 69, 65), ("toy/a, kB:", 69, 69)]
    assert everything_in(tmp_path) == [tmp_path / "new" / "a"]
    assert (tmp_path / "new" / "a").read_bytes() == content
    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("missing", "answered 404 Not Found"),
        ("page", "web page"),
        ("wrong", "SHA-256 differs"),
        ("longer", "more than the file holds"),
        ("cut", "broke off"),
    ],
)
def test_a_bad_answer_is_told_in_a_line_and_leaves_nothing(
    mode: str, message: str, served: Served, server: Server, tmp_path: Path
):
    file = served(mode).files[0]
    with pytest.raises(RequestFailed, match=message) as error:
        download(file, tmp_path / "a")
    assert error.value.where == file.path
    assert "127.0.0.1" in error.value.message and "\n" not in error.value.message
    assert everything_in(tmp_path) == []
    assert server.asked == 1  # one try


def test_an_older_copy_is_left_as_it_was(served: Served, tmp_path: Path):
    (tmp_path / "a").write_bytes(b"damaged")
    with pytest.raises(RequestFailed):
        download(served("missing").files[0], tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"damaged"


def test_no_answer_in_time(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "READ", 0.1)
    with pytest.raises(RequestFailed, match="did not answer in time"):
        download(served("silent").files[0], tmp_path / "a")
    assert everything_in(tmp_path) == []


def test_no_network(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_such_host(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    file = replace(served("good").files[0], url="https://raw.githubusercontent.com/x")
    with pytest.raises(RequestFailed, match=r"raw\.githubusercontent\.com cannot be reached"):
        download(file, tmp_path / "a")
    assert everything_in(tmp_path) == []


def test_nobody_listens(served: Served, tmp_path: Path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, but it does not listen
        file = replace(served("good").files[0], url=f"http://127.0.0.1:{held.getsockname()[1]}/a")
        with pytest.raises(RequestFailed, match="cannot be reached"):
            download(file, tmp_path / "a")


def test_a_connection_that_is_not_secure(served: Served, server: Server, tmp_path: Path):
    file = served("good").files[0]
    with pytest.raises(RequestFailed, match="is not secure"):
        download(replace(file, url=file.url.replace("http:", "https:")), tmp_path / "a")


@contextmanager
def small_disk() -> Iterator[None]:
    """No file can grow beyond a page; not for longer than it takes, as pytest's own output may go to a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_without_space(served: Served, tmp_path: Path):
    file = served("good").files[0]
    with small_disk(), pytest.raises(RequestFailed, match="cannot be written: File too large"):
        download(file, tmp_path / "a")
    assert everything_in(tmp_path) == []


def test_a_folder_that_cannot_be_made(served: Served, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(RequestFailed, match="cannot be written"):
        download(served("good").files[0], tmp_path / "file" / "a")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written(served: Served, tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(RequestFailed, match="cannot be written"):
        download(served("good").files[0], tmp_path / "a")
    tmp_path.chmod(0o700)
