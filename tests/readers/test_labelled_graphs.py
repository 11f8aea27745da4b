from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.labelled_graphs import LabelledGraph
from mlcli.readers.labelled_graphs import read

EDGES = "source,target\nAnn,Bob\nBob,Cid\nCid,Dan\nDan,Eve\nEve,Flo\nFlo,Ann\n"
FEATURES = "node,x,y\nFlo,6,60\nEve,5,50\nDan,4,40\nCid,3,30\nBob,2,20\nAnn,1,10\n"
LABELS = "node,label\nAnn,red\nBob,red\nCid,red\nDan,blue\nEve,blue\nFlo,blue\n"

Reader = Callable[..., LabelledGraph]


@pytest.fixture
def graph(tmp_path: Path) -> Reader:
    def from_contents(
        edges: str = EDGES, features: str | None = FEATURES, labels: str = LABELS, **options: object
    ) -> LabelledGraph:
        for name, content in (("edges.csv", edges), ("features.csv", features), ("labels.csv", labels)):
            (tmp_path / name).write_text(content or "")
        paths = [tmp_path / "edges.csv", tmp_path / "features.csv" if features else None, tmp_path / "labels.csv"]
        return read(*paths, **options)

    return from_contents


def test_three_files_make_one_graph(graph: Reader) -> None:
    found = graph()
    assert found.name == "edges.csv"
    assert found.graph.names == ("Ann", "Bob", "Cid", "Dan", "Eve", "Flo")
    assert isinstance(found.features, np.ndarray)
    assert found.features.tolist() == [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60]]
    assert found.classes == ("blue", "red")
    assert found.labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert sorted(np.concatenate([found.train, found.validation, found.test])) == list(range(6))
    for part in (found.train, found.validation, found.test):
        assert sorted(found.labels[part]) == [0, 1]
    assert found.read[-1].endswith("drawn with seed 0")
    assert found.read[0] == "edges.csv: the first line is a header: source, target"


def test_the_seed_draws_the_split(graph: Reader) -> None:
    trains = {tuple(graph(seed=seed).train) for seed in range(11)}
    assert len(trains) > 1
    assert tuple(graph(seed=7).train) == tuple(graph(seed=7).train)


@pytest.mark.parametrize(
    "features",
    [
        FEATURES,
        FEATURES.replace("node,", "Name,"),
        FEATURES.removeprefix("node,x,y\n"),
        FEATURES.replace("node,x,y", "x,y"),
        FEATURES.replace("node,x,y", ",0,1"),
        FEATURES.replace(",", ";"),
        FEATURES.replace(",", " "),
        "person,x,y\n" + FEATURES.removeprefix("node,x,y\n"),
        "1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n",
        "x,y\n1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n",
    ],
)
def test_features_however_they_are_written(graph: Reader, features: str) -> None:
    found = graph(features=features)
    assert isinstance(found.features, np.ndarray)
    assert found.features.tolist() == [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60]]
    in_order = features.startswith(("1", "x,y\n1"))
    assert ("features.csv: features in the order of the nodes: Ann, Bob, Cid and 3 more" in found.read) == in_order


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("2,7\n1,5\n3,9\n0,3\n", [[3], [5], [7], [9]]),  # a permutation of the nodes: their names
        ("node,x\n2,7\n1,5\n3,9\n0,3\n", [[3], [5], [7], [9]]),
        ("x,y\n2,7\n1,5\n3,9\n0,3\n", [[3], [5], [7], [9]]),
        ("x,y\n1,7\n1,5\n0,9\n0,3\n", [[1, 7], [1, 5], [0, 9], [0, 3]]),  # equal values: no names
        ("0.5,7\n1,5\n3,9\n0,3\n", [[0.5, 7], [1, 5], [3, 9], [0, 3]]),
        ("7\n5\n9\n3\n", [[7], [5], [9], [3]]),
    ],
)
def test_features_of_numbered_nodes(graph: Reader, features: str, expected: list) -> None:
    found = graph("0 1\n1 2\n2 3\n", features, "0,a,train\n1,b,train\n2,a,val\n3,b,test\n")
    assert isinstance(found.features, np.ndarray)
    assert found.features.tolist() == expected


