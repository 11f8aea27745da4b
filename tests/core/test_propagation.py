import numpy as np
import pytest

from mlcli.core.propagation import add_self_loops, gcn, gcn_coefficients, graph_convolution, normalised_adjacency
from tests.models.graphs import random_graph

TOY = np.array([[0, 1, 1, 2, 1, 3, 2, 3], [1, 0, 2, 1, 3, 1, 3, 2]])  # 1-2, 2-3, 2-4, 3-4, both ways
TOY_FEATURES = np.arange(8.0).reshape(4, 2)


def test_the_toy_graph_gives_the_published_numbers() -> None:
    layer = graph_convolution(TOY_FEATURES, np.eye(2), np.zeros(2), TOY)
    expected = [[0.7071, 1.5607], [3.3868, 4.5677], [3.9107, 4.8660], [3.9107, 4.8660]]
    np.testing.assert_allclose(layer.out, expected, atol=5e-5)
    np.testing.assert_array_equal(layer.degree, [2, 4, 3, 3])


@pytest.mark.parametrize("seed", range(4))
def test_a_layer_is_the_papers_matrix_product(seed: int) -> None:
    graph, rng = random_graph(seed, dense=seed < 2), np.random.default_rng(seed)
    W, b = rng.standard_normal((7, 5)), rng.standard_normal(5)
    arcs, N = graph.graph.arcs(), len(graph.labels)
    A = np.eye(N)
    A[arcs[1], arcs[0]] += 1
    D = np.diag(A.sum(axis=1) ** -0.5)
    layer = graph_convolution(graph.features, W, b, arcs)
    X = graph.features if isinstance(graph.features, np.ndarray) else graph.features.toarray()
    np.testing.assert_allclose(layer.out, D @ A @ D @ X @ W + b, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(normalised_adjacency(arcs, N).toarray(), D @ A @ D)


def test_two_layers_have_relu_between() -> None:
    rng = np.random.default_rng(3)
    weights = [(rng.standard_normal((2, 3)), rng.standard_normal(3)), (rng.standard_normal((3, 2)), np.zeros(2))]
    first, last = gcn(TOY_FEATURES, weights, TOY)
    np.testing.assert_array_equal(last.h, np.maximum(first.out, 0))
    assert (first.out < 0).any()


def test_loops_are_sorted_in_and_a_lonely_node_hears_itself() -> None:
    arcs, weight = add_self_loops(np.array([[2, 0], [0, 2]]), 3)
    np.testing.assert_array_equal(arcs, [[0, 2, 1, 0, 2], [0, 0, 1, 2, 2]])
    degree, coefficient = gcn_coefficients(arcs, weight, 3)
    np.testing.assert_array_equal(degree, [2, 1, 2])
    np.testing.assert_allclose(coefficient, [0.5, 0.5, 1, 0.5, 0.5])


def test_a_loop_that_is_there_keeps_its_weight() -> None:
    arcs, weight = add_self_loops(np.array([[1, 0], [1, 1]]), 2, np.array([5.0, 7.0]))
    assert (arcs.tolist(), weight.tolist()) == ([[0, 0, 1], [0, 1, 1]], [1, 7, 5])
    degree, coefficient = gcn_coefficients(np.array([[0], [1]]), np.zeros(1), 2)
    assert (degree.tolist(), coefficient.tolist()) == ([0, 0], [0]), "no 0/0"
