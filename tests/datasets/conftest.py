"""A cache of its own for each test, and a server on this machine that misbehaves on request."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import pytest

from mlcli.datasets.catalogue import DataFile, DataSet

CONTENT = b"one line of data\n" * 4099  # more than one piece


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, which does not exist yet; no test sees the user's own."""
    folder = tmp_path / "cache" / "mlcli"
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(folder))
    return folder


@pytest.fixture
def no_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLCLI_DATA_DIR", raising=False)


class Server(ThreadingHTTPServer):
    """Answers as the path asks: /good /wrong /longer /page /cut /missing /silent."""

    daemon_threads = True
    asked = 0
    stop = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        mode = self.path.split("/")[1]
        body = {
            "wrong": CONTENT[:-1] + b"!",
            "longer": CONTENT + b"!",
            "page": b"\n<!DOCTYPE html><title>Log in</title>",
        }.get(mode, CONTENT)
        if mode == "silent":
            self.server.stop.wait(5)
        self.send_response(404 if mode == "missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-7] if mode == "cut" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Not on stderr."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()
        server.stop.clear()


@pytest.fixture
def served(server: Server) -> Callable[[str], DataSet]:
    """A data set of two files that the server gives in the mode asked for."""

    def data_set(mode: str) -> DataSet:
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        host = f"http://127.0.0.1:{server.server_port}"
        files = [DataFile(f"toy/{name}", sha256, len(CONTENT), f"{host}/{mode}/{name}") for name in ("a", "b")]
        return DataSet("toy", "a toy", "node classification", "small", "none", "here", tuple(files))

    return data_set


@pytest.fixture
def content() -> bytes:
    return CONTENT