def test_without_features_every_node_has_its_own(graph: Reader) -> None:
    found = graph(features=None)
    assert isinstance(found.features, sparse.csr_array)
    assert np.array_equal(found.features.toarray(), np.eye(6))
    assert "no features: every node is given one of its own (one-hot)" in found.read


def test_nodes_without_edges(graph: Reader) -> None:
    found = graph(features=FEATURES + "Zoe,9,90\nYan,8,80\n", labels=LABELS + "Yan,red\n")
    assert found.graph.names == ("Ann", "Bob", "Cid", "Dan", "Eve", "Flo", "Zoe", "Yan")
    assert found.labels.tolist() == [1, 1, 1, 0, 0, 0, -1, 1]
    assert "2 nodes without edges: Zoe, Yan" in found.read
    assert "1 node without a label: part of the graph, not of the split" in found.read
    assert 6 not in np.concatenate([found.train, found.validation, found.test])


def test_nodes_that_only_the_labels_name(graph: Reader) -> None:
    found = graph(features=None, labels=LABELS + "Zoe,red\n")
    assert found.graph.names[-1] == "Zoe"
    assert found.features.shape == (7, 7)


def test_nodes_that_only_the_labels_name_where_others_have_features(graph: Reader) -> None:
    found = graph(labels=SPLIT.replace("Bob,red,val", "Bob,red,val\nBop,green,train\nZoe,green,test"))
    assert found.graph.names == ("Ann", "Bob", "Cid", "Dan", "Eve", "Flo")
    assert found.classes == ("blue", "red") and found.labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert (found.train.tolist(), found.validation.tolist(), found.test.tolist()) == ([0, 3], [1], [2, 5])
    said = "labels.csv: 2 nodes have a label but neither edge nor features, left out: Bop (or is it Bob?), Zoe"
    assert said in found.read


def test_numbered_nodes_without_edges_stand_in_order(graph: Reader) -> None:
    found = graph("5 9\n9 1\n", None, "1,a,train\n9,b,train\n5,a,val\n3,b,test\n")
    assert found.graph.names == ("1", "3", "5", "9")
    assert found.graph.edges.tolist() == [[2, 3], [3, 0]]
    assert found.labels.tolist() == [0, 1, 0, 1]
    assert (found.train.tolist(), found.validation.tolist(), found.test.tolist()) == ([0, 3], [2], [1])


@pytest.mark.parametrize("unknown", ["", "?", "-1"])
def test_unknown_labels(graph: Reader, unknown: str) -> None:
    found = graph(labels=LABELS + "Gus," + unknown, features=FEATURES + "Gus,7,70\n")
    assert found.labels[6] == -1
    assert found.classes == ("blue", "red")


def test_numbered_classes_stand_in_order(graph: Reader) -> None:
    names = iter(["10", "9", "10", "9", "10", "9"])
    labels = "\n".join(f"{node},{next(names)}" for node in ("Ann", "Bob", "Cid", "Dan", "Eve", "Flo"))
    assert graph(labels=labels).classes == ("9", "10")


SPLIT = """node,label,split
Ann,red,train
Bob,red,val
Cid,red,Test
Dan,blue,training
Eve,blue,
Flo,blue,test
"""


