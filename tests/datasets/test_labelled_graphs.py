from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from mlcli.core.errors import InputError, RequestFailed
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets import planetoid
from mlcli.datasets.catalogue import named
from mlcli.datasets.labelled_graphs import load, names


def everything(graph: LabelledGraph) -> tuple[object, ...]:
    features = sparse.csr_array(graph.features).toarray().tobytes()
    parts = [part.tobytes() for part in (graph.graph.edges, graph.labels, graph.train, graph.validation, graph.test)]
    return graph.name, graph.graph.names, graph.classes, graph.read, features, *parts


@pytest.mark.parametrize("name", ["karate", "digits-graph"])
def test_an_embedded_graph_needs_no_folder(name: str, cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLCLI_DATA_DIR", "/nowhere")
    assert load(name).name == name
    assert not cache.exists()


@pytest.mark.parametrize("name", ["karate", "digits-graph", "cora", "citeseer"])
def test_a_graph_fits_together(name: str, public_data: Path):
    graph = load(name)
    N = len(graph.graph.names)
    assert graph.name == name and name in names()
    assert graph.features.shape[0] == len(graph.labels) == N
    assert graph.features.dtype == np.float64
    assert {part.dtype for part in (graph.graph.edges, graph.labels, graph.train, graph.validation, graph.test)} == {
        np.dtype(np.int64)
    }
    assert graph.graph.edges.max() < N and (graph.graph.edges[0] < graph.graph.edges[1]).all()
    assert graph.labels.max() == len(graph.classes) - 1
    assert all(graph.labels[part].min() >= 0 for part in (graph.train, graph.validation, graph.test))


def test_the_second_load_is_not_parsed(cache: Path, public_data: Path, monkeypatch: pytest.MonkeyPatch):
    first = load("cora")
    assert len(list((cache / "parsed").glob("cora-*.npz"))) == 1
    monkeypatch.delattr(planetoid, "parse")
    assert everything(load("cora")) == everything(first)


def test_a_damaged_archive_is_made_anew(cache: Path, public_data: Path):
    first = load("cora")
    (archive,) = (cache / "parsed").iterdir()
    archive.write_bytes(archive.read_bytes()[:-100])
    assert everything(load("cora")) == everything(first)
    archive.write_bytes(b"")
    assert everything(load("cora")) == everything(first)
    assert archive.stat().st_size > 0


def test_a_cache_that_cannot_be_written_is_no_error(cache: Path, public_data: Path):
    cache.parent.mkdir()
    cache.touch()
    assert load("cora").graph.edges.shape == (2, 5278)


def test_a_kept_graph_does_not_hide_a_wrong_file(public_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    load("cora")
    for file in named("cora").files:
        (tmp_path / file.path).parent.mkdir(exist_ok=True)
        (tmp_path / file.path).write_bytes((public_data / file.path).read_bytes())
    (tmp_path / "planetoid" / "ind.cora.test.index").write_bytes(b"5\n")
    monkeypatch.setenv("MLCLI_DATA_DIR", str(tmp_path))
    with pytest.raises(RequestFailed, match="is not the pinned file"):
        load("cora")


def test_an_unknown_name():
    with pytest.raises(InputError, match='there is no data set called "coro"'):
        load("coro")


def test_a_data_set_without_labelled_nodes():
    with pytest.raises(InputError, match="lastfm is a data set of ratings") as error:
        load("lastfm")
    assert error.value.hint == "choose one of karate, digits-graph, cora, citeseer, pubmed, ogbn-arxiv"
