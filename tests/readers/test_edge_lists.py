from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlcli.core.errors import InputError
from mlcli.readers.edge_lists import EdgeListInput, read_edges

Reader = Callable[..., EdgeListInput]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def from_content(content: str | bytes, **options: object) -> EdgeListInput:
        (tmp_path / "edges.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return read_edges(tmp_path / "edges.csv", **options)

    return from_content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edges")


def named_edges(found: EdgeListInput) -> list[tuple[str, str]]:
    return [(found.graph.names[u], found.graph.names[v]) for u, v in found.graph.edges.T]


NAMES = st.text(st.characters(exclude_characters='\r\n"', exclude_categories=["Cs"]), min_size=1, max_size=5).filter(
    lambda name: name == name.strip(" \t") and name[0] not in "#%" and "\0" not in name
)


def test_a_name_with_a_comma_is_no_number(read: Reader) -> None:
    found = read("1,5;2,5;0,75\n2,5;Ann;1,25\n")
    assert named_edges(found) == [("1,5", "2,5"), ("2,5", "Ann")]
    assert found.graph.weights.tolist() == [0.75, 1.25]


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=13), st.sampled_from(",;\t"), st.booleans())
@example([("0", ",0")], ";", False)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(folder: Path, edges: list[tuple[str, str]], delimiter: str, directed: bool) -> None:
    rows = [delimiter.join(f'"{name}"' for name in edge) for edge in [("source", "target"), *edges]]
    (folder / "edges.csv").write_text("\n".join(rows), encoding="utf-8", newline="")
    found = read_edges(folder / "edges.csv", delimiter=delimiter, directed=directed)
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for edge in edges:
        if edge[0] != edge[1]:
            seen.setdefault(edge if directed else tuple(sorted(edge)), edge)
    assert named_edges(found) == list(seen.values())
    assert set(found.graph.names) == {name for edge in edges for name in edge}
    assert found.self_loops == sum(u == v for u, v in edges)
    assert found.merged + found.self_loops + len(seen) == len(edges)
    assert found.graph.directed == directed


@pytest.mark.parametrize(
    "content",
    [
        "Ann,Bob\nBob,Cid\nAnn,Dan\n",
        "Ann;Bob\nBob;Cid\nAnn;Dan\n",
        "Ann\tBob\nBob\tCid\nAnn\tDan\n",
        "Ann Bob\n Bob   Cid\nAnn\tDan\n",
        "\ufeffAnn,Bob\r\nBob,Cid\r\n\r\nAnn,Dan",
        "# a graph\n% another comment\nAnn,Bob\n\nBob , Cid\nAnn,Dan\n",
        "source,target\nAnn,Bob\nBob,Cid\nAnn,Dan\n",
        "From To\nAnn Bob\nBob Cid\nAnn Dan\n",
        "u,v\nAnn,Bob\nBob,Cid\nAnn,Dan\n",
        "id,target,source\n1,Bob,Ann\n2,Cid,Bob\n3,Dan,Ann\n",
        '"Ann","Bob"\nBob,"Cid"\nAnn,Dan\n',
    ],
)
def test_the_same_graph_however_it_is_written(read: Reader, content: str) -> None:
    found = read(content)
    assert found.graph.names == ("Ann", "Bob", "Cid", "Dan")
    assert found.graph.edges.tolist() == [[0, 1, 0], [1, 2, 3]]
    assert found.graph.edges.dtype == np.int64
    assert found.graph.weights.tolist() == [1, 1, 1]
    assert not found.weighted
    assert found.name == "edges.csv"


def test_whole_numbers_stand_in_numerical_order(read: Reader) -> None:
    found = read("10 9\n-1 10\n9 100\n")
    assert found.graph.names == ("-1", "9", "10", "100")
    assert named_edges(found) == [("10", "9"), ("-1", "10"), ("9", "100")]


def test_other_names_stand_as_they_occur(read: Reader) -> None:
    assert read("10 9\n9 2\n2 x\n").graph.names == ("10", "9", "2", "x")
    assert read("7 07\n7 1\n").graph.names == ("1", "07", "7")
    assert read(f"{'9' * 5000} 1\n").graph.names == ("9" * 5000, "1")


