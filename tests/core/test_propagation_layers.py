import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.propagation_aggregates import aggregate
from mlcli.core.propagation_layers import (
    ATTENTION,
    WITH_SELF,
    Activation,
    Passing,
    Rule,
    coefficient_matrix,
    finish,
    propagate,
)
from mlcli.core.propagation_weights import Shape, draw_weights, identity_weights
from mlcli.datasets.graphs import slide, toy
from tests.core.propagation import ACTIVATIONS, RULES, drawn, passing, random_graph, run


def one_layer(rule: Rule, own: bool = False) -> NDArray:
    example = toy()
    assert isinstance(example.features, np.ndarray)
    [layer] = run(example.graph, example.features, identity_weights(2, 1), passing(rule, "relu", own))
    return layer.out


def test_the_toy_graph_worked_by_hand() -> None:
    assert one_layer("mean-self") == pytest.approx(np.array([[1, 2], [3, 4], [4, 5], [4, 5]]))
    assert one_layer("mean") == pytest.approx(np.array([[2, 3], [10 / 3, 13 / 3], [4, 5], [3, 4]]))
    assert one_layer("mean", own=True) == pytest.approx(np.array([[2, 4], [16 / 3, 22 / 3], [8, 10], [9, 11]]))
    assert np.array_equal(one_layer("sage"), one_layer("mean", own=True))
    assert one_layer("sum") == pytest.approx(np.array([[2, 3], [10, 13], [8, 10], [6, 8]]))
    assert one_layer("gin") == pytest.approx(np.array([[2, 4], [12, 16], [12, 15], [12, 15]]))
    assert one_layer("max") == pytest.approx(np.array([[2, 3], [6, 7], [6, 7], [4, 5]]))
    gcn = np.array([[0.7071, 1.5607], [3.3868, 4.5677], [3.9107, 4.8660], [3.9107, 4.8660]])
    assert one_layer("gcn") == pytest.approx(gcn, abs=5e-5)


def test_weights_of_edges_weigh_the_mean() -> None:
    graph = Graph(("a", "b", "c"), np.array([[1, 2], [0, 0]]), np.array([3.0, 1.0]), directed=True)
    x = np.array([[0.0], [10.0], [20.0]])
    outs = [
        run(graph, x, identity_weights(1, 1), passing(rule, own=False))[0].out[0, 0] for rule in ("mean", "sum", "max")
    ]
    assert outs == [12.5, 50, 20]
    nothing = Graph(("a", "b"), np.array([[1], [0]]), np.zeros(1), directed=True)
    [layer] = run(nothing, x[:2], identity_weights(1, 1), passing("mean", own=False))
    assert layer.out.tolist() == [[0], [0]], "arcs of weight 0 in all: 0 by definition"


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=13, deadline=None)
def test_nodes_renamed_give_the_same_rows(rule: Rule, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 3, 2, 3, seed)
    before = run(graph, x, weights, rule, "elu")[-1].out
    order = np.random.default_rng(seed).permutation(len(x))
    place = np.argsort(order)  # where each node stands now
    renamed = Graph(graph.names, place[graph.edges], graph.weights, graph.directed)
    after = run(renamed, x[order], weights, rule, "elu")[-1].out
    assert after == pytest.approx(before[order], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "max"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=11, deadline=None)
def test_a_layer_is_a_product_of_matrices(rule: Rule, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 3, 2, 1, seed)
    [layer] = run(graph, x, weights, rule)
    z = coefficient_matrix(layer) @ x @ weights[0].W[:, 0]
    if rule == "gin":
        z = np.maximum(z, 0) @ weights[0].W_2
    elif rule not in WITH_SELF:
        z += x @ weights[0].B
    assert layer.passed.out == pytest.approx(z)


@pytest.mark.parametrize("rule", RULES)
def test_sparse_features_are_the_same_features(rule: Rule) -> None:
    graph = random_graph(5)
    x, weights = drawn(graph, 5, 3, 2, 7, heads=2 if rule in ATTENTION else 1)
    x[x < 0.5] = 0
    dense, thin = (run(graph, rows, weights, rule)[-1].out for rows in (x, sparse.csr_array(x)))  # type: ignore[arg-type]
    assert thin == pytest.approx(dense)


