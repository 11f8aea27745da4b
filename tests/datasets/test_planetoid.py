from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from mlcli.core.errors import RequestFailed
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets import planetoid
from mlcli.datasets.catalogue import named
from mlcli.datasets.planetoid import parse, unpickle
from mlcli.datasets.storage import copies


def real(name: str) -> LabelledGraph:
    return parse(name, {copy.file.path: copy.content for copy in copies(named(name))})


@pytest.fixture
def cora(public_data: Path) -> LabelledGraph:
    return real("cora")


@pytest.fixture
def citeseer(public_data: Path) -> LabelledGraph:
    return real("citeseer")


def test_cora_is_what_the_field_knows(cora: LabelledGraph):
    assert isinstance(cora.features, sparse.csr_array)
    assert cora.features.shape == (2708, 1433) and cora.features.dtype == np.float64
    assert cora.features.nnz == 49_216 and set(cora.features.data) == {1.0}
    assert cora.graph.edges.shape == (2, 5278) and not cora.graph.directed
    assert np.bincount(cora.labels).tolist() == [351, 217, 418, 818, 426, 298, 180]
    assert cora.classes[0] == "Theory" and cora.classes[3] == "Neural Networks" and cora.classes[6] == "Rule Learning"
    assert cora.read == (
        "5,429 links are listed; 151 repeat another and 0 join a paper to itself: "
        "5,278 distinct undirected edges remain",
    )
    same = cora.labels[cora.graph.edges[0]] == cora.labels[cora.graph.edges[1]]
    assert round(same.mean(), 2) == 0.81


def test_citeseer_is_what_the_field_knows(citeseer: LabelledGraph):
    assert citeseer.features.shape == (3327, 3703)
    assert citeseer.graph.edges.shape == (2, 4552)
    counts = {name: int((citeseer.labels == label).sum()) for label, name in enumerate(citeseer.classes)}
    assert counts == {"AI": 249, "ML": 590, "IR": 668, "DB": 701, "Agents": 596, "HCI": 508}


def test_citeseers_missing_papers_have_no_words_no_class_and_no_part(citeseer: LabelledGraph):
    missing = np.flatnonzero(citeseer.labels == -1)
    assert len(missing) == 15
    assert sparse.csr_array(citeseer.features)[missing].nnz == 0
    assert np.diff(sparse.csr_array(citeseer.features).indptr).min(initial=1, where=citeseer.labels >= 0) == 1
    assert not np.isin(missing, np.concatenate([citeseer.train, citeseer.validation, citeseer.test])).any()
    assert "15 papers" in citeseer.read[1] and "16 edges" in citeseer.read[1]


@pytest.mark.parametrize(("name", "train"), [("cora", 140), ("citeseer", 120)])
def test_the_split_is_the_published_one(name: str, train: int, public_data: Path):
    graph = real(name)
    assert graph.train.tolist() == list(range(train))
    assert graph.validation.tolist() == list(range(train, train + 500))
    index = np.loadtxt(public_data / "planetoid" / f"ind.{name}.test.index", dtype=int)
    assert graph.test.tolist() == sorted(index) and len(index) == 1000
    assert set(np.bincount(graph.labels[graph.train])) == {20}
    assert len({*graph.train, *graph.validation, *graph.test}) == train + 500 + 1000
    assert graph.labels[graph.test].min() >= 0


@pytest.mark.parametrize("name", ["cora", "citeseer"])
def test_it_is_what_pytorch_geometric_reads(name: str, public_data: Path):
    reader = pytest.importorskip("torch_geometric.io.planetoid")
    theirs = reader.read_planetoid_data(str(public_data / "planetoid"), name)
    graph = real(name)
    known = graph.labels >= 0
    assert np.array_equal(
        graph.graph.arcs(), np.unique(theirs.edge_index[:, theirs.edge_index[0] != theirs.edge_index[1]], axis=1)
    )
    assert np.array_equal(graph.labels[known], theirs.y.numpy()[known])
    assert np.array_equal(sparse.csr_array(graph.features).toarray(), theirs.x.numpy())
    for part in ("train", "test"):
        assert np.array_equal(getattr(graph, part), np.flatnonzero(theirs[f"{part}_mask"]))
    assert np.array_equal(graph.validation, np.flatnonzero(theirs.val_mask))