@pytest.mark.parametrize(
    ("content", "edges", "note"),
    [
        ("source,target\nAnn,Bob\n", 1, "the first line is a header: source, target"),
        ("person,friend\n1,2\n2,3\n", 2, "the first line is a header: person, friend"),
        ("person,friend,years\nAnn,Bob,2\nBob,Cid,3\n", 2, "the first line is a header: person, friend"),
        ("u,v\nv,w\n", 2, None),
        ("Ann,Bob,many\nBob,Cid,3\n", 0, None),
        ("Von;Nach;Gewicht\nAnn;Bob;0,5\nBob;Cid;1,5\n", 2, "the first line is a header: Von, Nach"),
        ("Van;Naar;Kracht\nAnn;Bob;0,5\nBob;Cid;1,5\n", 2, "the first line is a header: Van, Naar"),
        ("person,friend\nAnn,Bob\nBob,Cid\n", 3, "the first line is an edge, person to friend, not a header such as"),
        ("x source,target\nsource,target\n", 2, None),
        ("source,target\nresource,Bob\n", 1, "the first line is a header: source, target"),
    ],
)
def test_headers(read: Reader, content: str, edges: int, note: str | None) -> None:
    if edges == 0:
        with pytest.raises(InputError, match='weight "many" is not a number'):
            read(content)
        return
    found = read(content)
    assert found.graph.edges.shape == (2, edges)
    assert found.read[0].startswith(note) if note else found.read == ()


def test_a_header_in_another_language_has_its_weights_read(read: Reader) -> None:
    found = read("Von;Nach;Gewicht\nAnn;Bob;0,5\nBob;Cid;1,5\n")
    assert found.graph.names == ("Ann", "Bob", "Cid")
    assert found.graph.weights.tolist() == [0.5, 1.5]
    with pytest.raises(InputError, match='weight "viel" is not a number') as told:
        read("Von;Nach;Gewicht\nAnn;Bob;viel\nBob;Cid;1,5\n")
    assert str(told.value.where).endswith(":2")


def test_a_header_alone(read: Reader) -> None:
    with pytest.raises(InputError, match="holds no edge"):
        read("source,target\n")


@pytest.mark.parametrize(
    ("content", "options", "weights"),
    [
        ("a,b,2\nb,c,0.5\n", {}, [2, 0.5]),
        ("a b 2\nb c 1e-3\n", {}, [2, 0.001]),
        ("source,target,weight\na,b,2\nb,c,0\n", {}, [2, 0]),
        ("Source,Target,Type,Id,Weight\na,b,Undirected,0,2\nb,c,Undirected,1,3\n", {}, [2, 3]),
        ("a;b;2,5\nb;c;3\n", {}, [2.5, 3]),
        ("source,target,since\na,b,1999\nb,c,2001\n", {}, None),
        ("source,target,since\na,b,1999\nb,c,2001\n", {"weighted": True}, [1999, 2001]),
        ("a,b,2\nb,c,0.5\n", {"weighted": False}, None),
        ("a,b,x\nb,c,y\n", {"weighted": False}, None),
    ],
)
def test_weights(read: Reader, content: str, options: dict, weights: list | None) -> None:
    found = read(content, **options)
    assert found.weighted == (weights is not None)
    assert found.graph.weights.tolist() == (weights or [1, 1])
    assert found.graph.weights.dtype == np.float64


def test_columns_that_are_not_read_are_named(read: Reader) -> None:
    assert read("a,b,2,x,y\nb,c,3,x,y\n").read == ("the weight is column 3", "not read: columns 4, 5")
    found = read("source,target,since\na,b,1999\n")
    assert found.read == ("the first line is a header: source, target", "not read: column since")


def test_a_weight_that_must_be_there(read: Reader) -> None:
    with pytest.raises(InputError, match="there is no third column"):
        read("a,b\nb,c\n", weighted=True)


def test_edges_given_again_and_self_loops_are_counted(read: Reader) -> None:
    found = read("a,b,1\nb,a,2\nc,c,1\na,b,1\nb,c,5\nd,d,1\n")
    assert named_edges(found) == [("a", "b"), ("b", "c")]
    assert found.graph.weights.tolist() == [1, 5]
    assert found.graph.names == ("a", "b", "c", "d")  # d is there without an edge
    assert (found.merged, found.self_loops) == (2, 2)
    assert found.read[1:] == (
        "2 edges of a node to itself left out",
        "2 edges given again and merged into the first",
        "1 of them with another weight: the first weight is kept",
    )


def test_directed_edges_are_two(read: Reader) -> None:
    found = read("a,b,1\nb,a,2\na,b,1\n", directed=True)
    assert named_edges(found) == [("a", "b"), ("b", "a")]
    assert found.graph.weights.tolist() == [1, 2]
    assert found.merged == 1


def test_only_a_self_loop(read: Reader) -> None:
    assert read("a,a\n").graph.edges.shape == (2, 0)


