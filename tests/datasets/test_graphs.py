import numpy as np

from mlcli.datasets.graphs import karate_club, slide, toy


def test_the_lectures_graph() -> None:
    graph = slide().graph
    into_a = graph.arcs()[0][graph.arcs()[1] == 0]
    assert [graph.names[u] for u in into_a] == ["B", "C", "D"]


def test_features_are_as_many_as_nodes() -> None:
    for example in (slide(), toy()):
        assert example.features is not None
        assert len(example.features) == len(example.graph.names)
    assert toy().graph.edges.T.tolist() == [[0, 1], [1, 2], [1, 3], [2, 3]]


def test_the_karate_club_is_unweighted_and_says_so() -> None:
    club = karate_club()
    degree = np.bincount(club.graph.arcs()[1])
    assert (degree[0], degree[33], club.graph.edges.shape[1]) == (16, 17, 78)
    assert "weight" in club.read[0]
