import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph
from mlcli.core.propagation_aggregates import aggregate
from mlcli.core.propagation_layers import (
    WITH_SELF,
    Activation,
    Layer,
    Rule,
    Weights,
    coefficient_matrix,
    coefficients,
    compare,
    draw_weights,
    identity_weights,
    propagate,
)
from mlcli.datasets.graphs import slide, toy
from tests.core.propagation import ACTIVATIONS, RULES, drawn, random_graph, run


def one_layer(rule: Rule, own: bool = False) -> NDArray:
    example = toy()
    assert example.features is not None
    [layer] = propagate(example.features, identity_weights(2, 1), example.graph.arcs(), rule, "relu", own)
    return layer.out


def test_the_toy_graph_worked_by_hand() -> None:
    assert one_layer("mean-self") == pytest.approx(np.array([[1, 2], [3, 4], [4, 5], [4, 5]]))
    assert one_layer("mean") == pytest.approx(np.array([[2, 3], [10 / 3, 13 / 3], [4, 5], [3, 4]]))
    assert one_layer("mean", own=True) == pytest.approx(np.array([[2, 4], [16 / 3, 22 / 3], [8, 10], [9, 11]]))
    assert one_layer("sum") == pytest.approx(np.array([[2, 3], [10, 13], [8, 10], [6, 8]]))
    assert one_layer("max") == pytest.approx(np.array([[2, 3], [6, 7], [6, 7], [4, 5]]))
    gcn = np.array([[0.7071, 1.5607], [3.3868, 4.5677], [3.9107, 4.8660], [3.9107, 4.8660]])
    assert one_layer("gcn") == pytest.approx(gcn, abs=5e-5)


def in_torch_geometric(layer: Layer, weights: Weights, graph: Graph) -> NDArray:
    """z of one layer, by the library's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from torch_geometric.nn import GATConv, GCNConv, SAGEConv

    F_in, F_out = weights.W.shape
    N = len(graph.names)
    arcs = torch.from_numpy(graph.arcs())
    W, B = torch.from_numpy(weights.W.T.copy()), torch.from_numpy(weights.B.T.copy())
    match layer.rule:
        case "gcn":
            conv = GCNConv(F_in, F_out, bias=False)
            parameters = {"lin.weight": W}
        case "gat":
            conv = GATConv(F_in, F_out, bias=False)
            halves = (torch.from_numpy(a)[None, None] for a in (weights.a_source, weights.a_target))
            parameters = dict(zip(["att_src", "att_dst", "lin.weight"], [*halves, W], strict=True))
        case _:
            by = {"sum": "add", "max": "max"}.get(layer.rule, "mean")
            conv = SAGEConv(F_in, F_out, aggr=by, bias=False, root_weight=layer.rule not in WITH_SELF)
            parameters = {"lin_l.weight": W} | ({} if layer.rule in WITH_SELF else {"lin_r.weight": B})
            if layer.rule == "mean-self":
                arcs = torch.cat([arcs, torch.arange(N).expand(2, N)], dim=1)
    conv = conv.double()
    conv.load_state_dict(parameters)
    with torch.no_grad():
        return conv(torch.from_numpy(layer.h), arcs).numpy()


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_equal_to_torch_geometric(rule: Rule, seed: int) -> None:
    graph = random_graph(seed)
    x, weights = drawn(graph, 5, 3, 2, seed)
    for layer, of_layer in zip(run(graph, x, weights, rule), weights, strict=True):
        assert layer.passed.out == pytest.approx(in_torch_geometric(layer, of_layer, graph), rel=1e-10, abs=1e-10)


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
    z = coefficient_matrix(layer) @ x @ weights[0].W
    if rule not in WITH_SELF:
        z += x @ weights[0].B
    assert layer.passed.out == pytest.approx(z)


@pytest.mark.parametrize("rule", RULES)
def test_a_node_that_hears_nobody(rule: Rule) -> None:
    graph = Graph(("a", "b", "lone"), np.array([[0], [1]]), np.ones(1))
    x = np.array([[-1.0, 2.0], [3.0, -5.0], [-7.0, 11.0]])
    [layer] = propagate(x, identity_weights(2, 1), graph.arcs(), rule, "none", own=False)
    assert layer.out[2].tolist() == ([-7, 11] if rule in WITH_SELF else [0, 0])
    nothing = np.empty((2, 0), dtype=np.int64)
    [alone] = propagate(x, identity_weights(2, 1), nothing, rule, "none", rule not in WITH_SELF)
    assert np.array_equal(alone.out, x)


def test_a_maximum_may_be_below_zero() -> None:
    arcs = np.array([[0, 1], [2, 2]])
    h = np.array([[-3.0, 5.0], [-2.0, -7.0], [0.0, 0.0]])
    assert aggregate(h, np.eye(2), None, arcs, "max").aggregated.tolist() == [[0, 0], [0, 0], [-2, 5]]


def test_messages_go_from_source_to_target() -> None:
    graph = Graph(("a", "b"), np.array([[0], [1]]), np.ones(1), directed=True)
    [layer] = propagate(np.array([[2.0], [3.0]]), identity_weights(1, 1), graph.arcs(), "sum", "none", own=False)
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


def test_the_same_arcs_under_three_rules() -> None:
    example = toy()
    assert example.features is not None
    told = compare(example.features, identity_weights(2, 1)[0], example.graph.arcs(), [1, 2])
    assert told.arcs.T.tolist() == [[0, 1], [1, 1], [2, 1], [3, 1], [1, 2], [2, 2], [3, 2]]
    assert told.mean == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3, 1 / 2, 0, 1 / 2])
    assert told.gcn == pytest.approx([8**-0.5, 1 / 4, 12**-0.5, 12**-0.5, 12**-0.5, 1 / 3, 1 / 3])
    assert told.gat[:4].sum() == pytest.approx(1)
    [layer] = propagate(example.features, identity_weights(2, 1), example.graph.arcs(), "gat", "none", own=False)
    attended = coefficients(layer)
    assert attended is not None
    assert np.array_equal(told.gat, attended[np.isin(layer.passed.arcs[1], [1, 2])])


def test_weights_are_their_seeds_and_fit_a_pencil() -> None:
    first, again, other = (draw_weights(5, 3, 2, np.random.default_rng(seed)) for seed in (7, 7, 11))
    assert [w.W.shape for w in first] == [(5, 3), (3, 3)]
    assert np.array_equal(first[1].B, again[1].B)
    assert not np.array_equal(first[1].B, other[1].B)
    for numbers in (first[0].W, first[0].a_source):
        assert np.array_equal(numbers, np.round(numbers, 1))
        assert np.abs(numbers).max() <= 1
        assert len(np.unique(numbers)) > 1
