"""One pinned file from the network: whole and with the right sum, or not at all."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests

from mlcli.core.errors import RequestFailed
from mlcli.core.progress import Progress, silent
from mlcli.datasets.catalogue import DataFile

CONNECT, READ = 10.0, 30.0  # seconds to wait for a connection, and for each next piece
PIECE = 1 << 16  # bytes


class _Unwanted(Exception):
    """What the host did instead of sending the file."""


def download(file: DataFile, path: Path, progress: Progress = silent) -> None:
    """Fetch `file.url` once into `path`, through a temporary name beside it that is gone whatever happens.

    Args:
        progress: is told the thousands of bytes.

    Raises:
        RequestFailed: no network, no answer in time, an HTTP error, a broken connection, a web page or other
            wrong bytes in the file's place, or a disk that cannot be written.
    """
    pooch.get_logger().setLevel("ERROR")  # it would tell of each download on stderr
    host = urlsplit(file.url).hostname
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(file.url, f"sha256:{file.sha256}", path.name, path.parent, downloader=_pieces(file, progress))
    except _Unwanted as error:
        raise RequestFailed(f"{host} {error}", file.path) from error
    except requests.Timeout as error:
        raise RequestFailed(f"{host} did not answer in time", file.path) from error
    except requests.exceptions.SSLError as error:
        raise RequestFailed(f"the connection to {host} is not secure", file.path) from error
    except requests.ConnectionError as error:
        raise RequestFailed(f"{host} cannot be reached", file.path) from error
    except requests.RequestException as error:
        raise RequestFailed(f"the download from {host} broke off", file.path) from error
    except ValueError as error:  # pooch: the sum differs
        raise RequestFailed(f"what {host} sent is not the pinned file: its SHA-256 differs", file.path) from error
    except OSError as error:  # after the requests errors, which are OSErrors too
        raise RequestFailed(f"cannot be written: {error.strerror or 'no permission'}", str(path)) from error


def _pieces(file: DataFile, progress: Progress) -> Any:
    """A downloader as pooch calls it, that stops at the first sign of something else than the file."""

    def downloader(url: str, target: str, _: Any) -> None:
        done = progress(f"{file.path}, kB:", file.bytes // 1000)
        with requests.get(url, timeout=(CONNECT, READ), stream=True) as response, Path(target).open("wb") as output:
            if response.status_code != requests.codes.ok:
                raise _Unwanted(f"answered {response.status_code} {response.reason}")
            for piece in response.iter_content(PIECE):
                if output.tell() == 0 and piece.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
                    raise _Unwanted("sent a web page in its place: the login page of a network?")
                if output.tell() + len(piece) > file.bytes:
                    raise _Unwanted("sent more than the file holds")
                output.write(piece)
                done(output.tell() // 1000)

    return downloader
