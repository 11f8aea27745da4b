import json
import math
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.readers.graph_files import read_graph

WRITERS: dict[str, Callable] = {
    "graphml": networkx.write_graphml,
    "gml": networkx.write_gml,
    "json": lambda graph, path: path.write_text(json.dumps(networkx.node_link_data(graph, edges="links"))),
    "adjacency.json": lambda graph, path: path.write_text(json.dumps(networkx.adjacency_data(graph))),
    "cytoscape.json": lambda graph, path: path.write_text(json.dumps(networkx.cytoscape_data(graph))),
}


def drawn(seed: int, directed: bool, weighted: bool) -> networkx.Graph:
    rng = np.random.default_rng(seed)
    graph = networkx.gnp_random_graph(11, 0.3, seed=seed, directed=directed)
    graph.add_edge(0, 1)
    if weighted:
        for _, _, data in graph.edges(data=True):
            data["weight"] = float(np.round(rng.exponential(), 3))
    return networkx.relabel_nodes(graph, {i: f"n{i}" for i in graph})


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_networkx_writes_is_read_back(tmp_path: Path, kind: str, directed: bool, weighted: bool) -> None:
    for seed in range(7):
        graph, path = drawn(seed, directed, weighted), tmp_path / f"{seed}.{kind}"
        WRITERS[kind](graph, path)
        found = read_graph(path)
        names = found.graph.names
        assert set(names) == set(graph)
        read = {(names[u], names[v]): w for (u, v), w in zip(found.graph.edges.T, found.graph.weights, strict=True)}
        if not directed:
            read = {tuple(sorted(ends)): w for ends, w in read.items()}
        ends = tuple if directed else sorted
        assert read == {tuple(ends((u, v))): graph.edges[u, v].get("weight", 1.0) for u, v in graph.edges}
        assert (found.graph.directed, found.weighted) == (directed, weighted)


def test_edges_given_again_and_loops_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "g.gml"
    edges = "".join(f"edge [ source {u} target {v} ]\n" for u, v in ((1, 2), (2, 1), (1, 2), (3, 3)))
    path.write_text("graph [\n" + "".join(f"node [ id {i} ]\n" for i in (1, 2, 3)) + edges + "]\n")
    found = read_graph(path)
    assert (found.merged, found.self_loops, found.graph.names) == (2, 1, ("1", "2", "3"))
    assert read_graph(path, loops=True).graph.edges.tolist() == [[0, 2], [1, 2]]


def test_numbers_of_every_node_are_features_and_labels_are_names(tmp_path: Path) -> None:
    graph = networkx.path_graph(3)
    for i, name in enumerate(("Ann", "Bob", "Cid")):
        graph.nodes[i].update(label=name, age=i + 30, height=1.5, note="x")
    networkx.write_graphml(graph, tmp_path / "g.graphml")
    found = read_graph(tmp_path / "g.graphml")
    assert found.graph.names == ("Ann", "Bob", "Cid")
    assert found.features is not None
    assert found.features.tolist() == [[30, 1.5], [31, 1.5], [32, 1.5]]
    assert "x_v is the nodes' own age, height" in found.read