@pytest.mark.parametrize("name", ["[/red]", "\x1b[31m", "\u202ea", "a|b", "'", "𝛼 β", "<b>", "\x07"])
def test_strange_names_are_kept(read: Reader, name: str) -> None:
    assert read(f"{name},b\n{name},c\n").graph.names == (name, "b", "c")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("a,b,1\nb,c,abc\n", 2, 'weight "abc" is not a number'),
        ("a,b,1\nb,c,-2\n", 2, 'weight "-2" is negative'),
        ("a,b,nan\nb,c,2\n", 1, 'weight "nan" is not finite'),
        ("a,b,1\nb,c,inf\n", 2, 'weight "inf" is not finite'),
        ("a,b,1\nb,c,1_0\n", 2, 'weight "1_0" is not a number'),
        ("a,b,1\nb,c,\n", 2, 'weight "" is not a number'),
        ("# c\na,b\nb,c\nc,d,e\n", 4, "3 columns where the first line has 2"),
        ("a,b\nb\nc,d\nd,e\n", 2, "1 column where the first line has 2"),
        ("a,b\n,c\n", 2, "the source is empty"),
        ("a,b\nb,\n", 2, "the target is empty"),
        ("a,b\nb,\xe9".encode("latin-1"), 2, "byte 6 (0xE9) is not UTF-8"),
        ("1 -> 2\n2 -> 3\n", 1, 'the second column is "->"'),
        ('a,b\n"b,c\n', 2, "the quotes do not match"),
    ],
)
def test_the_place_of_what_is_wrong(read: Reader, content: str | bytes, line: int, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(content)
    assert raised.value.message == message
    assert str(raised.value.where).endswith(f"edges.csv:{line}")
    assert raised.value.hint


@pytest.mark.parametrize(
    ("content", "options", "hint"),
    [
        ("a|b\nb|c\n", {}, "--delimiter '|' parts them"),
        ("Ann Lee|Bob\nBob|Cid\n", {}, "--delimiter '|' parts them"),
        ("a:b\nb:c\n", {}, "--delimiter : parts them"),
        ("a;b\nb;c\n", {"delimiter": ","}, "--delimiter ';' parts them"),
        ("a\tb\nb\tc\n", {"delimiter": ","}, "--delimiter tab parts them"),
        ("a b\nb c\n", {"delimiter": "tab"}, "--delimiter space parts them"),
        ("ab\ncd\n", {}, "write an edge a line: Ann,Bob"),
    ],
)
def test_the_wrong_delimiter(read: Reader, content: str, options: dict, hint: str) -> None:
    with pytest.raises(InputError, match="is one column, not two names") as raised:
        read(content, **options)
    assert raised.value.hint == hint
    assert str(raised.value.where).endswith("edges.csv:1")


def test_a_stroke_within_one_name(read: Reader) -> None:
    assert read("a b|b\nc d\n").graph.names == ("a", "b|b", "c", "d")


def test_the_delimiter_that_the_hint_gives(read: Reader) -> None:
    assert named_edges(read("a b|b\nb|c\n", delimiter="|")) == [("a b", "b"), ("b", "c")]


def test_what_networkx_writes(read: Reader) -> None:
    with pytest.raises(InputError) as raised:
        read("0 1 {}\n1 2 {}\n")
    assert "data=False" in str(raised.value.hint)


def test_matrix_market(read: Reader) -> None:
    with pytest.raises(InputError, match="is a Matrix Market file"):
        read("%%MatrixMarket matrix coordinate pattern symmetric\n34 34 78\n2 1\n")


@pytest.mark.parametrize("content", ["Zed Lee\nc\nb\na\n", "name\nZed Lee\nc\nb\na\n", "Zed Lee,9\nc,9\nb,9\na,9\n"])
def test_listed_nodes_give_the_order(read: Reader, tmp_path: Path, content: str) -> None:
    (tmp_path / "nodes.csv").write_text(content)
    found = read("a,b\nb,c\n", nodes=tmp_path / "nodes.csv")
    assert found.graph.names == ("Zed Lee", "c", "b", "a")
    assert named_edges(found) == [("a", "b"), ("b", "c")]
    assert found.read == ("4 nodes from nodes.csv, in its order",)


@pytest.mark.parametrize(
    ("nodes", "place", "message"),
    [("a\nb\n", "edges.csv:2", '"c" is not among the listed nodes'), ("a\nb\nc\nb", "nodes.csv:4", '"b" is on line 2')],
)
def test_listed_nodes_that_do_not_fit(read: Reader, tmp_path: Path, nodes: str, place: str, message: str) -> None:
    (tmp_path / "nodes.csv").write_text(nodes)
    with pytest.raises(InputError, match=message) as raised:
        read("a,b\nb,c\n", nodes=tmp_path / "nodes.csv")
    assert str(raised.value.where).endswith(place)