def toy(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> LabelledGraph:
    """Five papers, then tests at 9, 5, 8: so 6 and 7 are missing; three words, seven classes."""
    one_hot = np.eye(7, dtype=np.int32)
    parts = {
        "allx": SimpleNamespace(matrix=sparse.csr_array(np.arange(15.0).reshape(5, 3))),
        "tx": SimpleNamespace(matrix=sparse.csr_array([[90.0, 0, 91], [0, 50, 0], [80, 0, 0]])),
        "ally": one_hot[[0, 1, 2, 3, 4]],
        "ty": one_hot[[6, 5, 3]],
        "y": one_hot[[0, 1]],
        "graph": {0: [1, 1, 2], 1: [0, 0], 2: [0, 6], 6: [2], 8: [8, 8], 9: [5], 5: [9]},
    } | changes
    monkeypatch.setattr(planetoid, "unpickle", lambda content, _: parts[content.decode()])
    contents = {f"planetoid/ind.cora.{key}": key.encode() for key in parts}
    return parse("cora", contents | {"planetoid/ind.cora.test.index": b"9\n5\n8\n"})


def test_test_rows_are_put_where_the_index_says(monkeypatch: pytest.MonkeyPatch):
    graph = toy(monkeypatch)
    features = sparse.csr_array(graph.features).toarray()
    assert features[[9, 5, 8]].tolist() == [[90, 0, 91], [0, 50, 0], [80, 0, 0]]
    assert features[:5].ravel().tolist() == list(range(15))
    assert graph.labels.tolist() == [0, 1, 2, 3, 4, 5, -1, -1, 3, 6]
    assert graph.test.tolist() == [5, 8, 9] and graph.train.tolist() == [0, 1]


def test_repeats_and_loops_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch):
    graph = toy(monkeypatch)
    assert graph.graph.edges.T.tolist() == [[0, 1], [0, 2], [2, 6], [5, 9]]
    assert graph.read[0].startswith("6 links are listed; 1 repeat another and 1 join a paper to itself: 4 distinct")
    assert graph.read[1].startswith("2 papers") and "keep their 1 edges" in graph.read[1]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=31))
def test_every_link_is_an_edge_a_repeat_or_a_loop(links: list[tuple[int, int]]):
    neighbours: dict[int, list[int]] = {}
    for u, v in links:
        neighbours.setdefault(u, []).append(v)
        neighbours.setdefault(v, []).append(u)
    edges, told = planetoid._distinct(neighbours)
    assert Counter(map(tuple, edges.T.tolist())) == Counter(
        {(min(link), max(link)) for link in links if link[0] != link[1]}
    )
    loops = sum(u == v for u, v in links)
    assert told.startswith(f"{len(links)} links") and f" {loops} join" in told


HARMFUL = [
    b"cos\nsystem\n(S'touch {}'\ntR.",
    b'c__builtin__\neval\n(S\'open("{}", "w")\'\ntR.',
    b"(S'touch {}'\nios\nsystem\n.",
    b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x05touch\x85R.",
    b"\x80\x04\x8c\x0bcollections\x8c\x14defaultdict.__init__\x93.",
    b"cnumpy\nload\n(S'{}'\ntR.",
    b"cmlcli.datasets.planetoid\n_Words\n.",
]


@pytest.mark.parametrize("pickled", HARMFUL)
def test_a_pickle_that_asks_for_more_is_refused_and_never_run(pickled: bytes, tmp_path: Path):
    target = tmp_path / "run"
    with pytest.raises(RequestFailed, match=r"asks for [\w.]+ on being opened") as error:
        unpickle(pickled.replace(b"{}", str(target).encode()), "planetoid/ind.cora.x")
    assert error.value.where == "planetoid/ind.cora.x"
    assert not target.exists()


@pytest.mark.parametrize("pickled", [b"", b"(dp0\nI1\n(lp1\nI2\naI3", b"(dp0\nIone\n.", b"(dp0\na.", b"."])
def test_a_pickle_that_is_cut_off_or_damaged_is_told(pickled: bytes):
    with pytest.raises(RequestFailed) as error:
        unpickle(pickled, "planetoid/ind.cora.graph")
    assert error.value.hint == "remove it, to have it downloaded again"
