import numpy as np

from mlcli.datasets.karate import karate


def test_the_club_is_what_the_field_knows():
    club = karate()
    adjacency = np.zeros((34, 34))
    adjacency[tuple(club.graph.arcs())] = 1
    degrees = adjacency.sum(axis=1)
    assert club.graph.edges.shape == (2, 78)
    assert (degrees[0], degrees[33]) == (16, 17)
    assert np.trace(adjacency @ adjacency @ adjacency) / 6 == 45
    assert club.labels.tolist().count(0) == club.labels.tolist().count(1) == 17


def test_every_edge_counts_the_same_and_that_is_said():
    club = karate()
    assert set(club.graph.weights) == {1.0}
    assert "weight" in club.read[0]


def test_weights_are_those_of_networkx_on_request():
    club = karate(weighted=True)
    assert club.graph.weights.sum() == 231
    assert club.graph.weights[:5].tolist() == [4, 5, 3, 3, 3]
    assert club.read[0] != karate().read[0]


def test_the_two_leaders_are_known_the_others_are_to_be_told():
    club = karate()
    assert club.train.tolist() == [0, 33]
    assert [club.classes[label] for label in club.labels[club.train]] == ["Mr. Hi", "Officer"]
    assert sorted([*club.train, *club.validation, *club.test]) == list(range(34))
    assert np.bincount(club.labels[club.validation]).tolist() == [5, 3]
    assert (len(club.validation), len(club.test)) == (8, 24)


def test_features_tell_the_members_apart():
    assert np.array_equal(karate().features, np.eye(34))
