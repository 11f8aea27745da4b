import numpy as np

from mlcli.core.propagation_layers import Layer, Rule
from mlcli.core.propagation_tree import Place, computation_tree
from mlcli.core.propagation_weights import identity_weights
from mlcli.datasets.graphs import karate_club, slide
from tests.core.propagation import passing, run


def _layers(rule: Rule, K: int) -> list[Layer]:
    example = slide()
    assert isinstance(example.features, np.ndarray)
    return run(example.graph, example.features, identity_weights(2, K), passing(rule, "relu"))


def _names(place: Place) -> str:
    below = "".join(map(_names, place.children))
    return "ABCDEF"[place.v] + (f"({below})" if below else "")


def _places(place: Place) -> int:
    return 1 + sum(map(_places, place.children))


def test_the_lectures_tree() -> None:
    tree = computation_tree(_layers("mean", 2), 0, most=30)
    assert _names(tree) == "A(B(AC)C(ABEF)D(A))"
    assert tree.left_out == 0


def test_each_place_holds_its_vector() -> None:
    layers = _layers("mean", 2)
    tree = computation_tree(layers, 0, most=30)
    assert np.array_equal(tree.h, layers[1].out[0])
    below = tree.children[1]
    assert (below.v, below.k) == (2, 1)
    assert np.array_equal(below.h, layers[0].out[2])
    leaf = below.children[3]
    assert (leaf.v, leaf.k) == (5, 0)
    assert np.array_equal(leaf.h, layers[0].h[5])


def test_a_node_among_its_neighbours_stands_below_itself() -> None:
    assert _names(computation_tree(_layers("gcn", 1), 3, most=30)) == "D(AD)"


def test_a_large_tree_says_what_it_leaves_out() -> None:
    club = karate_club().graph
    layers = run(club, np.eye(34), identity_weights(34, 3), passing("mean", "relu"))
    tree = computation_tree(layers, 33, most=41)
    assert 1 < _places(tree) <= 41
    assert len(tree.children) + tree.left_out == 17
    assert len(tree.children) == 3, "1 + 3 + 9 + 27 places, where nobody has fewer"
    assert _places(computation_tree(layers, 33, most=1)) == 4, "one message of each node is always followed"


def test_the_budget_of_places_is_kept_to_one() -> None:
    layers = _layers("mean", 2)
    assert _places(computation_tree(layers, 0, most=11)) == 11, "all of it"
    assert _names(computation_tree(layers, 0, most=10)) == "A(B(AC)C(ABE)D(A))"
    assert _names(computation_tree(layers, 0, most=9)) == "A(B(AC)C(AB))"
