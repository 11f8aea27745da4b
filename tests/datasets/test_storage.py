from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlcli.core.errors import InputError, RequestFailed
from mlcli.datasets.catalogue import DataSet, named
from mlcli.datasets.storage import copies, folders, places

from .conftest import Server

Served = Callable[[str], DataSet]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that MLCLI_DATA_DIR names."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("MLCLI_DATA_DIR", str(folder))
    return folder


def put(folder: Path, *names: str, content: bytes) -> None:
    (folder / "toy").mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / "toy" / name).write_bytes(content)


def test_the_named_folder_is_looked_in_before_the_cache(own: Path, cache: Path):
    assert [(folder.name, folder.path) for folder in folders()] == [("MLCLI_DATA_DIR", own), ("cache", cache)]


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_there_is_the_cache(value: str | None, cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLCLI_DATA_DIR", raising=False)
    if value is not None:
        monkeypatch.setenv("MLCLI_DATA_DIR", value)
    assert [folder.path for folder in folders()] == [cache]


def test_files_in_the_named_folder_are_used_as_they_lie(
    own: Path, cache: Path, served: Served, server: Server, content: bytes
):
    put(own, "a", "b", content=content)
    found = list(copies(served("good")))
    assert [copy.path for copy in found] == [own / "toy/a", own / "toy/b"]
    assert all(copy.content == content and not copy.downloaded for copy in found)
    assert server.asked == 0 and not cache.exists()


def test_what_is_in_neither_folder_is_downloaded_into_the_cache_once(
    own: Path, cache: Path, served: Served, server: Server, content: bytes
):
    put(own, "a", content=content)
    for downloaded in (True, False):
        found = list(copies(served("good")))
        assert [copy.path for copy in found] == [own / "toy/a", cache / "toy/b"]
        assert [copy.downloaded for copy in found] == [False, downloaded]
        assert found[1].content == content
    assert server.asked == 1


@pytest.mark.usefixtures("no_data_dir")
def test_each_file_is_handed_on_as_soon_as_it_is_here(served: Served, server: Server):
    files = copies(served("good"))
    next(files)
    assert server.asked == 1


def test_a_wrong_file_in_the_named_folder_is_refused(own: Path, served: Served, server: Server, content: bytes):
    put(own, "a", content=content)
    put(own, "b", content=content + b"!")
    with pytest.raises(RequestFailed, match="is not the pinned file") as error:
        list(copies(served("good")))
    assert error.value.where == str(own / "toy/b")
    assert error.value.hint and served("good").files[1].url in error.value.hint
    assert server.asked == 0


@pytest.mark.usefixtures("no_data_dir")
def test_a_wrong_file_in_the_cache_is_replaced(cache: Path, served: Served, content: bytes):
    put(cache, "a", "b", content=b"damaged")
    assert [copy.content for copy in copies(served("good"))] == [content, content]
    assert (cache / "toy/a").read_bytes() == content


def test_a_named_folder_that_does_not_exist(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere is not a folder") as error:
        copies(served("good"))  # told at the call, before the first file is asked for
    assert error.value.where == "MLCLI_DATA_DIR"


@pytest.mark.usefixtures("no_data_dir")
def test_a_failed_download_tells_the_way_out(served: Served, cache: Path):
    with pytest.raises(RequestFailed, match="404") as error:
        list(copies(served("missing")))
    assert error.value.hint == (
        "set MLCLI_DATA_DIR to a folder that has toy/a, … (2 files), "
        "or use an embedded data set: --dataset digits-graph"
    )
    assert [path for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("no_data_dir")
def test_no_embedded_graph_is_offered_in_the_place_of_a_text(served: Served):
    text = replace(served("missing"), kind="text", files=served("missing").files[:1])
    with pytest.raises(RequestFailed) as error:
        list(copies(text))
    assert error.value.hint == "set MLCLI_DATA_DIR to a folder that has toy/a"


def test_a_folder_in_a_files_place(own: Path, served: Served):
    (own / "toy" / "a").mkdir(parents=True)
    with pytest.raises(RequestFailed, match="cannot be read"):
        list(copies(served("good")))


def test_places_are_the_folders_with_a_whole_copy(own: Path, cache: Path, served: Served, content: bytes):
    assert places(served("good")) == ()
    put(own, "a", content=content)
    put(cache, "a", "b", content=content)
    assert places(served("good")) == ("cache",)
    put(own, "b", content=content)
    assert places(served("good")) == ("MLCLI_DATA_DIR", "cache")
    put(cache, "b", content=b"damaged")
    assert places(served("good")) == ("MLCLI_DATA_DIR",)


def test_an_embedded_data_set_has_no_place():
    assert places(named("karate")) == ()
    assert list(copies(named("karate"))) == []


def test_the_real_files_are_the_pinned_ones(public_data: Path):
    for name in ("cora", "citeseer", "lastfm", "tinyshakespeare"):
        assert {copy.path.is_relative_to(public_data.absolute()) for copy in copies(named(name))} == {True}
