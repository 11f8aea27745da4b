import dataclasses
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from mlcli.core.graphs import Graph
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.datasets.graph_archive import keep, kept

GRAPH = LabelledGraph(
    name="toy",
    graph=Graph(("a", "é", "c"), np.array([[0, 1], [1, 2]]), np.array([1.0, 0.5])),
    features=sparse.csr_array([[0, 2.0, 0, 0, 0], [0, 0, 0, 0, 3.0], [0, 0, 0, 0, 0]]),
    labels=np.array([1, -1, 0]),
    classes=("x", "Ω"),
    train=np.array([0]),
    validation=np.array([], dtype=np.int64),
    test=np.array([2]),
    read=("one", "two"),
)


def same(a: LabelledGraph, b: LabelledGraph) -> bool:
    return (
        (a.name, a.classes, a.read, a.graph.names) == (b.name, b.classes, b.read, b.graph.names)
        and all(
            np.array_equal(getattr(a, part), getattr(b, part)) for part in ("labels", "train", "validation", "test")
        )
        and np.array_equal(a.graph.edges, b.graph.edges)
        and a.divided == b.divided
        and np.array_equal(a.graph.weights, b.graph.weights)
        and np.array_equal(sparse.csr_array(a.features).toarray(), sparse.csr_array(b.features).toarray())
    )


def test_what_is_kept_comes_back(tmp_path: Path):
    keep(GRAPH, tmp_path / "new" / "toy.npz")
    back = kept("toy", tmp_path / "new" / "toy.npz")
    assert back and same(back, GRAPH)
    assert isinstance(back.features, sparse.csr_array) and back.features.dtype == np.float64
    assert back.labels.dtype == back.graph.edges.dtype == np.int64
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["toy.npz"]


def test_dense_features_come_back_dense(tmp_path: Path):
    dense = dataclasses.replace(GRAPH, features=np.array([[0.1, -0.0], [3.0, 2.5e-300], [0.0, 7.0]]), divided=False)
    keep(dense, tmp_path / "toy.npz")
    back = kept("toy", tmp_path / "toy.npz")
    assert back and same(back, dense) and isinstance(back.features, np.ndarray) and not back.divided
    keep(GRAPH, tmp_path / "sparse.npz")
    sparse_back = kept("toy", tmp_path / "sparse.npz")
    assert sparse_back and sparse_back.divided


def test_nothing_was_kept(tmp_path: Path):
    assert kept("toy", tmp_path / "toy.npz") is None


@settings(max_examples=101, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_is_none_or_the_same(data: st.DataObject, tmp_path: Path):
    path = tmp_path / "toy.npz"
    keep(GRAPH, path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    back = kept("toy", path)
    assert back is None or same(back, GRAPH)


def test_an_archive_of_something_else_is_none(tmp_path: Path):
    np.savez(tmp_path / "toy.npz", other=np.arange(3))
    assert kept("toy", tmp_path / "toy.npz") is None


def test_an_archive_that_would_have_to_be_unpickled_is_none(tmp_path: Path):
    keep(GRAPH, tmp_path / "toy.npz")
    with np.load(tmp_path / "toy.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "toy.npz", **(arrays | {"read": arrays["read"].astype(object)}))
    assert kept("toy", tmp_path / "toy.npz") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path):
    (tmp_path / "file").touch()
    keep(GRAPH, tmp_path / "file" / "toy.npz")
    (tmp_path / "taken.npz").mkdir()
    keep(GRAPH, tmp_path / "taken.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken.npz"]