@pytest.mark.parametrize(
    "labels",
    [
        SPLIT,
        SPLIT.removeprefix("node,label,split\n"),
        "node,age,split,label\nAnn,30,train,red\nBob,30,val,red\nCid,30,Test,red\n"
        "Dan,30,training,blue\nEve,30,,blue\nFlo,30,test,blue\n",
    ],
)
def test_the_split_that_the_labels_tell(graph: Reader, labels: str) -> None:
    found = graph(labels=labels)
    assert (found.train.tolist(), found.validation.tolist(), found.test.tolist()) == ([0, 3], [1], [2, 5])
    assert found.labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert any("the split is column" in note for note in found.read)
    assert ("labels.csv: not read: column age" in found.read) == ("age" in labels)


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"features": FEATURES.replace("Cid", "Sid")}, "features.csv", 'no features for 1 node of the graph: "Cid"'),
        ({"features": "1,2\n3,4\n5,6\n"}, "features.csv", "3 rows of features for 6 nodes"),
        ({"features": FEATURES + "Ann,1,2\n"}, "features.csv:8", '"Ann" has features on line 7 already'),
        ({"features": FEATURES.replace("4,40", "4,x")}, "features.csv:4", 'column 3 "x" is not a number'),
        ({"features": FEATURES.replace("4,40", "4")}, "features.csv:4", "2 values where line 1 has 3"),
        ({"features": "Ann\nBob\nCid\nDan\nEve\nFlo\n"}, "features.csv", "has names but no features"),
        ({"labels": LABELS.replace("blue", "red") + "Gus,blue\n"}, "labels.csv", 'holds only one class: "red"'),
        ({"labels": "a,x\nb,y\nc,x\n"}, "labels.csv", "names no node of edges.csv"),
        ({"labels": LABELS + "Ann,red\n"}, "labels.csv:8", '"Ann" is labelled on line 2 already'),
        ({"labels": LABELS + "Gus\n"}, "labels.csv:8", "1 column where the first line has 2"),
        ({"labels": "Ann\nBob\n"}, "labels.csv:1", '"Ann" is one column, not a node and its label'),
        ({"labels": "node,split\nAnn,train\n"}, "labels.csv:1", "has no column for the label"),
        ({"labels": LABELS.replace("blue", "red")}, "labels.csv", 'holds only one class: "red"'),
        ({"labels": "Ann,\nBob,?\n"}, "labels.csv", "holds no class"),
        ({"labels": LABELS.replace("Flo,blue", "Flo,green")}, "labels.csv", "class blue has 2 nodes; to train"),
        ({"labels": SPLIT.replace("val", "dev")}, "labels.csv:3", '"dev" is no part of a split'),
        ({"labels": SPLIT.replace("Bob,red", "Bob,")}, "labels.csv:3", '"Bob" is in the split without a label'),
        ({"labels": SPLIT.replace("val", "test")}, "labels.csv", "no node is marked val"),
        ({"labels": SPLIT.replace("training", "test")}, "labels.csv", "no node of the class blue is marked train"),
        ({"edges": "a|b\nb|c\n"}, "edges.csv:1", '"a|b" is one column, not two names'),
    ],
)  # fmt: skip
def test_files_that_do_not_fit(graph: Reader, change: dict, where: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        graph(**change)
    assert raised.value.message.startswith(message)
    assert str(raised.value.where).endswith(where)
    assert raised.value.hint


@pytest.mark.parametrize("header", ["node,label", "person,club", "Name,Class", "x,label", ""])
def test_headers_of_labels(graph: Reader, header: str) -> None:
    labels = LABELS.replace("node,label", header) if header else LABELS.removeprefix("node,label\n")
    assert graph(labels=labels).labels.tolist() == [1, 1, 1, 0, 0, 0]


def test_a_first_line_that_is_no_header_though_its_node_is_new(graph: Reader) -> None:
    found = graph(features=None, labels="Zoe,red\n" + LABELS.removeprefix("node,label\n"))
    assert found.graph.names[-1] == "Zoe"
    assert found.labels[-1] == 1


def test_a_class_called_as_a_header_would_be(graph: Reader) -> None:
    labels = LABELS.removeprefix("node,label\n").replace("red", "y")
    assert graph(labels=labels).labels.tolist() == [1, 1, 1, 0, 0, 0]


def test_options_of_the_edges(graph: Reader) -> None:
    edges = EDGES.replace("source,target\n", "").replace(",", "|")
    found = graph(edges.replace("\n", "|2\n"), weighted=False, directed=True, delimiter="|")
    assert found.graph.directed
    assert found.graph.weights.tolist() == [1] * 6