@pytest.mark.parametrize("rule", RULES)
def test_a_node_that_hears_nobody(rule: Rule) -> None:
    graph = Graph(("a", "b", "lone"), np.array([[0], [1]]), np.ones(1))
    x = np.array([[-1.0, 2.0], [3.0, -5.0], [-7.0, 11.0]])
    [layer] = run(graph, x, identity_weights(2, 1), passing(rule, own=False))
    if rule in ("sage", "gin"):
        assert layer.out[2].tolist() == ([-7, 11] if rule == "sage" else [0, 11]), "gin has a relu inside"
        return
    assert layer.out[2].tolist() == ([-7, 11] if rule in WITH_SELF else [0, 0])
    nothing = np.empty((2, 0), dtype=np.int64)
    [alone] = propagate(x, [(passing(rule), w) for w in identity_weights(2, 1)], nothing)
    assert np.array_equal(alone.out, x)


def test_a_maximum_may_be_below_zero() -> None:
    arcs = np.array([[0, 1], [2, 2]])
    h = np.array([[-3.0, 5.0], [-2.0, -7.0], [0.0, 0.0]])
    assert aggregate(h, np.eye(2), None, arcs, "max").aggregated.tolist() == [[0, 0], [0, 0], [-2, 5]]


def test_messages_go_from_source_to_target() -> None:
    graph = Graph(("a", "b"), np.array([[0], [1]]), np.ones(1), directed=True)
    [layer] = run(graph, np.array([[2.0], [3.0]]), identity_weights(1, 1), passing("sum", own=False))
    assert layer.out.tolist() == [[0], [2]]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_sigma_comes_after_every_layer_and_the_next_starts_from_it(activation: Activation) -> None:
    x, weights = drawn(slide().graph, 2, 3, 3, 5)
    layers = run(slide().graph, x, weights, "mean", activation)
    assert [layer.k for layer in layers] == [0, 1, 2]
    assert np.array_equal(layers[1].h, layers[0].out)
    z = layers[2].passed.out
    sigma = {"relu": np.maximum(z, 0), "elu": np.where(z > 0, z, np.exp(z) - 1), "tanh": np.tanh(z), "none": z}
    assert layers[2].out == pytest.approx(sigma[activation])


def test_numbers_too_large_are_told() -> None:
    graph = slide().graph
    with pytest.raises(InputError, match="layer 3 are too large"):
        run(graph, np.full((6, 1), 1e307), identity_weights(1, 3), "sum")


def test_sage_divides_by_the_length_after_sigma() -> None:
    z = np.array([[3.0, -5.0, 4.0], [-1.0, 0.0, -2.0]])
    assert finish(z, Passing("sage", "relu", normalise=True)).tolist() == [[0.6, 0, 0.8], [0, 0, 0]]


def test_weights_are_their_seeds_and_fit_a_pencil() -> None:
    first, again, other = (draw_weights(5, Shape(2, 3), np.random.default_rng(seed)) for seed in (7, 7, 11))
    assert [w.W.shape for w in first] == [(5, 1, 3), (3, 1, 3)]
    assert np.array_equal(first[1].B, again[1].B)
    assert not np.array_equal(first[1].B, other[1].B)
    for numbers in (first[0].W, first[0].a_source):
        assert np.array_equal(numbers, np.round(numbers, 1))
        assert np.abs(numbers).max() <= 1
        assert len(np.unique(numbers)) > 1


def test_heads_may_share_w_and_leave_the_first_as_it_was() -> None:
    alone, own, shared = (
        draw_weights(5, Shape(2, 3, heads, shared=share), np.random.default_rng(7))
        for heads, share in ((1, False), (2, False), (2, True))
    )
    assert np.array_equal(alone[0].W[:, 0], own[0].W[:, 0])
    assert not np.array_equal(own[0].W[:, 0], own[0].W[:, 1])
    assert np.array_equal(shared[0].W[:, 0], shared[0].W[:, 1])
    assert not np.array_equal(shared[0].a_source[0], shared[0].a_source[1])
    assert own[1].W.shape == (6, 2, 3), "two heads of three beside each other"