NODES = '{"nodes": [{"id": "a"}, {"id": "b"}], "links": '


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("g.graphml", "<graphml>\n<graph>\n</graphml>", ":3", "is not GraphML: mismatched tag"),
        ("g.graphml", "a,b\n", ":1", "is not GraphML"),
        ("g.gml", "graph [\n  node [ id 1 ]\n  edge [ source 1 target ? ]\n]", ":3", "is not GML"),
        ("g.gml", "graph [\n]\n", "", "holds no edge"),
        ("g.gml", b"graph [ \xff ]", ":1", "is not UTF-8"),
        ("g.json", '{"nodes": [\n}', ":2", "is not JSON"),
        ("g.json", "[1, 2]", "", "has no list of nodes"),
        ("g.json", '{"nodes": []}', "", "has no list of links"),
        ("g.json", '{"nodes": [{}], "links": []}', ":1", "node 1 has no id"),
        ("g.json", NODES + '[{"source": "a"}]}', ":1", "link 1 has no target"),
        (
            "g.json",
            NODES + '[{"source": "a", "target": "z"}]}',
            ":1",
            'the target of link 1, "z", is not among the nodes',
        ),
        ("g.json", NODES + "[]}", "", "holds no edge"),
        ("g.json", NODES + '[{"source": "a", "target": "b", "weight": -1}]}', ":1", "is no number from 0 on"),
        ("g.json", NODES + '[{"source": "a", "target": "b", "weight": "much"}]}', ":1", "is no number from 0 on"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, name: str, content: str | bytes, place: str, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError, match=message) as raised:
        read_graph(path)
    assert str(raised.value.where).endswith(name + place)
    assert raised.value.hint
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("target", "nobody", 'the target of link 52, "nobody"'), ("weight", math.nan, "the weight of the edge from")],
)
@pytest.mark.parametrize("indent", [None, 0, 3])
def test_what_is_wrong_in_json_has_its_line(
    tmp_path: Path, key: str, value: object, message: str, indent: int | None
) -> None:
    plain = networkx.node_link_data(networkx.karate_club_graph(), edges="edges")
    plain["graph"] = {"links": ['{"links": [', "]", "\\"], "nodes": []}  # what a search for words would stumble over
    plain["edges"][51] = {"begins": "here"} | plain["edges"][51] | {key: value}
    text = json.dumps(plain, indent=indent)
    (tmp_path / "g.json").write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        read_graph(tmp_path / "g.json")
    before = text[: text.index('"begins"')].rstrip()  # ends with the brace of this link
    assert raised.value.where == f"{tmp_path / 'g.json'}:{1 + before.count(chr(10))}"


ADJACENCY = '{"nodes": [{"id": "a"},\n{"id": "b"}],\n"adjacency": '
ELEMENTS = '{"elements": {"nodes": [{"data": {"id": "a"}},\n{"data": {"id": "b"}}],\n"edges": '


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ('{"nodes": [{"id": "a"},\n{}], "adjacency": [[], []]}', ":2", "node 2 has no id"),
        ('{"adjacency": [[]]}', "", "has no list of nodes"),
        (ADJACENCY + "[[]]}", "", "has 1 lists of neighbours for 2 nodes"),
        (ADJACENCY + '[[{"id": "b"}],\n3]}', ":4", "the neighbours of node 2 are no list"),
        (ADJACENCY + '[[{"id": "b"}],\n[{}]]}', ":4", "neighbour 1 of node 2 has no id"),
        (ADJACENCY + '[[{"id": "b"}],\n[{"id": "a"}, {"id": "z"}]]}', ":4", 'neighbour 2 of node 2, "z", is not among'),
        (ADJACENCY + '[[{"id": "b", "weight": 1}],\n[{"id": "b", "weight": -2}]]}', ":4", "is no number from 0 on"),
        ('{"elements": {"nodes": [{"data": {"id": "a"}},\n{}], "edges": []}}', ":2", "node 2 has no id"),
        ('{"elements": {"nodes": []}}', "", "has no list of edges"),
        (
            ELEMENTS + '[{"data": {"source": "a", "target": "b"}},\n{"data": {"source": "a"}}]}}',
            ":4",
            "edge 2 has no t",
        ),
        (ELEMENTS + '[\n{"data": {"source": "y", "target": "b"}}]}}', ":4", 'the source of edge 1, "y", is not among'),
        (ELEMENTS + '[\n{"data": {"source": "a", "target": "b", "weight": "x"}}]}}', ":4", "is no number from 0 on"),
    ],
)
def test_what_is_wrong_with_an_entry_has_its_line(tmp_path: Path, content: str, place: str, message: str) -> None:
    (tmp_path / "g.json").write_text(content)
    with pytest.raises(InputError, match=message) as raised:
        read_graph(tmp_path / "g.json")
    assert str(raised.value.where).endswith("g.json" + place)
    assert raised.value.hint


def test_what_cytoscape_itself_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text(ELEMENTS + '[{"data": {"id": "7", "source": "b", "target": "a"}}]}}')
    found = read_graph(tmp_path / "g.json").graph
    assert (found.names, found.edges.T.tolist()) == (("a", "b"), [[0, 1]])


@pytest.mark.parametrize("option", [{"delimiter": ","}, {"nodes": "README.md"}])
def test_options_of_edge_lists_are_refused(tmp_path: Path, option: dict) -> None:
    with pytest.raises(InputError, match="is for an edge list"):
        read_graph(tmp_path / "g.gml", **option)
